"""What made-up shoppers type, from the words of a catalogue's own vocabulary."""

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.understanding import Vocabulary
from pipeline.understanding.features import KIND, SIZE

_TEMPLATES = (
    "{colour} {kind}",
    "I want a {colour} {kind} for {audience}",
    "Do you have {feature} {kind} in {colour}?",
    "show me {count} {feature} {kind}, please",
    "{kind} for {audience}, {feature}",
    "I'm looking for something {feature} and {colour}, maybe a {kind}",
    "{count} {colour} {kind} for {audience}",
    "Please recommend a {feature} {colour} {kind} for the weekend",
)
_AUDIENCES = ("women", "men", "girls", "boys", "a baby", "teens")
_COMMONEST = 40
_ATTEMPTS = 20
"""Draws for each text wanted, before a small shop's words count as used up."""


def short_queries(vocabulary: Vocabulary, number: int, seed: int) -> list[str]:
    """Return `number` distinct texts such as "dark red dress", fewer where a shop has fewer.

    Colours and types are drawn as often as the catalogue has them.
    """
    rng = np.random.default_rng(seed)
    kinds, colours = vocabulary.values["product_type"], vocabulary.values["colour"]

    def query() -> str:
        return f"{_draw(rng, colours)} {_draw(rng, kinds)}".lower()

    return _distinct(query, number)


def messages(vocabulary: Vocabulary, number: int, seed: int) -> list[str]:
    """Return `number` distinct messages that ask for colours, features, audiences and counts."""
    rng = np.random.default_rng(seed)
    kinds = _commonest(vocabulary.values["product_type"])
    colours = _commonest(vocabulary.values["colour_family"] or vocabulary.values["colour"])
    named = {
        tag: sum(holders.values())
        for tag, holders in vocabulary.tags.items()
        if not tag.startswith((KIND, SIZE))
    }
    features = _commonest(named) or {"soft": 1}

    def message() -> str:
        return _TEMPLATES[rng.integers(len(_TEMPLATES))].format(
            kind=_draw(rng, kinds).partition("/")[0].lower(),
            colour=_draw(rng, colours).lower(),
            feature=_draw(rng, features).replace("_", " "),
            audience=_AUDIENCES[rng.integers(len(_AUDIENCES))],
            count=rng.integers(2, 11),
        )

    return _distinct(message, number)


def _distinct(make: Callable[[], str], number: int) -> list[str]:
    texts: dict[str, None] = {}
    for _ in range(number * _ATTEMPTS):
        if len(texts) == number:
            break
        texts[make()] = None
    return list(texts)


def _commonest(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: -item[1])[:_COMMONEST])


def _draw(rng: np.random.Generator, counts: Mapping[str, int]) -> str:
    shares = np.array(list(counts.values()), dtype=np.float64)
    return str(rng.choice(list(counts), p=shares / shares.sum()))
