"""CSV and TSV as rows, however sloppy the export."""

import csv
from collections import deque
from collections.abc import Collection, Iterator
from typing import TextIO

from pipeline.catalogues.errors import CatalogueError
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.rows import CELL_LIMIT, ROW_LIMIT, ROW_TOO_LONG, TOO_LONG, Row, fault_of
from pipeline.catalogues.source import Text

_DELIMITERS = ",\t;|"
_BAD_QUOTES = "Its quotes are not closed, or not doubled inside a quoted cell."

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
                self._delimiter = max(_DELIMITERS, key=lambda mark: len(_cells(header, mark)))
                self.columns = [name.strip() for name in _cells(header, self._delimiter)]
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

    def read(
        self,
        quarantine: Quarantine,
        wanted: Collection[str],  # noqa: ARG002 - every cell has to be parsed anyway
    ) -> Iterator[Row]:
        """Yield the rows that have one cell per column.

        A stray quote can swallow the rows below it: a bad row over several lines is rejected once
        and its later lines are read again, without complaint, until a row fits.
        """
        backwards = self.columns[::-1]
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
                except _RowTooLongError:
                    fault = ROW_TOO_LONG
                except csv.Error as error:
                    fault = TOO_LONG if "limit" in str(error) else _BAD_QUOTES
                else:
                    if not any(cells):
                        continue
                    # Backwards, so that of two columns with one name the first counts.
                    values = dict(zip(backwards, reversed(cells), strict=False))
                    fault = fault_of(values)
                    if len(cells) != len(self.columns):
                        fault = f"It does not have {len(self.columns)} cells, as the header has."
                    if not fault:
                        recovering = False
                        yield Row(number, values)
                        continue
                if not recovering:
                    quarantine.reject(self._path, number, fault, "".join(lines.row))
                if len(lines.row) > 1:
                    lines.give_back()
                    recovering = True


class _RowTooLongError(Exception):
    """The lines of one row are longer than ROW_LIMIT."""


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
            while line and not line.endswith(("\n", "\r")):
                line = self._stream.readline(ROW_LIMIT)
            raise _RowTooLongError
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
