"""Whom a message is for, and the shop's own ranges and lines."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.constraints import Condition, Test
from pipeline.understanding.draft import Draft
from pipeline.understanding.features import ADULTS, CHILDREN, bands
from pipeline.understanding.numbers import AGE_WORDS, OLDEST_CHILD
from pipeline.understanding.reading import PRESENTS, Reading, Span

_EVENTS = frozenset(
    [
        *("wedding", "party", "engagement", "christening", "house", "graduation", "funeral"),
        *("birthday", "anniversary", "retirement", "shower"),
    ]
)
_PARTIES = frozenset(["party", "do", "bash", "celebration", "dinner", "meal"])
_GROWN = frozenset(["women", "men"])
_SEXES = ("girls", "boys")
_YOUNG = ("baby", "toddler", "kids", "teens")
_GROWN_UP = {"girls": "women", "boys": "men"}
_CHILDREN_OF = {"women": "girls", "men": "boys"}
_SHE_OR_HE = {"girls": frozenset(["she", "shes"]), "boys": frozenset(["he", "hes", "him"])}
_WHOSE = frozenset(["my", "a", "an", "the", "our", "his", "her", "their"])
_GIVING = frozenset(["get", "getting", "buy", "buying", "give", "giving", "treat"])
_SEVERAL = ("s", "children")
_AGED = frozenset(["age", "ages", "aged", "year", "years", "to"])
_PARTNERS = frozenset(["partner", "half", "friend", "mate", "colleague", "boss", "neighbour"])
_LITTLE = frozenset(["little one", "little ones"])
_MINE = frozenset(["for", "my", "our", "the", "these", "both", "them", "they"])
_MANNER = frozenset(["style", "vibe", "vibes", "chic", "core", "energy"])
_CAN = frozenset(["can", "cant", "could", "will", "wont", "might", "dont", "doesnt"])
_SAYING = frozenset(["says", "said", "thinks", "told", "reckons", "keeps", "asked"])
_HAVING = frozenset(["have", "had", "has", "having", "got", "raised"])
_BEING = frozenset(
    [
        "is",
        "needs",
        "wants",
        "loves",
        "has",
        "likes",
        "who",
        "whos",
        "hes",
        "shes",
        "would",
        "age",
        "aged",
    ]
)


class WearerReader:
    """Reads the people, the ages and the ranges that articles are wanted for."""

    def __init__(self, terms: CatalogueTerms) -> None:
        self._terms = terms

    def read(
        self, reading: Reading, draft: Draft, age: float | None, sized: AbstractSet[int]
    ) -> None:
        """Add whom it is for; lacking if the catalogue serves nobody of the sort.

        Tokens that name a size are left alone: the M of "size M" are no men.
        """
        named: dict[str, Span] = {}
        for span in reading.spans:
            if reading.refused[span.start] or span.start in sized:
                continue
            # What goes "over my bump" is for a bump, what goes over my son's shirt is for nobody.
            self._read_ranges(reading, span, draft)
            if reading.aside[span.start]:
                continue
            for name in self._wearers(reading, span):
                named.setdefault(name, span)
        for span in named.values():
            draft.take(span)
        told = {n for n, s in named.items() if _is_recipient(reading, s)}
        if not told.isdisjoint(_GROWN):
            named = {n: s for n, s in named.items() if n in told or n not in _GROWN}
        said = {
            name: reading.words(span) if span.has("audience", "kin") else name
            for name, span in named.items()
        }
        ranged = any(c.slot == "range" for c in draft.required)
        said = _by_age(said | _told_besides(reading, said, age), age, ranged=ranged)
        for name, tags, facet in self._audience(said, age):
            words = _words_of(said, facet, age)
            tests = self._terms.audience(name, tags)
            if not tests:
                draft.lacking = draft.lacking or f"anything for {words}"
                return
            draft.required.append(Condition("audience", name, words, tests, facet))

    def _wearers(self, reading: Reading, span: Span) -> list[str]:
        if self._are_mentioned(reading, span):
            return []
        as_feature = span.has("feature") and reading.before_garment(span)
        kin = not as_feature and self._is_for(reading, span)
        occasions = self._terms.lexicon.occasions
        guests = [occasions[n].whom for n in span.names("occasion") if occasions[n].whom]
        return span.names("audience") + guests + (span.names("kin") if kin else [])

    def _are_mentioned(self, reading: Reading, span: Span) -> bool:
        """Return whether children only tell of somebody else who is named: "I've had 3 kids"."""
        before = reading.texts[max(0, span.start - 3) : span.start]
        numbers = self._terms.lexicon.talk["numbers"]
        counted = bool(before) and (before[-1].isdigit() or before[-1] in numbers)
        counted = counted and _AGED.isdisjoint(before) and reading.words(span).endswith(_SEVERAL)
        grown = any(set(s.names("audience")) & {"women", "men"} for s in reading.spans)
        children = bool(set(span.names("audience")) & {"kids", "baby", "girls", "boys"})
        following = reading.texts[span.end : span.end + 1]
        if reading.words(span) in _LITTLE and _MINE.isdisjoint(before):
            return True  # "Hoops, little ones, not massive."
        if children and "so" in before and not _CAN.isdisjoint(following):
            return True
        having = grown and not _HAVING.isdisjoint(before)
        return (
            children
            and counted
            and (having or _MINE.isdisjoint({*before, *reading.texts[span.end :]}))
        )

    def _read_ranges(self, reading: Reading, span: Span, draft: Draft) -> None:
        for name in span.names("range"):
            if self._terms.vocabulary.tagged(name):
                tests = ((("features", (name,)),),)
                draft.required.append(Condition("range", name, reading.words(span), tests, name))
                draft.take(span)

    def _audience(
        self, named: Collection[str], age: float | None
    ) -> list[tuple[str, tuple[str, ...], str]]:
        sexes = tuple(n for n in _SEXES if n in named)
        young = [n for n in _YOUNG if n in named]
        if age is not None and age > OLDEST_CHILD:
            adults = tuple(dict.fromkeys([_GROWN_UP[s] for s in sexes] or _adult_names(named)))
            return [(adults[0], adults, "audience")] if adults else []
        if not (sexes or young) and age is None:
            adults = tuple(_adult_names(named))
            if adults:
                return [(adults[0], adults, "audience")]
            return [(ADULTS, (ADULTS,), "audience")] if "adults" in named else []
        found: list[tuple[str, tuple[str, ...], str]] = [("ages", self._ages(young, age), "ages")]
        if len(sexes) == 1:
            found.append((sexes[0], sexes, "sex"))
        return found

    def _ages(self, young: Sequence[str], age: float | None) -> tuple[str, ...]:
        if age is not None:
            wanted = _bands_of_age(age)
        elif "baby" in young:
            wanted = ("baby",)
        elif "toddler" in young:
            wanted = ("baby", "kids")
        elif "teens" in young:
            wanted = ("teens",)
        else:
            wanted = ("kids", "teens")
        present = tuple(w for w in wanted if self._terms.vocabulary.tagged(w))
        return present or (CHILDREN,)

    def _is_for(self, reading: Reading, span: Span) -> bool:
        """Return whether somebody named is the one to wear it, not just a guest in the sentence."""
        earlier = [w for w in reading.texts[: span.start] if not (w.isdigit() or w in AGE_WORDS)]
        before = earlier[-4:]
        after = reading.texts[span.end : span.end + 1]
        if not PRESENTS.isdisjoint(reading.texts):
            return True
        following = reading.texts[span.end + 1 : span.end + 5]
        if following[:1] == ("th",):
            return _PARTIES.isdisjoint(following)  # "for my dad's 60th", but not his 60th party
        if after and after[0] in _EVENTS and not reading.tokens[span.end - 1].after:
            return before[-1:] == ["its"] or before[-2:] == ["its", "my"]
        child = any(n in ("girls", "boys", "kids") for n in span.names("kin"))
        if after and after[0] in _SAYING | _MANNER:
            return False
        given = before[-1:] == ["my"] and not _GIVING.isdisjoint(before[-2:])
        begins = not before or bool(reading.tokens[span.start - 1].after)
        if given or begins or "for" in before or (after and after[0] in _BEING):
            return True
        return child and "with" not in before

    def read_lines(self, reading: Reading, draft: Draft) -> None:
        """Add the shop's own lines that are named."""
        for span in reading.spans:
            if not span.has("line") or span.has("garment", "feature", "audience", "occasion"):
                continue
            phrase = reading.texts[span.start : span.end]
            test: Test = self._terms.lines[phrase]
            draft.required.append(
                Condition("line", span.names("line")[0], reading.words(span), ((test,),), "line")
            )
            draft.take(span)


