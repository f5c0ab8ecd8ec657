"""What customers bought on a held-out day, guessed in several ways: the numbers and the figure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from config.settings import Settings
from pipeline.article import Article
from pipeline.evaluation.intervals import Estimate, estimate
from pipeline.evaluation.next_purchases import (
    CUT,
    METRICS,
    PLAIN,
    POPULARITY,
    PROFILE,
    REPEATS,
    SELLING,
    SIGNALS,
    Candidates,
    Shop,
    Weights,
    candidates,
    chosen_weights,
)
from pipeline.evaluation.plots import COLOURS
from pipeline.evaluation.purchases import purchases_of
from pipeline.evaluation.report import Cell, Goal, Part
from pipeline.index import OpenIndex
from pipeline.personal.leaning import MOST_EXAMPLES

WITHOUT = "blend without the content profile"
OURS = "ours: blend with the content profile"

_LENGTHS = {"0": (0, 1), "1 to 4": (1, 5), "5 to 19": (5, 20), "20 and more": (20, 10**9)}
"""Articles bought before the held-out day -> at least so many, and fewer than."""
_NDCG = len(METRICS) - 1
_DRAWN = (POPULARITY, PLAIN, PROFILE, REPEATS, OURS)
_COMPARED = (POPULARITY, PLAIN, PROFILE, REPEATS, WITHOUT)

Scores = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Guesses:
    """Scores of every way, shape (customers, metrics), for customers with so many purchases before.

    `weights` are those of each blend, once for each half of the customers they were chosen on.
    """

    before: npt.NDArray[np.int64]
    scores: Mapping[str, Scores]
    weights: Mapping[str, tuple[Weights, Weights]]

    def lengths(self) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
        """Yield each history length that some customer has, and which customers."""
        for name, (least, less) in _LENGTHS.items():
            rows = (self.before >= least) & (self.before < less)
            if rows.any():
                yield name, rows


def guess_purchases(
    settings: Settings,
    index: OpenIndex,
    articles: Sequence[Article],
    directory: Path,
    progress: Progress,
) -> Guesses:
    """Let every way guess what each customer bought on their last day. Raises EvaluationError."""
    shop = Shop.of(articles, index)
    customers, sales = purchases_of(directory, shop.row_of)
    proposed: list[Candidates] = []
    progress("guessing purchases", 0, len(customers))
    for one in candidates(shop, customers, sales, settings.personal.half_life_days):
        proposed.append(one)
        progress("guessing purchases", len(proposed), len(customers))
    scores = {way: _scores(proposed, {way: 1.0}) for way in SIGNALS}
    weights = {}
    for way, signals in ((WITHOUT, ()), (OURS, (SELLING,))):
        halves = chosen_weights(proposed[::2], signals), chosen_weights(proposed[1::2], signals)
        weights[way] = halves
        scores[way] = np.empty((len(proposed), len(METRICS)))
        scores[way][1::2] = _scores(proposed[1::2], halves[0])
        scores[way][::2] = _scores(proposed[::2], halves[1])
    before = np.array([len(one.customer.before) for one in proposed])
    return Guesses(before, scores, weights)


def _scores(proposed: Sequence[Candidates], weights: Weights) -> Scores:
    return np.array([one.scores(weights) for one in proposed]).reshape(-1, len(METRICS))


def purchases_parts(guesses: Guesses, figure: str) -> dict[str, Part]:
    """Return the tables: every way by history length, what ours gains, the weights."""
    return {
        "purchases": Part(
            title="What customers bought next",
            method=_METHOD,
            rows=list(_way_rows(guesses)),
            goals=list(_goals(guesses)),
            figure=figure,
        ),
        "gains": Part(
            title="How far the blend is ahead, customer by customer",
            method=(
                f"Mean difference in {METRICS[_NDCG]} between ours and each other way for the same "
                "customers, with its 95 % interval. One that holds 0 may be chance."
            ),
            rows=list(_gain_rows(guesses)),
            goals=[],
        ),
        "weights": Part(
            title="Weights of the blends",
            method="Each half of the customers is scored with the weights chosen on the other.",
            rows=list(_weight_rows(guesses)),
            goals=[],
        ),
    }


_METHOD = (
    "Each customer's last day with a purchase is held out, and every way guesses "
    f"{CUT} of all articles from what was known before it. A hit is an article bought on that day, "
    "the colour included. Recall is the share of the different articles bought that was guessed; "
    "MAP is that of H&M's competition; the gain of nDCG is 1 a hit. Popularity counts sales on "
    "days before the held-out one, half as much for each 30 days of age: to these customers, and "
    "to everybody in the last week. Repeat purchase takes what was bought before and then other "
    "colours of it. Content compares the index's vectors with the average of all that was bought; "
    "with that average under the weights that the bot gives to likes by their age; with one of the "
    f"{MOST_EXAMPLES} newest purchases, as the bot asks the engine; or it adds up the nearness to "
    "each of these, decayed, times the root of the popularity. A blend adds up popularity, repeat "
    "purchase and, in ours, the last of these, each stretched from 1 for its best article to 0 for "
    "its hundredth. Its weights are chosen for nDCG on one half of the customers and scored on the "
    "other. Brackets are 95 % bootstrap intervals over customers."
)


def _way_rows(guesses: Guesses) -> Iterator[dict[str, Cell]]:
    for length, rows in guesses.lengths():
        for way, scores in guesses.scores.items():
            if length == "0" and way not in (POPULARITY, OURS):
                continue  # nothing is known, so they guess nothing
            yield {
                "Bought before": length,
                "Customers": int(rows.sum()),
                "Way": way,
                **{
                    metric: str(_mean(scores[rows, column]))
                    for column, metric in enumerate(METRICS)
                },
            }


def _gain_rows(guesses: Guesses) -> Iterator[dict[str, Cell]]:
    groups = [*guesses.lengths(), ("1 and more", guesses.before > 0)]
    for length, rows in groups:
        row: dict[str, Cell] = {"Bought before": length}
        row |= {f"above {way}": str(_mean(_gained(guesses, way)[rows])) for way in _COMPARED}
        yield row


def _weight_rows(guesses: Guesses) -> Iterator[dict[str, Cell]]:
    for way, halves in guesses.weights.items():
        for half, weights in zip(("first", "second"), halves, strict=True):
            row: dict[str, Cell] = {"Blend": way, "Chosen on half": half}
            row |= {one: weights.get(one, 0.0) for one in SIGNALS if one != PLAIN}
            yield row


def _goals(guesses: Guesses) -> Iterator[Goal]:
    for length, rows in guesses.lengths():
        for way in (POPULARITY,) if length == "0" else (POPULARITY, PLAIN):
            yield Goal(
                what=f"{METRICS[_NDCG]} above {way}, {length} bought before",
                measured=float(_gained(guesses, way)[rows].mean()),
                unit="",
                reach=0.0,
                at_least=True,
            )


def _gained(guesses: Guesses, way: str) -> Scores:
    return np.asarray(guesses.scores[OURS][:, _NDCG] - guesses.scores[way][:, _NDCG])


def _mean(values: Scores) -> Estimate:
    found = estimate(([value] for value in values.tolist()), widest=(-1.0, 1.0))
    assert found is not None  # noqa: S101 - only groups with customers are asked for
    return found


def purchases_figure(guesses: Guesses) -> Figure:
    """Draw nDCG of each way by history length, with intervals."""
    figure = Figure(figsize=(7, 3))
    axes = figure.subplots()
    lengths = list(guesses.lengths())
    width = 0.8 / len(_DRAWN)
    for number, way in enumerate(_DRAWN):
        found = [_mean(guesses.scores[way][rows, _NDCG]) for _, rows in lengths]
        means = np.array([one.mean for one in found])
        axes.bar(
            np.arange(len(lengths)) + (number - (len(_DRAWN) - 1) / 2) * width,
            means,
            width * 0.92,
            yerr=(
                means - [one.low for one in found],
                [one.high for one in found] - means,
            ),
            error_kw={"linewidth": 0.7},
            label=way,
            color=COLOURS[number],
            edgecolor="white",
            linewidth=0.5,
        )
    labels = [f"{name}\n{rows.sum()} customers" for name, rows in lengths]
    axes.set_xticks(range(len(lengths)), labels)
    axes.set_xlabel("articles bought before the held-out day (whiskers: 95 % intervals)")
    axes.set_ylabel(METRICS[_NDCG])
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside upper center", ncols=2)
    return figure
