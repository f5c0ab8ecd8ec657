"""A little shop for the index tests: a catalogue in H&M's columns, and settings to index it."""

import csv
from pathlib import Path

from config.settings import (
    CatalogueSettings,
    EmbeddingSettings,
    IndexSettings,
    RetrievalSettings,
    Settings,
)
from pipeline.index import open_index

COLUMNS = (
    "article_id",
    "product_code",
    "prod_name",
    "product_type_name",
    "colour_group_name",
    "index_name",
    "detail_desc",
)
TYPES = ("Dress", "Sweater", "Trousers", "Boots")
COLOURS = ("Black", "Red", "Dark Blue")

Row = dict[str, str]


def rows(count: int) -> list[Row]:
    """Return made-up articles; every fourth shares its text with the one before it."""
    made = []
    for number in range(count):
        text = number - 1 if number % 4 == 3 else number
        made.append(
            {
                "article_id": f"{number:010}",
                "product_code": f"{number // 2:07}",
                "prod_name": f"Model {text}",
                "product_type_name": TYPES[text % len(TYPES)],
                "colour_group_name": COLOURS[text % len(COLOURS)],
                "index_name": "Ladieswear",
                "detail_desc": f"Piece number {text} of a soft weave with a straight hem.",
            }
        )
    return made


def write_catalogue(path: Path, articles: list[Row]) -> Path:
    """Write the rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(articles)
    return path


def shop_settings(home: Path, catalogue: Path, embedder: Path, **index: object) -> Settings:
    """Return settings for an index of `catalogue` below `home`."""
    return Settings(
        home=home,
        catalogue=CatalogueSettings(path=catalogue),
        embedding=EmbeddingSettings(model=str(embedder), dtype="float32"),
        index=IndexSettings.model_validate(index),
    )


def answer(settings: Settings, article_id: str) -> list[str]:
    """Return the ids that the live index finds nearest to an article's own vector, best first."""
    opened = open_index(settings)
    try:
        vector = opened.store.get_embeddings([article_id])[article_id]
        found = opened.store.hybrid_search(
            vector, None, filters=None, top_k=4, search=RetrievalSettings()
        )
        return [document.meta["article_id"] for document in found]
    finally:
        opened.close()
