"""An evaluation on paper: one JSON file, one Markdown page, one figure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.evaluation.evaluate import Evaluation, Result
from pipeline.evaluation.intervals import Estimate
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.plots import caption, paper_style, save
from pipeline.evaluation.report import Cell, table

METHOD = (
    "A number is the mean over the turns that its metric applies to, in brackets its 95 % "
    "bootstrap interval (2,000 resamples of whole queries). Where every query scores the same, "
    "resampling finds no spread, which does not mean that there is none. Plain dense search "
    "embeds what was said and takes the nearest 20 articles of the same index. What the metrics "
    "mean is in docs/evaluation.md."
)

_HEADS = {
    "type_precision": "type",
    "constraint_precision": "constraint",
    "fill": "fill",
    "ndcg": "nDCG",
    "count_ok": "count",
    "types_ok": "types",
    "none_ok": "none",
    "dup_product": "repeats",
}
"""Columns of the table by category, short enough for a terminal of 80 characters."""

_PER_CATEGORY = ("constraint_precision", "ndcg")
_ALL = "all"


def write_evaluation(evaluation: Evaluation, directory: Path) -> list[Path]:
    """Write evaluation.json, .md, .png and .svg; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    data, text = directory / "evaluation.json", directory / "evaluation.md"
    data.write_text(json.dumps(to_dict(evaluation), indent=1) + "\n", encoding="utf-8")
    text.write_text(_page(evaluation), encoding="utf-8")
    with paper_style():
        figure = _figure(evaluation)
        caption(figure, evaluation.machine)
        return [data, text, *save(figure, directory, "evaluation")]


def to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as JSON-ready values, every turn of every system included."""
    first, *others = evaluation.results
    return {
        "machine": evaluation.machine,
        "queries": {
            "file": evaluation.queries.path.name,
            "sha256": evaluation.queries.sha256,
            "queries": len(evaluation.queries.queries),
            "turns": len(first.turns),
        },
        "systems": [
            {
                "name": result.name,
                "settings": result.settings,
                "milliseconds": result.waits(),
                "overall": _plain_estimates(result.overall()),
                "categories": {
                    name: _plain_estimates(result.of_category(name)) for name in result.categories
                },
                "turns": [asdict(turn) for turn in result.turns],
            }
            for result in evaluation.results
        ],
        "above": {other.name: _plain_estimates(first.above(other)) for other in others},
    }


def overall_rows(evaluation: Evaluation) -> list[dict[str, Cell]]:
    """Return a row for each metric and for the time of a turn, a column for each system."""
    found = {result.name: result.overall() for result in evaluation.results}
    first = evaluation.results[0].overall()
    rows: list[dict[str, Cell]] = [
        {
            "metric": METRICS[metric],
            "turns": first[metric].turns,
            **{name: _shown(estimates.get(metric)) for name, estimates in found.items()},
        }
        for metric in METRICS
        if metric in first
    ]
    spent = {result.name: result.waits() for result in evaluation.results}
    rows += [
        {
            "metric": f"ms per turn, {which}",
            "turns": len(evaluation.results[0].turns),
            **{name: f"{times[which]:.1f}" for name, times in spent.items()},
        }
        for which in ("p50", "p95")
    ]
    return rows


def category_rows(result: Result) -> list[dict[str, Cell]]:
    """Return a row for each category and one for all, a column for the mean of a metric."""
    by_name = {name: result.of_category(name) for name in sorted(result.categories)}
    by_name[_ALL] = result.overall()
    turns = {name: sum(t.category == name for t in result.turns) for name in result.categories}
    turns[_ALL] = len(result.turns)
    return [
        {
            "category": name,
            "turns": turns[name],
            **{
                head: f"{estimates[metric].mean:.3f}" if metric in estimates else "-"
                for metric, head in _HEADS.items()
            },
        }
        for name, estimates in by_name.items()
    ]


def _page(evaluation: Evaluation) -> str:
    first, *others = evaluation.results
    queries = evaluation.queries
    machine: list[dict[str, Cell]] = [{"": k, " ": v} for k, v in evaluation.machine.items()]
    asked = (
        f"Written by `lookbook evaluate`: {len(queries.queries)} queries with {len(first.turns)} "
        f"turns of {queries.path.name} (SHA-256 {queries.sha256[:12]})."
    )
    blocks = [
        "# Evaluation",
        f"{asked} {METHOD}",
        table(overall_rows(evaluation)),
    ]
    for other in others:
        blocks += [
            f"## {first.name} above {other.name}",
            "Differences on the same queries; one whose interval holds 0 may be chance.",
            table(_difference_rows(first.above(other))),
        ]
    for result in evaluation.results:
        blocks += [f"## {result.name}, by category", table(category_rows(result))]
    return "\n\n".join([*blocks, "## Machine", table(machine)]) + "\n"


def _difference_rows(estimates: Mapping[str, Estimate]) -> list[dict[str, Cell]]:
    return [
        {"metric": METRICS[metric], "difference": str(difference)}
        for metric, difference in estimates.items()
    ]


def _figure(evaluation: Evaluation) -> Figure:
    results = evaluation.results
    categories = [
        name for name in sorted(results[0].categories) if "ndcg" in results[0].of_category(name)
    ]
    metrics = [metric for metric in METRICS if metric in results[0].overall()]
    figure = Figure(figsize=(7, 1.2 + 0.09 * (len(results) + 1) * max(len(categories), 8)))
    left, *right = figure.subplots(1, 3, width_ratios=(1.1, 1, 1))
    overall = [result.overall() for result in results]
    _dots(left, results, metrics, [[one.get(m) for m in metrics] for one in overall])
    left.set_yticks(range(len(metrics)), [METRICS[metric] for metric in metrics])
    left.set_title("all queries")
    by_category = [[result.of_category(name) for name in categories] for result in results]
    for axes, metric in zip(right, _PER_CATEGORY, strict=True):
        _dots(axes, results, categories, [[one.get(metric) for one in row] for row in by_category])
        axes.set_yticks(range(len(categories)), [name.replace("_", " ") for name in categories])
        axes.set_title(METRICS[metric])
    right[-1].tick_params(labelleft=False)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=len(results))
    return figure


def _dots(
    axes: Axes,
    results: Sequence[Result],
    names: Sequence[str],
    estimates: Sequence[Sequence[Estimate | None]],
) -> None:
    """Draw a mean with its interval for each system and name; the systems stand side by side."""
    for number, (result, row) in enumerate(zip(results, estimates, strict=True)):
        shift = 0.4 * (number / max(len(results) - 1, 1) - 0.5)
        there = [(place + shift, one) for place, one in enumerate(row) if one is not None]
        axes.errorbar(
            [one.mean for _, one in there],
            [place for place, _ in there],
            xerr=[
                [max(0.0, one.mean - one.low) for _, one in there],
                [max(0.0, one.high - one.mean) for _, one in there],
            ],
            fmt="os^Dv"[number % 5],
            markersize=3,
            linewidth=1,
            label=result.name,
        )
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("mean and 95 % interval")


def _plain_estimates(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {metric: asdict(found) for metric, found in estimates.items()}


def _shown(found: Estimate | None) -> str:
    return "-" if found is None else str(found)
