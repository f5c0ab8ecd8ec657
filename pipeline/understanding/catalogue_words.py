"""Words that no list knows but the catalogue does: "a *claw* clip", "with a *chain strap*"."""

from collections.abc import Collection, Iterator

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.constraints import Condition
from pipeline.understanding.draft import Draft
from pipeline.understanding.features import WORD, singular
from pipeline.understanding.lexicon import Phrase
from pipeline.understanding.reading import Reading, Span

_LEAST = 3
"""Articles of the kinds wanted that must use a word before it is one of theirs."""
_MOST = 0.4
"""Share of these articles from which on a word tells nothing."""
_HAVING = frozenset(["with", "w", "has", "have", "having", "got", "featuring"])
_STEERING = frozenset(
    ["also", "instead", "afresh", "asks", "hedge", "of_them", "at_least", "at_most", "idioms"]
)
_LONGEST = 3
"""Most words of a detail: of a clause without a garment, or of what a garment comes "with"."""


class WordReader:
    """Reads details in the catalogue's own words: those before a kind and those it comes with."""

    def __init__(self, terms: CatalogueTerms, plain: frozenset[str]) -> None:
        """Keep the terms; a `plain` word by itself, as in "great, thanks", is no detail."""
        self._terms = terms
        talk = terms.lexicon.talk
        self._empty = frozenset([*talk["function_words"], *talk["numbers"]])
        self._plain = plain

    def read(self, reading: Reading, draft: Draft, types: Collection[str]) -> list[Condition]:
        """Return preferences for articles of these types that use the words.

        The words of one phrase belong together; its rarest is preferred besides. The name that a
        kind was given counts as well: "a clutch", which is filed with the bags.
        """
        total = sum(self._terms.vocabulary.types.get(t, 0) for t in types)
        found: list[Condition] = []
        for phrase in self._phrases(reading, draft):
            used = {word: self._terms.vocabulary.tagged(WORD + word, types) for word in phrase}
            telling = [w for w, number in used.items() if _LEAST <= number <= _MOST * total]
            if not telling:
                continue
            rarest = min(telling, key=lambda word: used[word])
            found += [self._condition(part) for part in dict.fromkeys([tuple(telling), (rarest,)])]
        return found

    def _condition(self, telling: Phrase) -> Condition:
        tests = tuple(("features", (WORD + word,)) for word in telling)
        return Condition("word", WORD + " ".join(telling), "", (tests,))

    def _phrases(self, reading: Reading, draft: Draft) -> Iterator[Phrase]:
        heads = [span for span, _ in draft.kinds]
        for head in heads:
            if len(heads) == 1:
                said = reading.texts[head.start : head.end]
                yield tuple(singular(word) for word in said if word not in self._empty)
            yield self._before(head, reading, draft)
        for place, word in enumerate(reading.texts):
            if word in _HAVING and not reading.tokens[place].after:
                yield self._after(place + 1, reading, draft)
        if not heads:
            yield from self._alone(reading, draft)

    def _alone(self, reading: Reading, draft: Draft) -> Iterator[Phrase]:
        """Yield the words of short clauses that name no kind: "zirconia, please"."""
        start = 0
        for place, token in enumerate(reading.tokens, 1):
            if not token.after and place < len(reading.tokens):
                continue
            exclaimed = place == 1 and len(reading.tokens) > 1
            said = [i for i in range(start, place) if reading.texts[i] not in self._empty]
            if len(said) <= _LONGEST and not exclaimed:
                free = (
                    singular(reading.texts[i]) for i in said if self._is_free(i, reading, draft)
                )
                yield tuple(word for word in free if word not in self._plain)
            start = place

    def _before(self, head: Span, reading: Reading, draft: Draft) -> Phrase:
        found: list[str] = []
        for place in range(head.start - 1, -1, -1):
            if reading.texts[place] in self._empty or reading.tokens[place].after:
                break
            if self._is_free(place, reading, draft):
                found.append(singular(reading.texts[place]))
        return tuple(reversed(found))

    def _after(self, start: int, reading: Reading, draft: Draft) -> Phrase:
        found: list[str] = []
        for place in range(start, len(reading.texts)):
            if reading.texts[place] in self._empty and found:
                break
            if self._is_free(place, reading, draft):
                found.append(singular(reading.texts[place]))
            if reading.tokens[place].after or len(found) == _LONGEST:
                break
        return tuple(found)

    def _is_free(self, place: int, reading: Reading, draft: Draft) -> bool:
        """Return whether nobody took a word that says something and is wanted."""
        word = reading.texts[place]
        said = word.isalpha() and len(word) > 2 and word not in self._empty  # noqa: PLR2004
        cue = any(s.start <= place < s.end and s.has(*_STEERING) for s in reading.spans)
        passing = reading.refused[place] or reading.aside[place] or cue
        return said and not passing and place not in draft.taken
