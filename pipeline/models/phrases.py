"""What a language model may say where it is bound."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """What one answer is made of, behind what was begun for it.

    Its `parts` are said one after the other, each in one of its forms ("has a V-neck", "has long
    sleeves and a V-neck"), and then it ends. An answer with a part that has no form never ends
    well. A `comma` may stand behind what was begun, and nowhere else.
    """

    parts: tuple[tuple[str, ...], ...]
    comma: bool = False
