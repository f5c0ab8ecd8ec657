"""The regression table of shoppers' sentences, on the sample catalogue."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.understanding import QueryConstraints
from tests.unit.understanding_catalogues import sample

TABLE = Path(__file__).with_name("understanding_queries.yaml")
ROWS: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
SUBSETS = {"prefer": "prefer", "includes": "kinds"}


def _read(constraints: QueryConstraints) -> dict[str, Any]:
    def named(slot: str) -> list[str]:
        return [c.name for c in constraints.required if c.slot == slot]

    return {
        "kinds": [c.name for c in constraints.kinds],
        "colours": named("colour"),
        "whom": named("audience"),
        "features": named("feature"),
        "prefer": [c.name for c in constraints.preferred],
        "not": [c.name for c in constraints.excluded],
        "count": constraints.count,
        "price_from": constraints.price_from,
        "price_to": constraints.price_to,
        "each": constraints.each,
        "subject": constraints.subject,
        "outcome": constraints.outcome,
    }


@pytest.mark.parametrize("row", ROWS, ids=[str(row["ask"]) for row in ROWS])
def test_a_sentence_means_what_the_table_says(row: dict[str, Any]) -> None:
    turns = [row["ask"]] if isinstance(row["ask"], str) else row["ask"]
    constraints = None
    for message in turns:
        constraints = sample().understand(message, constraints)
    assert constraints is not None
    found = _read(constraints)
    assert found["outcome"] == row.get("outcome", "recommend")
    for key, wanted in row.items():
        if key in ("ask", "outcome"):
            continue
        got = found[SUBSETS.get(key, key)]
        if key in SUBSETS:
            assert set(wanted) <= set(got), key
        elif isinstance(wanted, list):
            assert set(got) == set(wanted), key
        else:
            assert got == wanted, key


def test_the_table_is_wide() -> None:
    assert len(ROWS) >= 150


@pytest.mark.parametrize("ask", ["a sweater for a movie star", "a dress fit for a film star"])
def test_a_star_of_the_screen_is_no_motif(ask: str) -> None:
    preferred = {condition.name for condition in sample().understand(ask).preferred}
    assert "shiny" in preferred
    assert "stars" not in preferred


def test_a_star_on_a_garment_is_one() -> None:
    found = sample().understand("a sweater with stars on it")
    assert "stars" in {condition.name for condition in (*found.preferred, *found.required)}
