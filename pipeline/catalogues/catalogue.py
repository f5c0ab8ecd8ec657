"""Opening a catalogue: which format it is, whether it has what is needed, and its articles."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues.building import article_id, build_article
from pipeline.catalogues.delimited import DelimitedRows
from pipeline.catalogues.errors import BadRowError, CatalogueError
from pipeline.catalogues.feed import FeedRows
from pipeline.catalogues.formats import Format
from pipeline.catalogues.google import GOOGLE
from pipeline.catalogues.hm import HM
from pipeline.catalogues.mapped import mapped_format
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.records import JsonLinesRows, ParquetRows
from pipeline.catalogues.rows import Row, Rows
from pipeline.catalogues.shopify import SHOPIFY
from pipeline.catalogues.source import Source, Text

_FORMATS = {known.name: known for known in (HM, SHOPIFY, GOOGLE)}
_RECOGNISED = 0.6
"""Share of a format's signature that a file must have to be taken for it."""
_SHOWN_COLUMNS = 40


class Numbered(NamedTuple):
    """An article and the row it comes from."""

    number: int
    article: Article


class Catalogue:
    """A file of articles that can be read as often as needed, one article at a time."""

    def __init__(self, source: Source, rows: Rows, shape: Format, currency: str) -> None:
        self.path = source.path
        self.format = shape.name
        """One of "hm", "shopify", "google", "mapped"."""
        self._source = source
        self._rows = rows
        self._shape = shape
        self._currency = currency
        found = _canonical_names(rows.columns, shape)
        # Sources without a header may have columns that their first records lack.
        self._names = found | {name: name for name in shape.uses - set(found.values())}

    def articles(self, quarantine: Quarantine) -> Iterator[Article]:
        """Yield the articles in the file's order, duplicates included.

        Raises CatalogueError where the file turns out to be unreadable, has changed since it was
        opened, or holds no article at all.
        """
        return (numbered.article for numbered in self.numbered(quarantine))

    def ids(self) -> Iterator[str]:
        """Yield the ids of the articles that `articles` yields, reporting nothing; the cheap way.

        Raises CatalogueError if the file turns out to be unreadable.
        """
        nowhere = Quarantine()
        for draft in self._shape.drafts(self._canonical_rows(nowhere), nowhere):
            with suppress(BadRowError):
                yield article_id(draft.fields)

    def numbered(self, quarantine: Quarantine) -> Iterator[Numbered]:
        """Yield the articles as `articles` does, each with its row number."""
        rejected, skipped = quarantine.count, quarantine.skipped.total()
        empty = True
        for draft in self._shape.drafts(self._canonical_rows(quarantine), quarantine):
            row = draft.row

            def doubt(reason: str, row: Row = row) -> None:
                quarantine.warn(self.path, row.number, reason, row.values)

            try:
                article = build_article(draft.fields, draft.extra, self._currency, doubt)
            except BadRowError as fault:
                quarantine.reject(self.path, row.number, fault.reason, row.values)
            else:
                empty = False
                yield Numbered(row.number, article)
        self._source.refuse_change()
        if empty:
            raise self._nothing_in_it(
                quarantine,
                rejected=quarantine.count - rejected,
                skipped=quarantine.skipped.total() - skipped,
            )

    def digest(self) -> str:
        """Return the sha256 (64 hex digits) of the file, its identity in a manifest."""
        return self._source.digest()

    def _canonical_rows(self, quarantine: Quarantine) -> Iterator[Row]:
        rows = self._rows.read(quarantine, self._names)
        if all(column == name for column, name in self._names.items()):
            yield from rows
            return
        for number, values in rows:
            yield Row(
                number,
                {name: values[column] for column, name in self._names.items() if column in values},
            )

    def _nothing_in_it(
        self, quarantine: Quarantine, *, rejected: int, skipped: int
    ) -> CatalogueError:
        if rejected:
            reason, count = quarantine.reasons.most_common(1)[0]
            return CatalogueError(
                f"The catalogue {self.path} has no usable row; the most common reason "
                f"({count:,} of {rejected:,} rows): {reason}",
                "Correct the export, or check catalogue.format and catalogue.mapping.",
            )
        if skipped:
            reason, count = quarantine.skipped.most_common(1)[0]
            return CatalogueError(
                f"The catalogue {self.path} has no product on sale; the most common reason "
                f"({count:,} of {skipped:,} products): {reason}",
                "Publish products and export again.",
            )
        return CatalogueError(f"The catalogue {self.path} has no rows.", "Export it again.")


