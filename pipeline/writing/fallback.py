"""A sentence about an article made from its own data alone: true, plain and a pleasure to read."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from pipeline.article import Article
from pipeline.writing.facts import ArticleFacts, facts_of, with_article, wording
from pipeline.writing.lexicon import words_of
from pipeline.writing.truth import problems

OPENING_WORDS = 3
"""No two introductions of one answer begin with the same so many words."""

MAX_TOLD_WORDS = 15

_PLAIN_NAME = re.compile(r"[A-Z][a-zà-ÿ]{2,}(?: [A-Z]?[a-zà-ÿ]{2,}){0,2}")


def opening(text: str) -> tuple[str, ...]:
    """Return the first words of an introduction, in lower case."""
    return tuple(words_of(text)[:OPENING_WORDS])


def fallback(article: Article, request: str, taken: Sequence[tuple[str, ...]] = ()) -> str:
    """Return an introduction made from the article's own words, true by `truth.problems`.

    The same article, request and `taken` always give the same; `taken` are the openings of the
    introductions before it in the answer, avoided where the article allows it.
    """
    telling = _Telling.of(facts_of(article), request)
    sentences = [_finished(text) for text in _sentences(telling)]
    start = (_stable_number(article.id) + len(taken)) % (len(sentences) or 1)
    ordered = [*sentences[start:], *sentences[:start]]
    true = [text for text in ordered if not problems(text, article, request)]
    if not true:
        single = [_finished(_has(one)) for one in telling.one_by_one()]
        true = [text for text in single if not problems(text, article, request)]
    candidates = true or [_finished(text) for text in _bare(article, telling.facts)]
    return next((text for text in candidates if opening(text) not in taken), candidates[0])


def told_details(facts: ArticleFacts, request: str) -> list[str]:
    """Return one or two details, those that the shopper spoke of first."""
    asked = {_root(word) for word in words_of(request)}
    dull = set(wording()["dull"])

    def rank(detail: str) -> tuple[bool, int]:
        words = words_of(detail)
        return bool(dull & set(words)), -len(asked & {_root(word) for word in words})

    first, *others = sorted(facts.details, key=rank) or [""]
    second = next((other for other in others if _go_together(first, other)), "")
    return sorted(filter(None, [first, second]), key=lambda detail: " and " in detail)


def occasion_of(request: str) -> str:
    """Return what the shopper said the garment is for, as "your beach wedding"; "" if nothing.

    Only occasions that `wording.yaml` knows: a shopper's words are not repeated unread.
    """
    occasions, before = set(wording()["occasions"]), set(wording()["occasion_words"])
    words = words_of(request)
    for start in (index + 1 for index, word in enumerate(words) if word == "for"):
        phrase: list[str] = []
        end = 0
        for word in words[start : start + 6]:
            if word not in occasions and word not in before:
                break
            phrase.append("your" if word in {"my", "our"} else word)
            if word in occasions:
                end = len(phrase)
        if end:
            return " ".join(phrase[:end])
    return ""


def _go_together(first: str, second: str) -> bool:
    words = f"{first} {second}".split()
    return len(words) <= MAX_TOLD_WORDS and words.count("and") <= 1 and words.count("with") <= 1


def _root(word: str) -> str:
    return re.sub(r"(?:ed|ing|es|s|ty|y)$", "", word) if len(word) > OPENING_WORDS else word


def _stable_number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")


def _finished(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[0].upper()}{text[1:]}."


@dataclass(frozen=True, slots=True)
class _Telling:
    """What a sentence is made of: the facts, the details to tell, and the occasion."""

    facts: ArticleFacts
    details: tuple[str, ...]
    occasion: str = ""

    @classmethod
    def of(cls, facts: ArticleFacts, request: str) -> "_Telling":
        return cls(facts, tuple(told_details(facts, request)), occasion_of(request))

    def one_by_one(self) -> Iterator["_Telling"]:
        """Yield one telling per detail."""
        return (_Telling(self.facts, (detail,)) for detail in self.facts.details)

    @property
    def told(self) -> str:
        """Return the details as one list: "long sleeves and a collar"."""
        listing = any(" and " in detail for detail in self.details)
        return (", and " if listing else " and ").join(self.details)

    @property
    def flows(self) -> bool:
        """Tell whether the list may stand inside a longer sentence."""
        return " with " not in self.told and ", and " not in self.told

    @property
    def this(self) -> str:
        return f"{'these' if self.facts.plural else 'this'} {self.facts.coloured}"

    @property
    def in_fabric(self) -> str:
        return f" in {self.facts.fabric}" if self.facts.fabric else ""

    def verb(self, stem: str) -> str:
        """Return "comes" for one garment, "come" for a pair of trousers."""
        singular = {"have": "has", "be": "is", "go": "goes"}.get(stem, f"{stem}s")
        return {"be": "are"}.get(stem, stem) if self.facts.plural else singular


Shape = Callable[[_Telling], str]
"""Makes a sentence without its full stop, "" where the facts do not suit it."""


def _sentences(telling: _Telling) -> Iterator[str]:
    shapes = _SHAPES if telling.details else _SHAPES_WITHOUT_DETAILS
    return filter(None, (shape(telling) for shape in shapes))


def _has(t: _Telling) -> str:
    end = f", ready for {t.occasion}" if t.occasion and len(t.details) == 1 else ""
    return f"{t.this}{t.in_fabric} {t.verb('have')} {t.told}{end}"


def _headline(t: _Telling) -> str:
    if " with " in t.told:
        return ""
    start = f"for {t.occasion}, " if t.occasion else ""
    return f"{start}{_a(t.facts)}{t.in_fabric}{',' if t.facts.fabric else ''} with {t.told}"


def _fabric_first(t: _Telling) -> str:
    if not t.facts.fabric or " with " in t.told:
        return ""
    return f"in {t.facts.fabric}, {t.this} {t.verb('come')} with {t.told}"


def _details_first(t: _Telling) -> str:
    if len(t.details) == 1 or "," in t.told:
        return ""
    return f"{t.told} finish {t.this}{t.in_fabric}"


def _details_then_fabric(t: _Telling) -> str:
    if not t.facts.fabric or not t.flows:
        return ""
    return f"with {t.told}, {t.this} {t.verb('come')} in {t.facts.fabric}"


def _find(t: _Telling) -> str:
    if not t.flows:
        return ""
    start = f"for {t.occasion}, find" if t.occasion else "find"
    return f"{start} {t.told} on {t.this}{t.in_fabric}"


def _comes_in(t: _Telling) -> str:
    if not t.facts.fabric:
        return ""
    remark = f" and {t.verb('be')} {t.facts.remarks[0]}" if t.facts.remarks else ""
    end = f", ready for {t.occasion}" if t.occasion else ""
    return f"{t.this} {t.verb('come')} in {t.facts.fabric}{remark}{end}"


def _in_fabric_for(t: _Telling) -> str:
    if not t.facts.fabric or not t.occasion:
        return ""
    return f"for {t.occasion}, {_a(t.facts)} in {t.facts.fabric}"


def _remarked(t: _Telling) -> str:
    if not t.facts.remarks:
        return ""
    return f"{t.this}{t.in_fabric} {t.verb('be')} {t.facts.remarks[0]}"


_SHAPES: tuple[Shape, ...] = (
    _has,
    _headline,
    _fabric_first,
    _details_first,
    _details_then_fabric,
    _find,
)
_SHAPES_WITHOUT_DETAILS: tuple[Shape, ...] = (_comes_in, _in_fabric_for, _remarked)


def _a(facts: ArticleFacts) -> str:
    return facts.coloured if facts.plural else with_article(facts.coloured)


def _bare(article: Article, facts: ArticleFacts) -> Iterator[str]:
    """Introduce an article of which nothing is told but its kind, colour and name."""
    t = _Telling(facts, ())
    name = " ".join(article.name.split())
    if _PLAIN_NAME.fullmatch(name) and not set(words_of(name)) & set(words_of(facts.coloured)):
        yield f"{t.this} {t.verb('go')} by the name of {name}"
    if facts.colour:
        these = "these" if facts.plural else "this"
        yield f"{these} {facts.garment} {t.verb('come')} in {facts.colour}, simple as that"
        yield f"in {facts.colour}, {these} {facts.garment} {t.verb('keep')} things simple"
    yield f"simple and to the point: {_a(facts)}, and nothing more"
