"""Why a draft is refused: a closed set of kinds, which are also what the metrics count."""

from dataclasses import dataclass
from typing import Literal

ProblemKind = Literal[
    "not text",
    "markup",
    "length",
    "unfinished",
    "repetition",
    "garbled",
    "chatter",
    "question",
    "copied prompt",
    "superlative",
    "name",
    "other article",
    "invented",
    "misplaced",
    "denied",
    "vague",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an introduction must not be shown, and the words at fault."""

    kind: ProblemKind
    words: str
