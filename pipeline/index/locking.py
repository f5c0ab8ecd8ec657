"""One build at a time per index directory."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from pipeline.index.errors import BuildRunningError

LOCK_FILE = "build.lock"


@contextmanager
def build_lock(directory: Path) -> Iterator[None]:
    """Hold the index's build lock; the kernel frees it when the process dies.

    Raises BuildRunningError, with the process id and the start time of the other build.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK_FILE).open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildRunningError(
                f"A build of {directory} is already running{running_build(directory) or ''}.",
                "Wait for it to finish, or stop that process.",
            ) from None
        stream.truncate(0)
        json.dump({"pid": os.getpid(), "since": datetime.now(UTC).isoformat()}, stream)
        stream.flush()
        try:
            yield
        finally:
            stream.truncate(0)


def running_build(directory: Path) -> str | None:
    """Return " since ... (pid ...)" of the build that runs, None if none does."""
    try:
        held = json.loads((directory / LOCK_FILE).read_text(encoding="utf-8"))
        since, pid = datetime.fromisoformat(held["since"]), int(held["pid"])
        # A killed build leaves its note behind; its number may be another process's by now.
        alive = psutil.Process(pid).create_time() <= since.timestamp()
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return f" since {since:%Y-%m-%d %H:%M:%S} UTC (pid {pid})" if alive else None
