"""How introductions begin: code chooses the first phrase, so that it is true and none is alike."""

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

_TELLING_APART = 3
"""Words in which the introductions of one answer must differ."""


def opening_of(text: str) -> str:
    """Return the opening of a written introduction: its first word, two if the first says little.

    That is where learning begins. A comma behind it belongs to what the model writes.
    """
    words = text.split()
    if not words:
        return ""
    size = 2 if words[0].lower() in _LEADING else 1
    return " ".join(words[:size]).rstrip(",:;.")


def openings(
    facts: ArticleFacts, details: Sequence[str], wish: Wish, first: int = 0
) -> Iterator[str]:
    """Yield openings that suit an article: what the shopper said, then the others from `first` on.

    They begin as introductions written by people do: with what it is for or the garment itself;
    with the fabric or a detail only in the end, as that tears the others apart. Each is a whole
    phrase, so that what it says is true: a small model that has begun with "With a" goes on
    with whatever was asked for.
    """
    this = f"{'these' if facts.plural else 'this'} {facts.coloured}"
    flowing = any(" with " not in detail for detail in details) or not (details or facts.remarks)
    tied = [
        *([f"For {wish.occasion}, try {this}"] if wish.occasion and flowing else []),
        *([f"For {wish.person}, choose {this}"] if wish.person and flowing else []),
    ]
    others = [
        this,
        *([f"Choose {this}"] if flowing else []),
        *(["Here is"] if flowing and not facts.plural else []),
        *([f"{verb} {this}" for verb in ("Try", "Go for")] if flowing else []),
    ]
    at = first % len(others)
    sayable = facts.fabric and " in " not in facts.fabric and (details or facts.remarks)
    parting = [
        *([f"In {facts.fabric}"] if sayable else []),
        *(f"With {detail}" for detail in details if " with " not in detail),
    ]
    yield from (_capital(text) for text in [*tied, *others[at:], *others[:at], *parting])


def chosen_opening(candidates: Iterator[str], taken: AbstractSet[tuple[str, ...]]) -> str:
    """Return the first opening whose first three words no other introduction can begin with.

    The last candidate where all are taken. `taken` are words of openings, as `words_of` gives them.
    """
    chosen = ""
    for chosen in candidates:
        words = tuple(words_of(chosen))[:_TELLING_APART]
        if not any(_begins(words, other) or _begins(other, words) for other in taken):
            break
    return chosen


def _begins(words: tuple[str, ...], with_: tuple[str, ...]) -> bool:
    with_ = with_[:_TELLING_APART]
    return words[: len(with_)] == with_


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
