"""Rows of a JSON Lines or parquet file, each with its number, and why a row was dropped."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyarrow import ArrowException

from training.errors import DataError

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: its file and its number, from 1 (the line, where it is text)."""

    file: Path
    number: int

    def __str__(self) -> str:
        """Return "introductions.jsonl:12", as editors read it."""
        return f"{self.file}:{self.number}"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that cannot be used, and why."""

    place: Place
    reason: str


def files_in(path: Path) -> list[Path]:
    """Return the file itself, or the JSON Lines files of a directory by name.

    Raises DataError where there is none.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise DataError(
            f"There is no training data at {path}.",
            "Name a JSON Lines or parquet file, or a directory of JSON Lines files.",
        )
    return files


def read_rows(file: Path, dropped: list[Dropped]) -> Iterator[tuple[Place, Values]]:
    """Yield the objects of a file; lines that hold none are appended to `dropped`.

    Raises DataError where the file cannot be read, or holds nothing.
    """
    empty = True
    try:
        rows = _parquet(file) if file.suffix == ".parquet" else _lines(file, dropped)
        for number, values in rows:
            empty = False
            yield Place(file, number), values
    except (OSError, ArrowException, UnicodeDecodeError) as error:
        raise DataError(
            f"The training data {file} cannot be read ({type(error).__name__}).",
            "Give a UTF-8 JSON Lines file or a parquet file.",
        ) from error
    if empty:
        raise DataError(
            f"The training data {file} has no usable row.", "Write one JSON object a line."
        )


def _parquet(file: Path) -> Iterator[tuple[int, Values]]:
    number = 0
    for batch in pq.ParquetFile(file).iter_batches():
        for values in batch.to_pylist():
            number += 1
            yield number, values


def _lines(file: Path, dropped: list[Dropped]) -> Iterator[tuple[int, Values]]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                values = json.loads(line)
            except ValueError:
                values = None
            if isinstance(values, dict):
                yield number, values
            else:
                dropped.append(Dropped(Place(file, number), "not one JSON object"))


def text_of(values: Values, name: str) -> str:
    """Return a text of a row on one line, "" where there is none."""
    value = values.get(name)
    return " ".join(value.split()) if isinstance(value, str) else ""
