"""Occasions: what a message calls for when it names none of the kinds of article."""

from dataclasses import replace

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.constraints import Condition, QueryConstraints
from pipeline.understanding.reading import Reading

EVERYDAY = "everyday"
"""The occasion that any other outweighs."""


class OccasionReader:
    """Reads the occasion and turns it into kinds and preferences."""

    def __init__(self, terms: CatalogueTerms) -> None:
        self._terms = terms

    def read(self, reading: Reading) -> tuple[str, str]:
        """Return the occasion named and its words, also within a longer phrase; "" if none is."""
        texts = reading.texts
        lexicon = self._terms.lexicon
        fallback = "", ""
        for length in range(min(lexicon.longest, len(texts)), 0, -1):
            for place in range(len(texts) - length + 1):
                entries = lexicon.phrases.get(texts[place : place + length], ())
                name = next((e.name for e in entries if e.sort == "occasion"), "")
                if not name or reading.refused[place] or reading.aside[place]:
                    continue
                found = name, " ".join(texts[place : place + length])
                if name != EVERYDAY:
                    return found
                fallback = fallback if fallback[0] else found
        return fallback

    def dress(self, fresh: QueryConstraints, name: str, said: str) -> QueryConstraints:
        """Return the constraints with the kinds that an occasion calls for, some of each."""
        occasion = self._terms.lexicon.occasions[name]
        kinds = tuple(
            Condition("kind", kind, kind.replace("_", " "), self._terms.kind(kind))
            for kind in occasion.kinds
            if self._terms.kind(kind)
        )
        if fresh.kinds or not kinds:
            return fresh
        have = {c.name for c in (*fresh.required, *fresh.preferred)}
        wanted = [
            self._terms.feature(n, n)
            for n in (*occasion.prefer, *occasion.needs)
            if n not in have and self._terms.vocabulary.tagged(n)
        ]
        preferred = (*fresh.preferred, *wanted)
        return replace(fresh, kinds=kinds, each=True, preferred=preferred, occasion=said)
