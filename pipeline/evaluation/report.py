"""What a benchmark found: tables of numbers, and how they stand against the ones to reach."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Spread:
    """A quantity measured several times: the median, and between what it lay."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float] | npt.NDArray[np.floating[Any]]) -> Self:
        """Return the spread of at least one value."""
        return cls(float(np.median(values)), float(np.min(values)), float(np.max(values)))

    @classmethod
    def percentile(cls, rounds: npt.NDArray[np.floating[Any]], percent: float) -> Self:
        """Return the spread over rounds, shape (rounds, samples), of a percentile of each."""
        return cls.of(np.percentile(rounds, percent, axis=1))

    def __str__(self) -> str:
        if self.lowest == self.highest:
            return _number(self.median)
        return f"{_number(self.median)} ({_number(self.lowest)} to {_number(self.highest)})"


Cell = str | int | float | Spread


@dataclass(frozen=True, slots=True)
class Goal:
    """A number to reach, and the one measured."""

    what: str
    measured: float
    unit: str
    reach: float
    at_least: bool

    @property
    def reached(self) -> bool:
        """Return whether the measured number is good enough."""
        good = self.measured >= self.reach if self.at_least else self.measured <= self.reach
        return bool(good)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a benchmark. Each row of the table has the same columns, unit in the name."""

    title: str
    method: str
    rows: list[dict[str, Cell]]
    goals: list[Goal]
    figure: str = ""
    """Name of the picture of it that lies beside the report, if there is one."""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run: the machine and the index, and what each part found."""

    machine: dict[str, Cell]
    parts: dict[str, Part]
    command: str = "benchmark"

    def write(self, directory: Path) -> tuple[Path, Path]:
        """Write a JSON file and a Markdown page named by the command; return their paths."""
        directory.mkdir(parents=True, exist_ok=True)
        name = self.command.rpartition(" ")[2]
        data, text = directory / f"{name}.json", directory / f"{name}.md"
        data.write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")
        text.write_text(self.to_markdown(), encoding="utf-8")
        return data, text

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        copy = asdict(self)
        for name, part in self.parts.items():
            for goal, record in zip(part.goals, copy["parts"][name]["goals"], strict=True):
                record["reached"] = goal.reached
        return copy

    def to_markdown(self) -> str:
        """Return the report as a page for people."""
        goals: list[dict[str, Cell]] = [
            {
                "What": goal.what,
                "Measured": f"{_number(goal.measured)} {goal.unit}".strip(),
                "Reach": f"{sign} {_number(goal.reach)} {goal.unit}".strip(),
                "": "reached" if goal.reached else "missed",
            }
            for part in self.parts.values()
            for goal in part.goals
            for sign in [">=" if goal.at_least else "<="]
        ]
        machine: list[dict[str, Cell]] = [
            {"": name, " ": value} for name, value in self.machine.items()
        ]
        written = f"Written by `lookbook {self.command}`. {_INTRODUCTION}"
        blocks = ["# Results", written, table(goals), "## Machine", table(machine)]
        for part in self.parts.values():
            figure = f"![{part.title}]({part.figure})" if part.figure else ""
            blocks += [f"## {part.title}", part.method, figure, table(part.rows)]
        return "\n\n".join(block for block in blocks if block) + "\n"


_INTRODUCTION = (
    "Every number stands beside its baseline from the same run; "
    "what is compared took turns, query by query. A number in brackets is the range over the "
    "repetitions, the one before it their median."
)


def table(rows: Sequence[Mapping[str, Cell]]) -> str:
    """Return rows that have the same columns as a Markdown table."""
    if not rows:
        return ""
    cells = [list(rows[0]), ["---"] * len(rows[0])]
    cells += [[_number(cell) for cell in row.values()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _number(value: Cell) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - 3 digits
    return f"{value:,}" if isinstance(value, int) else str(value)
