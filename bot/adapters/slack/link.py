"""How events come in: Socket Mode, kept alive, or HTTP with signed requests."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from aiohttp import web as http
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp

from bot.adapters.slack.surface import EVENTS_PATH, PLATFORM
from bot.adapters.slack.web import AUTHORISATION, SlackRefusal, SlackWeb, library_logger
from bot.metrics import Metrics

PING_S = 10.0
CHECK_S = 5.0
PATIENCE_S = 60.0
"""How long Slack's client may be deaf before it is replaced by a new one."""
CONNECT_S = 15.0
CLOSE_S = 5.0
IPV4 = 2
"""Parts of an IPv4 socket's address; where the setting is port 0, IPv6 gets another port."""

_LOG = logging.getLogger(__name__)


class Link(Protocol):
    """One way in. `port` is 0 where nothing is listened to."""

    @property
    def port(self) -> int:
        """Return the port that is open."""
        ...

    async def open(self) -> None:
        """Begin to listen. Raises SlackRefusal."""
        ...

    async def close(self) -> None:
        """Listen no more."""
        ...

    async def state(self) -> tuple[bool, str]:
        """Return whether events can arrive now, and a line about it."""
        ...


class SocketLink:
    """A Socket Mode client that is thrown away when it stays deaf.

    Slack's own client reconnects by itself, but not out of every state: its address works once, and
    it retries a failed connection with the same one for ever (slackapi/python-slack-sdk#1110,
    #1446). Whoever asks here hears what the socket itself says, and how old its last pong is.
    """

    def __init__(self, app: AsyncApp, web: SlackWeb, app_token: str, metrics: Metrics) -> None:
        self._app = app
        self._web = web
        self._app_token = app_token
        self._handler: AsyncSocketModeHandler | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._metrics = metrics
        self._refusal = ""
        self._greeted = False

    @property
    def port(self) -> int:
        """Return 0: connections go out from here."""
        return 0

    async def open(self) -> None:
        """Connect; a socket that does not open is tried again by the keeper."""
        await self._connect()
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Disconnect; Slack delivers what was not acknowledged to the next socket."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        await self._drop()

    async def state(self) -> tuple[bool, str]:
        """Return whether the socket is open and answers pings."""
        if self._refusal in AUTHORISATION:
            return False, f"Slack refuses the app token ({self._refusal})"
        client = self._handler.client if self._handler is not None else None
        if client is None or not await client.is_connected():
            return False, "the socket is closed; connecting"
        if client.last_ping_pong_time is None:
            return True, "the socket is open"
        age = max(0.0, time.time() - client.last_ping_pong_time)
        return age < PATIENCE_S, f"the socket is open, last pong {age:.0f} s ago"

    async def _connect(self) -> None:
        address = await self._web.socket_address(self._app_token)
        self._refusal = ""
        self._handler = AsyncSocketModeHandler(
            self._app,
            self._app_token,
            logger=library_logger(),
            web_client=self._web.client,
            ping_interval=PING_S,
        )
        self._handler.client.wss_uri = address
        self._handler.client.message_listeners.append(self._hello)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_connected(self._handler), CONNECT_S)

    async def _hello(self, _client: Any, frame: Mapping[str, Any], _raw: str | None) -> None:
        """Count the connections after the first."""
        if frame.get("type") == "hello":
            if self._greeted:
                self._metrics.reconnects.labels(PLATFORM).inc()
            self._greeted = True

    async def _drop(self) -> None:
        handler, self._handler = self._handler, None
        if handler is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_closed(handler), CLOSE_S)

    async def _keep(self) -> None:
        heard = time.monotonic()
        while True:
            await asyncio.sleep(CHECK_S)
            open_now, detail = await self.state()
            if open_now:
                heard = time.monotonic()
            elif time.monotonic() - heard > PATIENCE_S:
                _LOG.warning("Slack's socket client is replaced: %s.", detail)
                heard = time.monotonic()
                await self._drop()
                try:
                    await self._connect()
                except SlackRefusal as refusal:
                    self._refusal = refusal.code
                    _LOG.warning("Slack gives no socket: %s.", refusal)


def _connected(handler: AsyncSocketModeHandler) -> Awaitable[None]:
    connecting: Awaitable[None] = handler.connect_async()  # type: ignore[no-untyped-call] # Bolt's
    return connecting


def _closed(handler: AsyncSocketModeHandler) -> Awaitable[None]:
    closing: Awaitable[None] = handler.close_async()  # type: ignore[no-untyped-call] # Bolt's
    return closing


class HttpLink:
    """Slack's requests over HTTP; Bolt checks their signatures and their age."""

    def __init__(self, app: AsyncApp, port: int) -> None:
        self._app = app
        self._port = port
        self._runner: http.AppRunner | None = None

    async def open(self) -> None:
        """Listen on the port."""
        runner = http.AppRunner(self._app.server(path=EVENTS_PATH).web_app, access_log=None)
        await runner.setup()
        self._runner = runner
        await http.TCPSite(runner, port=self._port).start()

    async def close(self) -> None:
        """Finish what is being answered and listen no more."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def state(self) -> tuple[bool, str]:
        """Return whether the port is open."""
        if self._runner is None or not self._runner.addresses:
            return False, "the HTTP port is closed"
        return True, f"listening on port {self.port}"

    @property
    def port(self) -> int:
        """Return the port that is open, over IPv4 where the setting is 0."""
        addresses = self._runner.addresses if self._runner is not None else []
        return next((int(address[1]) for address in addresses if len(address) == IPV4), self._port)
