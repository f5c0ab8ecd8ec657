"""What the shopper reads about one article, and who wrote it."""

from dataclasses import dataclass
from typing import Literal

from pipeline.writing.truth.problem import Problem


@dataclass(frozen=True, slots=True)
class Introduction:
    """One introduction. `problems` are those of the drafts that were refused before it."""

    text: str
    written_by: Literal["model", "fallback"]
    problems: tuple[Problem, ...] = ()
