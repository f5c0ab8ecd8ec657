"""Ways to guess what a customer buys next, alone and blended, and how good the guesses are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from pipeline.article import Article
from pipeline.evaluation.purchases import Floats, HeldOut, Ints, Sales
from pipeline.index import OpenIndex
from pipeline.personal import Opinion, Taste
from pipeline.personal.leaning import MOST_EXAMPLES

CUT = 12
"""Guesses that count, as in H&M's competition."""

POPULARITY = "popularity"
REPEATS = "repeat purchase, same product code"
PLAIN = "plain content: average of all that was bought"
PROFILE = "content profile: average, decayed"
NEAREST = "content profile: nearest to one of the newest"
SELLING = "content profile: near the newest, and selling"
SIGNALS = (POPULARITY, REPEATS, PLAIN, PROFILE, NEAREST, SELLING)

METRICS = (f"recall@{CUT}", f"MAP@{CUT}", f"nDCG@{CUT}")

_DAY_S = 86_400
_BATCH = 1000
_DEPTH = 100
"""Best articles of each signal that take part in a blend."""
_POPULAR_HALF_LIFE_DAYS = 30.0
_REPEAT_HALF_LIFE_DAYS = 100.0
_OTHER_COLOUR = 0.25
"""What another article of a product that was bought counts beside that article itself."""
_BREADTH = 0.1
"""How fast an article counts less with its distance (1 - cosine) from one that was bought."""
_STEPS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
"""Weights tried for a signal; that of repeat purchases is 1."""
_SWEEPS = 2
_TOLERANCE = 0.001
"""How much nDCG a smaller weight may lose against the best: less is noise of a few hits."""

Weights = Mapping[str, float]
"""Signal -> weight in a blend; signals that are not named take no part."""

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shop:
    """The articles of an index by row: ids, types, product codes as numbers, unit vectors."""

    row_of: Mapping[str, int]
    ids: Sequence[str]
    types: Sequence[str]
    products: Ints
    vectors: Floats

    @classmethod
    def of(cls, articles: Sequence[Article], index: OpenIndex) -> Self:
        """Return the shop of a catalogue and of the live index that was made of it."""
        ids = [article.id for article in articles]
        vectors = np.empty((len(ids), index.manifest.embedder.dimension), dtype=np.float32)
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            stored = index.store.get_embeddings(batch)
            vectors[start : start + len(batch)] = [stored[one] for one in batch]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return cls(
            row_of={article_id: row for row, article_id in enumerate(ids)},
            ids=ids,
            types=[article.product_type for article in articles],
            products=np.unique([one.product_code for one in articles], return_inverse=True)[1],
            vectors=vectors,
        )


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the signals propose to one customer: articles, shape (n,), and how much each signal is
    for them, shape (signals, n), its best article 1 and all below its best _DEPTH 0."""

    customer: HeldOut
    articles: Ints
    strengths: Floats

    def guesses(self, weights: Weights) -> Ints:
        """Return at most CUT articles, best first, by the weighted sum of the signals."""
        scores = np.array([weights.get(one, 0.0) for one in SIGNALS], dtype=np.float32)
        sums = scores @ self.strengths
        best = np.argsort(-sums, kind="stable")[:CUT]
        return self.articles[best[sums[best] > 0]]

    def scores(self, weights: Weights) -> Scores:
        """Return the METRICS of the guesses."""
        return guess_scores(self.guesses(weights), self.customer.bought)


def guess_scores(guesses: Ints, bought: Ints) -> Scores:
    """Return recall, average precision and nDCG at CUT, in the order of METRICS.

    A guess is a hit when it is one of the articles that were bought, the colour included; each
    article counts once, however often it was bought. Recall is the share of those articles that
    is among the guesses; precision is averaged over min(articles, CUT), as in the competition; the
    gain of nDCG is 1 for a hit.
    """
    hits = np.isin(guesses[:CUT], bought)
    ranks = np.arange(1, len(hits) + 1)
    ideal = min(len(bought), CUT)
    precision = np.cumsum(hits) / ranks
    discounts = 1 / np.log2(np.arange(2, CUT + 2))
    return np.array(
        [
            hits.sum() / len(bought),
            (precision * hits).sum() / ideal,
            (discounts[: len(hits)] * hits).sum() / discounts[:ideal].sum(),
        ]
    )


def candidates(
    shop: Shop,
    customers: Iterable[HeldOut],
    sales: Sales,
    half_life_days: float,
) -> Iterator[Candidates]:
    """Yield what the signals propose to each customer, in the order of the days held out.

    Nothing of the held-out day or after it is used. The content profile's half-life is given.
    """
    day, popularity = -1, np.zeros(len(shop.ids), dtype=np.float32)
    for customer in sorted(customers, key=lambda one: one.day):
        if customer.day != day:
            day = customer.day
            popularity = sales.before(day, _POPULAR_HALF_LIFE_DAYS, len(shop.ids))
        yield _proposed(shop, customer, popularity, half_life_days)


def chosen_weights(among: Sequence[Candidates], signals: Sequence[str]) -> dict[str, float]:
    """Return the weights of a blend, found one after the other by mean nDCG.

    Each is the smallest that is about as good as the best. Repeat purchases have weight 1, and
    popularity has always some, for it is all there is for a newcomer; then come `signals`.
    """
    weights = {REPEATS: 1.0, POPULARITY: _STEPS[1]}
    for _ in range(_SWEEPS):
        for signal in (POPULARITY, *signals):
            steps = _STEPS[1:] if signal == POPULARITY else _STEPS
            found = {step: _mean_ndcg(among, weights | {signal: step}) for step in steps}
            good = max(found.values()) - _TOLERANCE
            weights[signal] = next(step for step in steps if found[step] >= good)
    return weights


def _mean_ndcg(among: Sequence[Candidates], weights: Weights) -> float:
    return float(np.mean([one.scores(weights)[-1] for one in among]))


def _proposed(
    shop: Shop, customer: HeldOut, popularity: Floats, half_life_days: float
) -> Candidates:
    signals = {POPULARITY: popularity}
    if len(customer.before):
        signals |= _personal(shop, customer, popularity, half_life_days)
    nothing = np.zeros_like(popularity)
    strengths = np.stack([_strength(signals.get(one, nothing)) for one in SIGNALS])
    articles = np.flatnonzero(strengths.any(axis=0))
    return Candidates(customer, articles, strengths[:, articles])


def _personal(
    shop: Shop, customer: HeldOut, popularity: Floats, half_life_days: float
) -> dict[str, Floats]:
    """Return the signals that need a history, each the higher the better for every article."""
    taste = _taste(shop, customer)
    weights = _weights(taste, half_life_days)
    bought = shop.vectors[customer.before]
    newest = np.argsort(-customer.days, kind="stable")[:MOST_EXAMPLES]
    asked = np.vstack((bought.mean(axis=0), weights @ bought, bought[newest]))
    plain, profile, *_ = likeness = asked @ shop.vectors.T  # one pass over all vectors
    near = weights[newest] @ np.exp((likeness[2:] - 1) / _BREADTH)
    return {
        REPEATS: _repeats(shop, customer, _weights(taste, _REPEAT_HALF_LIFE_DAYS)),
        PLAIN: plain,
        PROFILE: profile,
        NEAREST: likeness[2:].max(axis=0),
        SELLING: near * np.sqrt(popularity),
    }


def _taste(shop: Shop, customer: HeldOut) -> Taste:
    """Return the purchases as likes, as the bot would know them on the morning of the day."""
    likes = (
        Opinion(shop.ids[row], shop.types[row], liked=True, at=day * _DAY_S)
        for row, day in zip(customer.before.tolist(), customer.days.tolist(), strict=True)
    )
    return Taste(opinions=tuple(likes), now=customer.day * _DAY_S)


def _weights(taste: Taste, half_life_days: float) -> Floats:
    weights = [taste.weight(opinion.at, half_life_days) for opinion in taste.opinions]
    return np.array(weights, dtype=np.float32)


def _repeats(shop: Shop, customer: HeldOut, weights: Floats) -> Floats:
    """Return how much of each article, and a share of how much of its product, was bought."""
    count = len(shop.ids)
    articles = np.bincount(customer.before, weights, minlength=count)
    products = np.bincount(shop.products[customer.before], weights, minlength=count)[shop.products]
    return (articles + _OTHER_COLOUR * products).astype(np.float32)


def _strength(signal: Floats) -> Floats:
    """Stretch a signal: 1 for its best article, 0 for whatever is not among its best _DEPTH."""
    low = np.partition(signal, -_DEPTH - 1)[-_DEPTH - 1] if len(signal) > _DEPTH else 0
    span = signal.max() - low
    stretched = (signal - low) / span if span > 0 else np.zeros_like(signal)
    return np.clip(stretched, 0, None)
