"""Shoppers with a hidden taste, who like and dislike what they are shown, round after round."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.article import Article
from pipeline.personal import Opinion, Taste
from pipeline.recommending import Recommender
from pipeline.understanding.features import tag
from pipeline.understanding.lexicon import lexicon

ROUNDS = 10
SHOWN = 5

_DAY_S = 86_400.0
_VOTES = 0.5
"""Share of the articles shown that a shopper says anything about."""

_AUDIENCES = ("women", "men")
_TYPES, _COLOURS, _WORDS = 4, 3, 3
_COMMONEST_TYPES, _COMMONEST_COLOURS, _COMMONEST_WORDS = 20, 10, 40
_LOOKED_AT = 4_000
"""Articles that are read, at most, to see what is common."""
_ANYTHING = "something for {audience}"
_TYPED = "{kind} for {audience}"


@dataclass(frozen=True, slots=True)
class HiddenTaste:
    """What a simulated shopper cares for and never says: product types, colours, words."""

    audience: str
    types: frozenset[str]
    colours: frozenset[str]
    words: frozenset[str]

    def met(self, article: Article) -> int:
        """Return how many of the three an article meets."""
        return (
            (article.product_type in self.types)
            + (article.colour_family in self.colours)
            + (not self.words.isdisjoint(tag(article)))
        )

    def fits(self, article: Article) -> bool:
        """Return whether the shopper likes an article: it meets two of the three, or all.

        One that meets none is disliked, and one that meets one leaves the shopper cold.
        """
        return self.met(article) > 1


def hidden_tastes(articles: Sequence[Article], shoppers: int, seed: int) -> list[HiddenTaste]:
    """Draw tastes for women's and men's fashion, in turn, from what is common in a catalogue.

    Words are the features that the articles' texts tell: materials, cuts, patterns, details.
    """
    counts = {audience: (Counter[str](), Counter[str](), Counter[str]()) for audience in _AUDIENCES}
    for article in articles[:: len(articles) // _LOOKED_AT + 1]:
        tags = set(tag(article))
        for audience in tags & counts.keys():
            types, colours, words = counts[audience]
            types[article.product_type] += 1
            colours[article.colour_family] += 1
            words.update(tags & lexicon().features.keys())
    rng = np.random.default_rng(seed)

    def drawn(counted: Counter[str], commonest: int, number: int) -> frozenset[str]:
        names = [name for name, _ in counted.most_common(commonest)]
        return frozenset(rng.choice(names, min(number, len(names)), replace=False).tolist())

    tastes = []
    for number in range(shoppers):
        audience = _AUDIENCES[number % len(_AUDIENCES)]
        types, colours, words = counts[audience]
        tastes.append(
            HiddenTaste(
                audience,
                drawn(types, _COMMONEST_TYPES, _TYPES),
                drawn(colours, _COMMONEST_COLOURS, _COLOURS),
                drawn(words, _COMMONEST_WORDS, _WORDS),
            )
        )
    return tastes


@dataclass(frozen=True, slots=True)
class Visits:
    """What came of a shopper's rounds: whether each article shown fits, and the taste learnt."""

    fits: list[list[bool]]
    taste: Taste


def visit(recommender: Recommender, hidden: HiddenTaste, seed: int, *, learning: bool) -> Visits:
    """Let a shopper ask ROUNDS times, a day apart, and like or dislike what is shown.

    Every other message asks for a type that the shopper cares for, the rest for anything; of two
    shoppers for the same people with seeds next to each other, one begins with this, one with that.
    The seed also says which types, and which articles get a vote. A product that was shown comes
    again only where nothing else fits; only with `learning` are the likes and dislikes made known.
    """
    rng = np.random.default_rng(seed)
    taste = Taste()
    fits: list[list[bool]] = []
    for number in range(ROUNDS):
        kind = str(rng.choice(sorted(hidden.types))).partition("/")[0].lower()
        votes = rng.random(SHOWN) < _VOTES
        taste = replace(taste, now=number * _DAY_S)
        known = taste if learning else replace(taste, opinions=())
        message = _ANYTHING if (number + seed // len(_AUDIENCES)) % 2 else _TYPED
        answer = recommender.recommend(
            message.format(kind=kind, audience=hidden.audience), count=SHOWN, taste=known
        )
        shown = [one.article for one in answer.articles]
        said = [
            Opinion(article.id, article.product_type, hidden.fits(article), at=taste.now)
            for article, voted in zip(shown, votes, strict=False)
            if voted and hidden.met(article) != 1
        ]
        taste = replace(
            taste,
            opinions=(*taste.opinions, *said),
            seen=taste.seen | {article.product_code for article in shown},
        )
        fits.append([hidden.fits(article) for article in shown])
    return Visits(fits, taste)
