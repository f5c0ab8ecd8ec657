"""How introductions begin: code chooses the first word or two, so that no two begin alike."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from pipeline.writing.facts import ArticleFacts
from pipeline.writing.fallback import Wish
from pipeline.writing.lexicon import words_of

_LEADING = frozenset(
    {
        "a",
        "an",
        "the",
        "for",
        "at",
        "on",
        "in",
        "with",
        "to",
        "as",
        "your",
        "his",
        "her",
        "under",
        "over",
        "out",
        "wear",
        "take",
        "here",
    }
)
"""Words that say little alone: an opening holds the next word too."""


def opening_of(text: str) -> str:
    """Return the opening of an introduction: its first word, two where the first says little.

    A comma behind it belongs to what the model writes.
    """
    words = text.split()
    if not words:
        return ""
    size = 2 if words[0].lower() in _LEADING else 1
    return " ".join(words[:size]).rstrip(",:;.")


def openings(
    facts: ArticleFacts, details: Sequence[str], wish: Wish, first: int = 0
) -> Iterator[str]:
    """Yield openings that suit an article, the `first` of them before the others.

    They are those that introductions written by people have: what it is for, a detail, the fabric,
    the colour, or the garment itself.
    """
    this = "These" if facts.plural else "This"
    sentences = [
        *([f"For {wish.occasion}"] if wish.occasion else []),
        *([_capital(wish.person)] if wish.person else []),
        *(_capital(detail) for detail in details),
        *([_capital(facts.fabric), f"In {facts.fabric}"] if facts.fabric else []),
        *(f"With {detail}" for detail in details),
        *([_capital(facts.colour)] if facts.colour else []),
        this,
        f"Wear {this.lower()}",
        f"Take {this.lower()}",
        "Here are" if facts.plural else "Here is",
    ]
    at = first % len(sentences)
    yield from (opening_of(text) for text in [*sentences[at:], *sentences[:at]])


def chosen_opening(candidates: Iterator[str], taken: AbstractSet[tuple[str, ...]]) -> str:
    """Return the first opening that is neither the beginning of one taken nor the other way round.

    So no two introductions of an answer share their first three words. The last candidate where
    all are taken.
    """
    chosen = ""
    for chosen in candidates:
        words = tuple(words_of(chosen))
        if not any(_begins(words, other) or _begins(other, words) for other in taken):
            break
    return chosen


def _begins(words: tuple[str, ...], with_: tuple[str, ...]) -> bool:
    return words[: len(with_)] == with_


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
