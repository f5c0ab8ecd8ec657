"""CSV and TSV as rows, however sloppy the export."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from pipeline.catalogues.errors import CatalogueError
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.rows import CELL_LIMIT, NUL_BYTE, TOO_LONG, Row
from pipeline.catalogues.source import Text

ROW_LIMIT = 8 * CELL_LIMIT
"""Characters of one row over all its lines."""
_DELIMITERS = ",\t;|"
_BAD_QUOTES = "Its quotes are not closed, or not doubled inside a quoted cell."
_NOT_TEXT = "It holds bytes that are no text in this file's encoding."

# The limit is the csv module's own and holds for the whole process.
csv.field_size_limit(CELL_LIMIT)


class DelimitedRows:
    """Rows of a text table with a header, at comma, tab, semicolon or bar.

    A row's number is the line that it starts on, as an editor shows it; the header is line 1.
    """

    def __init__(self, text: Text) -> None:
        self._text = text
        self._path = text.source.path
        with text.source.reading(), text.open() as stream:
            lines = _Lines(stream)
            header = ""
            try:
                while not header.strip():
                    header = next(lines)
            except (StopIteration, csv.Error):
                raise CatalogueError(
                    f"The catalogue {self._path} has no header line.",
                    "Export it as CSV or TSV with the column names in the first line.",
                ) from None
        if "\0" in header:
            raise CatalogueError(
                f"The catalogue {self._path} is not a text table: its first line holds NUL bytes.",
                "Export it as CSV in UTF-8.",
            )
        self._header_lines = lines.number
        self._delimiter = max(_DELIMITERS, key=lambda mark: len(_cells(header, mark)))
        self.columns = [name.strip() for name in _cells(header, self._delimiter)]

    def read(self, quarantine: Quarantine) -> Iterator[Row]:
        """Yield the rows that have one cell per column.

        A stray quote can swallow the rows below it: a bad row over several lines is rejected once
        and its later lines are read again, without complaint, until a row fits.
        """
        with self._text.source.reading(), self._text.open() as stream:
            lines = _Lines(stream)
            for _ in range(self._header_lines):
                next(lines)
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            recovering = False
            while True:
                lines.start_row()
                number = lines.number + 1
                cells: list[str] = []
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    fault = TOO_LONG if "limit" in str(error) else _BAD_QUOTES
                else:
                    if not cells:
                        continue
                    fault = self._fault(cells, lines.row)
                if not fault:
                    recovering = False
                    # Reversed, so that of two columns with one name the first counts.
                    yield Row(number, dict(zip(self._backwards, reversed(cells), strict=True)))
                    continue
                if not recovering:
                    quarantine.reject(self._path, number, fault, "".join(lines.row))
                if len(lines.row) > 1:
                    lines.give_back()
                    recovering = True

    @property
    def _backwards(self) -> list[str]:
        return self.columns[::-1]

    def _fault(self, cells: list[str], lines: list[str]) -> str:
        if len(cells) != len(self.columns):
            return f"It does not have {len(self.columns)} cells, as the header has."
        if any("\0" in line for line in lines):
            return NUL_BYTE
        if self._text.damaged and any("\udc80" <= mark <= "\udcff" for mark in "".join(lines)):
            return _NOT_TEXT
        return ""


class _Lines:
    """Lines for the csv reader that remembers those of the current row."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._again: deque[str] = deque()
        self._size = 0
        self.row: list[str] = []
        self.number = 0
        """Lines handed out so far."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._stream.readline(ROW_LIMIT)
        if not line:
            raise StopIteration
        self.number += 1
        self.row.append(line)
        self._size += len(line)
        if self._size >= ROW_LIMIT:
            while not line.endswith(("\n", "\r")) and line:
                line = self._stream.readline(ROW_LIMIT)
            raise csv.Error("row over the limit")
        return line

    def start_row(self) -> None:
        """Forget the lines of the row before."""
        self.row = []
        self._size = 0

    def give_back(self) -> None:
        """Hand out the row's lines again, but for the first."""
        self._again.extendleft(reversed(self.row[1:]))
        self.number -= len(self.row) - 1


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter))
