"""SHA-256 of weight files, remembered so that a start does not read gigabytes again."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

VERIFIED_FILE = "verified.json"


def digest_of(files: tuple[Path, ...], memory: Path, *, recompute: bool = False) -> str:
    """Return the SHA-256 of one file, or of `<digest>  <name>` lines when there are several.

    `memory` is the directory that holds `verified.json`; a digest remembered there counts while
    the file's resolved path, size and modification time are the same. A directory that cannot be
    written costs only time.
    """
    digests = [(file.name, _file_digest(file, memory, recompute=recompute)) for file in files]
    if len(digests) == 1:
        return digests[0][1]
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests))
    return hashlib.sha256(lines.encode()).hexdigest()


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _file_digest(file: Path, memory: Path, *, recompute: bool) -> str:
    path = file.resolve()
    status = path.stat()
    remembered = _read(memory / VERIFIED_FILE)
    entry = {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
    old = remembered.get(str(path), {})
    if not recompute and "sha256" in old and entry.items() <= old.items():
        return str(old["sha256"])
    digest = sha256_of(path)
    with contextlib.suppress(OSError):
        write_json(memory / VERIFIED_FILE, {**remembered, str(path): {**entry, "sha256": digest}})
    return digest


def _read(file: Path) -> dict[str, dict[str, Any]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(file: Path, content: object, *, indent: int | None = 1) -> None:
    """Replace `file` by `content` as JSON in one step, so that no reader sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream, indent=indent, sort_keys=True)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
