"""Where rows go that cannot become articles: one JSON line each, with the reason."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.catalogues.errors import CatalogueError

RAW_LIMIT = 2_000
"""Characters of a raw row that are kept."""
ENTRY_LIMIT = 10_000
"""Entries that are written; later ones are only counted."""


class Quarantine:
    """Collects what a catalogue's rows were refused, kept with a loss, or left out for.

    With a path, each refused or doubtful row becomes a line of JSON there:
    `{"file", "row", "outcome": "rejected"|"kept", "reason", "raw"}`. The file is made by the first
    entry and replaces one of an earlier run; close the quarantine, or use it in a `with`.
    Without a path it only counts.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.reasons: Counter[str] = Counter()
        """Rejected rows by reason."""
        self.warnings: Counter[str] = Counter()
        """Rows that became articles with something missing, by reason."""
        self.skipped: Counter[str] = Counter()
        """Products that the shop itself does not sell (drafts and the like), by reason."""
        self._entries = 0
        self._stream: TextIOWrapper | None = None
        if path is not None:
            with self._writing():
                path.unlink(missing_ok=True)

    @property
    def count(self) -> int:
        """Return how many rows were rejected."""
        return self.reasons.total()

    def reject(self, file: Path, row_number: int, reason: str, row: Any) -> None:
        """Record a row that becomes no article."""
        self.reasons[reason] += 1
        self._write(file, row_number, "rejected", reason, row)

    def warn(self, file: Path, row_number: int, reason: str, row: Any) -> None:
        """Record a row that becomes an article without something it should have."""
        self.warnings[reason] += 1
        self._write(file, row_number, "kept", reason, row)

    def skip(self, reason: str) -> None:
        """Count a product that is left out because the shop says so."""
        self.skipped[reason] += 1

    def close(self) -> None:
        """Finish the file."""
        if self._stream is not None:
            with self._writing():
                self._stream.close()
            self._stream = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, file: Path, row_number: int, outcome: str, reason: str, row: Any) -> None:
        if self.path is None or self._entries >= ENTRY_LIMIT:
            return
        raw = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False, default=str)
        entry = {
            "file": str(file),
            "row": row_number,
            "outcome": outcome,
            "reason": reason,
            "raw": raw[:RAW_LIMIT],
        }
        with self._writing():
            if self._stream is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._stream = self.path.open("a", encoding="utf-8", errors="backslashreplace")
            self._stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._entries += 1

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CatalogueError(
                f"The quarantine file {self.path} cannot be written ({error.strerror}).",
                "Free the disk or give a place that this user may write to.",
            ) from None
