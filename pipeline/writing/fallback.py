"""A sentence about an article made from its own data alone: true, plain and a pleasure to read."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from pipeline.article import Article
from pipeline.writing.facts import (
    SAYING_NOTHING,
    ArticleFacts,
    facts_of,
    root,
    roots,
    with_article,
    wording,
)
from pipeline.writing.lexicon import load_lexicon, words_of
from pipeline.writing.tokens import sentences_of, tokens_of
from pipeline.writing.truth import problems

OPENING_WORDS = 3
"""No two introductions of one answer begin with the same so many words."""

MAX_TOLD_WORDS = 15
FEWEST_WORDS = 8
"""Of a sentence, where the article has more to tell."""

_GOING = frozenset({"wear", "wearing", "go", "going", "invited"})
"""Before "to a wedding", which names an occasion then."""

_PLACED = re.compile(
    r" (?:all over|at|on|in|around|down|along|over|under|inside|between|across|of) "
)


def opening(text: str) -> tuple[str, ...]:
    """Return the first words of an introduction, in lower case."""
    return tuple(words_of(text)[:OPENING_WORDS])


def fallback(article: Article, request: str, taken: Sequence[tuple[str, ...]] = ()) -> str:
    """Return an introduction made from the article's own words, true by `truth.problems`.

    The same article, request and `taken` always give the same; `taken` are the openings of the
    introductions before it in the answer, avoided where the article allows it.
    """
    # Every other introduction names the occasion: five times in one answer is too often.
    named = wish_for(article, request) if len(taken) % 2 == 0 else Wish()
    telling = _Telling.of(facts_of(article), request, named)
    start = stable_number(article.id) + len(taken)
    sentences = [*_rotated(list(_tied(telling)), start), *_rotated(list(_plain(telling)), start)]
    simpler = [_has(one) for one in telling.simpler()]
    bare = list(_bare(telling.facts))
    first_true = ""
    told = map(_finished, filter(None, [*sentences, *simpler]))
    for text in sorted(told, key=lambda text: len(text.split()) < FEWEST_WORDS):
        if opening(text) in taken and first_true:
            continue
        if not problems(text, article, request):
            if opening(text) not in taken:
                return text
            first_true = first_true or text
    if first_true:
        return first_true
    candidates = [_finished(text) for text in bare]
    true = [text for text in candidates if not problems(text, article, request)] or candidates
    return next((text for text in true if opening(text) not in taken), true[0])


def _rotated(sentences: list[str], start: int) -> list[str]:
    start = start % len(sentences) if sentences else 0
    return [*sentences[start:], *sentences[:start]]


def told_details(facts: ArticleFacts, request: str) -> list[str]:
    """Return one or two details, those that the shopper spoke of first."""
    asked = _telling_words(request)
    dull = set(wording()["dull"])

    def rank(detail: str) -> tuple[int, bool, bool]:
        overlap = len(asked & _telling_words(detail))
        return -overlap, bool(dull & set(words_of(detail))), is_ordinary(detail)

    told = roots(f"{facts.count} {facts.garment} {facts.material} {facts.fabric}")
    fresh = [detail for detail in facts.details if not told & roots(head_of(detail))]
    fresh = [detail for detail in fresh if not told & roots(detail)] or fresh
    first, *others = sorted(fresh, key=rank) or [""]
    second = next((other for other in others if _go_together(first, other)), "")
    return sorted(filter(None, [first, second]), key=lambda detail: " and " in detail)


def _telling_words(text: str) -> frozenset[str]:
    """Return what a text speaks of: facts under one name, other words by their roots."""
    tokens = [t for sentence in sentences_of(text) for t in tokens_of(sentence, load_lexicon())]
    named = {concept for token in tokens for concept in (token.concept, token.of) if concept}
    words = [token.words for token in tokens if token.kind in {"word", "part", "attribute"}]
    roots = {root(word) for phrase in words for word in words_of(phrase)}
    return frozenset(named | roots) - SAYING_NOTHING


@dataclass(frozen=True, slots=True)
class Wish:
    """What or whom a shopper wants something for: "your beach wedding", "your son"."""

    occasion: str = ""
    person: str = ""


def wish_of(request: str) -> Wish:
    """Return what a request names, in words that `wording.yaml` knows: none is repeated unread."""
    known = wording()
    person = _named_for(request, set(known["people"]), set(known["people_words"]))
    return Wish(occasion_of(request), "" if person.startswith(("a ", "the ")) else person)


def wish_for(article: Article, request: str) -> Wish:
    """Return what may be said of the wish beside an article: an occasion that it is made for."""
    wish = wish_of(request)
    occasions = set(words_of(wish.occasion)) & set(wording()["occasions"])
    made_for = roots(" ".join(occasions)) <= roots(f"{article.name} {article.description}")
    return wish if made_for else Wish(person=wish.person)


def occasion_of(request: str) -> str:
    """Return what the shopper said the garment is for, as "your beach wedding"; "" if nothing."""
    known = wording()
    return _named_for(request, set(known["occasions"]), set(known["occasion_words"]))


def _capitals() -> dict[str, str]:
    """Return the names among the words of occasions, as they are written: Christmas."""
    occasions = set(wording()["occasions"])
    return {name.lower(): name for name in load_lexicon().names if name.lower() in occasions}


def _named_for(request: str, things: set[str], before: set[str]) -> str:
    words = words_of(request)
    led = [
        index + 1
        for index, word in enumerate(words)
        if word == "for" or (word == "to" and words[index - 1] in _GOING)
    ]
    for start in led:
        phrase: list[str] = []
        end = 0
        for word in words[start : start + 6]:
            if word not in things and word not in before:
                break
            phrase.append("your" if word in {"my", "our"} else word)
            if word in things:
                end = len(phrase)
        if end:
            return " ".join(_capitals().get(word, word) for word in phrase[:end])
    return ""


def _go_together(first: str, second: str) -> bool:
    words = f"{first} {second}".split()
    if roots(head_of(first)) & roots(head_of(second)):
        return False
    return len(words) <= MAX_TOLD_WORDS and words.count("and") <= 1 and words.count("with") <= 1


def is_ordinary(detail: str) -> bool:
    """Tell whether nearly any such garment has a detail, as trousers have side pockets."""
    words = head_of(detail).lower().split()
    return bool(words) and words[-1].removesuffix("s") in wording()["ordinary"]


def head_of(detail: str) -> str:
    """Return a detail without the place it is at: "a zip" of "a zip at the back"."""
    return _PLACED.split(detail)[0]


def stable_number(text: str) -> int:
    """Return a number of 32 bits, the same for the same text in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")


