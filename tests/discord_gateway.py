"""Discord's wire on loopback: its REST calls and its gateway, as far as a bot's life needs them.

For what a simulation inside the process cannot show: rate limits, lost connections, RESUME, closing
codes and stopping. Behaviour is tested on simcord. Written from developers/events/gateway.mdx,
developers/topics/rate-limits.mdx and developers/components/reference.mdx; a call that it does not
know fails the test.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from inspect import isawaitable
from time import monotonic
from typing import Any
from unittest.mock import patch

import aiohttp
import discord
import yarl
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route

APPLICATION, BOT, GUILD, CHANNEL, ALICE = (str(10**17 + number) for number in range(5))
TIME = "2026-01-01T00:00:00+00:00"
HEARTBEAT_MS = 250
MODAL_SUBMIT = 5
STRING_SELECT, TEXT_INPUT, LABEL = 3, 4, 18
PERMISSIONS = str((1 << 50) - 1)


@dataclass
class Call:
    """One REST call that the bot made. `taken` and, of a message, its id are set by the server."""

    method: str
    path: str
    body: Any
    at: float
    taken: bool = False
    message: str = ""


@dataclass
class Refusal:
    """How often a kind of call is refused, and how."""

    method: str
    path: re.Pattern[str]
    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    times: int


@dataclass
class Loopback:
    """The server. `replayed` are the events that a RESUME asks for again."""

    calls: list[Call] = field(default_factory=list)
    received: list[tuple[int, Any]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    sessions_left: int = 1000
    close_on_identify: int | None = None
    closed_with: list[int | None] = field(default_factory=list)
    address: str = ""
    _events: list[tuple[int, str, Any]] = field(default_factory=list)
    _sequence: int = 0
    _last_id: int = 0
    _replay_from: int | None = None
    _socket: web.WebSocketResponse | None = None
    _happened: asyncio.Event = field(default_factory=asyncio.Event)

    # --- what a test does ---

    def refuse(
        self,
        method: str,
        path: str,
        status: int,
        body: Mapping[str, Any],
        *,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
    ) -> None:
        self.refusals.append(Refusal(method, re.compile(path), status, body, headers or {}, times))

    def limit(self, method: str, path: str, seconds: float, *, times: int = 1) -> None:
        """Answer 429 as Discord does; without `Via` discord.py takes it for a ban."""
        body = {"message": "You are being rate limited.", "retry_after": seconds, "global": False}
        headers = {"Retry-After": str(seconds), "Via": "1.1 google"}
        self.refuse(method, path, 429, body, headers=headers, times=times)

    async def say(self, content: str) -> str:
        """Let Alice write in the channel, and return the message's id."""
        message = self._message(CHANNEL, content, author=user(ALICE, "alice"))
        mentions = [user(BOT, "lookbook", bot=True)] if f"<@{BOT}>" in content else []
        member = {"roles": [], "joined_at": TIME, "deaf": False, "mute": False, "flags": 0}
        await self.event(
            "MESSAGE_CREATE",
            {**message, "mentions": mentions, "guild_id": GUILD, "member": member},
        )
        return str(message["id"])

    async def slash(self, name: str, **options: Any) -> str:
        """Let Alice use a command, and return the interaction's token."""
        identity = self._next_id()
        await self.event("INTERACTION_CREATE", interaction(identity, name, options))
        return f"token-{identity}"

    async def submit(self, form: str, fields: Mapping[str, Any]) -> None:
        """Let Alice send in a form, each of its fields in a label of its own."""
        components = [
            {"type": LABEL, "id": 2 * number + 1, "component": {"id": 2 * number + 2, **field}}
            for number, field in enumerate(map(_filled, fields.items()))
        ]
        sent = interaction(self._next_id(), "", {})
        data = {"custom_id": form, "components": components}
        await self.event("INTERACTION_CREATE", {**sent, "type": MODAL_SUBMIT, "data": data})

    async def event(self, name: str, data: Any) -> None:
        self._sequence += 1
        self._events.append((self._sequence, name, data))
        await self._send({"op": 0, "t": name, "s": self._sequence, "d": data})

    async def replay(self, count: int) -> None:
        """Forget that the last events arrived, so that a RESUME brings them again."""
        self._replay_from = self._sequence - count

    async def drop(self, code: int) -> None:
        assert self._socket is not None
        await self._socket.close(code=code)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for something that the bot does; the condition may be a coroutine function."""
        async with asyncio.timeout(20):
            while not (await met if isawaitable(met := condition()) else met):
                self._happened.clear()
                waiter = asyncio.ensure_future(self._happened.wait())
                await asyncio.wait({waiter}, timeout=0.1)
                waiter.cancel()

    def made(self, method: str, path: str) -> list[Call]:
        return [call for call in self.calls if call.method == method and re.search(path, call.path)]

    def ops(self, op: int) -> list[Any]:
        return [data for each, data in self.received if each == op]

    # --- REST ---

    async def rest(self, request: web.Request) -> web.Response:
        path = request.path.removeprefix("/api/v10")
        body = await _body(request)
        call = Call(request.method, path, body, monotonic())
        self.calls.append(call)
        self._happened.set()
        for refusal in self.refusals:
            if refusal.times and refusal.method == request.method and refusal.path.search(path):
                refusal.times -= 1
                return answer(refusal.body, refusal.status, refusal.headers)
        for method, pattern, reply in self._routes():
            match = re.fullmatch(pattern, path)
            if method == request.method and match:
                given = reply(match, body)
                call.taken = True
                call.message = given.get("id", "") if isinstance(given, dict) else ""
                return answer(given)
        self.unknown.append(f"{request.method} {path}")
        return answer({"code": 0, "message": "404: Not Found"}, 404)

    def _routes(self) -> list[tuple[str, str, Callable[[re.Match[str], Any], Any]]]:
        gateway = f"{self.address}/gateway".replace("http", "ws")
        return [
            ("GET", "/users/@me", lambda _m, _b: user(BOT, "lookbook", bot=True)),
            ("GET", "/oauth2/applications/@me", lambda _m, _b: application()),
            (
                "GET",
                "/gateway/bot",
                lambda _m, _b: {
                    "url": gateway,
                    "shards": 1,
                    "session_start_limit": {
                        "total": 1000,
                        "remaining": self.sessions_left,
                        "reset_after": 7_200_000,
                        "max_concurrency": 1,
                    },
                },
            ),
            ("PUT", r"/applications/\d+/commands", lambda _m, body: self._registered(body)),
            (
                "POST",
                r"/interactions/(\d+)/.+/callback",
                lambda match, _b: {
                    "interaction": {
                        "id": match[1],
                        "type": 2,
                        "response_message_id": self._next_id(),
                        "response_message_loading": True,
                        "response_message_ephemeral": False,
                    }
                },
            ),
            (
                "PATCH",
                r"/webhooks/\d+/.+/messages/(\d+|@original)",
                lambda match, body: self._message(
                    CHANNEL, body["content"], identity=match[1].removeprefix("@original")
                ),
            ),
            (
                "POST",
                r"/channels/(\d+)/messages/(\d+)/threads",
                lambda match, body: thread(match[2], body["name"]),
            ),
            (
                "POST",
                r"/channels/(\d+)/messages",
                lambda match, body: self._message(match[1], body["content"]),
            ),
            (
                "PATCH",
                r"/channels/(\d+)/messages/(\d+)",
                lambda match, body: self._message(match[1], body["content"], identity=match[2]),
            ),
        ]

    def _registered(self, commands: Any) -> Any:
        return [
            {**command, "id": self._next_id(), "application_id": APPLICATION, "version": "1"}
            for command in commands
        ]

    def _message(
        self, channel: str, content: str, *, identity: str = "", author: Any = None
    ) -> dict[str, Any]:
        return {
            "id": identity or self._next_id(),
            "channel_id": channel,
            "author": author or user(BOT, "lookbook", bot=True),
            "content": content,
            "timestamp": TIME,
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "components": [],
            "pinned": False,
            "type": 0,
            "flags": 0,
        }

    def _next_id(self) -> str:
        # An id tells the time; an interaction of long ago would have ended.
        self._last_id = max(self._last_id + 1, discord.utils.time_snowflake(discord.utils.utcnow()))
        return str(self._last_id)

    # --- gateway ---

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._socket = socket
        await self._send({"op": 10, "d": {"heartbeat_interval": HEARTBEAT_MS}})
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            payload = json.loads(frame.data)
            self.received.append((payload["op"], payload.get("d")))
            await self._obey(payload["op"], payload.get("d"))
            self._happened.set()
        self.closed_with.append(socket.close_code)
        self._happened.set()
        return socket

    async def _obey(self, op: int, data: Any) -> None:
        match op:
            case 1:
                await self._send({"op": 11, "d": None})
            case 2 if self.close_on_identify is not None:
                await self.drop(self.close_on_identify)
            case 2:
                await self.event("READY", self._ready())
                await self.event("GUILD_CREATE", guild())
            case 6:
                since = data["seq"] if self._replay_from is None else self._replay_from
                for sequence, name, event in list(self._events):
                    if sequence > since:
                        await self._send({"op": 0, "t": name, "s": sequence, "d": event})
                await self.event("RESUMED", {})

    def _ready(self) -> dict[str, Any]:
        return {
            "v": 10,
            "user": user(BOT, "lookbook", bot=True),
            "guilds": [{"id": GUILD, "unavailable": True}],
            "session_id": "session",
            "resume_gateway_url": f"{self.address}/gateway".replace("http", "ws"),
            "application": {"id": APPLICATION, "flags": 0},
            "shard": [0, 1],
        }

    async def _send(self, payload: Any) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_str(json.dumps(payload))


async def _body(request: web.Request) -> Any:
    """Return the JSON of a call; where files come with it, their bytes under `files`, by name."""
    if not request.can_read_body:
        return None
    if request.content_type != "multipart/form-data":
        return await request.json()
    parts = await request.post()
    sent = [part for part in parts.values() if isinstance(part, web.FileField)]
    files = {part.filename: part.file.read() for part in sent}
    return {**json.loads(str(parts["payload_json"])), "files": files}


def _filled(field: tuple[str, Any]) -> dict[str, Any]:
    name, value = field
    if isinstance(value, str):
        return {"type": TEXT_INPUT, "custom_id": name, "value": value}
    return {"type": STRING_SELECT, "custom_id": name, "values": value}


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    # discord.py reads JSON only under exactly this type, without a charset.
    return web.Response(
        body=json.dumps(body).encode(),
        status=status,
        headers={"Content-Type": "application/json", **(headers or {})},
    )


def user(identity: str, name: str, *, bot: bool = False) -> dict[str, Any]:
    return {
        "id": identity,
        "username": name,
        "global_name": name,
        "discriminator": "0",
        "avatar": None,
        "bot": bot,
    }


def application() -> dict[str, Any]:
    return {
        "id": APPLICATION,
        "name": "Lookbook",
        "icon": None,
        "description": "",
        "summary": "",
        "verify_key": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "flags": 0,
        "hook": True,
        "owner": user(ALICE, "alice"),
        "team": None,
    }


def channel(identity: str = CHANNEL) -> dict[str, Any]:
    return {
        "id": identity,
        "type": 0,
        "name": "wardrobe",
        "position": 0,
        "permission_overwrites": [],
        "guild_id": GUILD,
        "nsfw": False,
        "parent_id": None,
    }


def thread(identity: str, name: str) -> dict[str, Any]:
    return {
        **channel(identity),
        "type": 11,
        "name": name,
        "parent_id": CHANNEL,
        "owner_id": BOT,
        "message_count": 0,
        "member_count": 1,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": TIME,
            "locked": False,
        },
    }


def guild() -> dict[str, Any]:
    role = {
        "id": GUILD,
        "name": "@everyone",
        "permissions": PERMISSIONS,
        "color": 0,
        "hoist": False,
        "position": 0,
        "managed": False,
        "mentionable": False,
    }
    member = {
        "user": user(BOT, "lookbook", bot=True),
        "roles": [],
        "joined_at": TIME,
        "deaf": False,
        "mute": False,
        "flags": 0,
    }
    return {
        "id": GUILD,
        "name": "Shop",
        "owner_id": ALICE,
        "roles": [role],
        "emojis": [],
        "stickers": [],
        "features": [],
        "channels": [channel()],
        "threads": [],
        "members": [member],
        "member_count": 2,
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "large": False,
        "unavailable": False,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "afk_timeout": 300,
        "preferred_locale": "en-US",
        "system_channel_flags": 0,
    }


def interaction(identity: str, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": identity,
        "application_id": APPLICATION,
        "type": 2,
        "token": f"token-{identity}",
        "version": 1,
        "guild_id": GUILD,
        "channel_id": CHANNEL,
        "channel": channel(),
        "context": 0,
        "app_permissions": PERMISSIONS,
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {"0": GUILD},
        "attachment_size_limit": 10_000_000,
        "member": {
            "user": user(ALICE, "alice"),
            "roles": [],
            "joined_at": TIME,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "permissions": PERMISSIONS,
        },
        "data": {
            "id": "1",
            "name": name,
            "type": 1,
            "options": [{"name": key, "type": 3, "value": value} for key, value in options.items()],
        },
    }


@asynccontextmanager
async def loopback() -> AsyncIterator[Loopback]:
    """Serve Discord's wire, and lead discord.py there; fails for calls that it does not know."""
    server = Loopback()
    app = web.Application()
    app.router.add_get("/gateway", server.gateway)
    app.router.add_get("/gateway/", server.gateway)
    app.router.add_route("*", "/api/v10/{path:.*}", server.rest)
    runner = web.AppRunner(app, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.address = f"http://{host}:{port}"
    try:
        with (
            patch.object(Route, "BASE", f"{server.address}/api/v10"),
            patch.object(
                DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(f"ws://{host}:{port}/gateway")
            ),
        ):
            yield server
    finally:
        await runner.cleanup()
    assert server.unknown == []
