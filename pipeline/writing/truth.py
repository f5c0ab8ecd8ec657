"""Is an introduction true to its article? Every fact, and the part that it is said of, is checked.

Words alone are not enough: "a loop at the front" uses only the words of an article with a zip at
the front and a loop at the back. So the introduction and the article are both read as facts and
bonds (`phrases`), and whatever the introduction claims must be among what the article says.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.article import Article
from pipeline.writing.lexicon import Lexicon, load_lexicon, words_of
from pipeline.writing.phrases import BODY, Bond, Reading, bond, read_claims, read_facts

MIN_WORDS = 6
MAX_WORDS = 60

ProblemKind = Literal[
    "not text",
    "markup",
    "length",
    "unfinished",
    "repetition",
    "chatter",
    "question",
    "copied prompt",
    "superlative",
    "name",
    "other article",
    "invented",
    "misplaced",
    "denied",
    "vague",
]

_MARKUP = re.compile(r"[<>{}\[\]|*_#`~^\\=@]|https?:|www\.|\n|&\w+;")
_FINISHED = re.compile(r"[.!…][\"'”’)]*$")
_TEXT = re.compile(r"[^\w\s.,;:!?'\"’‘“”()\-–—/&%+°½¼¾×™®£$€…]", re.UNICODE)
_NAME = re.compile(r"(?<![.!?:;\"“'‘(]\s)(?<!^)(?<![.!?:;\"“‘(])\b[A-ZÀ-Þ][\w'’-]*", re.UNICODE)
_AGE = re.compile(r"\b(\d+|[a-z]+)[ -]?(?:year|yr|month|yo)s?\b")
_PLACING = {(word, "the") for word in ("at", "on", "in", "around", "down", "of")}

_COMMON_KINDS = frozenset({"garment", "colour"})
_JOINING = frozenset({"with", "that", "this", "these", "from", "your"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an introduction must not be shown: a closed kind, and the words at fault."""

    kind: ProblemKind
    words: str


def problems(
    introduction: str, article: Article, request: str, others: Sequence[Article] = ()
) -> list[Problem]:
    """Return everything that keeps an introduction from being shown; nothing means it is true.

    `request` is the shopper's sentence, whose occasion may be echoed; `others` are the other
    articles of the same answer, whose names must not appear.
    """
    form = [*_problems_of_form(introduction, article)]
    if any(problem.kind == "not text" for problem in form):
        return form
    return [
        *form,
        *_names(introduction, article, request, others),
        *_untruths(introduction, article, request),
    ]


def _problems_of_form(text: str, article: Article) -> Iterator[Problem]:
    lexicon = load_lexicon()
    if not text.strip() or any(unicodedata.category(c) in {"Cc", "Cf", "Co"} for c in text):
        yield Problem("not text", "")
        return
    stray = _TEXT.findall(text)
    if stray or not any(c.isascii() and c.isalpha() for c in text):
        yield Problem("markup", "".join(stray)[:20])
    markup = _MARKUP.search(text)
    if markup:
        yield Problem("markup", markup.group())
    words = words_of(text)
    if not MIN_WORDS <= len(words) <= MAX_WORDS:
        yield Problem("length", str(len(words)))
    if (
        not _FINISHED.search(text.strip())
        or text.count('"') % 2
        or text.count("(") != text.count(")")
    ):
        yield Problem("unfinished", " ".join(words[-3:]))
    if not text.strip()[0].isupper() and not text.strip()[0].isdigit():
        yield Problem("unfinished", words[0] if words else "")
    yield from _repetitions(words, " ".join(words_of(article.description)))
    if "?" in text:
        yield Problem("question", "?")
    patterns = (
        ("chatter", lexicon.chatter),
        ("copied prompt", lexicon.copied),
        ("superlative", lexicon.superlatives),
    )
    for kind, pattern in patterns:
        found = pattern.search(text)
        if found and found.group().lower() not in article.description.lower():
            yield Problem(kind, found.group())


def _repetitions(words: Sequence[str], description: str) -> Iterator[Problem]:
    seen: set[tuple[str, ...]] = set()
    for index, word in enumerate(words):
        trigram = tuple(words[index : index + 3])
        if len(trigram) == 3 and trigram in seen and trigram[1:] not in _PLACING:
            yield Problem("repetition", " ".join(trigram))
            return
        seen.add(trigram)
        again = words[index + 1 : index + 2] == [word] or words[index + 1 : index + 3] in (
            ["and", word],
            ["or", word],
        )
        if len(word) > 2 and again and f"{word} and {word}" not in description:
            yield Problem("repetition", f"{word} {word}")
            return
    for word in set(words) - _JOINING:
        if len(word) > 3 and words.count(word) > 2:
            yield Problem("repetition", word)
            return


def _names(
    text: str, article: Article, request: str, others: Sequence[Article]
) -> Iterator[Problem]:
    lexicon = load_lexicon()
    own = set(words_of(" ".join((article.name, article.description, article.product_type))))
    known = own | set(words_of(request)) | {word.lower() for word in lexicon.names}
    known |= set(words_of(" ".join((article.colour, article.section, article.index_name))))
    known.add(article.currency.lower())
    for other in others:
        name = " ".join(words_of(other.name))
        if not name or set(name.split()) <= known:
            continue
        distinct = any(char.isalpha() for char in name) and len(name) > 3
        cased = re.search(rf"(?<!\w){re.escape(other.name)}(?!\w)", text)
        if distinct and cased:
            yield Problem("other article", other.name)
    for found in _NAME.findall(text):
        if not set(words_of(found)) <= known:
            yield Problem("name", found)


