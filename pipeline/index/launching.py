"""Starting a build in a process of its own, and hearing from it."""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from pydantic import SecretStr

from config.settings import Settings
from pipeline.index.build import BuildReport
from pipeline.index.errors import BuildRunningError, IndexBuildError
from pipeline.index.inputs import Inputs
from pipeline.index.manifest import Manifest
from pipeline.index.planning import Live
from pipeline.index.progress import Progress
from pipeline.index.versions import LOG_FILE, IndexVersions

_POLL_S = 0.2


def build_index(
    settings: Settings,
    *,
    full: bool = False,
    progress: Callable[[Progress], None] | None = None,
    cancel: threading.Event | None = None,
) -> BuildReport:
    """Build the index in a child process and make it live; return what was done.

    Blocks; call it from a thread where an event loop runs. `full` starts from nothing instead of
    from the live version. `cancel` stops the build when it is set. Raises IndexBuildError when the
    build fails or is cancelled (BuildRunningError: another one runs), ModelError and CatalogueError
    for inputs that cannot be used; the live version is as it was then.
    """
    started = time.monotonic()
    inputs = Inputs.gather(settings)  # what cannot be used is told before a process is started
    versions = IndexVersions(settings.index_directory)
    live = Live.find(versions)
    if live and not full and _unchanged(live.manifest, inputs):
        seconds = time.monotonic() - started
        size = versions.size(live.manifest.version)
        return BuildReport.nothing_to_do(live.manifest, size, "nothing changed", seconds)
    settings.index_directory.mkdir(parents=True, exist_ok=True)
    with (settings.index_directory / LOG_FILE).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "pipeline.index.build_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        _request(child, settings, full=full)
        stage = "starting"
        for message in _messages(child, cancel):
            if "progress" in message:
                step = Progress.from_dict(message["progress"])
                stage = step.stage
                if progress is not None:
                    progress(step)
            elif "report" in message:
                return BuildReport.from_dict(message["report"])
            else:
                raise _error(**message["error"])
        raise _death(child.wait(), stage, settings)
    finally:
        _stop(child)


def _unchanged(live: Manifest, inputs: Inputs) -> bool:
    """Return whether a build would make the live version again."""
    return inputs.same_catalogue(live) and inputs.rebuild_reason(live) is None


def _request(child: subprocess.Popen[bytes], settings: Settings, *, full: bool) -> None:
    """Send the build's one line; the pipe stays open, for its end tells the child to give up."""
    assert child.stdin is not None  # noqa: S101 - asked for above
    values = _revealed(settings.model_dump())
    with suppress(BrokenPipeError):  # a child that died at once is reported by its exit status
        child.stdin.write(
            json.dumps({"settings": values, "full": full}, default=str).encode() + b"\n"
        )
        child.stdin.flush()


def _revealed(values: Any) -> Any:
    if isinstance(values, dict):
        return {key: _revealed(value) for key, value in values.items()}
    return values.get_secret_value() if isinstance(values, SecretStr) else values


def _messages(
    child: subprocess.Popen[bytes], cancel: threading.Event | None
) -> Iterator[dict[str, Any]]:
    assert child.stdout is not None  # noqa: S101 - asked for above
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if cancel is not None and cancel.is_set():
                raise IndexBuildError("The build was cancelled.", "Start it again when you like.")
            if not selector.select(_POLL_S):
                continue
            block = os.read(child.stdout.fileno(), 1 << 16)
            if not block:
                return
            *lines, pending = (pending + block).split(b"\n")
            yield from map(json.loads, lines)


def _error(kind: str, problem: str, mend: str) -> IndexBuildError:
    return (BuildRunningError if kind == "running" else IndexBuildError)(problem, mend)


def _death(status: int, stage: str, settings: Settings) -> IndexBuildError:
    how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended ({status})"
    mends = {
        -signal.SIGKILL: "The machine may be out of memory: free some and build again",
        -signal.SIGBUS: "The disk may be full: free space and build again",
    }
    return IndexBuildError(
        f"The build process {how} while {stage}.",
        f"{mends.get(status, 'Build again')}; see {settings.index_directory / LOG_FILE}.",
    )


def _stop(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()
