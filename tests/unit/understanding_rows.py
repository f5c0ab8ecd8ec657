"""Checks a row of understanding_shoppers.yaml against what was understood."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from pipeline.understanding import QueryConstraints, Understander
from pipeline.understanding.intents import IntentClassifier
from pipeline.understanding.lexicon import lexicon

ROWS: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("understanding_shoppers.yaml").read_text(encoding="utf-8")
)
SLOTS = {"colours": "colour", "whom": "audience", "features": "feature", "ranges": "range"}
BY_WORDS = IntentClassifier()
NEVER_FOR_AN_OCCASION = {"underwear", "nightwear", "home", "beauty", "pet", "costume"}


def misread(understander: Understander, row: dict[str, Any]) -> list[str]:
    """Return what was understood otherwise than the row says, [] if nothing was."""
    constraints = None
    for message in [row["ask"]] if isinstance(row["ask"], str) else row["ask"]:
        constraints = understander.understand(message, constraints, BY_WORDS)
    assert constraints is not None
    if constraints.outcome not in _options(row.get("outcome", "recommend")):
        return [f"outcome: {constraints.outcome} {constraints.subject}"]
    if constraints.outcome != "recommend":
        return []
    return [
        f"{key}: {found}"
        for key, found, fits in _compared(constraints, row)
        if key in row and not fits
    ]


def _compared(
    constraints: QueryConstraints, row: dict[str, Any]
) -> Iterable[tuple[str, object, bool]]:
    kinds = [kind.name for kind in constraints.kinds]
    held = [c.name for c in (*constraints.required, *constraints.preferred)]
    refused = [c.name for c in constraints.excluded]
    yield "kinds", kinds, _same(kinds, row.get("kinds", []))
    yield "kinds_has", kinds, set(row.get("kinds_has", [])) <= set(kinds)
    yield "not", refused, _same(refused, row.get("not", []))
    for key, slot in SLOTS.items():
        found = [c.name for c in constraints.required if c.slot == slot and not c.absent]
        yield key, found, _same(found, row.get(key, []))
    wants = row.get("wants", [])
    named = {name for concept in held for name in concept.split("|")}
    yield "wants", held, all(_options(want) & named for want in wants)
    for key in ("count", "price_from", "price_to"):
        value = getattr(constraints, key)
        yield key, value, any(_is(value, option) for option in _options(row.get(key)))
    yield "each", constraints.each, constraints.each == row.get("each")
    families = {lexicon().garments[kind].family for kind in kinds}
    enough = len(kinds) >= row.get("min_kinds", 0)
    yield "min_kinds", kinds, enough and not families & NEVER_FOR_AN_OCCASION


def _options(said: object) -> set[str]:
    return {"null"} if said is None else set(str(said).split("|"))


def _is(value: float | None, option: str) -> bool:
    return value is None if option == "null" else value is not None and value == float(option)


def _same(found: list[str], wanted: list[str]) -> bool:
    left = list(found)
    for want in wanted:
        match = next((name for name in left if set(name.split("|")) <= _options(want)), None)
        if match is None:
            return False
        left.remove(match)
    return not left
