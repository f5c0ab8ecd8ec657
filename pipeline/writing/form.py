"""Is a draft one finished, plain piece of English about nothing but the article?"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from rapidfuzz.distance import Levenshtein

from pipeline.article import Article
from pipeline.writing.lexicon import load_lexicon, singulars, words_of
from pipeline.writing.phrases import runs_of, sentences_of, tokens_of
from pipeline.writing.problem import Problem, ProblemKind

MIN_WORDS = 6
MAX_WORDS = 60

MOST_USES = 2
"""How often a word of meaning may be used."""

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
_PLACING = frozenset((word, "the") for word in ("at", "on", "in", "around", "down", "of"))
_JOINING = frozenset({"with", "that", "this", "these", "from", "your"})
# "have rings are decorated", "have worn by", "a elasticated waist", "a 8 cm heel".
_TANGLED = re.compile(
    r"\b(?:has|have)\b(?:(?!\b(?:that|which|who|where|and|so|while|as)\b)[^,.;:])*"
    r"\b(?:is|are|has|have)\b"
    r"|\b(?:has|have) (?:worn|made|been|being)\b",
    re.IGNORECASE,
)
_WRONG_ARTICLE = re.compile(
    r"\b[Aa] (?!uni|use|usu|eu|one|U)(?:[aeiou]|8|11 |18 )\w*|\b[Aa]n (?![aeiouhA-Z8]|11|18)\w+"
)
_A = frozenset({"a", "an"})
_POINTING = frozenset({"this", "these"})
_HAVING = frozenset({"has", "have", "offers", "features", "boasts"})
_SAID_ONCE = frozenset({"colour", "garment"})
_BEFORE_NOUN = frozenset({"attribute", "material", "pattern", "colour", "part", "place"})
_INFLECTION = re.compile(r"(?:e?s|e?d|e|ing|y|ies|ly|ness|e?rs?|less|ish|ful|ive|ions?|able|'s)?")


def form_problems(
    text: str, article: Article, request: str, others: Sequence[Article]
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
    description = " ".join(words_of(article.description))
    yield from _repetitions(words, description)
    yield from _ungrammatical(text, words, description)
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


def _repetitions(words: Sequence[str], description: str) -> Iterator[Problem]:
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
        if first == second and joint in {"and", "or"} and phrase not in description:
            yield Problem("repetition", phrase)
            return
    for word in sorted(set(words) - _JOINING):
        if len(word) > _PHRASE and words.count(word) > MOST_USES:
            yield Problem("repetition", word)
            return


def _ungrammatical(text: str, words: Sequence[str], description: str) -> Iterator[Problem]:
    """Yield "a ribbed trims" and "This top in soft jersey with a collar."."""
    lexicon = load_lexicon()
    for index in (index for index, word in enumerate(words) if word in _A):
        phrase = _plural_behind(words[index:])
        if phrase and phrase not in description:
            yield Problem("garbled", phrase)
    yield from _nounless(text)
    tangled = _TANGLED.search(text) or _WRONG_ARTICLE.search(text)
    if tangled:
        yield Problem("garbled", tangled.group())
    if words and words[0] in _POINTING and not _has_verb(text):
        yield Problem("unfinished", " ".join(words[-_PHRASE:]))
    named = [word for word in words if (s := lexicon.sense([word])) and s.kind in _SAID_ONCE]
    told = description.split()
    twice = next((word for word in named if named.count(word) > max(1, told.count(word))), None)
    if twice:
        yield Problem("repetition", twice)


def _nounless(text: str) -> Iterator[Problem]:
    """Yield "has zip", "has a soft and warm around the neck", "has a smocking"."""
    lexicon = load_lexicon()
    runs = [run for sentence in sentences_of(text) for run in runs_of(sentence, lexicon)]
    having = False
    for run, after in zip(runs, [*runs[1:], None], strict=False):
        head = run.head()
        if head is not None and head.kind == "material" and head is run.tokens[-1]:
            # One is made of a fabric; one does not have "a soft jersey" among one's parts.
            listed = having and run.lead == "and" and run.determined
            owned = not run.gap and not run.next_word and head.concept not in lexicon.everyday
            if owned and (run.lead_word in _HAVING or listed):
                yield Problem("garbled", " ".join(token.words for token in run.tokens))
        having = run.lead_word in _HAVING or (having and run.lead == "and")
        if run.lead_word not in _HAVING or run.gap:
            continue
        said = " ".join(token.words for token in run.tokens)
        if head is None:
            noun = run.tokens[-1].kind == "pattern" or run.tokens[-1].concept in lexicon.uncountable
            placed = after is not None and after.places() and not after.gap and not run.next_word
            measured = all(token.kind == "measure" for token in run.tokens)
            if (placed and not noun) or measured:
                yield Problem("garbled", said)
        elif head.kind == "part" and head is run.tokens[-1]:
            single = not singulars(head.words.split()[-1])
            counted = run.determined or any(t.kind == "quantity" for t in run.tokens)
            if single and not counted and head.concept not in lexicon.uncountable:
                yield Problem("garbled", said)
            elif run.determined and head.words.split()[-1] in lexicon.never_counted:
                yield Problem("garbled", f"a {said}")


def _plural_behind(words: Sequence[str]) -> str:
    """Return "a ribbed trims" if the noun right behind the "a" is a plural, else ""."""
    lexicon = load_lexicon()
    for end in range(1, min(len(words), _PHRASE + 1)):
        sense = lexicon.sense([words[end]])
        following = lexicon.sense([words[end + 1]]) if end + 1 < len(words) else None
        if sense is None or sense.kind not in _BEFORE_NOUN:
            return ""
        stands_last = following is None or following.kind not in _BEFORE_NOUN
        if sense.kind == "part" and stands_last and singulars(words[end]):
            return " ".join(words[: end + 1])
    return ""


def _has_verb(text: str) -> bool:
    lexicon = load_lexicon()
    return any(
        token.kind in {"copula", "verb", "idiom"}
        or token.words in _HAVING
        or (token.kind == "word" and not token.words.endswith(lexicon.unfinite))
        for sentence in sentences_of(text)
        for token in tokens_of(sentence, lexicon)
    )


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
