"""A tuning on paper: one JSON file, one Markdown page, one figure."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from matplotlib.figure import Figure

from pipeline.evaluation.evaluate import Result
from pipeline.evaluation.intervals import Estimate
from pipeline.evaluation.metrics import METRICS
from pipeline.evaluation.plots import COLOURS, caption, paper_style, save
from pipeline.evaluation.report import Cell, table
from pipeline.evaluation.tuning import KNOBS, TOLERANCE, Trial, Tuning

_METHOD = (
    "Knobs are settled one after the other on the half `tune`, those before at their chosen value: "
    f"of the values within {TOLERANCE} of the best nDCG the first one listed is chosen, which is "
    "the cheapest, the most diverse, or the default. What is chosen is then compared with the "
    "settings as given on the half `report`, which nothing was chosen on. Brackets are 95 % "
    "bootstrap intervals over whole queries; a difference whose interval holds 0 may be chance. "
    "Milliseconds are the median of a turn in one pass, not interleaved: take them as rough."
)


def write_tuning(tuning: Tuning, directory: Path) -> list[Path]:
    """Write tuning.json, .md, .png and .svg; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    data, text = directory / "tuning.json", directory / "tuning.md"
    data.write_text(json.dumps(to_dict(tuning), indent=1) + "\n", encoding="utf-8")
    text.write_text(_page(tuning), encoding="utf-8")
    with paper_style():
        figure = _figure(tuning.trials)
        caption(figure, tuning.machine)
        return [data, text, *save(figure, directory, "tuning")]


def to_dict(tuning: Tuning) -> dict[str, Any]:
    """Return the tuning as JSON-ready values."""
    return {
        "machine": tuning.machine,
        "queries": {"file": tuning.queries.path.name, "sha256": tuning.queries.sha256},
        "trials": [asdict(trial) for trial in tuning.trials],
        "changes": tuning.changes,
        "report": {
            result.name: {metric: asdict(found) for metric, found in result.overall().items()}
            for result in (tuning.given, tuning.chosen)
        },
        "above": {
            metric: asdict(found) for metric, found in tuning.chosen.above(tuning.given).items()
        },
    }


def trial_rows(tuning: Tuning) -> list[dict[str, Cell]]:
    """Return a row for each value of each knob."""
    return [
        {
            "knob": trial.knob,
            "value": trial.value,
            "nDCG, tune half": str(trial.ndcg),
            "ms": f"{trial.milliseconds:.1f}",
            "": "chosen" if trial.chosen else "",
        }
        for trial in tuning.trials
    ]


def report_rows(tuning: Tuning) -> list[dict[str, Cell]]:
    """Return a row for each metric on the reporting half, and the difference."""
    given, chosen = tuning.given.overall(), tuning.chosen.overall()
    above = tuning.chosen.above(tuning.given)
    rows: list[dict[str, Cell]] = [
        {
            "metric, report half": METRICS[metric],
            "as given": _mean(given[metric]),
            "chosen": _mean(chosen[metric]),
            "difference": str(above[metric]),
        }
        for metric in given
    ]
    rows.append(
        {
            "metric, report half": "ms per turn, p50",
            "as given": _p50(tuning.given),
            "chosen": _p50(tuning.chosen),
            "difference": "",
        }
    )
    return rows


def _page(tuning: Tuning) -> str:
    changes = yaml.safe_dump(tuning.changes) if tuning.changes else "# nothing\n"
    machine: list[dict[str, Cell]] = [{"": k, " ": v} for k, v in tuning.machine.items()]
    blocks = [
        "# Tuning",
        f"Written by `lookbook tune` with the queries of {tuning.queries.path.name}. {_METHOD}",
        f"What is chosen differs from the settings as given in:\n\n```yaml\n{changes}```",
        table(report_rows(tuning)),
        table(trial_rows(tuning)),
        "## Machine",
        table(machine),
    ]
    return "\n\n".join(blocks) + "\n"


def _figure(trials: Sequence[Trial]) -> Figure:
    figure = Figure(figsize=(7, 3.6))
    panels = figure.subplots(2, -(-len(KNOBS) // 2), sharey=True)
    for axes in panels.flat[len(KNOBS) :]:
        axes.remove()
    for axes, knob in zip(panels.flat, KNOBS, strict=False):
        mine = [trial for trial in trials if trial.knob == knob.name]
        for place, trial in enumerate(mine):
            found = trial.ndcg
            axes.errorbar(
                place,
                found.mean,
                yerr=[[found.mean - found.low], [found.high - found.mean]],
                fmt="o",
                markersize=3.5,
                linewidth=1,
                color=COLOURS[0],
                markerfacecolor=COLOURS[0] if trial.chosen else "white",
            )
        axes.set_xticks(range(len(mine)), [trial.value for trial in mine], rotation=45)
        axes.set_xlim(-0.5, len(mine) - 0.5)
        axes.set_title(knob.name)
    for row in panels:
        row[0].set_ylabel("nDCG, 95 % interval")
    figure.suptitle("Half of the queries for tuning; filled: chosen", fontsize=8)
    return figure


def _mean(found: Estimate) -> str:
    return f"{found.mean:.3f}"


def _p50(result: Result) -> str:
    return f"{result.waits()['p50']:.1f}"
