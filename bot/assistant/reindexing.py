"""Refreshing the index: one at a time, whoever asks, while answers go on."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.assistant.failures import failure_of
from bot.assistant.live import LiveRecommender
from bot.assistant.replies import Notice
from bot.phrases import build_done, build_running, build_step
from config.errors import LookbookError
from config.settings import Settings
from pipeline.index import (
    STAGES,
    BuildReport,
    BuildRunningError,
    IndexBuildError,
    Progress,
    build_index,
    status,
)

_LOG = logging.getLogger(__name__)

Tell = Callable[[Notice], Awaitable[None]]


class Reindexing:
    """Runs builds, each in a process of its own, and lets the new version answer."""

    def __init__(self, settings: Settings, live: LiveRecommender) -> None:
        self._settings = settings
        self._live = live
        self._since: datetime | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="reindex")

    async def run(self, asker: str, tell: Tell, request_id: str) -> Notice:
        """Refresh the index and return how it went; `tell` hears of the progress on the way.

        While another refresh runs, here or in another process, this says so and does nothing.
        """
        if self._since is not None:
            return _running(f" since {self._since:%Y-%m-%d %H:%M:%S} UTC")
        self._since = datetime.now(UTC)
        try:
            return await self._refresh(asker, tell, request_id)
        finally:
            self._since = None

    def close(self) -> None:
        """Let go of the thread; whoever cancels `run` stops the build that it runs."""
        self._executor.shutdown(wait=False)

    async def _refresh(self, asker: str, tell: Tell, request_id: str) -> Notice:
        _LOG.info("Audit: %s refreshes the index.", asker, extra={"request_id": request_id})
        try:
            report = await self._build(tell)
        except BuildRunningError:
            return _running((await asyncio.to_thread(status, self._settings)).building)
        except IndexBuildError as error:  # may quote a row of the catalogue: for the log only
            return failure_of(error, request_id).notice()
        except LookbookError as error:
            reference = failure_of(error, request_id).reference
            return Notice("failed", f"{error.problem} {error.mend}", reference=reference)
        await self._live.refresh()
        _LOG.info(
            "Audit: %s refreshed the index: version %s, %s, %d articles, %.1f s.",
            asker,
            report.version,
            report.kind,
            report.counts.articles,
            report.seconds,
            extra={"request_id": request_id},
        )
        return Notice("done", build_done(report), fraction=1.0)

    async def _build(self, tell: Tell) -> BuildReport:
        loop = asyncio.get_running_loop()
        steps: asyncio.Queue[Progress] = asyncio.Queue()
        cancel = threading.Event()

        def report(step: Progress) -> None:
            loop.call_soon_threadsafe(steps.put_nowait, step)

        building = loop.run_in_executor(
            self._executor, partial(build_index, self._settings, progress=report, cancel=cancel)
        )
        try:
            await self._tell_steps(steps, building, tell)
            return await building
        finally:
            cancel.set()
            building.add_done_callback(_look_at)

    async def _tell_steps(
        self, steps: asyncio.Queue[Progress], building: asyncio.Future[BuildReport], tell: Tell
    ) -> None:
        fraction = 0.0
        while not building.done():
            coming = asyncio.ensure_future(steps.get())
            either: set[asyncio.Future[Any]] = {building, coming}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                return
            step = coming.result()
            while not steps.empty():  # only the newest is worth showing
                step = steps.get_nowait()
            # Embedding and writing take turns; what is shown never goes back.
            fraction = max(fraction, _fraction(step))
            await tell(Notice("progress", build_step(step), fraction=fraction))


def _look_at(building: asyncio.Future[BuildReport]) -> None:
    """Take note of how a build ended that was given up: nobody waits for it any more."""
    if not building.cancelled():
        building.exception()


def _running(since: str) -> Notice:
    return Notice("refused", build_running(since))


def _fraction(step: Progress) -> float:
    part = step.done / step.total if step.total else 0.0
    return (STAGES.index(step.stage) + part) / len(STAGES)
