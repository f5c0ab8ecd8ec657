"""Occasions: what a message calls for when it names none of the kinds of article."""

from dataclasses import replace

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.constraints import Condition, QueryConstraints
from pipeline.understanding.lexicon import Phrase
from pipeline.understanding.reading import PRESENTS, Reading

_TRIP = "trip"
_WEAK = (_TRIP, "everyday")
"""Occasions that any other outweighs, and a destination too."""
_GIFT = "gift"
_WITH_PRESENTS = ("party", "wedding_guest")
_BRINGING = PRESENTS | {"bring", "bringing", "give"}
_BOYS_AND_MEN = frozenset(["boys", "men"])


class OccasionReader:
    """Reads the occasion and turns it into kinds and preferences."""

    def __init__(self, terms: CatalogueTerms) -> None:
        self._terms = terms
        self._lexicon = terms.lexicon
        self._empty = frozenset(terms.lexicon.talk["function_words"])

    def read(self, reading: Reading) -> tuple[str, str]:
        """Return the occasion named and its words, also within a longer phrase; "" if none is."""
        texts = reading.texts
        weak: dict[str, str] = {}
        for length in range(min(self._lexicon.longest, len(texts)), 0, -1):
            for place in range(len(texts) - length + 1):
                entries = self._lexicon.phrases.get(texts[place : place + length], ())
                name = next((e.name for e in entries if e.sort == "occasion"), "")
                if not name or reading.refused[place] or reading.aside[place]:
                    continue
                said = " ".join(texts[place : place + length])
                if name in _WITH_PRESENTS and not PRESENTS.isdisjoint(texts):
                    name = _GIFT
                if "baby" in said and not _BRINGING.isdisjoint(texts):
                    name = "baby_gift"
                if name not in _WEAK:
                    return name, said
                weak.setdefault(name, said)
        fallback = next(((name, weak[name]) for name in _WEAK if name in weak), ("", ""))
        return self._journey(reading) or fallback

    def _journey(self, reading: Reading) -> tuple[str, str] | None:
        """Return the occasion that a destination calls for: one that is known, or any name."""
        texts = reading.texts
        for place in range(1, len(texts)):
            if texts[place - 1] == "the" and place > 1:
                before = texts[place - 2]
            else:
                before = texts[place - 1]
            if before not in self._lexicon.before_place:
                continue
            for end in range(min(place + 4, len(texts)), place, -1):
                occasion = self._lexicon.places.get(texts[place:end])
                if occasion:
                    return occasion, _trip_to(texts[place:end])
        for place in range(1, len(texts)):
            if self._is_somewhere(texts[place]) and self._ends_in_travel(texts[:place]):
                return _TRIP, _trip_to((reading.tokens[place].said,))
        return None

    def _ends_in_travel(self, before: Phrase) -> bool:
        return any(before[-n:] in self._lexicon.travel for n in (1, 2, 3))

    def _is_somewhere(self, word: str) -> bool:
        """Return whether a word may be the name of a place, since it is no other word."""
        known = word in self._empty or word in self._lexicon.plain
        return word.isalpha() and not known and (word,) not in self._lexicon.phrases

    def dress(self, fresh: QueryConstraints, name: str, said: str) -> QueryConstraints:
        """Return the constraints with the kinds that an occasion calls for, some of each."""
        occasion = self._lexicon.occasions[name]
        whom = {c.name for c in fresh.required if c.slot == "audience"}
        male = not whom.isdisjoint(_BOYS_AND_MEN)
        kinds = tuple(
            Condition("kind", kind, kind.replace("_", " "), self._terms.kind(kind))
            for kind in occasion.kinds
            if self._terms.kind(kind) and not (male and self._lexicon.garments[kind].women)
        )
        if fresh.kinds or not kinds:
            return fresh
        have = {c.name for c in (*fresh.required, *fresh.preferred)}
        wanted = [
            self._terms.feature(n, n)
            for n in occasion.prefer
            if n not in have and self._terms.vocabulary.tagged(n)
        ]
        colour = self._terms.hue(occasion.colour)
        if colour and not any(c.slot == "colour" for c in fresh.required):
            wanted.append(Condition("colour", occasion.colour, "", colour, "colour"))
        preferred = (*fresh.preferred, *wanted)
        return replace(fresh, kinds=kinds, each=True, preferred=preferred, occasion=said)


def _trip_to(spelt: Phrase) -> str:
    return f"a trip to {' '.join(spelt).title()}"
