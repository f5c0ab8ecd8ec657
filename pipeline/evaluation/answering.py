"""How long a shopper waits: for the articles, and for their introductions."""

import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from config.settings import Settings
from pipeline.evaluation.errors import nothing_found
from pipeline.evaluation.plain import PlainDenseSearch
from pipeline.evaluation.report import Cell, Goal, Part, Spread
from pipeline.evaluation.shoppers import messages
from pipeline.index import OpenIndex
from pipeline.recommendation import Recommendation
from pipeline.recommending import Recommender

_SEED = 7
_WARMING = 5
_INTRODUCED = 5


def measure_answering(
    settings: Settings, index: OpenIndex, number: int, progress: Callable[[int, int], None]
) -> Part:
    """Return the milliseconds from a message to its ranked articles, whole and by stage.

    Messages whose search text came before are left out, for its embedding is remembered.
    """
    recommender = Recommender(settings, index, writing=False)
    plain = PlainDenseSearch(settings, index)
    recommender.warm_up()
    texts = messages(index.vocabulary, number + _WARMING, _SEED)
    warming, measured = texts[:_WARMING], texts[_WARMING:]
    for text in warming:
        recommender.recommend(text)
        plain.top(text, settings.ranking.default_count)
    searched = {""}
    stages: dict[str, list[float]] = defaultdict(list)
    for done, text in enumerate(measured, start=1):
        started = time.perf_counter()
        answer = recommender.recommend(text)
        between = time.perf_counter()
        plain.top(text, settings.ranking.default_count)
        ended = time.perf_counter()
        progress(done, len(measured))
        search_text = answer.constraints.search_text if answer.articles else ""
        if search_text in searched:
            continue
        searched.add(search_text)
        stages["message to ranked articles"].append(1000 * (between - started))
        stages["baseline: plain dense search"].append(1000 * (ended - between))
        for stage, milliseconds in answer.timings.items():
            stages[f"of it {stage}"].append(milliseconds)
    if not stages:
        raise nothing_found()
    rows: list[dict[str, Cell]] = [
        {
            "Stage": stage,
            "messages": len(spent),
            "p50 ms": float(np.percentile(spent, 50)),
            "p95 ms": float(np.percentile(spent, 95)),
            "highest ms": max(spent),
        }
        for stage, spent in stages.items()
    ]
    whole = stages["message to ranked articles"]
    p50, p95 = float(np.percentile(whole, 50)), float(np.percentile(whole, 95))
    return Part(
        title="From a message to ranked articles",
        method=(
            f"{len(whole)} different made-up messages, one after the other, models warm, no text "
            "embedded before, nothing written. The baseline embeds the message and takes the "
            "nearest articles, without understanding, filters, words or ranking."
        ),
        rows=rows,
        goals=[
            Goal("message to articles, p50", p50, "ms", 15, at_least=False),
            Goal("message to articles, p95", p95, "ms", 30, at_least=False),
        ],
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
