"""Scores systems on labelled queries: Lookbook with some settings, and plain dense search."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from config.settings import Settings
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.intervals import Estimate, estimate
from pipeline.evaluation.judging import Grades, Judge
from pipeline.evaluation.labelled import LabelledQueries, Query, Turn
from pipeline.evaluation.machine import load_average, machine_record
from pipeline.evaluation.metrics import METRICS, UNNAMED_COUNT, Scores, score
from pipeline.evaluation.plain import PlainDenseSearch
from pipeline.evaluation.report import Cell
from pipeline.index import OpenIndex, open_index
from pipeline.personal import Taste
from pipeline.recommending import Recommender

PLAIN = "plain dense search"

Answering = Callable[[Query], Iterator[list[str]]]
"""Yields an answer for each turn of a query: article ids, best first."""

Progress = Callable[[str, int, int], None]
"""Called with the system's name, how many queries are answered, and how many there are."""


@dataclass(frozen=True, slots=True)
class ScoredTurn:
    """One answer, its metrics, and the milliseconds that the shopper waited for the articles."""

    id: str
    turn: int
    category: str
    article_ids: list[str]
    scores: Scores
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """What one system scored. `settings` are those that retrieval and ranking depend on."""

    name: str
    settings: Mapping[str, Any]
    turns: list[ScoredTurn]

    @property
    def categories(self) -> list[str]:
        """Return the categories in the order of the queries."""
        return list(dict.fromkeys(turn.category for turn in self.turns))

    def overall(self) -> dict[str, Estimate]:
        """Return every metric that applies to some turn."""
        return _estimates(self.turns)

    def of_category(self, category: str) -> dict[str, Estimate]:
        """Return every metric that applies to some turn of a category."""
        return _estimates([turn for turn in self.turns if turn.category == category])

    def waits(self) -> dict[str, float]:
        """Return the milliseconds that a turn took, p50 and p95."""
        spent = [turn.milliseconds for turn in self.turns]
        return {f"p{percent}": float(np.percentile(spent, percent)) for percent in (50, 95)}

    def above(self, other: "Result") -> dict[str, Estimate]:
        """Return by how much each metric is higher than another system's on the same queries."""
        return {
            metric: difference
            for metric in METRICS
            if (difference := estimate(_differences(self, other, metric), widest=(-1.0, 1.0)))
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All systems on the same queries; the first result is the one that was asked about."""

    machine: dict[str, Cell]
    queries: LabelledQueries
    results: list[Result]


def run_evaluation(
    settings: Settings,
    queries: LabelledQueries,
    *,
    others: Mapping[str, Settings] | None = None,
    progress: Progress,
) -> Evaluation:
    """Evaluate the settings, each of the `others`, and plain dense search.

    Each answers from the live index of its own home, which is only read. Raises IndexStateError,
    ModelError, StoreError or CatalogueError for what cannot be used, EvaluationError where an
    index was not made of the catalogue that the labels are judged by.
    """
    with closing(open_index(settings)) as index:
        judge = Judge.of(settings, index)
        judged = JudgedQueries(queries.queries, judge)
        results = [
            _lookbook(settings.profile, settings, index, judged, progress),
            judged.result(PLAIN, {}, _plain(settings, index), progress),
        ]
        machine = machine_record(index) | {"load": load_average()}
        digest = index.manifest.catalogue.sha256
    for name, compared in (others or {}).items():
        with closing(open_index(compared)) as index:
            if index.manifest.catalogue.sha256 != digest:
                raise EvaluationError(
                    f"The index of {name} was made of another catalogue.",
                    "Compare settings over one catalogue.",
                )
            results.insert(-1, _lookbook(name, compared, index, judged, progress))
    return Evaluation(machine, queries, results)


class JudgedQueries:
    """Queries whose turns are graded once, however many systems answer them."""

    def __init__(self, queries: Sequence[Query], judge: Judge) -> None:
        self.queries = queries
        self._judge = judge
        self._grades = [
            [judge.grades(turn) if turn.expect == "items" else None for turn in query.turns]
            for query in queries
        ]

    def result(
        self, name: str, settings: Mapping[str, Any], answering: Answering, progress: Progress
    ) -> Result:
        """Let a system answer every query and return what it scored."""
        turns: list[ScoredTurn] = []
        progress(name, 0, len(self.queries))
        for done, (query, grades) in enumerate(
            zip(self.queries, self._grades, strict=True), start=1
        ):
            turns += self._scored(query, grades, answering)
            progress(name, done, len(self.queries))
        return Result(name, settings, turns)

    def _scored(
        self, query: Query, grades: Sequence[Grades | None], answering: Answering
    ) -> Iterator[ScoredTurn]:
        answers = answering(query)
        for number, (turn, graded) in enumerate(zip(query.turns, grades, strict=True)):
            started = time.perf_counter()
            answer = next(answers)
            milliseconds = 1000 * (time.perf_counter() - started)
            scores = score(turn, graded, answer, self._judge)
            yield ScoredTurn(query.id, number, query.category, answer, scores, milliseconds)


def answering_with(
    settings: Settings, index: OpenIndex, taste_of: Callable[[Query], Taste] | None = None
) -> Answering:
    """Return Lookbook with these settings, a conversation's turns with the memory of earlier ones.

    Where no number is named it shows UNNAMED_COUNT articles, whatever the settings say. Each query
    comes from a shopper whose taste is known, if `taste_of` tells it.
    """
    ranking = settings.ranking.model_copy(
        update={
            "default_count": UNNAMED_COUNT,
            "max_count": max(UNNAMED_COUNT, settings.ranking.max_count),
        }
    )
    recommender = Recommender(
        settings.model_copy(update={"ranking": ranking}), index, writing=False
    )
    recommender.warm_up()

    def answers(query: Query) -> Iterator[list[str]]:
        memory = None
        taste = taste_of(query) if taste_of else None
        for turn in query.turns:
            recommendation = recommender.recommend(turn.text, previous=memory, taste=taste)
            memory = recommendation.constraints
            yield [item.article.id for item in recommendation.articles]

    return answers


def _lookbook(
    name: str, settings: Settings, index: OpenIndex, judged: JudgedQueries, progress: Progress
) -> Result:
    told = settings.model_dump(mode="json", include={"retrieval", "ranking", "reranking"})
    told["embedder"] = settings.embedding.model
    return judged.result(name, told, answering_with(settings, index), progress)


def _plain(settings: Settings, index: OpenIndex) -> Answering:
    """Return the baseline: the turns so far as one text, and the articles nearest to it."""
    plain = PlainDenseSearch(settings, index)

    def answers(query: Query) -> Iterator[list[str]]:
        said: list[Turn] = []
        for turn in query.turns:
            said.append(turn)
            text = " ".join(one.text for one in said)
            yield [document.meta["article_id"] for document in plain.top(text, UNNAMED_COUNT)]

    return answers


def _estimates(turns: Sequence[ScoredTurn]) -> dict[str, Estimate]:
    return {
        metric: found
        for metric in METRICS
        if (found := estimate(_values(turns, metric).values(), widest=(0.0, 1.0)))
    }


def _values(turns: Sequence[ScoredTurn], metric: str) -> dict[str, list[float]]:
    by_query: dict[str, list[float]] = {}
    for turn in turns:
        if metric in turn.scores:
            by_query.setdefault(turn.id, []).append(turn.scores[metric])
    return by_query


def _differences(ours: Result, theirs: Result, metric: str) -> Iterator[list[float]]:
    mine, others = _values(ours.turns, metric), _values(theirs.turns, metric)
    for query, values in mine.items():
        yield [a - b for a, b in zip(values, others[query], strict=True)]