def _finished(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[0].upper()}{text[1:]}."


@dataclass(frozen=True, slots=True)
class _Telling:
    """What a sentence is made of: the facts, the details to tell, and what they are wished for."""

    facts: ArticleFacts
    details: tuple[str, ...]
    wish: Wish = Wish()

    @classmethod
    def of(cls, facts: ArticleFacts, request: str, wish: Wish) -> "_Telling":
        details = tuple(told_details(facts, request))
        told = roots(" ".join([facts.coloured, facts.fabric, *details]))
        if told & roots(wish.occasion):
            wish = Wish(person=wish.person)
        return cls(facts, details, wish)

    def simpler(self) -> Iterator["_Telling"]:
        """Yield one telling per detail, then tellings that leave the fabric out."""
        singles = [(detail,) for detail in self.details]
        yield from (_Telling(self.facts, details) for details in singles)
        unsaid = replace(self.facts, fabric="")
        yield from (_Telling(unsaid, details) for details in (self.details, *singles) if details)

    @property
    def told(self) -> str:
        """Return the details as one list: "long sleeves and a collar"."""
        listing = any(" and " in detail for detail in self.details)
        return (", and " if listing else " and ").join(self.details)

    @property
    def flows(self) -> bool:
        """Tell whether the list may stand inside a longer sentence."""
        return " with " not in self.told and "," not in self.told

    @property
    def this(self) -> str:
        return f"{'these' if self.facts.plural else 'this'} {self.facts.coloured}"

    @property
    def in_fabric(self) -> str:
        return f" in {self.facts.fabric}" if self.facts.fabric else ""

    @property
    def with_told(self) -> str:
        """Return fabric and details as an end: " in a soft knit, with long sleeves"."""
        return f"{self.in_fabric}, with {self.told}" if self.in_fabric else f" with {self.told}"

    def verb(self, stem: str) -> str:
        """Return "comes" for one garment, "come" for a pair of trousers."""
        singular = {"have": "has", "be": "is", "go": "goes"}.get(stem, f"{stem}s")
        return {"be": "are"}.get(stem, stem) if self.facts.plural else singular


Shape = Callable[[_Telling], str]
"""Makes a sentence without its full stop, "" where the facts do not suit it."""


def _tied(telling: _Telling) -> Iterator[str]:
    """Yield the sentences that take up what the shopper said, and what an article does."""
    return filter(None, (shape(telling) for shape in _TIED))


