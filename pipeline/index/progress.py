"""How far a build is, and how long each stage took."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args

Stage = Literal["reading", "embedding", "writing", "optimizing", "verifying", "swapping"]
STAGES: tuple[Stage, ...] = get_args(Stage)

_INTERVAL_S = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of one stage. `total` is 0 while unknown; `rate` is in units per second.

    Units are articles when reading and writing, texts when embedding, steps otherwise. Embedding
    and writing take turns.
    """

    stage: Stage
    done: int
    total: int
    rate: float
    eta_s: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return what `to_dict` was made of."""
        return cls(**values)


class Meter:
    """Counts a build's work and time by stage, and reports it ten times a second.

    What starts, ends or completes a stage is always reported.
    """

    def __init__(self, report: Callable[[Progress], None]) -> None:
        self._report = report
        self._done: dict[Stage, int] = {}
        self._totals: dict[Stage, int] = {}
        self._spent_s: dict[Stage, float] = {}
        self._stage: Stage | None = None
        self._since = self._last_report = time.monotonic()

    @property
    def stage(self) -> Stage | None:
        """Return the stage that runs."""
        return self._stage

    @property
    def timings_s(self) -> dict[str, float]:
        """Return the seconds spent in each stage so far."""
        self._charge()
        return {stage: round(spent, 3) for stage, spent in self._spent_s.items()}

    def start(self, stage: Stage, total: int | None = None) -> None:
        """Let a stage run, for the first time or again; the one before it stops.

        `total` is given once, as soon as it is known.
        """
        self._charge()
        changed = self._stage != stage
        self._stage = stage
        self._done.setdefault(stage, 0)
        self._totals.setdefault(stage, 0)
        if total is not None:
            self._totals[stage] = total
        if changed:
            self.send()

    def advance(self, count: int) -> None:
        """Add to what the running stage has done."""
        assert self._stage is not None  # noqa: S101 - a caller's mistake
        self._done[self._stage] += count
        complete = self._done[self._stage] == self._totals[self._stage]
        if complete or time.monotonic() - self._last_report >= _INTERVAL_S:
            self.send()

    def _charge(self) -> None:
        now = time.monotonic()
        if self._stage is not None:
            self._spent_s[self._stage] = self._spent_s.get(self._stage, 0.0) + now - self._since
        self._since = now

    def send(self) -> None:
        """Report the running stage now."""
        assert self._stage is not None  # noqa: S101 - start comes first
        self._charge()
        self._last_report = self._since
        done, total = self._done[self._stage], self._totals[self._stage]
        spent = self._spent_s.get(self._stage, 0.0)
        rate = done / spent if spent > 0 else 0.0
        eta_s = round((total - done) / rate, 1) if rate > 0 and total else None
        self._report(Progress(self._stage, done, total, round(rate, 1), eta_s))
