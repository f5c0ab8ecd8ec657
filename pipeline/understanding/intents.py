"""Tells a wish from talk that names the same things: multinomial regression over n-grams.

The n-grams are of the message with the lexicon's phrases replaced by what they stand for ("my
<garment> broke after"), so that what is learnt of one garment holds for all. Where the shop's
embedder is one that weights were learnt for, the message's embedding counts as well.
"""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.understanding.reading import Reading, Span

Vector = npt.NDArray[np.float32]

WISH = "wish"
WORDS = "words"
"""The weights that need no embedding."""
CLEAR = 0.95
"""Share from which on words alone will do: of the shipped messages 94 in 100 such are wishes."""
_LEAST, _LEAST_BY_WORDS = (0.15, 0.35), (0.1, 0.3)
"""Least share of a wish where an article or a trait of one is named, and where none is."""
_ASKING = 1 / 3
"""What of it will do where something is asked for in so many words ("I need")."""
_STANDS_FOR = {
    "thing": ("thing",),
    "garment": ("garment", "own", "line"),
    "colour": ("hue", "shade"),
    "feature": ("feature",),
    "wearer": ("audience", "kin"),
    "occasion": ("occasion",),
}
_LONGEST, _LONGEST_AS_SAID = 3, 2


def intent_terms(reading: Reading) -> frozenset[str]:
    """Return the n-grams of a message: up to three tokens with concepts, up to two as said."""
    spans = {span.start: span for span in reading.spans}
    concepts, said = ["^"], ["^"]
    place = 0
    while place < len(reading.texts):
        span = spans.get(place)
        concept = _concept(span) if span else ""
        end = span.end if span and concept else place + 1
        concepts.append(f"<{concept}>" if concept else reading.texts[place])
        said.extend(reading.texts[place:end])
        stop = reading.tokens[end - 1].after
        if stop:
            concepts.append(stop)
            said.append(stop)
        place = end
    return frozenset(
        [*_grams([*concepts, "$"], _LONGEST, ""), *_grams([*said, "$"], _LONGEST_AS_SAID, "'")]
    )


def _concept(span: Span) -> str:
    return next((name for name, sorts in _STANDS_FOR.items() if span.has(*sorts)), "")


def _grams(tokens: list[str], longest: int, mark: str) -> Iterable[str]:
    for size in range(1, longest + 1):
        for start in range(len(tokens) - size + 1):
            yield mark + " ".join(tokens[start : start + size])


@dataclass(frozen=True, slots=True)
class IntentModel:
    """Weights of the regression.

    `terms` are rows of `weights` and places in `idf`; `weights` has shape (terms, labels), `bias`
    (labels,), `embedding` (dimension, labels), with no rows where embeddings do not count.
    """

    labels: tuple[str, ...]
    bias: Vector
    terms: dict[str, int]
    idf: Vector
    weights: Vector
    embedding: Vector

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the model that `lookbook train intents` wrote."""
        content = json.loads(text)
        rows = np.array(list(content["terms"].values()), dtype=np.float32)
        return cls(
            labels=tuple(content["labels"]),
            bias=np.array(content["bias"], dtype=np.float32),
            terms={term: row for row, term in enumerate(content["terms"])},
            idf=rows[:, 0],
            weights=rows[:, 1:],
            embedding=np.array(content["embedding"], dtype=np.float32),
        )

    def shares(self, terms: Iterable[str], embedding: Vector | None = None) -> dict[str, float]:
        """Return how likely a message with these n-grams means each label; the sum is 1."""
        rows = [row for row in map(self.terms.get, terms) if row is not None]
        scores = self.bias.copy()
        if rows:
            values = self.idf[rows]
            scores += (values / np.linalg.norm(values)) @ self.weights[rows]
        if embedding is not None and len(self.embedding):
            scores += embedding @ self.embedding
        odds = np.exp(scores - scores.max())
        return dict(zip(self.labels, (odds / odds.sum()).tolist(), strict=True))


def weights_name(embedder: str) -> str:
    """Return under which name the weights for an embedder are kept: its name, id or directory."""
    return Path(embedder).name


@cache
def intent_model(name: str) -> IntentModel | None:
    """Return the weights of this name, None where none were learnt."""
    file = resources.files("config").joinpath("intents", f"{name}.json")
    return IntentModel.from_json(file.read_text(encoding="utf-8")) if file.is_file() else None


def together(share: float, other: float) -> float:
    """Return the share whose log odds are the mean of those of two shares."""
    wish, rest = math.sqrt(share * other), math.sqrt((1 - share) * (1 - other))
    return wish / (wish + rest) if wish + rest else 1 / 2


class IntentClassifier:
    """Says how likely a message is a wish. Safe to share between threads."""

    def __init__(self, embedder: str = "", embed: Callable[[str], Vector] | None = None) -> None:
        """Keep the function that embeds a message, if there are weights for its embedder."""
        words = intent_model(WORDS)
        assert words is not None  # noqa: S101 - it ships with the package
        self._words = words
        self._whole = intent_model(weights_name(embedder)) if embed else None
        self._embed = embed

    def is_wish(self, reading: Reading, message: str, *, names: bool, asks: bool) -> bool:
        """Return whether a message is likely enough a wish, given what the rules found in it.

        `names`: articles or traits of them; `asks`: for something in so many words, or a present.
        """
        named, nothing = _LEAST if self._whole else _LEAST_BY_WORDS
        least = named if names else nothing
        return self.wish(reading, message) >= (least * _ASKING if asks else least)

    def wish(self, reading: Reading, message: str) -> float:
        """Return the share of a wish; a message is embedded only where its words are not clear.

        Then both have an equal say.
        """
        terms = intent_terms(reading)
        share = self._words.shares(terms)[WISH]
        if self._whole is None or self._embed is None or share >= CLEAR:
            return share
        other = self._whole.shares(terms, self._embed(message))[WISH]
        return together(share, other)
