"""Chooses settings of retrieval and ranking on one half of the queries, reports on the other."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from config.settings import Settings
from pipeline.evaluation.evaluate import JudgedQueries, Result, answering_with
from pipeline.evaluation.intervals import Estimate
from pipeline.evaluation.judging import Judge
from pipeline.evaluation.labelled import LabelledQueries
from pipeline.evaluation.machine import load_average, machine_record
from pipeline.evaluation.report import Cell
from pipeline.index import OpenIndex, open_index

OBJECTIVE = "ndcg"

TOLERANCE = 0.002
"""How much nDCG a preferred value may lose against the best one: less is noise of a few places."""

DEFAULTS, CHOSEN = "settings as given", "chosen settings"

Change = Mapping[str, Mapping[str, Any]]
"""Section -> setting -> value."""


@dataclass(frozen=True, slots=True)
class Knob:
    """Settings that are varied together. `values` by what they are called, preferred ones first:
    the defaults for want of other reasons, else the cheapest, or the most diverse."""

    name: str
    values: Mapping[str, Change]


def _retrieval(**settings: float | str | bool) -> Change:
    return {"retrieval": settings}


KNOBS = (
    Knob(
        "weight of BM25",
        {"1": _retrieval(hybrid=True, sparse_weight=1.0)}
        | {f"{w:g}": _retrieval(hybrid=True, sparse_weight=w) for w in (0.25, 0.5, 2.0, 4.0)}
        | {"no BM25": _retrieval(hybrid=False)},
    ),
    Knob(
        "fusion",
        {f"RRF {k}": _retrieval(fusion="rrf", rrf_k=k) for k in (60, 10, 30, 120)}
        | {"DBSF": _retrieval(fusion="dbsf")},
    ),
    Knob(
        "prefetch limits",
        {f"{n}": _retrieval(dense_limit=n, sparse_limit=n) for n in (100, 200, 400)},
    ),
    Knob("candidates", {f"{n}": _retrieval(candidates=n) for n in (50, 100, 200, 400)}),
    Knob("ef", {f"{n}": _retrieval(ef=n) for n in (64, 128, 256, 512)}),
    Knob("oversampling", {f"{n:g}": _retrieval(oversampling=n) for n in (1.0, 2.0, 4.0, 8.0)}),
    Knob(
        "diversity",
        {f"{d:g}": {"ranking": {"diversity": d}} for d in (0.5, 0.4, 0.3, 0.2, 0.1, 0.0)},
    ),
)
"""In the order in which they are settled, each with the ones before at their chosen values."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One value of a knob on the tuning half."""

    knob: str
    value: str
    ndcg: Estimate
    milliseconds: float
    """Median of a turn."""
    chosen: bool


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was tried on the tuning half, what was chosen, and both on the reporting half."""

    machine: dict[str, Cell]
    queries: LabelledQueries
    trials: list[Trial]
    changes: dict[str, dict[str, Any]]
    """Section -> setting -> chosen value, where it is another than given."""
    given: Result
    chosen: Result


def run_tuning(
    settings: Settings, queries: LabelledQueries, *, progress: Callable[[str, int, int], None]
) -> Tuning:
    """Settle one knob after the other over the live index, which is only read.

    Raises as `run_evaluation`, and LabelError where a half is empty.
    """
    tune, report = queries.of_half("tune"), queries.of_half("report")
    with closing(open_index(settings)) as index:
        judge = Judge.of(settings, index)
        judged = JudgedQueries(tune.queries, judge)
        best, trials = settings, []
        for done, knob in enumerate(KNOBS):
            progress("settling", done, len(KNOBS))
            best, tried = _settled(knob, best, judged, index)
            trials += tried
        progress("settling", len(KNOBS), len(KNOBS))
        held_out = JudgedQueries(report.queries, judge)
        given, chosen = (
            held_out.result(name, {}, answering_with(one, index), progress)
            for name, one in ((DEFAULTS, settings), (CHOSEN, best))
        )
        machine = machine_record(index) | {"load": load_average()}
    return Tuning(machine, queries, trials, _changes(settings, best), given, chosen)


def _settled(
    knob: Knob, settings: Settings, judged: JudgedQueries, index: OpenIndex
) -> tuple[Settings, list[Trial]]:
    """Return the settings with the first value that is as good as the best, and what was tried."""
    candidates = {value: _changed(settings, change) for value, change in knob.values.items()}
    results = {
        value: judged.result(value, {}, answering_with(one, index), lambda *_: None)
        for value, one in candidates.items()
    }
    scores = {value: result.overall()[OBJECTIVE] for value, result in results.items()}
    best = max(score.mean for score in scores.values())
    chosen = next(value for value, score in scores.items() if score.mean >= best - TOLERANCE)
    trials = [
        Trial(knob.name, value, scores[value], result.waits()["p50"], chosen=value == chosen)
        for value, result in results.items()
    ]
    return candidates[chosen], trials


def _changed(settings: Settings, change: Change) -> Settings:
    sections = {
        section: getattr(settings, section).model_copy(update=dict(values))
        for section, values in change.items()
    }
    return settings.model_copy(update=sections)


def _changes(before: Settings, after: Settings) -> dict[str, dict[str, Any]]:
    changes: dict[str, dict[str, Any]] = {}
    for section in ("retrieval", "ranking"):
        old, new = getattr(before, section).model_dump(), getattr(after, section).model_dump()
        if different := {name: new[name] for name in new if new[name] != old[name]}:
            changes[section] = different
    return changes
