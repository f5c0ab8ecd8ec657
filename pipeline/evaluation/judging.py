"""Grades every article of a catalogue for a labelled turn."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from config.settings import Settings
from pipeline.article import Article
from pipeline.catalogues import Quarantine, deduplicated, open_catalogue
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.labelled import FIELDS, Clause, Conditions, Patterns, Turn
from pipeline.index import OpenIndex

MEETS_ALL, MEETS_HARD, RIGHT_TYPE = 3, 2, 1
"""Grades: what is hard and what is soft; what is hard; only the garment that was asked for."""

_TYPE = "product_type_name"
_Rows = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grades:
    """The grade of every article for one turn, by its row in the judge's catalogue."""

    by_row: npt.NDArray[np.uint8]

    @property
    def available(self) -> int:
        """Return how many articles meet everything that is hard."""
        return int((self.by_row >= MEETS_HARD).sum())

    def best(self, depth: int) -> list[int]:
        """Return the `depth` highest grades, highest first."""
        highest = np.sort(self.by_row)[::-1][:depth]
        return [int(grade) for grade in highest]


class Judge:
    """A catalogue, ready to be asked which of its articles meet a label."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self.row_of: dict[str, int] = {}
        self.products: list[str] = []
        self.types: list[str] = []
        self._texts: list[str] = []
        columns: dict[str, list[str]] = {key: [] for key in FIELDS}
        for row, article in enumerate(articles):
            self.row_of[article.id] = row
            self.products.append(article.product_code)
            self.types.append(article.product_type)
            self._texts.append(f"{article.name} {article.description}")
            for key, field in FIELDS.items():
                columns[key].append(getattr(article, field))
        self._columns = {key: np.array(values, dtype=object) for key, values in columns.items()}

    @classmethod
    def of(cls, settings: Settings, index: OpenIndex) -> Self:
        """Return the judge of the catalogue that an index was made of.

        Raises CatalogueError if it cannot be read, EvaluationError if it has changed since.
        """
        catalogue = open_catalogue(settings.catalogue)
        if catalogue.digest() != index.manifest.catalogue.sha256:
            raise EvaluationError(
                f"The index {index.version} was not made of {catalogue.path} as it is now.",
                "Build it again with `lookbook index build`, or set catalogue.path.",
            )
        return cls(deduplicated(catalogue, Quarantine()))

    def grades(self, turn: Turn) -> Grades:
        """Return the grades of all articles for a turn that expects items."""
        grades = self._right_type(turn).astype(np.uint8)
        hard = self._meeting_hard(turn)
        grades[hard] = MEETS_HARD
        grades[self._meeting_soft(turn, hard)] = MEETS_ALL
        return Grades(grades)

    def _right_type(self, turn: Turn) -> _Rows:
        """Return the rows of a type that is asked for or, if none is, of no excluded one."""
        rows = self._everything()
        if _TYPE in turn.hard:
            rows &= self._having({_TYPE: turn.hard[_TYPE]})
        if _TYPE in turn.excluded:
            rows &= ~self._having({_TYPE: turn.excluded[_TYPE]})
        return rows

    def _meeting_hard(self, turn: Turn) -> _Rows:
        rows = self._having(turn.hard)
        for key, values in turn.excluded.items():
            rows &= ~self._having({key: values})
        if turn.hard_any:
            meeting = [self._meeting_clause(clause, rows) for clause in turn.hard_any]
            rows = np.logical_or.reduce(meeting)
        if turn.hard_text_any:
            rows = self._found(turn.hard_text_any, rows)
        if turn.not_text:
            rows = rows & ~self._found(turn.not_text, rows)
        return rows

    def _meeting_clause(self, clause: Clause, among: _Rows) -> _Rows:
        rows = among & self._having(clause.conditions)
        return self._found(clause.text_any, rows) if clause.text_any else rows

    def _meeting_soft(self, turn: Turn, among: _Rows) -> _Rows:
        rows = among & self._having(turn.soft)
        return self._found(turn.soft_text_any, rows) if turn.soft_text_any else rows

    def _having(self, conditions: Conditions) -> _Rows:
        rows = self._everything()
        for key, values in conditions.items():
            rows &= np.isin(self._columns[key], values)
        return rows

    def _found(self, patterns: Patterns, among: _Rows) -> _Rows:
        """Return those of the rows in whose text one of the patterns is found."""
        search = _one_of(patterns).search
        rows = np.zeros(len(self._texts), dtype=np.bool_)
        for row in np.flatnonzero(among):
            rows[row] = search(self._texts[row]) is not None
        return rows

    def _everything(self) -> _Rows:
        return np.ones(len(self._texts), dtype=np.bool_)


def _one_of(patterns: Sequence[str]) -> re.Pattern[str]:
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(joined, re.IGNORECASE | re.DOTALL)
