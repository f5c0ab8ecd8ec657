"""What the reader needs to know of a format, and what a format makes of rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.rows import Row


class Draft(NamedTuple):
    """The raw texts of one article by field, with what goes to `extra`, and their first row."""

    row: Row
    fields: Mapping[str, str]
    extra: Mapping[str, str]


@dataclass(frozen=True)
class Format:
    """One way in which shops write catalogues.

    `canonical` turns a column's name into the one that the rest speaks of. `needed` maps article
    fields to columns of which the file must have at least one. A file is taken for this format if
    it has most of the columns in `signature`. `uses` are all columns that `drafts` looks at.
    """

    name: str
    needed: Mapping[str, tuple[str, ...]]
    uses: frozenset[str]
    drafts: Callable[[Iterator[Row], Quarantine], Iterator[Draft]]
    signature: frozenset[str] = field(default_factory=frozenset)
    canonical: Callable[[str], str] = str
