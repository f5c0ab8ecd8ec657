"""The form in which a shopper tells of themselves, before an adapter gives it a platform's form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.assistant.messages import cleaned
from pipeline.personal import Part, ShopperProfile

TITLE = "Your profile"
INTRODUCTION = (
    "Fill in what you like, leave out what you don't. What you ask for always comes first; your "
    "profile only puts the rest in order."
)


@dataclass(frozen=True, slots=True)
class FormField:
    """One line of text: a part of the profile, at most `longest` characters."""

    part: Part
    label: str
    placeholder: str
    longest: int


FIELDS = (
    FormField("wearer", "Who do you shop for?", "women, or: my 6 year old girl", 100),
    FormField("likes", "What do you like?", "navy, linen, floral, pockets", 300),
    FormField("dislikes", "What do you not want?", "yellow, polyester, leopard print", 300),
    FormField("limits", "Budget and sizes", "up to 50, size M", 100),
)

FIRM_LABEL = "What must always hold?"
FIRM_PLACEHOLDER = "Nothing: all of it only ranks"
FIRM_OPTIONS: Mapping[Part, str] = {
    "wearer": "Whom I shop for",
    "likes": "What I like",
    "dislikes": "What I do not want",
    "limits": "My budget and sizes",
}
"""The choice of none, some or all parts that must hold."""


def filled(texts: Mapping[str, str], firm: Iterable[str]) -> ShopperProfile:
    """Return the profile that a filled-in form is: `texts` and the chosen `firm` by part.

    Texts are cleaned as messages are; a part without words cannot be firm.
    """
    parts = {field.part: _words(texts.get(field.part, ""), field.longest) for field in FIELDS}
    chosen = set(firm)
    return ShopperProfile(
        wearer=parts["wearer"],
        likes=parts["likes"],
        dislikes=parts["dislikes"],
        limits=parts["limits"],
        firm=frozenset(part for part, text in parts.items() if text and part in chosen),
    )


def _words(text: str, longest: int) -> str:
    text, _ = cleaned(text)
    return text[:longest].strip()
