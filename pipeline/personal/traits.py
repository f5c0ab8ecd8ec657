"""What the articles somebody liked have in common, against the catalogue and what they disliked."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.personal.examples import Example
from pipeline.understanding import Condition, Vocabulary
from pipeline.understanding.lexicon import lexicon

_MOST = 30
"""Traits that are kept, the most telling ones."""
_PRIOR = 2.0
"""Opinions that count as much as the catalogue's own share of a trait."""
_COMMON = 0.1
"""Added to shares: that something rare was met once or twice tells little."""
_WHOM = frozenset(["women", "men", "girls", "boys", "baby", "kids", "teens"])


@dataclass(frozen=True, slots=True)
class Trait:
    """Something that articles share: a colour, a feature, a product type, whom they are for.

    `telling` is the logarithm of how many times more common it is among what was liked than in the
    catalogue, less the same for what was disliked. `liked` says whether anything liked has it.
    """

    condition: Condition
    telling: float
    liked: bool


def learnt(examples: Iterable[Example], vocabulary: Vocabulary) -> tuple[Trait, ...]:
    """Return the traits of articles that somebody has an opinion on, most telling first."""
    counts: dict[bool, dict[tuple[str, str], float]] = {True: {}, False: {}}
    totals = {True: 0.0, False: 0.0}
    for example in examples:
        totals[example.liked] += example.weight
        for trait in _traits(example.meta):
            found = counts[example.liked]
            found[trait] = found.get(trait, 0.0) + example.weight

    def lift(trait: tuple[str, str], *, liked: bool) -> float:
        share = _share(trait, vocabulary)
        found = (counts[liked].get(trait, 0.0) + _PRIOR * share) / (totals[liked] + _PRIOR)
        return math.log((found + _COMMON) / (share + _COMMON))

    told = {
        trait: lift(trait, liked=True) - lift(trait, liked=False)
        for trait in {*counts[True], *counts[False]}
    }
    ranked = sorted(told.items(), key=lambda item: (-abs(item[1]), item[0]))[:_MOST]
    return tuple(
        Trait(_condition(*trait), telling, trait in counts[True]) for trait, telling in ranked
    )


def _traits(meta: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name in ("colour_family", "colour"):
        if meta.get(name):
            yield name, meta[name]
            break
    yield "product_type", meta["product_type"]
    features = lexicon().features
    for tag in meta.get("features", ()):
        if tag in features or tag in _WHOM:
            yield "features", tag


def _share(trait: tuple[str, str], vocabulary: Vocabulary) -> float:
    field, value = trait
    if field == "features":
        count = vocabulary.tagged(value)
    else:
        count = vocabulary.values[field].get(value, 0)
    return max(count, 1) / max(vocabulary.articles, 1)


def _condition(field: str, value: str) -> Condition:
    tests = (((field, (value,)),),)
    if field == "product_type":
        return Condition("kind", value, value.lower(), tests)
    if field != "features":
        return Condition("colour", value, value.lower(), tests, "colour")
    if value in _WHOM:
        return Condition("audience", value, value, tests, "audience")
    feature = lexicon().features[value]
    return Condition("feature", value, feature.said[0], tests, feature.facet)
