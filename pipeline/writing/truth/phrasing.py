"""Is a draft put together as English is? Turns of phrase that small models fall into.

"Jersey makes this dress, with a frill" has no end to its "makes", "With a winter, this hat" opens
with what the hat does not have, and "a coat for work in wool" puts the work into the wool.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.article import Article
from pipeline.writing.lexicon import Lexicon, words_of
from pipeline.writing.tokens import FACTS, Token, sentences_of, tokens_of
from pipeline.writing.truth.problem import Problem
from pipeline.writing.truth.runs import runs_of

_NAMING = frozenset({"garment", "part", "material"})
_RELATIVE = frozenset({"which", "that", "who"})
_LEADING = frozenset(
    {"for", "in", "of", "to", "from", "made", "with", "on", "at", "by", "and", "containing"}
)
_COMPLEMENT = frozenset(
    {"ready", "easy", "enough", "one", "look", "feel", "stand", "what", "right"}
)
_MAKES = re.compile(r"\bmakes? (?:this|these) ([^,.;:]+)", re.IGNORECASE)
_MARKS = re.compile(r"\bmarks? (?:this|these)\b", re.IGNORECASE)
_MEASURE_MAKES = re.compile(
    r"\b(?:length|width|size|diameter|height|depth) of [\d.x-]+ \w+ (?:makes?|shapes?|holds?)\b",
    re.IGNORECASE,
)
_WITH = re.compile(r"With an? ([^,]+),")
_IN = re.compile(r"In an? ([^,]+),")
_WEARER_IN = re.compile(
    r"In ([^,]+), (?:you|(?:your|his|her) (?:[\w-]+ ){1,3}?)(?:can|may|will|gets?|has|wears?)\b"
)
_ENDS_PHRASE = re.compile(r"\b(?:for|of|and|that|which|with|in|to)\b")
_FOR_SOMEONE_IN = re.compile(r"\bfor ([^,.;:]{2,40}?) in ([^,.;:]+)")
_PLACE_WHICH = re.compile(r"\bfor [^,.;:]*\b(?:to|at|in|on) the \w+, which (?:has|have)\b")
_WITH_WITH = re.compile(r"\bwith (?:an? |the )?[\w-]+ with an?\b")
# "a hook and loop at the back": two halves of a fastening, which nobody names so.
_HALF_NAMED = re.compile(
    r"\bhook[ -]and[ -](?:loop|eye)\b(?! (?:fasten(?:er|ing)|tab|strap|closure|band|patch))"
)
_LINED = re.compile(r"\blined (?:in|with) ([^,.;:]+)")
_INTO_FABRIC = re.compile(r"\b(?:folds?|turns?|packs?|tucks?) into an? ([^,.;:]+)")


def phrasing_problems(text: str, article: Article, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield "jersey makes this dress, with", "With a winter," and "for a girl in cotton"."""
    description = " ".join(words_of(article.description))
    yield from _unfinished_makes(text, lexicon)
    patterns = (_MARKS, _MEASURE_MAKES, _PLACE_WHICH, _WITH_WITH, _HALF_NAMED)
    for pattern in patterns:
        found = pattern.search(text)
        if found and not pattern.search(article.description):
            yield Problem("garbled", found.group())
    yield from _openings(text, lexicon)
    yield from _for_someone_in(text, lexicon)
    for pattern, of_fabric in ((_LINED, True), (_INTO_FABRIC, False)):
        found = pattern.search(text)
        known = found is not None and " ".join(words_of(found.group())) in description
        if found and not known and _is_of_fabric(found.group(1), lexicon) != of_fabric:
            yield Problem("garbled", found.group())


def _unfinished_makes(text: str, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield a "makes this dress" that does not say what the dress is made into."""
    for found in _MAKES.finditer(text):
        tokens = tokens_of(found.group(1), lexicon)
        after = _behind_garment(tokens)
        words = [word for token in after for word in token.words.split()]
        if not words or (words[0] in _LEADING | _RELATIVE and not _COMPLEMENT & set(words)):
            yield Problem("garbled", found.group())


def _behind_garment(tokens: Sequence[Token]) -> Sequence[Token]:
    """Return what stands behind the garment, up to "which"; with no garment, from "ready" on."""
    end = next((at for at, token in enumerate(tokens) if token.words in _RELATIVE), len(tokens))
    for at, (token, following) in enumerate(pairwise([*tokens[:end], Token("", "")])):
        if token.kind == "garment" and following.kind not in _NAMING:
            return tokens[at + 1 : end]
    return [token for token in tokens[:end] if token.words in _COMPLEMENT]


def _openings(text: str, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield openings that the article cannot have or be in: "With a winter", "In a wedding"."""
    having, within, wearer = _WITH.match(text), _IN.match(text), _WEARER_IN.match(text)
    if having and not _tells_fact(_first_phrase(having.group(1)), lexicon):
        yield Problem("garbled", having.group())
    if within:
        words = words_of(_first_phrase(within.group(1)))
        if words and words[-1] in lexicon.events:
            yield Problem("garbled", within.group())
    if wearer and _is_of_fabric(wearer.group(1), lexicon):
        yield Problem("garbled", wearer.group())


def _for_someone_in(text: str, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield a fabric behind the wearer or the occasion: "for a girl in a cotton weave"."""
    for found in _FOR_SOMEONE_IN.finditer(text):
        between = tokens_of(found.group(1), lexicon)
        said = any(token.kind in FACTS | {"copula", "having"} for token in between)
        many = between[-1].words in lexicon.many if between else True
        if not said and not many and _is_of_fabric(found.group(2), lexicon):
            yield Problem("garbled", found.group())


def _first_phrase(text: str) -> str:
    return _ENDS_PHRASE.split(text, maxsplit=1)[0]


def _tells_fact(phrase: str, lexicon: Lexicon) -> bool:
    return any(token.kind in FACTS for token in tokens_of(phrase, lexicon))


def _is_of_fabric(phrase: str, lexicon: Lexicon) -> bool:
    """Tell whether a phrase begins with a fabric: "soft cotton jersey", but not "cotton straps"."""
    runs = [run for sentence in sentences_of(phrase)[:1] for run in runs_of(sentence, lexicon)]
    head = runs[0].head() if runs and not runs[0].gap else None
    return head is not None and head.kind == "material"
