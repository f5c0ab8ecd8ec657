"""Copies of shard directories that keep holes: Qdrant reserves far more file than it fills."""

import errno
import os
import shutil
from pathlib import Path

_BLOCK = 1 << 20


def copy_tree(source: Path, target: Path) -> None:
    """Copy a directory into a new one; what is a hole in a file stays one. Raises OSError."""
    shutil.copytree(source, target, copy_function=_copy_file)


def _copy_file(source: str, target: str) -> None:
    with Path(source).open("rb") as reading, Path(target).open("wb") as writing:
        size = os.fstat(reading.fileno()).st_size
        start = 0
        while start < size:
            try:
                start = os.lseek(reading.fileno(), start, os.SEEK_DATA)
            except OSError as error:
                if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                    break
                raise
            end = os.lseek(reading.fileno(), start, os.SEEK_HOLE)
            reading.seek(start)
            writing.seek(start)
            while start < end:
                writing.write(block := reading.read(min(end - start, _BLOCK)))
                start += len(block)
        writing.truncate(size)
    shutil.copystat(source, target)
