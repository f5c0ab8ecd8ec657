"""A shop with a Shopify export: its own type names, colour names, tags and prices."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.understanding.features import tag
from tests.unit.understanding_catalogues import boutique, boutique_articles

TABLE = Path(__file__).with_name("understanding_boutique.yaml")
ROWS: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=[row["ask"] for row in ROWS])
def test_a_wish_leaves_exactly_the_products_that_fit(row: dict[str, Any]) -> None:
    constraints = boutique().understand(row["ask"])
    assert constraints.outcome in row.get("outcome", "recommend").split("|")
    if "finds" in row:
        left = [
            article
            for article in boutique_articles()
            if constraints.allows({**article.to_document().meta, "features": tag(article)})
        ]
        assert {article.name for article in left} == set(row["finds"])
        if "colours" in row:
            assert {article.colour for article in left} == set(row["colours"])
