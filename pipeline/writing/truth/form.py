"""Is a draft one finished, plain piece of English about nothing but the article?"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import takewhile

from rapidfuzz.distance import Levenshtein

from pipeline.article import Article
from pipeline.writing.lexicon import Lexicon, load_lexicon, words_of
from pipeline.writing.truth.grammar import grammar_problems
from pipeline.writing.truth.phrasing import phrasing_problems
from pipeline.writing.truth.problem import Problem, ProblemKind
from pipeline.writing.truth.repetition import repetitions

MIN_WORDS = 6
MAX_WORDS = 60

_PHRASE = 3
_STEM = 5

_MARKUP = re.compile(r"[<>{}\[\]|*_#`~^\\=@]|https?:|www\.|\n|&\w+;")
_FINISHED = re.compile(r"[.!…][\"'\u201d\u2019)]*$")
_STRAY = re.compile(
    r"[^\w\s.,;:!?'\"\u2019\u2018\u201c\u201d()\-\u2013\u2014/&%+°½¼¾\u00d7™®£$€…]", re.UNICODE
)
_INVISIBLE = frozenset({"Cc", "Cf", "Co"})
_NAME = re.compile(
    r"(?<![.!?:;\"\u201c'\u2018(]\s)(?<!^)(?<![.!?:;\"\u201c\u2018(])\b[A-ZÀ-Þ][\w'\u2019-]*",
    re.UNICODE,
)
_INFLECTION = re.compile(r"(?:e?s|e?d|e|ing|y|ies|ly|ness|e?rs?|less|ish|ful|ive|ions?|able|'s)?")


def form_problems(
    text: str, article: Article, request: str, others: Sequence[Article], lexicon: Lexicon
) -> Iterator[Problem]:
    """Yield what is wrong with a draft whatever the article says; see `truth.problems`."""
    if not text.strip() or any(unicodedata.category(char) in _INVISIBLE for char in text):
        yield Problem("not text", "")
        return
    words = words_of(text)
    yield from _signs(text)
    if not MIN_WORDS <= len(words) <= MAX_WORDS:
        yield Problem("length", str(len(words)))
    yield from _unfinished(text.strip(), words)
    yield from repetitions(text, article, request, lexicon)
    yield from grammar_problems(text, article, lexicon)
    yield from phrasing_problems(text, article, lexicon)
    yield from _garbled(text, words, article, request)
    yield from _talk(text, article)
    yield from _names(text, article, request, others)


def _signs(text: str) -> Iterator[Problem]:
    stray = "".join(_STRAY.findall(text))
    latin = any(char.isascii() and char.isalpha() for char in text)
    markup = _MARKUP.search(text)
    if stray or not latin or markup:
        yield Problem("markup", stray or (markup.group() if markup else ""))


def _unfinished(text: str, words: Sequence[str]) -> Iterator[Problem]:
    unbalanced = text.count('"') % 2 or text.count("(") != text.count(")")
    if unbalanced or not _FINISHED.search(text):
        yield Problem("unfinished", " ".join(words[-_PHRASE:]))
    elif not (text.lstrip("\"'\u201c\u2018")[:1].isupper() or text[0].isdigit()):
        yield Problem("unfinished", " ".join(words[:_PHRASE]))


def _garbled(text: str, words: Sequence[str], article: Article, request: str) -> Iterator[Problem]:
    lexicon = load_lexicon()
    nonsense = lexicon.nonsense.search(text)
    if nonsense:
        yield Problem("garbled", nonsense.group())
    own = set(words_of(f"{article.name} {article.description} {article.product_type}"))
    known = own | set(words_of(request))
    for word in words:
        if word in known or len(word) <= _STEM or lexicon.sense([word]) is not None:
            continue
        for like in own:
            # "elastication" and "elastification": so alike, and no inflection of it.
            alike = word[:_STEM] == like[:_STEM] and Levenshtein.distance(word, like) <= _PHRASE
            if alike and not _is_inflected(word, like):
                yield Problem("garbled", word)
                break


def _common_beginning(first: str, second: str) -> str:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return "".join(char for char, _ in same)


def _is_inflected(word: str, like: str) -> bool:
    stem = _common_beginning(word, like)
    return all(_INFLECTION.fullmatch(rest[len(stem) :]) for rest in (word, like))


def _talk(text: str, article: Article) -> Iterator[Problem]:
    lexicon = load_lexicon()
    if "?" in text:
        yield Problem("question", "?")
    patterns: tuple[tuple[ProblemKind, re.Pattern[str]], ...] = (
        ("chatter", lexicon.chatter),
        ("copied prompt", lexicon.copied),
        ("superlative", lexicon.superlatives),
    )
    for kind, pattern in patterns:
        found = pattern.search(text)
        if found and found.group().lower() not in article.description.lower():
            yield Problem(kind, found.group())


def _names(
    text: str, article: Article, request: str, others: Sequence[Article]
) -> Iterator[Problem]:
    own = (
        article.name,
        article.description,
        article.product_type,
        article.colour,
        article.section,
        article.index_name,
        article.currency,
        request,
        *load_lexicon().names,
    )
    known = set(words_of(" ".join(own)))
    for other in others:
        name = set(words_of(other.name))
        said = re.search(rf"(?<!\w){re.escape(other.name)}(?!\w)", text) if other.name else None
        if said and len(other.name) > _PHRASE and not name <= known:
            yield Problem("other article", other.name)
    for found in _NAME.findall(text):
        if not set(words_of(found)) <= known:
            yield Problem("name", found)
