"""How good an answer to a labelled turn is, in numbers of 0 to 1."""

import math
from collections.abc import Iterable, Sequence

from pipeline.evaluation.judging import MEETS_HARD, Grades, Judge
from pipeline.evaluation.labelled import Turn

UNNAMED_COUNT = 20
"""How many articles are looked at where the shopper names no number: the paper's top 20."""

METRICS = {
    "type_precision": "type precision",
    "constraint_precision": "constraint precision",
    "fill": "fill",
    "ndcg": "nDCG",
    "count_ok": "count obeyed",
    "types_ok": "types spanned",
    "none_ok": "nothing shown",
    "dup_article": "repeats of an article",
    "dup_product": "repeats of a product",
}
"""Name of a metric -> what a reader calls it. Of repeats fewer are better, of the rest more."""

REPEATS = ("dup_article", "dup_product")

Scores = dict[str, float]
"""The metrics that apply to a turn."""


def score(turn: Turn, grades: Grades | None, answer: Sequence[str], judge: Judge) -> Scores:
    """Return the metrics of an answer: article ids, best first.

    `grades` are None where the turn expects nothing to be shown. Only the first k ids count, k
    being the number asked for or UNNAMED_COUNT; an id that the catalogue lacks, and one that came
    before, is a miss.

    - type_precision: share of the shown articles whose type is one that is asked for (the paper's
      accuracy); only where a type is named
    - constraint_precision: share that meets everything hard
    - fill: different articles shown, by those that could have been: min(k, available)
    - ndcg: gains 2^grade - 1 to the depth min(k, available), by the ideal ranking of the whole
      catalogue (Burges et al. 2005)
    - count_ok: exactly as many came as were asked for, or as are available
    - types_ok: they span as many types as a wish for an outfit needs
    - none_ok: nothing came, and nothing should have
    - dup_article, dup_product: share that repeats an earlier article, or its product code
    """
    if grades is None:
        return {"none_ok": float(not answer)}
    available = grades.available
    shown = answer[: turn.count or UNNAMED_COUNT]
    depth = min(turn.count or UNNAMED_COUNT, available)
    rows = [
        None if article in shown[:place] else judge.row_of.get(article)
        for place, article in enumerate(shown)
    ]
    gained = [0 if row is None else int(grades.by_row[row]) for row in rows]
    scores = {
        "constraint_precision": _share(grade >= MEETS_HARD for grade in gained),
        **_repeats(shown, judge),
    }
    if depth:
        scores["fill"] = min(1.0, len(set(shown)) / depth)
    if wanted := turn.hard.get("product_type_name"):
        scores["type_precision"] = _share(
            row is not None and judge.types[row] in wanted for row in rows
        )
    if ideal := _dcg(grades.best(depth)):
        scores["ndcg"] = _dcg(gained[:depth]) / ideal
    if turn.count:
        scores["count_ok"] = float(len(answer) == min(turn.count, available))
    if turn.min_types:
        spanned = {judge.types[row] for row in rows if row is not None}
        scores["types_ok"] = float(len(spanned) >= turn.min_types)
    return scores


def _repeats(shown: Sequence[str], judge: Judge) -> Scores:
    codes = [judge.products[judge.row_of[one]] for one in shown if one in judge.row_of]
    if not shown:
        return dict.fromkeys(REPEATS, 0.0)
    return {
        "dup_article": (len(shown) - len(set(shown))) / len(shown),
        "dup_product": (len(codes) - len(set(codes))) / len(shown),
    }


def _share(hits: Iterable[bool]) -> float:
    counted = list(hits)
    return sum(counted) / len(counted) if counted else 0.0


def _dcg(grades: Sequence[int]) -> float:
    return math.fsum(((1 << grade) - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))