def open_catalogue(settings: CatalogueSettings) -> Catalogue:
    """Return the catalogue that the settings name, by default the sample that ships here.

    The first rows are read for the columns, and a text file once for its character code. Raises
    CatalogueError if the file cannot be read, its format cannot be told, or a column that the
    format needs is missing.
    """
    shape = _format_set(settings)
    source = Source(_path(settings))
    rows = _open_rows(source)
    if shape is None:
        shape = _recognised(source.path, rows.columns)
    _refuse_missing(source.path, rows.columns, shape)
    return Catalogue(source, rows, shape, settings.currency)


def _path(settings: CatalogueSettings) -> Path:
    if settings.path is not None:
        return settings.path
    from pipeline.sample import SAMPLE_CATALOGUE

    return SAMPLE_CATALOGUE


def _open_rows(source: Source) -> Rows:
    head = source.peek(64)
    first = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if head.startswith(b"PK"):
        raise CatalogueError(
            f"The catalogue {source.path} is a ZIP or Excel file.",
            "Unpack it, or save the sheet as CSV.",
        )
    if source.suffix == ".parquet" or head.startswith(b"PAR1"):
        return ParquetRows(source)
    if source.suffix == ".xml" or first == b"<":
        return FeedRows(source)
    if first == b"[":
        raise CatalogueError(
            f"The catalogue {source.path} is one JSON list.",
            "Export JSON Lines: one object per line.",
        )
    if source.suffix in (".jsonl", ".ndjson") or first == b"{":
        return JsonLinesRows(Text(source))
    return DelimitedRows(Text(source))


def _format_set(settings: CatalogueSettings) -> Format | None:
    """Return the format that the settings name, None if the file has to tell."""
    if settings.format == "mapped" or (settings.format == "auto" and settings.mapping):
        return mapped_format(settings.mapping)
    if settings.mapping:
        raise CatalogueError(
            f"The setting catalogue.mapping is of no use with catalogue.format {settings.format}.",
            'Remove the mapping, or set catalogue.format to "mapped".',
        )
    return _FORMATS.get(settings.format)


def _recognised(path: Path, columns: Sequence[str]) -> Format:
    def likeness(known: Format) -> float:
        return len(known.signature & set(_canonical_names(columns, known).values())) / len(
            known.signature
        )

    best = max(_FORMATS.values(), key=likeness)
    if likeness(best) < _RECOGNISED:
        raise CatalogueError(
            f"The format of the catalogue {path} cannot be told; its columns are "
            f"{_listed(columns)}.",
            f"Set catalogue.format to {', '.join(_FORMATS)}, or set catalogue.mapping.id, .name, "
            ".product_type and so on to its columns.",
        )
    return best


def _canonical_names(columns: Sequence[str], shape: Format) -> dict[str, str]:
    """Return the columns that the format uses with its own names for them, first ones winning."""
    found: dict[str, str] = {}
    for column in columns:
        name = shape.canonical(column)
        if name in shape.uses and name not in found.values():
            found[column] = name
    return found


def _refuse_missing(path: Path, columns: Sequence[str], shape: Format) -> None:
    present = set(_canonical_names(columns, shape).values())
    for field, names in shape.needed.items():
        if present.isdisjoint(names):
            near = get_close_matches(names[0], columns, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            mapping = (
                f"Set catalogue.mapping.{field} to one of the file's columns"
                if shape.name == "mapped"
                else 'Export that column, or set catalogue.format to "mapped" and '
                f"catalogue.mapping.{field} to one of the file's columns"
            )
            raise CatalogueError(
                f"The catalogue {path} has no column {' or '.join(map(repr, names))}, "
                f"needed for an article's {field}.",
                f"{hint}{mapping}: {_listed(columns)}.",
            )


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:_SHOWN_COLUMNS])
    return (
        f"{shown} and {len(columns) - _SHOWN_COLUMNS} more"
        if len(columns) > _SHOWN_COLUMNS
        else shown
    )
