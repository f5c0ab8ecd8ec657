"""Words that a fact may not lose: imitation PEARLS are no pearls, a wool BLEND is no wool."""

from collections.abc import Iterator, Sequence

from pipeline.article import Article
from pipeline.writing.lexicon import words_of
from pipeline.writing.truth.problem import Problem

BEFORE = (
    frozenset({"imitation", "faux", "fake", "mock", "artificial", "synthetic"}),
    frozenset({"some", "touch", "containing"}),
)
AFTER = (frozenset({"blend", "mix"}), frozenset({"textured", "look", "effect"}))
_KEPT = frozenset.union(*BEFORE, *AFTER)
_LOOKS = frozenset({"look", "effect"})
REACH = 3
"""How many words before its fact such a word may stand: "a touch of wool"."""


def facts_without_their_word(
    text: str, article: Article, denied: frozenset[str]
) -> Iterator[Problem]:
    """Yield facts that the article only states with such a word and the text without."""
    said, told = words_of(article.description), words_of(text)
    for word in sorted((set(told) & set(said)) - denied - _KEPT):
        needs_before = [
            kept for kept in BEFORE if all(said[at - 1] in kept for at in _places(said, word) if at)
        ]
        lost = any(
            not _before(told, at) & kept and _after(told, at) not in _LOOKS
            for kept in needs_before
            if said[0] != word
            for at in _places(told, word)
        )
        needs_after = [
            kept for kept in AFTER if all(_after(said, at) in kept for at in _places(said, word))
        ]
        if lost or any(
            _after(told, at) not in kept for kept in needs_after for at in _places(told, word)
        ):
            yield Problem("invented", word)


def _places(words: Sequence[str], word: str) -> list[int]:
    return [at for at, other in enumerate(words) if other == word]


def _before(words: Sequence[str], at: int) -> set[str]:
    return set(words[max(0, at - REACH) : at])


def _after(words: Sequence[str], at: int) -> str:
    return words[at + 1] if at + 1 < len(words) else ""
