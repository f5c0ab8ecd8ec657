"""What goes wrong on purpose: next time, or at random."""

import random
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["status", "error", "drop", "lose", "slow"]


@dataclass
class Fault:
    """`drop` ends the connection before the call is taken, `lose` after it was taken."""

    kind: Kind
    error: str = ""
    status: int = 200
    retry_after: int = 1
    seconds: float = 0.0


@dataclass
class Faults:
    planned: dict[str, list[Fault]] = field(default_factory=dict)
    rates: dict[Kind, float] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311
    happened: list[tuple[str, Fault]] = field(default_factory=list)

    def plan(self, call: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of a method ("response_url" for those) meet a fault."""
        self.planned.setdefault(call, []).extend([fault] * times)

    def at_random(self, seed: int = 0, **rates: float) -> None:
        """Let every call meet faults with these probabilities: status (429), drop, lose, slow."""
        self.chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.rates = dict(rates)  # type: ignore[arg-type]

    def of(self, call: str) -> Fault | None:
        waiting = self.planned.get(call)
        fault = waiting.pop(0) if waiting else self._random()
        if fault is not None:
            self.happened.append((call, fault))
        return fault

    def _random(self) -> Fault | None:
        drawn = self.chance.random()
        for kind, rate in self.rates.items():
            if drawn < rate:
                return Fault(kind, status=429, retry_after=1, seconds=self.chance.uniform(0.2, 1))
            drawn -= rate
        return None
