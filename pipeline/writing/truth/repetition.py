"""Does a draft say a thing twice that its article says once?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.article import Article
from pipeline.writing.lexicon import Lexicon, singulars, words_of
from pipeline.writing.tokens import FACTS, sentences_of, tokens_of
from pipeline.writing.truth.problem import Problem

MOST_USES = 2
"""How often a word of meaning, "has", or an "and" of a draft's own may be used."""

_PHRASE = 3
_PLACING = frozenset((word, "the") for word in ("at", "on", "in", "around", "down", "of"))
_JOINING = frozenset({"with", "that", "this", "these", "from", "your", "and"})
_SMALL = frozenset(
    {"for", "over", "under", "out", "off", "one", "all", "can", "not", "you", "but", "like"}
)
_SIDES = frozenset({"front", "back", "side"})
_HAS = frozenset({"has", "have"})
_SAID_ONCE = frozenset({"colour", "garment", "material", "pattern"})


def repetitions(text: str, article: Article, request: str, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield the first repetition of each sort: of phrases, of joints, of what is told."""
    words, description = words_of(text), " ".join(words_of(article.description))
    yield from _phrases_twice(words, description)
    if words.count("in") > MOST_USES:
        yield Problem("repetition", "in")
    if sum(word in _HAS for word in words) > MOST_USES:
        yield Problem("repetition", "has")
    joined = [" ".join(words[at - 1 : at + 2]) for at, word in enumerate(words) if word == "and"]
    if sum(phrase not in description for phrase in joined) > MOST_USES:
        yield Problem("repetition", "and")
    yield from _told_twice(text, article, request, lexicon)


def _phrases_twice(words: Sequence[str], description: str) -> Iterator[Problem]:
    trigrams = list(zip(words, words[1:], words[2:], strict=False))
    for index, trigram in enumerate(trigrams):
        # "at the front and ... at the back" is good English.
        if trigram in trigrams[:index] and not {trigram[:2], trigram[1:]} & _PLACING:
            yield Problem("repetition", " ".join(trigram))
            return
    for first, second in pairwise(words):
        if first == second and first.isalpha():
            yield Problem("repetition", f"{first} {second}")
            return
    for first, joint, second in trigrams:
        phrase = f"{first} {joint} {second}"
        twice = first == second and joint in {"and", "or"} and first not in _SIDES
        if twice and phrase not in description:
            yield Problem("repetition", phrase)
            return
    for word in sorted(set(words) - _JOINING):
        if len(word) > _PHRASE and words.count(word) > MOST_USES:
            yield Problem("repetition", word)
            return


def _told_twice(text: str, article: Article, request: str, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield what is told more often than article and shopper do: "buttons ... has buttons"."""
    said = f" {' '.join(map(_one, words_of(article.description)))} "
    asked = f" {' '.join(map(_one, words_of(request)))} "
    told = [
        (_one(token.words), token.kind)
        for sentence in sentences_of(text)
        for token in tokens_of(sentence, lexicon)
        if token.kind in FACTS - {"quantity"} or token.kind == "word"
    ]
    counts = Counter(word for word, _ in told)
    spelt = Counter(
        word for phrase, kind in told if kind in {"word", "part"} for word in phrase.split()
    )
    for word, kind in told:
        spoken = f" {word} "
        known = said.count(spoken) + (asked.count(spoken) if kind not in _SAID_ONCE else 0)
        telling = kind != "word" or (spoken in said and len(word) >= _PHRASE and word not in _SMALL)
        uses = spelt[word] if kind == "word" else counts[word]
        if telling and uses > max(1, known):
            yield Problem("repetition", word)
            return


def _one(word: str) -> str:
    return next(iter(singulars(word)), word)
