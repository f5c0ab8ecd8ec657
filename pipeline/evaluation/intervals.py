"""How far a mean over queries can be trusted: bootstrap intervals (Efron 1979)."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap

_RESAMPLES = 2000
_CONFIDENCE = 0.95
_SEED = 20

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over turns, and the 95 % interval around it."""

    mean: float
    low: float
    high: float
    turns: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def estimate(by_query: Iterable[list[float]], *, widest: tuple[float, float]) -> Estimate | None:
    """Return the mean over all turns, each inner list being the turns of one query.

    Whole queries are resampled, since the turns of a conversation stand or fall together. `widest`
    is the range of the quantity: of a single query nothing more is known. None without any turn.
    """
    lists = [values for values in by_query if values]
    if not lists:
        return None
    sums = np.array([sum(values) for values in lists])
    turns = np.array([len(values) for values in lists], dtype=np.float64)
    mean = float(_mean(sums, turns))
    if len(lists) == 1:
        low, high = widest
    else:
        interval = bootstrap(
            (sums, turns),
            _mean,
            paired=True,
            method="percentile",
            n_resamples=_RESAMPLES,
            confidence_level=_CONFIDENCE,
            rng=np.random.default_rng(_SEED),
        ).confidence_interval
        low, high = float(interval.low), float(interval.high)
    return Estimate(mean, low, high, int(turns.sum()))


def _mean(sums: _Floats, turns: _Floats, axis: int = -1) -> _Floats:
    return np.asarray(sums.sum(axis=axis) / turns.sum(axis=axis))