def _untruths(text: str, article: Article, request: str) -> Iterator[Problem]:
    lexicon = load_lexicon()
    said = _facts_of(article)
    claims = read_claims(text)
    facts = _with_broader(said.facts, lexicon)
    asked = read_facts(request).facts
    ages = {_as_number(age) for age in _AGE.findall(text.lower())}
    allowed: set[str] = set()
    for concept in sorted(claims.facts):
        if (
            concept in facts
            or concept in lexicon.general
            or (lexicon.opposites.get(concept) in said.denied)
        ):
            continue
        kind = claims.kinds.get(concept, "part")
        accompanies = kind in {"garment", "part"} and _as_companion(text, concept, lexicon)
        echoes = accompanies or _as_number(concept) in ages or _echoes(text, request, concept)
        if concept in asked and echoes:
            allowed.add(concept)
            continue
        allowed.add(concept)
        yield Problem("invented", concept)
    own = _with_broader(_own_garments(article), lexicon)
    for garment in sorted(claims.pointed_at - allowed - own):
        yield Problem("invented", garment)
    telling = {c for c in claims.facts | claims.denied if claims.kinds[c] not in _COMMON_KINDS}
    told = read_facts(article.description)
    if not telling and any(told.kinds[c] not in _COMMON_KINDS for c in told.facts):
        yield Problem("vague", "")
    for concept in sorted(claims.denied):
        opposite = lexicon.opposites.get(concept)
        if concept not in said.denied and opposite not in facts:
            yield Problem("denied", concept)
    bonds = _broader_bonds(said, lexicon)
    colours = read_facts(f"{article.colour}. {article.colour_family}").facts
    unchecked = allowed | _with_broader(colours, lexicon) | lexicon.general
    for alternatives in sorted(claims.bonds, key=lambda pairs: sorted(map(sorted, pairs))):
        if alternatives & bonds or any(pair & unchecked for pair in alternatives):
            continue
        yield Problem("misplaced", " / ".join(sorted(next(iter(alternatives)))))


def _own_garments(article: Article) -> frozenset[str]:
    """Return what the article may be called; a dress with a flared skirt is no skirt."""
    named = _whole(article)
    first = article.description.split(". ")[0]
    return named.facts | read_facts(first.split(" with ")[0]).facts


def _as_number(word: str) -> str:
    return next(iter(read_facts(word).facts), word)


def _facts_of(article: Article) -> Reading:
    """Read everything an article says of itself, its name and colour said of the whole."""
    price = "" if article.price is None else f"{article.price:g} {article.price:.2f}"
    title, text = _whole(article), read_facts(f"{article.description} . {price}")
    whole_bonds = {frozenset({bond(concept, BODY)}) for concept in title.facts}
    return Reading(
        facts=title.facts | text.facts,
        kinds={**title.kinds, **text.kinds},
        denied=text.denied,
        bonds=title.bonds | text.bonds | whole_bonds,
    )


def _whole(article: Article) -> Reading:
    """Read the fields that are of the whole article: name, type, colour and pattern."""
    whole = " . ".join(
        value
        for value in (
            article.name.replace("/", " "),
            article.product_type.replace("/", " . "),
            article.colour.replace("/", " . "),
            article.colour_family,
            article.pattern.replace("/", " . "),
            article.product_group,
        )
        if value
    )
    return read_facts(whole)


def _with_broader(concepts: Iterable[str], lexicon: Lexicon) -> frozenset[str]:
    return frozenset(broader for concept in concepts for broader in _implied(concept, lexicon))


def _implied(concept: str, lexicon: Lexicon) -> frozenset[str]:
    return lexicon.implied.get(concept, frozenset({concept}))


def _broader_bonds(said: Reading, lexicon: Lexicon) -> frozenset[Bond]:
    """Return the article's bonds with all that they imply: a chest pocket is a pocket."""
    widened: set[Bond] = set()
    for concept in said.facts:
        implied = _implied(concept, lexicon)
        widened.update(bond(a, b) for a in implied for b in implied if a != b)
    for pair in (pair for alternatives in said.bonds for pair in alternatives):
        first, second = pair
        for a in _implied(first, lexicon):
            widened.update(bond(a, b) for b in _implied(second, lexicon))
    return frozenset(widened)


def _echoes(text: str, request: str, concept: str) -> bool:
    """Tell whether a fact is only part of the shopper's occasion: "on WOODEN floors"."""
    lexicon = load_lexicon()
    words, asked = words_of(text), words_of(request)
    theirs = set(zip(asked, asked[1:], strict=False))
    for word, following in zip(words, words[1:], strict=False):
        sense = lexicon.sense([word])
        if sense and sense.concept == concept:
            return (word, following) in theirs and lexicon.sense([following]) is None
    return False


def _as_companion(text: str, concept: str, lexicon: Lexicon) -> bool:
    """Tell whether a garment is only what the article goes with: "under a BLAZER"."""
    words = words_of(text)
    for index in range(len(words)):
        for size in range(1, 4):
            sense = lexicon.sense(words[index : index + size]) if words[index:] else None
            if sense is not None and sense.concept == concept:
                return bool(lexicon.companions & set(words[max(0, index - 3) : index]))
    return False
