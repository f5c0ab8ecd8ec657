"""What shoppers with a hidden taste are shown as their likes and dislikes become known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from config.settings import Settings
from pipeline.article import Article
from pipeline.evaluation.evaluate import JudgedQueries, Result, answering_with
from pipeline.evaluation.intervals import Estimate, estimate
from pipeline.evaluation.judging import Judge
from pipeline.evaluation.labelled import LabelledQueries, Query
from pipeline.evaluation.plots import COLOURS
from pipeline.evaluation.report import Cell, Goal, Part
from pipeline.evaluation.simulated_shoppers import ROUNDS, SHOWN, Visits, hidden_tastes, visit
from pipeline.index import OpenIndex
from pipeline.personal import Taste
from pipeline.recommending import Recommender

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
"""Values of personal.strength that are tried beside the one that is set."""

_SEED = 11
_PRECISION = "constraint_precision"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Learning:
    """The visits of the same shoppers to a stylist that learns nothing, and by its strength.

    `labelled` are the labelled queries without a taste, and for each strength as shoppers with the
    tastes learnt ask them.
    """

    strength: float
    nothing: list[Visits]
    by_strength: Mapping[float, list[Visits]]
    plain: Result
    labelled: Mapping[float, Result]


def measure_learning(
    settings: Settings,
    index: OpenIndex,
    articles: Sequence[Article],
    *,
    shoppers: int,
    queries: LabelledQueries,
    judge: Judge,
    progress: Progress,
) -> Learning:
    """Let simulated shoppers come ROUNDS times, by strength; and labelled queries with tastes."""
    tastes = hidden_tastes(articles, shoppers, _SEED)
    judged = JudgedQueries(queries.queries, judge)
    number = {query.id: place for place, query in enumerate(queries.queries)}

    def visits(strengthened: Settings, name: str, *, learning: bool) -> list[Visits]:
        recommender = Recommender(strengthened, index, writing=False)
        made = []
        for seed, hidden in enumerate(tastes):
            made.append(visit(recommender, hidden, seed, learning=learning))
            progress(name, len(made), len(tastes))
        return made

    nothing = visits(settings, "learning nothing", learning=False)
    plain = judged.result("labelled queries", {}, answering_with(settings, index), progress)
    by_strength: dict[float, list[Visits]] = {}
    labelled: dict[float, Result] = {}
    for strength in sorted({*STRENGTHS, settings.personal.strength}):
        personal = settings.personal.model_copy(update={"strength": strength})
        strengthened = settings.model_copy(update={"personal": personal})
        name = f"strength {strength:g}"
        by_strength[strength] = made = visits(strengthened, name, learning=True)

        def taste_of(query: Query, made: Sequence[Visits] = made) -> Taste:
            # Without what was seen: that would keep right articles back, whatever the strength.
            return replace(made[number[query.id] % len(made)].taste, seen=frozenset())

        answering = answering_with(strengthened, index, taste_of)
        labelled[strength] = judged.result(f"{name}: labelled", {}, answering, progress)
    return Learning(settings.personal.strength, nothing, by_strength, plain, labelled)


def shoppers_parts(learning: Learning, figure: str) -> dict[str, Part]:
    """Return the tables: fitting answers by round, and what each strength does."""
    return {
        "shoppers": Part(
            title="Simulated shoppers: answers that fit a hidden taste",
            method=_METHOD,
            rows=list(_round_rows(learning)),
            goals=list(_goals(learning)),
            figure=figure,
        ),
        "strengths": Part(
            title="Strength of a taste",
            method=(
                "The share of answers that fit from the second round on, by `personal.strength`; "
                "and the labelled queries, each asked by a shopper whose taste was learnt in the "
                f"{ROUNDS} rounds: share of the articles shown that meets everything asked for, "
                "and nDCG, by labels that know nothing of the taste."
            ),
            rows=list(_strength_rows(learning)),
            goals=[],
        ),
    }


_METHOD = (
    "Each shopper cares for a few product types, colours and words (materials, cuts, patterns) and "
    f"never says so: an article fits that meets two of the three. In each of {ROUNDS} rounds, a "
    f"day apart, they ask for anything at all or for one of their types, see {SHOWN} articles, "
    "and speak of half of them: like what fits, dislike what meets none of the three. Nobody is "
    "shown a product twice where there is another. The same shoppers with the same messages come "
    "to a stylist that learns nothing. Brackets are 95 % bootstrap intervals over shoppers."
)


def _round_rows(learning: Learning) -> Iterator[dict[str, Cell]]:
    learnt = learning.by_strength[learning.strength]
    for number in range(ROUNDS):
        span = range(number, number + 1)
        yield {
            "Round": number + 1,
            "learning nothing": str(_fitting(learning.nothing, span)),
            "learning": str(_fitting(learnt, span)),
            "difference": str(_gained(learning, learnt, span)),
        }


def _strength_rows(learning: Learning) -> Iterator[dict[str, Cell]]:
    yield _strength_row("learning nothing", learning.nothing, learning.plain)
    for strength, visits in learning.by_strength.items():
        name = f"{strength:g}" + (", as set" if strength == learning.strength else "")
        yield _strength_row(name, visits, learning.labelled[strength])


def _strength_row(name: str, visits: Sequence[Visits], labelled: Result) -> dict[str, Cell]:
    scores = labelled.overall()
    return {
        "Strength": name,
        "fits": str(_fitting(visits, _LATER)),
        "constraint precision": str(scores[_PRECISION]),
        "type precision": str(scores["type_precision"]),
        "nDCG": str(scores["ndcg"]),
    }


def _goals(learning: Learning) -> Iterator[Goal]:
    gained = _gained(learning, learning.by_strength[learning.strength], _LATER)
    yield Goal(
        "answers that fit, above learning nothing, low end", gained.low, "", 0.0, at_least=True
    )
    labelled = learning.labelled[learning.strength]
    lost = labelled.above(learning.plain)[_PRECISION]
    yield Goal(
        "constraint precision with a taste, above none", lost.mean, "", -0.005, at_least=True
    )


_LATER = range(1, ROUNDS)
"""Rounds in which something can have been learnt."""


def _fitting(visits: Sequence[Visits], rounds: range) -> Estimate:
    return _estimate([[float(f) for n in rounds for f in one.fits[n]] for one in visits])


def _gained(learning: Learning, visits: Sequence[Visits], rounds: range) -> Estimate:
    """Return how much more fits, as the mean of the shoppers' differences by round."""
    return _estimate(
        [
            [
                float(np.mean(mine.fits[n]) - np.mean(others.fits[n]))
                for n in rounds
                if mine.fits[n] and others.fits[n]
            ]
            for mine, others in zip(visits, learning.nothing, strict=True)
        ]
    )