def _plain(telling: _Telling) -> Iterator[str]:
    shapes = _SHAPES if telling.details else _SHAPES_WITHOUT_DETAILS
    return filter(None, (shape(telling) for shape in shapes))


def _for_someone(t: _Telling) -> str:
    named = t.wish.occasion or t.wish.person
    if not named or not (t.details or t.facts.fabric):
        return ""
    rest = f" {t.verb('have')} {t.told}" if t.details else ""
    if rest:
        return f"for {named}, {t.this}{t.in_fabric}{rest}"
    return f"for {named}, {t.this} {t.verb('come')} in {t.facts.fabric}"


def _ready(t: _Telling) -> str:
    if not t.wish.occasion or not t.details or not t.flows:
        return ""
    return f"{t.this}{t.in_fabric} {t.verb('have')} {t.told}, ready for {t.wish.occasion}"


def _does(t: _Telling) -> str:
    if not t.facts.does:
        return ""
    end = f", with {t.told}" if t.details and t.flows else ""
    return f"{t.this}{t.in_fabric} {t.facts.does}{end}"


def _in_fabric_does(t: _Telling) -> str:
    if not t.facts.does or not t.facts.fabric:
        return ""
    return f"in {t.facts.fabric}, {t.this} {t.facts.does}"


def _has(t: _Telling) -> str:
    return f"{t.this}{t.in_fabric} {t.verb('have')} {t.told}"


def _here(t: _Telling) -> str:
    if " with " in t.told or t.facts.plural:
        return ""
    return f"here is {_a(t.facts)}{t.with_told}"


def _choose(t: _Telling) -> str:
    return "" if " with " in t.told else f"choose {t.this}{t.with_told}"


def _liked(t: _Telling) -> str:
    if t.facts.fabric or not t.flows:
        return ""
    return f"you may like {t.this} with {t.told}"


def _fabric_first(t: _Telling) -> str:
    if not t.facts.fabric or re.search(r" with | cm\b", t.told):
        return ""
    return f"in {t.facts.fabric}, {t.this} {t.verb('come')} with {t.told}"


def _details_then_fabric(t: _Telling) -> str:
    if not t.facts.fabric or not t.flows:
        return ""
    return f"with {t.told}, {t.this} {t.verb('come')} in {t.facts.fabric}"


def _details_then_details(t: _Telling) -> str:
    if len(t.details) == 1 or not t.flows:
        return ""
    return f"with {t.details[0]}, {t.this}{t.in_fabric} {t.verb('have')} {t.details[1]}"


def _comes_in(t: _Telling) -> str:
    if not t.facts.fabric:
        return ""
    remark = f" and {t.verb('be')} {t.facts.remarks[0]}" if t.facts.remarks else ""
    end = f", ready for {t.wish.occasion}" if t.wish.occasion else ""
    return f"{t.this} {t.verb('come')} in {t.facts.fabric}{remark}{end}"


def _here_in(t: _Telling) -> str:
    if not t.facts.fabric:
        return ""
    return f"{'here are' if t.facts.plural else 'here is'} {_a(t.facts)} in {t.facts.fabric}"


def _measures(t: _Telling) -> str:
    if not t.facts.size:
        return ""
    return f"{t.this}{t.in_fabric} {t.verb('measure')} {t.facts.size}"


def _remarked(t: _Telling) -> str:
    if not t.facts.remarks:
        return ""
    return f"{t.this}{t.in_fabric} {t.verb('be')} {t.facts.remarks[0]}"


_TIED: tuple[Shape, ...] = (
    _for_someone,
    _ready,
    _does,
    _in_fabric_does,
)
_SHAPES: tuple[Shape, ...] = (
    _has,
    _fabric_first,
    _here,
    _choose,
    _liked,
    _details_then_fabric,
    _details_then_details,
)
_SHAPES_WITHOUT_DETAILS: tuple[Shape, ...] = (
    _comes_in,
    _here_in,
    _remarked,
    _measures,
)


def _a(facts: ArticleFacts) -> str:
    return facts.coloured if facts.plural else with_article(facts.coloured)


def _bare(facts: ArticleFacts) -> Iterator[str]:
    """Introduce an article of which nothing is told but its kind and colour."""
    t = _Telling(facts, ())
    yield f"you may like the look of {t.this}"
    yield f"perhaps {t.this} {t.verb('be')} just right for you"
    yield f"have a closer look at {t.this}"
