"""The state for an event loop: one thread of its own does all the work."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bot.state.state import State
from config.settings import Settings

Result = TypeVar("Result")


class StateThread:
    """Runs work on the state, one piece after the other, in the order in which it was given."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._state: State | None = None

    async def open(self) -> None:
        """Open the state. Raises StateError."""
        loop = asyncio.get_running_loop()
        self._state = await loop.run_in_executor(self._executor, State.open, self._settings)

    async def __call__(self, work: Callable[[State], Result]) -> Result:
        """Return what `work` returns, each call one or more whole transactions.

        The work is done even if its caller is cancelled. Raises StateError.
        """
        assert self._state is not None  # noqa: S101 - opened before anything is asked of it
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._executor, work, self._state))

    async def close(self) -> None:
        """Close the state after everything asked of it so far."""
        if self._state is not None:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._state.close)
        self._executor.shutdown()
