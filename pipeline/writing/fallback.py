"""A sentence about an article made from its own data alone: true, plain and a pleasure to read."""

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

from pipeline.article import Article
from pipeline.writing.facts import ArticleFacts, facts_of, with_article, wording
from pipeline.writing.lexicon import words_of
from pipeline.writing.truth import problems

OPENING_WORDS = 3
"""No two introductions of one answer begin with the same so many words."""

MAX_TOLD_WORDS = 15


def opening(text: str) -> tuple[str, ...]:
    """Return the first words of an introduction, in lower case."""
    return tuple(words_of(text)[:OPENING_WORDS])


def fallback(article: Article, request: str, taken: Sequence[tuple[str, ...]] = ()) -> str:
    """Return an introduction made from the article's own words, true by `truth.problems`.

    The same article and request always read the same; `taken` are the openings of the other
    introductions of the answer, avoided where the article allows it.
    """
    facts = facts_of(article)
    sentences = list(_sentences(facts, request))
    start = (_stable_number(article.id) + len(taken)) % (len(sentences) or 1)
    ordered = sentences[start:] + sentences[:start]
    single = (_finished(_plain(facts, [detail], "")) for detail in facts.details)
    true = [text for text in ordered if not problems(text, article, request)]
    true = true or [text for text in single if not problems(text, article, request)]
    candidates = true or list(_bare(article, facts))
    return next((text for text in candidates if opening(text) not in taken), candidates[0])


def _stable_number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")


def _sentences(facts: ArticleFacts, request: str) -> Iterator[str]:
    told = told_details(facts, request)
    occasion = occasion_of(request)
    for shape in _SHAPES if told else _SHORT_SHAPES:
        text = shape(facts, told, occasion)
        if text:
            yield _finished(text)


def told_details(facts: ArticleFacts, request: str) -> list[str]:
    """Return one or two details, those that the shopper spoke of first."""
    asked = {_root(word) for word in words_of(request) if len(word) > 2}
    dull = set(wording()["dull"])

    def rank(detail: str) -> tuple[bool, int]:
        words = set(words_of(detail))
        return bool(dull & words), -len(asked & {_root(word) for word in words})

    first, *others = sorted(facts.details, key=rank) or [""]
    if not first:
        return []
    second = next((other for other in others if _go_together(first, other)), None)
    return sorted([first, *([second] if second else [])], key=lambda detail: " and " in detail)


def _go_together(first: str, second: str) -> bool:
    joined = f"{first} {second}".split()
    return len(joined) <= MAX_TOLD_WORDS and joined.count("and") < 2 and joined.count("with") < 2


def _root(word: str) -> str:
    return re.sub(r"(?:ed|ing|es|s|ty|y)$", "", word)


def occasion_of(request: str) -> str:
    """Return what the shopper said the garment is for, as "your beach wedding"; "" if nothing."""
    known, before = set(wording()["occasions"]), set(wording()["occasion_words"])
    words = words_of(request)
    for index, word in enumerate(words):
        if word != "for":
            continue
        phrase: list[str] = []
        end = 0
        for follower in words[index + 1 : index + 7]:
            if follower not in known and follower not in before:
                break
            phrase.append(follower)
            if follower in known:
                end = len(phrase)
        if end:
            return " ".join("your" if w in {"my", "our"} else w for w in phrase[:end])
    return ""


def _finished(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[0].upper()}{text[1:]}."


def _this(facts: ArticleFacts) -> str:
    return f"{'these' if facts.plural else 'this'} {facts.coloured}"


def _a(facts: ArticleFacts) -> str:
    return facts.coloured if facts.plural else with_article(facts.coloured)


def _in_fabric(facts: ArticleFacts) -> str:
    return f" in {facts.fabric}" if facts.fabric else ""


def _have(facts: ArticleFacts) -> str:
    return "have" if facts.plural else "has"


def _come(facts: ArticleFacts) -> str:
    return "come" if facts.plural else "comes"


def _and(told: Sequence[str]) -> str:
    listing = any(" and " in detail for detail in told)
    return (", and " if listing else " and ").join(told)


Shape = Callable[[ArticleFacts, Sequence[str], str], str]


def _plain(facts: ArticleFacts, told: Sequence[str], occasion: str) -> str:
    end = f", ready for {occasion}" if occasion and len(told) < 2 else ""
    return f"{_this(facts)}{_in_fabric(facts)} {_have(facts)} {_and(told)}{end}"


def _headline(facts: ArticleFacts, told: Sequence[str], occasion: str) -> str:
    if " with " in _and(told):
        return ""
    start = f"for {occasion}, " if occasion else ""
    comma = "," if facts.fabric else ""
    return f"{start}{_a(facts)}{_in_fabric(facts)}{comma} with {_and(told)}"


def _fabric_first(facts: ArticleFacts, told: Sequence[str], occasion: str) -> str:
    if not facts.fabric or " with " in _and(told):
        return ""
    return f"in {facts.fabric}, {_this(facts)} {_come(facts)} with {_and(told)}"


def _details_first(facts: ArticleFacts, told: Sequence[str], occasion: str) -> str:
    if len(told) < 2 or "," in _and(told):
        return ""
    return f"{_and(told)} finish {_this(facts)}{_in_fabric(facts)}"


def _with_first(facts: ArticleFacts, told: Sequence[str], occasion: str) -> str:
    if not facts.fabric or " with " in _and(told) or ", and " in _and(told):
        return ""
    return f"with {_and(told)}, {_this(facts)} {_come(facts)} in {facts.fabric}"


def _find(facts: ArticleFacts, told: Sequence[str], occasion: str) -> str:
    start = f"for {occasion}, find" if occasion else "find"
    return f"{start} {_and(told)} on {_this(facts)}{_in_fabric(facts)}"


_SHAPES: tuple[Shape, ...] = (
    _plain,
    _headline,
    _fabric_first,
    _details_first,
    _with_first,
    _find,
)


def _made_in(facts: ArticleFacts, told: Sequence[str], occasion: str) -> str:
    if told or not facts.fabric:
        return ""
    end = f", ready for {occasion}" if occasion else ""
    remark = f" and {'are' if facts.plural else 'is'} {facts.remarks[0]}" if facts.remarks else ""
    return f"{_this(facts)} {_come(facts)} in {facts.fabric}{remark}{end}"


def _remarked(facts: ArticleFacts, told: Sequence[str], occasion: str) -> str:
    if not facts.remarks:
        return ""
    return f"{_this(facts)}{_in_fabric(facts)} {'are' if facts.plural else 'is'} {facts.remarks[0]}"


_SHORT_SHAPES: tuple[Shape, ...] = (_made_in, _remarked)


def _bare(article: Article, facts: ArticleFacts) -> Iterator[str]:
    """Introduce an article of which nothing is told but its kind, colour and name."""
    name = " ".join(article.name.split())
    these = "these" if facts.plural else "this"
    go, keep = ("go", "keep") if facts.plural else ("goes", "keeps")
    if re.fullmatch(r"[A-Z][a-zà-ÿ]{2,}(?: [A-Z]?[a-zà-ÿ]{2,}){0,2}", name):
        yield _finished(f"{_this(facts)} {go} by the name of {name}")
    if facts.colour:
        yield _finished(f"{these} {facts.garment} {_come(facts)} in {facts.colour}, simple as that")
        yield _finished(f"in {facts.colour}, {these} {facts.garment} {keep} things simple")
    yield _finished(f"simple and to the point: {_a(facts)}, and nothing more")
