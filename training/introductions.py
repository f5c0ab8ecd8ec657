"""Grounded introductions: what a shopper asked, an article, and how it is introduced to them.

One JSON object a line: `article_id`, `request`, `introduction`, and the article, either as
`catalogue` ("sample", or the path of a catalogue, from the file's own directory) or as `article`,
the paper's chunk text. A `split` of "train" or "held" is kept to where there is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.settings import CatalogueSettings
from pipeline.article import CHUNK_SEPARATOR, Article
from pipeline.catalogues import Quarantine, open_catalogue
from training.errors import DataError
from training.rows import Dropped, Place, Values, files_in, read_rows, text_of

SAMPLE = "sample"
_SPLITS = {"train": False, "held": True}
_NEEDED = ("article_id", "request", "introduction")
_CHUNK_VALUES = 5


@dataclass(frozen=True, slots=True)
class GroundedIntroduction:
    """One example. `held_out` is what the row itself says of its split, None if nothing."""

    place: Place
    article: Article
    request: str
    text: str
    held_out: bool | None = None


def read_introductions(path: Path) -> tuple[list[GroundedIntroduction], list[Dropped]]:
    """Return the examples of a file or directory, and the rows that are none.

    Raises DataError: no such file, an empty one, one without the columns, no usable row;
    CatalogueError where a catalogue that it names cannot be read.
    """
    dropped: list[Dropped] = []
    rows = [row for file in files_in(path) for row in read_rows(file, dropped)]
    _refuse_other_columns(path, rows)
    examples = list(_examples(rows, dropped))
    if not examples:
        raise DataError(
            f"No row of {path} can be used; the first: {dropped[0].reason}.",
            "Check it with `lookbook train check`.",
        )
    return examples, dropped


def _refuse_other_columns(path: Path, rows: Sequence[tuple[Place, Values]]) -> None:
    columns = {name for _, values in rows for name in values}
    missing = [name for name in _NEEDED if name not in columns]
    if not {"catalogue", "article"} & columns:
        missing.append("catalogue")
    if missing:
        raise DataError(
            f"{path} lacks {', '.join(missing)}; it has {', '.join(sorted(columns))}.",
            "Grounded introductions need article_id, catalogue, request and introduction.",
        )


def _examples(
    rows: Sequence[tuple[Place, Values]], dropped: list[Dropped]
) -> Iterator[GroundedIntroduction]:
    for place, values in rows:
        missing = [name for name in _NEEDED if not text_of(values, name)]
        if missing:
            dropped.append(Dropped(place, f"no {' and no '.join(missing)}"))
            continue
        article = _article(place, values)
        if article is None:
            number, name = text_of(values, "article_id"), text_of(values, "catalogue")
            dropped.append(Dropped(place, f"no article {number} in the catalogue {name or 'row'}"))
            continue
        request, text = text_of(values, "request"), text_of(values, "introduction")
        yield GroundedIntroduction(
            place, article, request, text, _SPLITS.get(text_of(values, "split"))
        )


def _article(place: Place, values: Values) -> Article | None:
    number = text_of(values, "article_id")
    name = text_of(values, "catalogue")
    if name:
        source = None if name == SAMPLE else place.file.parent / name
        return articles_of(source).get(number)
    return _article_of_chunk(number, text_of(values, "article"))


@cache
def articles_of(catalogue: Path | None) -> dict[str, Article]:
    """Return the articles of a catalogue by id, the sample's with None. Raises CatalogueError."""
    source = open_catalogue(CatalogueSettings(path=catalogue))
    articles: dict[str, Article] = {}
    for article in source.articles(Quarantine()):
        articles.setdefault(article.id, article)
    return articles


def _article_of_chunk(number: str, chunk: str) -> Article | None:
    values = chunk.split(CHUNK_SEPARATOR, _CHUNK_VALUES - 1)
    if len(values) < _CHUNK_VALUES:
        return None
    name, product_type, colour, index_name, description = values
    return Article(
        id=number,
        product_code=number,
        name=name,
        product_type=product_type,
        colour=colour,
        index_name=index_name,
        description=description,
    )
