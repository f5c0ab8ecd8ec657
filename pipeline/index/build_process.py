"""The process that a build runs in: `python -m pipeline.index.build_process`.

Qdrant Edge holds Python's interpreter lock while it works, so no build may run where heartbeats
have to go out. Standard input brings one line of JSON, `{"settings": ..., "full": ...}`, and stays
open for as long as the parent wants the result. Standard output carries one line of JSON a message:
`{"progress": ...}`, and last `{"report": ...}` or `{"error": {"kind", "problem", "mend"}}`.
"""

import errno
import json
import os
import re
import select
import sys
import traceback
from typing import Any

from config.errors import LookbookError
from config.settings import Settings
from pipeline.index.build import build
from pipeline.index.errors import BuildRunningError
from pipeline.index.progress import Progress
from pipeline.index.versions import LOG_FILE

_NICENESS = 10
"""Whoever answers shoppers on the same cores goes first; an idle machine gives all it has."""

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_ENGINE_ERRNO = re.compile(r"\(os error (\d+)\)")
"""How Rust, the engine's language, ends the text of a failed system call."""


class Orphaned(BaseException):
    """The parent is gone, so nobody wants this build. Haystack would wrap an Exception."""


def main() -> int:
    """Run the build that standard input describes; return the exit status."""
    request = json.loads(sys.stdin.readline())
    # Only messages may go to the pipe: what libraries print joins their warnings in the log.
    messages = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(kind: str, content: dict[str, Any]) -> None:
        os.write(messages, json.dumps({kind: content}).encode() + b"\n")

    def report(progress: Progress) -> None:
        if _parent_is_gone():
            raise Orphaned
        send("progress", progress.to_dict())

    settings = Settings(**request["settings"])
    os.nice(_NICENESS)
    try:
        done = build(settings, full=request["full"], report=report)
    except (Orphaned, BrokenPipeError):
        return 1
    except BuildRunningError as error:
        send("error", {"kind": "running", "problem": error.problem, "mend": error.mend})
        return 1
    except Exception as error:  # noqa: BLE001 - the parent has no other way to learn of it
        traceback.print_exc()
        said = _explained(error, settings)
        send("error", {"kind": "failed", "problem": said.problem, "mend": said.mend})
        return 1
    send("report", done.to_dict())
    return 0


def _parent_is_gone() -> bool:
    """Return whether standard input has ended: the parent writes nothing after its one line."""
    readable, _, _ = select.select([sys.stdin.fileno()], [], [], 0)
    return bool(readable)


def _explained(error: BaseException, settings: Settings) -> LookbookError:
    """Return what to say of an error, which Haystack may have wrapped in its own."""
    causes = [error]
    while following := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(following)
    if any(_means_disk_full(cause) for cause in causes):
        return LookbookError(
            f"The disk of {settings.index_directory} is full.",
            "Free space there, or set home to a larger disk, and build again.",
        )
    for cause in causes:
        if isinstance(cause, LookbookError):
            return cause
    return LookbookError(
        f"The build failed with {type(error).__name__}: {error}.",
        f"See {settings.index_directory / LOG_FILE}.",
    )


def _means_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _DISK_FULL
    told = _ENGINE_ERRNO.search(str(error))
    return told is not None and int(told[1]) in _DISK_FULL


if __name__ == "__main__":
    sys.exit(main())
