"""The running bot: every platform that has a token, the schedule and the health server.

One asyncio process. It ends on SIGTERM or SIGINT, after what runs has been answered, and by itself
when a platform has been out of reach for too long: its supervisor then starts a fresh one, and no
request is lost (see `bot.assistant`).
"""

import asyncio
import fcntl
import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from bot.adapters import open_adapters
from bot.adapters.base import Adapter, Delivery
from bot.assistant.assistant import Assistant
from bot.assistant.requests import Request
from bot.health import HealthServer
from bot.schedule import PLATFORM as SCHEDULE
from bot.schedule import RefreshSchedule, ScheduledDelivery, trigger_of
from bot.state.database import open_database, url_of
from config.errors import LookbookError
from config.settings import Settings

LOCK_FILE = "run.lock"

OUT_OF_REACH_S = 300.0
"""How long a platform may be unconnected before the process ends: longer than any outage that the
libraries mend themselves, and slow enough that restarts use up no platform's daily connections."""

_LOOK_S = 10.0
_LOG = logging.getLogger(__name__)


class RunError(LookbookError):
    """The bot cannot run, or cannot go on."""


class Process:
    """Everything that one `lookbook run` holds, started and stopped in order."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings. Raises LookbookError for what is missing or wrong in them."""
        trigger_of(settings.schedule)
        self._settings = settings
        self.assistant = Assistant(settings)
        self.adapters: list[Adapter] = open_adapters(settings, self.assistant)
        self.health = HealthServer(settings.health, self.assistant.metrics, self.not_ready)
        self._by_name = {adapter.name: adapter for adapter in self.adapters}
        self._stop = asyncio.Event()
        self._lost: RunError | None = None
        self._started = False

    async def run(self) -> None:
        """Serve until told to stop. Raises LookbookError for what ended it otherwise."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        async with AsyncExitStack() as stack:
            stack.enter_context(_only_one(self._settings.home))
            await self.health.start()
            stack.push_async_callback(self.health.close)
            await self._serve(stack)
            await self._stop.wait()
            _LOG.info("Stopping: no new requests, up to %g s.", self._settings.assistant.drain_s)
            self._started = False
        _LOG.info("Stopped.")
        if self._lost is not None:
            raise self._lost

    async def _serve(self, stack: AsyncExitStack) -> None:
        await self.assistant.start()
        # Undone from the last to the first: intake, then what is being answered, then connections.
        for adapter in self.adapters:
            stack.push_async_callback(adapter.close)
        stack.push_async_callback(self.assistant.stop)
        for adapter in self.adapters:
            await adapter.start()
            stack.push_async_callback(adapter.stop_intake)
        await self.assistant.resume(self.delivery)
        schedule = RefreshSchedule(
            self._settings.schedule,
            engine=await asyncio.to_thread(open_database, url_of(self._settings)),
            submit=self._refresh,
            tell_admins=self.tell_admins,
        )
        next_refresh = await schedule.start()
        stack.push_async_callback(schedule.close)
        for watching in (self._watch_connections(), self.assistant.metrics.watch_loop()):
            task = asyncio.create_task(watching)
            stack.callback(task.cancel)
        self._started = True
        _LOG.info(
            "Running: %s; health on port %d; next refresh %s.",
            ", ".join(self._by_name),
            self.health.port,
            next_refresh or "never",
        )

    def delivery(self, request: Request) -> Delivery | None:
        """Return where a request from before the start is answered, None if its platform is off."""
        platform = request.shopper.platform
        if platform == SCHEDULE:
            return ScheduledDelivery(self.tell_admins)
        adapter = self._by_name.get(platform)
        return adapter.delivery(request) if adapter else None

    async def tell_admins(self, text: str) -> None:
        """Tell the admins of every platform."""
        await asyncio.gather(
            *(adapter.tell_admins(text) for adapter in self.adapters), return_exceptions=True
        )

    async def not_ready(self) -> dict[str, str]:
        """Return what keeps the bot from answering, by name; for /readyz."""
        missing: dict[str, str] = {}
        if not self._started:
            missing["process"] = "starting or stopping"
        problem = self.assistant.live.problem
        if problem is not None:
            missing["index"] = f"{problem.problem} {problem.mend}"
        for adapter in self.adapters:
            connection = await adapter.connection()
            if not connection.connected:
                missing[adapter.name] = connection.detail
        return missing

    async def _refresh(self, request: Request) -> None:
        await self.assistant.submit(request, ScheduledDelivery(self.tell_admins))

    async def _watch_connections(self) -> None:
        """End the process once a platform has been out of reach for too long."""
        heard = dict.fromkeys(self._by_name, time.monotonic())
        while True:
            await asyncio.sleep(_LOOK_S)
            for name, adapter in self._by_name.items():
                connection = await adapter.connection()
                now = time.monotonic()
                if connection.connected:
                    heard[name] = now
                elif now - heard[name] > OUT_OF_REACH_S:
                    self._lost = RunError(
                        f"{name.capitalize()} has been out of reach for "
                        f"{OUT_OF_REACH_S / 60:.0f} minutes: {connection.detail}.",
                        "Check the network and the token; a supervisor starts Lookbook again.",
                    )
                    self._stop.set()
                    return


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Hold this home for one running bot; the kernel frees it when the process dies."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK_FILE).open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            raise RunError(
                f"Lookbook is already running on {home} (pid {stream.read().strip() or '?'}).",
                "Stop that one first, or give this one a home of its own with LOOKBOOK__HOME.",
            ) from None
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield
