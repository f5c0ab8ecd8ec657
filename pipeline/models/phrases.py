"""What a language model may say where it is bound."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """What one answer may be made of, behind what was begun for it.

    Each of `things` is told once at most, in one of its forms ("and a V-neck", "has a V-neck");
    between them stands a comma or nothing. The sentence does not end before one of `verbs` is said,
    if there are any. With `first_next` it goes on with the first thing at once, behind a `comma` or
    not.
    """

    things: tuple[tuple[str, ...], ...]
    verbs: frozenset[str]
    first_next: bool
    comma: bool = True
