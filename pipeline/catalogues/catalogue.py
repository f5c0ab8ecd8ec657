"""Opening a catalogue: which format it is, whether it has what is needed, and its articles."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues import hm
from pipeline.catalogues.building import Doubt
from pipeline.catalogues.delimited import DelimitedRows
from pipeline.catalogues.errors import BadRowError, CatalogueError
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.records import ParquetRows
from pipeline.catalogues.rows import Row, Rows
from pipeline.catalogues.source import Source, Text


class Numbered(NamedTuple):
    """An article and the row it comes from."""

    number: int
    article: Article


Reader = Callable[[Quarantine], Iterator[Numbered]]


class Catalogue:
    """A file of articles that can be read as often as needed, one article at a time."""

    def __init__(self, source: Source, format_name: str, reader: Reader) -> None:
        self.path = source.path
        self.format = format_name
        """One of "hm", "shopify", "google", "mapped"."""
        self._source = source
        self._reader = reader

    def articles(self, quarantine: Quarantine) -> Iterator[Article]:
        """Yield the articles in the file's order, duplicates included.

        Raises CatalogueError where the file turns out to be unreadable, has changed since it was
        opened, or holds no article at all.
        """
        return (numbered.article for numbered in self.numbered(quarantine))

    def numbered(self, quarantine: Quarantine) -> Iterator[Numbered]:
        """Yield the articles as `articles` does, each with its row number."""
        rejected, skipped = quarantine.count, quarantine.skipped.total()
        empty = True
        for numbered in self._reader(quarantine):
            empty = False
            yield numbered
        self._source.refuse_change()
        if not empty:
            return
        if quarantine.count > rejected:
            reason, count = quarantine.reasons.most_common(1)[0]
            raise CatalogueError(
                f"No row of the catalogue {self.path} can be used; of {count} it is said: {reason}",
                "Correct the export, or check catalogue.format and catalogue.mapping.",
            )
        if quarantine.skipped.total() > skipped:
            reason, count = quarantine.skipped.most_common(1)[0]
            raise CatalogueError(
                f"The catalogue {self.path} has no product on sale; of {count} it is said: "
                f"{reason}",
                "Publish products and export again.",
            )
        raise CatalogueError(
            f"The catalogue {self.path} has a header and no rows.", "Export it again."
        )

    def digest(self) -> str:
        """Return the sha256 (64 hex digits) of the file, its identity in a manifest."""
        return self._source.digest()


def open_catalogue(settings: CatalogueSettings) -> Catalogue:
    """Return the catalogue that the settings name; only its head and character code are read.

    Raises CatalogueError if the file cannot be read, its format cannot be told, or a column that
    its format needs is missing.
    """
    source = Source(_path(settings))
    rows = _open_rows(source)
    _require(source.path, rows.columns, hm.REQUIRED_COLUMNS)

    def read(quarantine: Quarantine) -> Iterator[Numbered]:
        return _one_per_row(rows.read(quarantine), source.path, quarantine, settings.currency)

    return Catalogue(source, "hm", read)


def _path(settings: CatalogueSettings) -> Path:
    if settings.path is not None:
        return settings.path
    from pipeline.sample import SAMPLE_CATALOGUE

    return SAMPLE_CATALOGUE


def _open_rows(source: Source) -> Rows:
    if source.suffix == ".parquet":
        return ParquetRows(source)
    return DelimitedRows(Text(source))


def _require(path: Path, columns: Iterable[str], required: Iterable[str]) -> None:
    for column in required:
        if column not in columns:
            near = get_close_matches(column, columns, n=1)
            raise CatalogueError(f"The catalogue {path} has no column {column!r}.", f"{near}")


def _one_per_row(
    rows: Iterator[Row], path: Path, quarantine: Quarantine, currency: str
) -> Iterator[Numbered]:
    for row in rows:

        def doubt(reason: str, row: Row = row) -> None:
            quarantine.warn(path, row.number, reason, row.values)

        try:
            article = hm.to_article(row.values, currency, doubt)
        except BadRowError as fault:
            quarantine.reject(path, row.number, fault.reason, row.values)
        else:
            yield Numbered(row.number, article)
