"""What has been found in a message so far, while its readers go over it."""

from dataclasses import dataclass, field

from pipeline.understanding.constraints import Condition
from pipeline.understanding.reading import Span


@dataclass
class Draft:
    """Conditions found, by what they do; `taken` are the tokens that something was made of.

    `absent` are wishes that no article of the catalogue carries; `lacking` names what was asked
    for and is not carried at all.
    """

    kinds: list[tuple[Span, Condition]] = field(default_factory=list)
    required: list[Condition] = field(default_factory=list)
    preferred: list[Condition] = field(default_factory=list)
    excluded: list[Condition] = field(default_factory=list)
    absent: list[Condition] = field(default_factory=list)
    lacking: str = ""
    taken: set[int] = field(default_factory=set)

    def take(self, span: Span) -> None:
        """Mark the tokens of a span as understood."""
        self.taken.update(range(span.start, span.end))

    def has_taken(self, span: Span) -> bool:
        """Return whether any token of a span has been understood already."""
        return any(place in self.taken for place in range(span.start, span.end))

    @property
    def names_conditions(self) -> bool:
        """Whether anything was found that an article can meet."""
        return bool(self.kinds or self.required or self.excluded or self.preferred)
