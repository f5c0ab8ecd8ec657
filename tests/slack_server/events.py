"""How a loopback Slack delivers: Socket Mode or signed HTTP, a watchdog, redelivery."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.slack_server.world import APP, Message

Payload = dict[str, Any]
SOCKETS = 10


@dataclass
class Handed:
    """What became of one delivery. `answer` is what the acknowledgement carried.

    `told` are the messages under the response URL of a command, oldest first, as they come.
    """

    kind: str
    told: list[Message] = field(default_factory=list)
    acknowledged: bool = False
    answer: Payload = field(default_factory=dict)
    attempts: int = 0
    seconds: float = 0.0


class Events:
    """Deliveries to the app: acknowledged within `ack_s`, or (events) delivered again."""

    def __init__(self, *, ack_s: float, retry_after_s: Sequence[float]) -> None:
        self.ack_s = ack_s
        self.retry_after_s = retry_after_s
        self.request_url = ""
        """Where HTTP mode delivers; "" delivers over sockets."""
        self.signing_secret = "loopback-signing-secret"
        self.sockets: list[web.WebSocketResponse] = []
        self.connections = 0
        self.refused_tickets = 0
        self.deaf = False
        """Sockets stay open but answer no pings and carry nothing."""
        self.closed_for_sockets = False
        self.log: list[Handed] = []
        self.tickets: dict[str, float] = {}
        self._turn = itertools.count()
        self._ids = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self._opened = asyncio.Event()

    @property
    def late(self) -> list[Handed]:
        """Return the deliveries that were not acknowledged in time."""
        return [handed for handed in self.log if handed.attempts > 1 or not handed.acknowledged]

    async def link(self, request: web.Request) -> web.StreamResponse:
        """One Socket Mode connection; the ticket in its address works once."""
        expires = self.tickets.pop(request.query.get("ticket", ""), 0.0)
        if self.closed_for_sockets or expires < time.monotonic():
            self.refused_tickets += 1
            return web.Response(status=404)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.connections += 1
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.sockets) + 1,
                "connection_info": {"app_id": APP},
                "debug_info": {"host": "loopback"},
            }
        )
        if len(self.sockets) >= SOCKETS:
            await self._say_goodbye(socket, "too_many_websockets")
            return socket
        self.sockets.append(socket)
        self._opened.set()
        try:
            async for frame in socket:
                if self.deaf:
                    continue
                if frame.type == aiohttp.WSMsgType.PING:
                    await socket.pong(frame.data)
                elif frame.type == aiohttp.WSMsgType.TEXT:
                    answer = json.loads(frame.data)
                    waiting = self._waiting.get(answer.get("envelope_id", ""))
                    if waiting is not None and not waiting.done():
                        waiting.set_result(answer.get("payload") or {})
        finally:
            self._forget(socket)
        return socket

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every socket to reconnect, as Slack does every few hours, and close it."""
        for socket in list(self.sockets):
            self._forget(socket)
            await self._say_goodbye(socket, reason)

    async def cut(self) -> None:
        """End every socket without a word."""
        for socket in list(self.sockets):
            self._forget(socket)
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def hand(self, kind: str, payload: Payload, *, again: bool) -> Handed:
        """Deliver; `again` is Slack's habit with events: up to three times more."""
        handed = Handed(kind)
        self.log.append(handed)
        begun = time.monotonic()
        waits = [0.0, *self.retry_after_s] if again else [0.0]
        reason = ""
        for attempt, wait in enumerate(waits):
            await asyncio.sleep(wait)
            handed.attempts += 1
            try:
                if self.request_url:
                    handed.answer = await self._over_http(kind, payload, attempt, reason)
                else:
                    handed.answer = await self._over_socket(
                        kind, payload, attempt, reason, patient=again
                    )
            except (TimeoutError, aiohttp.ClientError, ConnectionError) as error:
                reason = "timeout" if isinstance(error, TimeoutError) else "connection_failed"
                continue
            handed.acknowledged = True
            break
        handed.seconds = time.monotonic() - begun
        return handed

    async def _over_socket(
        self, kind: str, payload: Payload, attempt: int, reason: str, *, patient: bool
    ) -> Payload:
        if patient:
            async with asyncio.timeout(60):
                while not self.sockets:
                    self._opened.clear()
                    await self._opened.wait()
        elif not self.sockets:
            raise ConnectionError
        socket = self.sockets[next(self._turn) % len(self.sockets)]
        envelope = {
            "envelope_id": f"env-{next(self._ids)}",
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = answer
        try:
            if not self.deaf:
                await socket.send_json(envelope)
            return await asyncio.wait_for(answer, self.ack_s)
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def _over_http(self, kind: str, payload: Payload, attempt: int, reason: str) -> Payload:
        if kind == "events_api":
            body, content_type = json.dumps(payload), "application/json"
        elif kind == "slash_commands":
            body, content_type = urlencode(payload), "application/x-www-form-urlencoded"
        else:
            body = urlencode({"payload": json.dumps(payload)})
            content_type = "application/x-www-form-urlencoded"
        headers = self.signed(body) | {"Content-Type": content_type}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason}
        status, text = await self.send(body, headers)
        if status != 200:
            raise ConnectionError
        return json.loads(text) if text.startswith("{") else {"text": text} if text else {}

    async def send(self, body: str, headers: dict[str, str]) -> tuple[int, str]:
        """Post to the app's request URL as it is; return the status and the body."""
        timeout = aiohttp.ClientTimeout(total=self.ack_s)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(self.request_url, data=body.encode(), headers=headers) as response,
        ):
            return response.status, await response.text()

    def signed(self, body: str, *, secret: str = "", age_s: float = 0.0) -> dict[str, str]:
        """Return the headers of Slack's signature (v0: HMAC-SHA256 of `v0:timestamp:body`)."""
        timestamp = str(int(time.time() - age_s))
        base = f"v0:{timestamp}:{body}".encode()
        key = (secret or self.signing_secret).encode()
        signature = hmac.new(key, base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signature}"}

    def _forget(self, socket: web.WebSocketResponse) -> None:
        if socket in self.sockets:
            self.sockets.remove(socket)

    async def _say_goodbye(self, socket: web.WebSocketResponse, reason: str) -> None:
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
        await socket.close()
