"""What a language model may say where it is bound."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """What one answer may be made of, behind what was begun for it.

    Each of `things` is told once at most, in one of its forms ("has a V-neck", "has long sleeves
    and a V-neck"). The sentence does not end before one of `verbs` is said, if there are any. With
    `first_next` it goes on with the first thing at once. A `comma` may stand behind what was begun,
    and nowhere else.
    """

    things: tuple[tuple[str, ...], ...]
    verbs: frozenset[str]
    first_next: bool
    comma: bool = False