def _told_besides(reading: Reading, said: Mapping[str, str], age: float | None) -> dict[str, str]:
    """Return who is meant by "he" or "she", where nobody says so: a child or a partner."""
    told = _told_of(reading)
    if not said and not _PARTNERS.isdisjoint(reading.texts):
        return {_GROWN_UP[name]: _GROWN_UP[name] for name in told}
    young = age is not None or not said.keys().isdisjoint(_YOUNG)
    return {name: name for name in told} if young and said.keys().isdisjoint(_SEXES) else {}


def _by_age(said: dict[str, str], age: float | None, *, ranged: bool) -> dict[str, str]:
    """Return the wearers as what they are at their age; ranges for a body are for adults."""
    if age is not None and age <= OLDEST_CHILD:
        return {_CHILDREN_OF.get(name, name): words for name, words in said.items()}
    if age is None and ranged:
        return {_GROWN_UP.get(name, name): words for name, words in said.items()}
    return said


def _told_of(reading: Reading) -> list[str]:
    """Return whether a child is a girl or a boy if it is told of: "my six year old, she ..."."""
    told = [name for name, said in _SHE_OR_HE.items() if not said.isdisjoint(reading.texts)]
    return told if len(told) == 1 else []


def _is_recipient(reading: Reading, span: Span) -> bool:
    """Return whether a wearer comes right after "for", as in "for my girlfriend"."""
    before = reading.texts[max(0, span.start - 2) : span.start]
    return before[-1:] == ("for",) or (before[:1] == ("for",) and before[-1] in _WHOSE)


