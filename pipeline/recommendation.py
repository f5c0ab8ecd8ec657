"""What an answer is, before any adapter makes it look like something."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.article import Article
from pipeline.understanding import QueryConstraints
from pipeline.writing import Introduction


@dataclass(frozen=True, slots=True)
class RecommendedArticle:
    """One article of an answer. `score` is relative to its answer, 0 to 1.

    `reasons` say in short phrases with *emphasis* why it is here, beside the wish: what the shopper
    likes, what it goes with.
    """

    article: Article
    score: float
    introduction: Introduction | None = None
    """None until written, and where no writing was asked for."""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """An answer to one message.

    `asked` is how many articles were wanted; fewer come back only where the catalogue has no more.
    `relaxations` are sentences, one for each wish given up because nothing met it. `note` is one
    line for the shopper when the writer could not do its part. `repeats` is how many articles the
    shopper was shown before. `timings` are milliseconds by stage.
    """

    constraints: QueryConstraints
    asked: int = 0
    articles: tuple[RecommendedArticle, ...] = ()
    relaxations: tuple[str, ...] = ()
    note: str = ""
    repeats: int = 0
    index_version: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)
