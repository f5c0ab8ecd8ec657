"""What a shop's customers bought, the last day of each held out, and what sold before a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pipeline.evaluation.errors import EvaluationError

HISTORIES = "hm_purchase_histories.parquet"
LAST_WEEK = "hm_transactions_last_week.parquet"
_COLUMNS = ("t_dat", "customer_id", "article_id")

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One customer's purchases: those before their last day are known, those on it to be found.

    Articles are rows of the catalogue, days are counted from 1970. `before` and `days` are the
    purchases that are known, one an element; `bought` the different articles of the last day.
    """

    customer: str
    day: int
    before: Ints
    days: Ints
    bought: Ints


@dataclass(frozen=True, slots=True)
class Purchases:
    """Purchases, one an element: the customer, the article's row in the catalogue, the day."""

    customers: npt.NDArray[np.str_]
    articles: Ints
    days: Ints

    @classmethod
    def read(cls, path: Path, row_of: Mapping[str, int]) -> Self:
        """Read H&M's columns. Raises EvaluationError for what is no such file, or another shop's.

        `row_of` gives the row of each article of the catalogue.
        """
        try:
            table = pq.read_table(path, columns=list(_COLUMNS))
            dates, customers, ids = (table[name].to_pylist() for name in _COLUMNS)
            days = np.array(dates, dtype="datetime64[D]").astype(np.int64)
        except (OSError, ValueError, KeyError):
            raise EvaluationError(
                f"{path} cannot be read as purchases.",
                f"Give a parquet file with the columns {', '.join(_COLUMNS)}.",
            ) from None
        if unknown := set(ids) - row_of.keys():
            raise EvaluationError(
                f"The live index lacks {len(unknown):,} of the articles bought in {path}.",
                "Build it of the catalogue that the purchases are from: set catalogue.path.",
            )
        rows = np.array([row_of[one] for one in ids], dtype=np.int64)
        return cls(np.array(customers, dtype=np.str_), rows, days)

    def held_out(self) -> list[HeldOut]:
        """Return every customer with their last day held out, in the order of their ids."""
        order = np.lexsort((self.days, self.customers))
        starts = np.flatnonzero(np.diff(np.unique(self.customers, return_inverse=True)[1][order]))
        return [self._of(rows) for rows in np.split(order, starts + 1)]

    def _of(self, rows: Ints) -> HeldOut:
        articles, days = self.articles[rows], self.days[rows]
        last = days[-1]
        known = days < last
        return HeldOut(
            customer=str(self.customers[rows[0]]),
            day=int(last),
            before=articles[known],
            days=days[known],
            bought=np.unique(articles[~known]),
        )


@dataclass(frozen=True, slots=True)
class Sales:
    """Articles sold, by day and whoever bought them. Both arrays are in the order of the days."""

    articles: Ints
    days: Ints

    @classmethod
    def of(cls, histories: Purchases, week: Purchases) -> Self:
        """Return the whole week's sales, and for the time before it those to the customers."""
        older = histories.days < week.days.min()
        articles = np.concatenate((histories.articles[older], week.articles))
        days = np.concatenate((histories.days[older], week.days))
        order = np.argsort(days, kind="stable")
        return cls(articles[order], days[order])

    def before(self, day: int, half_life_days: float, articles: int) -> Floats:
        """Return how often each of the catalogue's `articles` sold on days strictly before `day`.

        A sale counts 1 on the day itself and half as much for each half-life that it is older.
        """
        known = int(np.searchsorted(self.days, day, side="left"))
        weights = 0.5 ** ((day - self.days[:known]) / half_life_days)
        counts = np.bincount(self.articles[:known], weights, minlength=articles)
        return counts.astype(np.float32)


def purchases_of(directory: Path, row_of: Mapping[str, int]) -> tuple[list[HeldOut], Sales]:
    """Read H&M's two files of purchases from a directory. Raises EvaluationError."""
    histories = Purchases.read(directory / HISTORIES, row_of)
    return histories.held_out(), Sales.of(histories, Purchases.read(directory / LAST_WEEK, row_of))