def _words_of(said: dict[str, str], facet: str, age: float | None) -> str:
    """Return the words of one facet: a boy's age and that he is one may change one by one."""
    child = age is not None and age <= OLDEST_CHILD
    sexes = [said[name] for name in ("girls", "boys") if name in said]
    if facet == "sex":
        return sexes[0]
    if facet != "ages":
        return " and ".join(dict.fromkeys(said.values()))
    others = [word for name, word in said.items() if name not in ("girls", "boys")]
    who = " and ".join(dict.fromkeys(others if len(sexes) == 1 else list(said.values())))
    return f"{who} {_age_words(age)}".strip() if child and age is not None else who


def _adult_names(named: Collection[str]) -> list[str]:
    if "unisex" in named:
        return ["women", "men"]
    return [n for n in ("women", "men") if n in named]


def _bands_of_age(age: float) -> tuple[str, ...]:
    if age < 2:  # noqa: PLR2004 - ages in years
        return ("baby",)
    if age <= 3:  # noqa: PLR2004
        return ("baby", "kids")
    if age < 8:  # noqa: PLR2004
        return ("kids",)
    if age <= 10:  # noqa: PLR2004
        return ("kids", "teens")
    return tuple(bands(age, age + 3) - {"kids"})


def _age_words(age: float) -> str:
    if age < 1:
        return f"{round(age * 12)} months"
    return f"{age:g} years" if age.is_integer() else f"{int(age)}-{int(age) + 1} years"
