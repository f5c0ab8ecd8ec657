import pytest

from pipeline.index.build import BuildReport
from pipeline.index.manifest import Counts
from pipeline.index.progress import STAGES, Meter, Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("pipeline.index.progress.time.monotonic", lambda: now[0])
    return now


def test_rate_and_time_left_come_from_the_stage_alone(clock: list[float]) -> None:
    reports: list[Progress] = []
    meter = Meter(reports.append)
    meter.start("reading")
    clock[0] += 50
    meter.start("embedding", 100)
    clock[0] += 2
    meter.advance(20)
    assert reports[-1] == Progress("embedding", 20, 100, 10.0, 8.0)


def test_stages_that_take_turns_keep_their_counts_and_times(clock: list[float]) -> None:
    reports: list[Progress] = []
    meter = Meter(reports.append)
    for _ in range(2):
        meter.start("embedding", 20)
        clock[0] += 3
        meter.advance(10)
        meter.start("writing", 20)
        clock[0] += 1
        meter.advance(10)
    assert meter.timings_s == {"embedding": 6.0, "writing": 2.0}
    assert reports[-1] == Progress("writing", 20, 20, 10.0, 0.0)


def test_reports_are_limited_and_the_last_one_is_never_left_out(clock: list[float]) -> None:
    reports: list[Progress] = []
    meter = Meter(reports.append)
    meter.start("writing", 1000)
    for _ in range(1000):
        clock[0] += 0.001
        meter.advance(1)
    assert 8 <= len(reports) <= 13
    assert reports[0].done == 0
    assert reports[-1].done == 1000


def test_an_unknown_total_gives_no_time_left(clock: list[float]) -> None:
    reports: list[Progress] = []
    meter = Meter(reports.append)
    meter.start("reading")
    clock[0] += 1
    meter.advance(5)
    assert reports[-1] == Progress("reading", 5, 0, 5.0, None)


def test_progress_and_report_survive_json() -> None:
    step = Progress("embedding", 1, 2, 3.0, None)
    assert Progress.from_dict(step.to_dict()) == step
    report = BuildReport(
        version="v",
        kind="refresh",
        reason="r",
        counts=Counts(articles=1, texts=1, product_codes=1, quarantined=0, duplicates=0),
        added=1,
        changed=0,
        removed=0,
        embedded=1,
        seconds=1.0,
        timings_s={"reading": 1.0},
        size=1,
        peak_memory_mb=1,
    )
    assert BuildReport.from_dict(report.to_dict()) == report


def test_the_stages_are_in_order() -> None:
    assert STAGES[0] == "reading"
    assert STAGES[-1] == "swapping"
