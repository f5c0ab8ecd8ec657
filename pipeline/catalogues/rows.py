"""What every source is read into before a format makes articles of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from pipeline.catalogues.quarantine import Quarantine

CELL_LIMIT = 1_000_000
"""Characters of one cell; a row with a longer one is rejected."""
TOO_LONG = "A cell is longer than 1,000,000 characters."
NUL_BYTE = "It holds a NUL byte."


class Row(NamedTuple):
    """One record: its place in the file, from 1, and its cells by column, "" for empty ones."""

    number: int
    values: Mapping[str, str]


class Rows(Protocol):
    """A source as rows. `columns` are those that the file has."""

    columns: Sequence[str]

    def read(self, quarantine: Quarantine) -> Iterator[Row]:
        """Yield the sound rows from the start; the others go to the quarantine."""
        ...
