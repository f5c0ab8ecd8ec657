"""What every source is read into before a format makes articles of it."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from pipeline.catalogues.quarantine import Quarantine

CELL_LIMIT = 1_000_000
"""Characters of one cell; a row with a longer one is rejected."""
ROW_LIMIT = 8 * CELL_LIMIT
"""Characters of one row, over all its lines."""
COLUMN_SAMPLE = 1_000
"""Records that tell the columns of a source without a header."""

NUL_BYTE = "It holds a NUL byte."
NOT_TEXT = "It holds bytes that are no text in this file's encoding."
TOO_LONG = f"A cell is longer than {CELL_LIMIT:,} characters."
ROW_TOO_LONG = f"It is longer than {ROW_LIMIT:,} characters."

_SURROGATE = re.compile("[\ud800-\udfff]")


class Row(NamedTuple):
    """One record: its place in the file and its cells by column, "" for empty ones."""

    number: int
    values: Mapping[str, str]


class Rows(Protocol):
    """A source as rows that can be read as often as needed."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns that the source has."""
        ...

    def read(self, quarantine: Quarantine, wanted: Collection[str]) -> Iterator[Row]:
        """Yield the sound rows with at least those wanted columns that there are.

        The other rows are rejected.
        """
        ...


def fault_of(values: Mapping[str, str]) -> str:
    """Return why these cells cannot be used, "" if they can."""
    together = "".join(values.values())
    if len(together) <= CELL_LIMIT and together.isascii() and "\0" not in together:
        return ""
    for value in values.values():
        if len(value) > CELL_LIMIT:
            return TOO_LONG
        if "\0" in value:
            return NUL_BYTE
        if not value.isascii() and _SURROGATE.search(value):
            return NOT_TEXT
    return ""
