"""What a supervisor and Prometheus ask over HTTP: /healthz, /readyz, /metrics."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.metrics import Metrics
from config.errors import LookbookError
from config.settings import HealthSettings

Readiness = Callable[[], Awaitable[dict[str, str]]]
"""Returns what is not ready, each with one line for an operator; empty when all is."""


class HealthError(LookbookError):
    """The health server cannot listen."""


class HealthServer:
    """Answers on the event loop that it reports on: no answer means that the loop is stuck."""

    def __init__(self, settings: HealthSettings, metrics: Metrics, readiness: Readiness) -> None:
        self._settings = settings
        self._metrics = metrics
        self._readiness = readiness
        app = web.Application()
        app.router.add_get("/healthz", self._alive)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._exposed)
        self._runner = web.AppRunner(app, access_log=None)

    @property
    def port(self) -> int:
        """Return the port that is listened on."""
        return int(self._runner.addresses[0][1])

    async def start(self) -> None:
        """Begin to listen. Raises HealthError where the address is taken or not this machine's."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise HealthError(
                f"The health server cannot listen on {self._settings.host}:{self._settings.port} "
                f"({error.strerror or type(error).__name__}).",
                "Set LOOKBOOK__HEALTH__PORT to a free port, or stop what uses this one.",
            ) from None

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _ready(self, _: web.Request) -> web.Response:
        missing = await self._readiness()
        status = 503 if missing else 200
        return web.json_response(
            {"status": "not ready" if missing else "ready", "missing": missing}, status=status
        )

    async def _exposed(self, _: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.exposition(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )
