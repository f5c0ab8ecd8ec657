"""How long a shopper waits: for the articles, and for their introductions."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from config.settings import Settings
from pipeline.article import Article
from pipeline.evaluation.errors import nothing_found
from pipeline.evaluation.plain import PlainDenseSearch
from pipeline.evaluation.report import Cell, Goal, Part, Spread
from pipeline.evaluation.shoppers import messages
from pipeline.index import OpenIndex
from pipeline.personal import Opinion, ShopperProfile, Taste
from pipeline.recommendation import Recommendation
from pipeline.recommending import Recommender

_SEED = 7
_WARMING = 5
_INTRODUCED = 5
_WHOLE, _PLAIN = "message to ranked articles", "baseline: plain dense search"
_PERSONAL = "message to ranked articles, personal"


def measure_answering(
    settings: Settings, index: OpenIndex, number: int, progress: Callable[[int, int], None]
) -> Part:
    """Return the milliseconds from a message to its ranked articles, whole and by stage.

    Messages whose search text came before are left out, for its embedding is remembered.
    """
    recommender = Recommender(settings, index, writing=False)
    plain = PlainDenseSearch(settings, index)
    recommender.warm_up()
    texts = messages(index.vocabulary, 2 * number + _WARMING, _SEED)
    warming, measured, others = texts[:_WARMING], texts[_WARMING::2], texts[_WARMING + 1 :: 2]
    shown: list[Article] = []
    for text in warming:
        shown += [one.article for one in recommender.recommend(text).articles]
        plain.top(text, settings.ranking.default_count)
    taste = _taste_of(shown)
    searched: set[str] = set()

    def unheard(answer: Recommendation) -> bool:
        text = answer.constraints.search_text
        new = bool(answer.articles) and text not in searched
        searched.add(text)
        return new

    stages: dict[str, list[float]] = defaultdict(list)
    # A small shop's words may be used up before there are as many of both.
    pairs = list(zip(measured, others, strict=False))
    for done, (text, other) in enumerate(pairs, start=1):
        # Another message, for the embedding of the same one would be remembered.
        started = time.perf_counter()
        personal = recommender.recommend(other, taste=taste)
        ended = time.perf_counter()
        if unheard(personal):
            stages[_PERSONAL].append(1000 * (ended - started))
        started = time.perf_counter()
        answer = recommender.recommend(text)
        between = time.perf_counter()
        plain.top(text, settings.ranking.default_count)
        ended = time.perf_counter()
        progress(done, len(pairs))
        if not unheard(answer):
            continue
        stages[_WHOLE].append(1000 * (between - started))
        stages[_PLAIN].append(1000 * (ended - between))
        for stage, milliseconds in answer.timings.items():
            stages[f"of it {stage}"].append(milliseconds)
    if not (stages[_WHOLE] and stages[_PERSONAL]):
        raise nothing_found()
    rows: list[dict[str, Cell]] = [
        {
            "Stage": stage,
            "messages": len(stages[stage]),
            "p50 ms": float(np.percentile(stages[stage], 50)),
            "p95 ms": float(np.percentile(stages[stage], 95)),
            "highest ms": max(stages[stage]),
        }
        for stage in sorted(stages, key=[_WHOLE, _PERSONAL, _PLAIN, *stages].index)
    ]
    whole, own = stages[_WHOLE], stages[_PERSONAL]
    return Part(
        title="From a message to ranked articles",
        method=(
            f"{len(whole)} different made-up messages, one after the other, models warm, no text "
            "embedded before, nothing written. The baseline embeds the message and takes the "
            "nearest articles, without understanding, filters, words or ranking. In turn with them "
            f"{len(own)} other messages come from a shopper with a profile, {len(taste.opinions)} "
            f"likes and dislikes and {len(taste.seen)} products seen lately."
        ),
        rows=rows,
        goals=[
            Goal(f"{named}, {name}", float(np.percentile(spent, q)), "ms", most, at_least=False)
            for named, spent in (
                ("message to articles", whole),
                ("message to personal articles", own),
            )
            for name, q, most in (("p50", 50, 15), ("p95", 95, 30))
        ],
    )


def _taste_of(shown: Sequence[Article]) -> Taste:
    """Return the taste of a shopper who likes every other article of these."""
    now = time.time()
    return Taste(
        profile=ShopperProfile(likes="black, cotton", dislikes="pink"),
        opinions=tuple(
            Opinion(article.id, article.product_type, liked=place % 2 == 0, at=now)
            for place, article in enumerate(shown)
        ),
        seen=frozenset(article.product_code for article in shown),
        now=now,
    )


def measure_writing(
    settings: Settings, index: OpenIndex, number: int, progress: Callable[[int, int], None]
) -> Part:
    """Return the seconds to the articles and to their introductions, and who wrote those."""
    recommender = Recommender(settings, index)
    recommender.warm_up()
    warming, *measured = messages(index.vocabulary, number + 1, _SEED + 1)
    recommender.recommend(warming, count=_INTRODUCED)
    rows: list[dict[str, Cell]] = []
    waits: list[tuple[float, float]] = []
    written: list[bool] = []
    for done, text in enumerate(measured, start=1):
        arrivals: list[float] = []

        def arrived(_: Recommendation, arrivals: list[float] = arrivals) -> None:
            arrivals.append(time.perf_counter())

        started = time.perf_counter()
        answer = recommender.recommend(text, count=_INTRODUCED, on_articles=arrived)
        ended = time.perf_counter()
        progress(done, len(measured))
        authors = [item.introduction.written_by for item in answer.articles if item.introduction]
        if not authors:
            continue
        waits.append((arrivals[0] - started, ended - started))
        written += [author == "model" for author in authors]
        rows.append(
            {
                "Message": text,
                "to articles s": waits[-1][0],
                "to introductions s": waits[-1][1],
                "introduced": len(authors),
                "by the model": authors.count("model"),
            }
        )
    if not waits:
        raise nothing_found()
    first, last = np.array(waits).T
    rows.append(
        {
            "Message": "all",
            "to articles s": Spread.of(first),
            "to introductions s": Spread.of(last),
            "introduced": len(written),
            "by the model": sum(written),
        }
    )
    return Part(
        title="Introductions",
        method=(
            f"{_INTRODUCED} articles asked for in each message, introduced by "
            f"{settings.writing.model} with the prompt {settings.writing.prompt}; what is not the "
            "model's is the fallback's, from the article's own facts."
        ),
        rows=rows,
        goals=[
            Goal("first visible answer, median", float(np.median(first)), "s", 1, at_least=False),
            Goal("5 introductions, median", float(np.median(last)), "s", 3, at_least=False),
        ],
    )