def _estimate(by_shopper: list[list[float]]) -> Estimate:
    found = estimate(by_shopper, widest=(-1.0, 1.0))
    assert found is not None  # noqa: S101 - every shopper sees something in the first round
    return found


def shoppers_figure(learning: Learning) -> Figure:
    """Draw what fits by round, and what fits and holds by strength."""
    figure = Figure(figsize=(7, 2.8))
    by_round, by_strength = figure.subplots(1, 2, sharey=True)
    learnt = learning.by_strength[learning.strength]
    for number, (label, visits) in enumerate(
        (("learning", learnt), ("learning nothing", learning.nothing))
    ):
        found = [_fitting(visits, range(n, n + 1)) for n in range(ROUNDS)]
        _line(by_round, np.arange(1, ROUNDS + 1) + 0.12 * number, found, label, number)
    by_round.set_xlabel("round (whiskers: 95 % intervals over shoppers)")
    by_round.set_ylabel("share of articles shown")
    by_round.set_ylim(0, 1.02)
    strengths = [0.0, *learning.by_strength]
    everyone = [learning.nothing, *learning.by_strength.values()]
    fitting = [_fitting(visits, _LATER) for visits in everyone]
    _line(by_strength, strengths, fitting, "learning", 0)
    labelled = [learning.plain, *learning.labelled.values()]
    held = [result.overall()[_PRECISION] for result in labelled]
    _line(by_strength, strengths, held, "labelled queries with a taste: constraints met", 2)
    by_strength.set_xlabel(
        f"personal.strength (set: {learning.strength:g}; at 0 nothing is learnt)"
    )
    handles = {
        text: line
        for a in (by_round, by_strength)
        for line, text in zip(*a.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=3)
    return figure


def _line(
    axes: Axes, places: npt.ArrayLike, found: Sequence[Estimate], label: str, number: int
) -> None:
    means = np.array([one.mean for one in found])
    axes.errorbar(
        places,
        means,
        yerr=(means - [one.low for one in found], [one.high for one in found] - means),
        marker="os^"[number],
        markersize=3.5,
        linewidth=1,
        color=COLOURS[number],
        label=label,
    )
