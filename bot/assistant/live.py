"""The recommender of the live index version, exchanged while others still answer."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from config.errors import LookbookError
from config.settings import Settings
from pipeline.index import IndexStateError, IndexVersions
from pipeline.recommending import Recommender
from pipeline.understanding import Understander

POLL_S = 5.0
"""How often CURRENT is looked at, for versions that another process made live."""

_LOG = logging.getLogger(__name__)

OpenRecommender = Callable[[Settings], Recommender]


@dataclass(eq=False)
class Serving:
    """One open version. `understander` reads what only its vocabulary knows."""

    recommender: Recommender
    understander: Understander
    leases: int = field(default=0)
    retired: bool = field(default=False)


class LiveRecommender:
    """Lends the recommender of the live version to threads, and exchanges it when that changes.

    A new version is opened and warmed beside the old one; the models are shared, for a process has
    each only once. The old one is closed when the last answer that uses it is done.
    """

    def __init__(
        self, settings: Settings, open_recommender: OpenRecommender = Recommender.open
    ) -> None:
        self._settings = settings
        self._open = open_recommender
        self._lock = threading.Lock()
        self._serving: Serving | None = None
        self._problem: LookbookError = IndexStateError(
            "The index is not open.", "Wait until Lookbook has started."
        )
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._watch: asyncio.Task[None] | None = None

    @property
    def version(self) -> str | None:
        """Return the version that answers now, None if none does."""
        serving = self._serving
        return serving.recommender.index.version if serving else None

    @property
    def problem(self) -> LookbookError | None:
        """Return why nothing can be answered now, None if it can."""
        return None if self._serving else self._problem

    @property
    def understander(self) -> Understander | None:
        """Return the understander of the version that answers now."""
        serving = self._serving
        return serving.understander if serving else None

    async def start(self) -> None:
        """Open the live version, if there is one, and follow it from now on.

        Without an index, or with one that cannot be opened, `problem` says what to mend; the first
        version that can be opened is taken.
        """
        await self.refresh()
        self._watch = asyncio.create_task(self._follow(), name="follow the live index")

    async def refresh(self) -> None:
        """Exchange the recommender now if another version is live; never raises."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._exchange)

    async def close(self) -> None:
        """Stop following, and let go of the version once nobody uses it."""
        if self._watch is not None:
            self._watch.cancel()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._executor, self._install, None)
        self._executor.shutdown()

    @contextmanager
    def lease(self) -> Iterator[Serving]:
        """Lend the version that is live now; it stays open until it is given back.

        For worker threads. Raises LookbookError saying why there is none.
        """
        with self._lock:
            serving = self._serving
            if serving is None:
                raise self._problem.with_traceback(None)
            serving.leases += 1
        try:
            yield serving
        finally:
            with self._lock:
                serving.leases -= 1
                unused = serving.retired and not serving.leases
            if unused:
                _close(serving)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            await self.refresh()

    def _exchange(self) -> None:
        try:
            live = IndexVersions(self._settings.index_directory).current()
            if self._serving is not None and live in (None, self.version):
                return
            recommender = self._open(self._settings)
            try:
                recommender.warm_up()
                understander = Understander(recommender.index.vocabulary)
            except BaseException:
                recommender.close()
                raise
        except LookbookError as error:
            if str(error) != str(self._problem):
                _LOG.warning("The live index cannot be used: %s", error)
            self._problem = error
            return
        except Exception as error:  # noqa: BLE001 - the version that answers goes on answering
            _LOG.error("The live index cannot be opened (%s).", type(error).__name__)
            return
        self._install(Serving(recommender, understander))
        _LOG.info("Index version %s answers now.", self.version)

    def _install(self, serving: Serving | None) -> None:
        with self._lock:
            old, self._serving = self._serving, serving
            if old is None:
                return
            old.retired = True
            unused = not old.leases
        if unused:
            _close(old)


def _close(serving: Serving) -> None:
    try:
        serving.recommender.close()
    except LookbookError as error:
        _LOG.warning("An old index version could not be closed: %s", error)
