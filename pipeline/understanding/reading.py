"""One message taken apart: its phrases, and which of them are refused, aside or half-hearted."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from pipeline.understanding.lexicon import Entry, Lexicon, Phrase
from pipeline.understanding.tokens import Speller, Token, tokenize

BREAKS = frozenset(",.;:!?()\n\u2026\u2014\u2013")
_BACK_TO_BUSINESS = frozenset(["so", "but", "show", "please", "then", "need", "want"])
_IN_PASSING = frozenset(["it", "i", "for", "in", "with"])
_REASONS = frozenset(["because", "cos", "coz", "bc", "as", "since"])
_PARTING = frozenset([("please",), ("though",), ("tho",), ("too",), ("one",), ("it",)])
_FAR_FROM_FOR = 5
PRESENTS = frozenset(["gift", "gifts", "present", "presents"])
_DENIALS = frozenset(["not", "doesnt", "dont", "never", "wont", "isnt", "arent"])
_REFUSING = frozenset(["no", "without", "not", "non"])
MATCHING = frozenset(["match", "matching", "matches"])
HARD_BREAKS = BREAKS - {","}


@dataclass(frozen=True, slots=True)
class Span:
    """A phrase of the lexicon in the message: tokens start..end-1 and what it may mean."""

    start: int
    end: int
    entries: tuple[Entry, ...]

    def names(self, sort: str) -> list[str]:
        """Return the concepts of one sort that the phrase may stand for."""
        return [entry.name for entry in self.entries if entry.sort == sort]

    def has(self, *sorts: str) -> bool:
        """Return whether the phrase may be of one of these sorts."""
        return any(entry.sort in sorts for entry in self.entries)


class Reading:
    """A message as tokens and spans, with the reach of "not", "to go with" and "maybe".

    What is `matched` is an aside whose colour is to be met: "a tie to match a burgundy dress".
    """

    def __init__(
        self,
        message: str,
        concepts: Lexicon,
        speller: Speller,
        own: dict[Phrase, list[Entry]],
    ) -> None:
        self._lexicon = concepts
        self._own = own
        self.tokens = [
            Token(speller.correct(token.text), token.said, token.after)
            for token in tokenize(message)
        ]
        self.texts: Phrase = tuple(token.text for token in self.tokens)
        self.spans = self._match()
        size = len(self.tokens)
        self._span_at: list[Span | None] = [None] * size
        for span in self.spans:
            self._span_at[span.start : span.end] = [span] * (span.end - span.start)
        self.refused = [False] * size
        self.aside = [False] * size
        self.hedged = [False] * size
        self.matched = [False] * size
        self._stops = frozenset(concepts.talk["stops"])
        before = 0
        for start, end in self._clauses():
            self._scope(start, end, before)
            before = start
        for start, end in self._owned():
            _mark(self.aside, start, end)
        for start, end in self._served():
            _mark(self.aside, start, end)

    def words(self, span: Span) -> str:
        """Return the phrase as it was understood."""
        return " ".join(self.texts[span.start : span.end])

    def refuses(self, span: Span) -> bool:
        """Return whether a phrase is refused; one that is a refusal itself ("no logo") is not."""
        return self.refused[span.start] and self.texts[span.start] not in _REFUSING

    def before_garment(self, span: Span) -> bool:
        """Return whether a kind of article is named right after the phrase."""
        return any(s.start == span.end and s.has("garment", "own") for s in self.spans)

    def _entries(self, phrase: Phrase) -> list[Entry]:
        return self._lexicon.phrases.get(phrase, []) + self._own.get(phrase, [])

    def _match(self) -> list[Span]:
        """Find phrases, longest first from the left; none reaches across punctuation."""
        spans = []
        place = 0
        while place < len(self.texts):
            for length in range(min(self._lexicon.longest, len(self.texts) - place), 0, -1):
                if any(t.after for t in self.tokens[place : place + length - 1]):
                    continue
                entries = self._entries(self.texts[place : place + length])
                if entries:
                    spans.append(Span(place, place + length, tuple(entries)))
                    place += length
                    break
            else:
                place += 1
        return spans

    def _clauses(self) -> Iterable[tuple[int, int]]:
        start = 0
        for place, token in enumerate(self.tokens):
            if token.after in BREAKS:
                yield start, place + 1
                start = place + 1
        if start < len(self.tokens):
            yield start, len(self.tokens)

    def _owned(self) -> Iterable[tuple[int, int]]:
        """Yield the clauses that tell what one has already: "I've a navy suit, need a shirt"."""
        named = [s.start for s in self.spans if s.has("garment", "own")]
        for start, end in self._clauses():
            opening = self._span_at[start]
            owning = opening is not None and opening.start == start and opening.has("owning")
            owning = owning or "already" in self.texts[start:end]
            inside = any(start <= place < end for place in named)
            if owning and inside and any(place >= end for place in named):
                yield start, end

    def _served(self) -> Iterable[tuple[int, int]]:
        """Yield what a kind is for where that is another kind: "a scarf for her new red coat"."""
        named = [s for s in self.spans if s.has("garment", "own") and not s.has("audience", "kin")]
        for first, second in pairwise(named):
            between = self.texts[first.end : second.start]
            apart = any(t.after for t in self.tokens[first.end - 1 : second.start])
            if apart or between[:1] != ("for",) or len(between) > _FAR_FROM_FOR:
                continue
            # The "for her" of "for her new coat" says whose it is.
            whom = [s for s in self.spans if first.end + 1 <= s.start < second.end]
            if not any(s.has("audience", "kin") or "pet_wear" in s.names("garment") for s in whom):
                yield first.end + 1, second.end

    def _scope(self, start: int, end: int, before: int) -> None:
        """Mark what one clause refuses, puts aside and hedges; `before` begins the one before."""
        inside = [span for span in self.spans if start <= span.start < end]
        for span in inside:
            if self._refuses(span):
                _mark(self.refused, span.end, self._reach(span.end))
            elif span.has("not_after") and not self._is_denied(span):
                begins = before if span.start == start else start
                _mark(self.refused, self._clause_start(begins, span.start), span.start)
            elif span.has("aside"):
                aside_ends = self._aside_ends(span.end, end)
                _mark(self.aside, span.end, aside_ends)
                if MATCHING.intersection(self.texts[span.start : span.end]):
                    _mark(self.matched, span.end, aside_ends)
            elif span.has("hedge"):
                after = self.texts[span.end : end]
                last = not after or after[0] in _REASONS or after in _PARTING
                begins = before if span.start == start else start
                _mark(self.hedged, begins if last else span.end, end)

    def _refuses(self, span: Span) -> bool:
        """Return whether what follows is refused: after "not", and after "no sleeves or ..."."""
        if span.has("not_before") and not span.has("feature", "garment", "hue"):
            return not self.tokens[span.end - 1].after
        return self._lacks(span) and self.texts[span.end : span.end + 1] in (("or",), ("nor",))

    def _is_denied(self, span: Span) -> bool:
        """Return whether the opposite is said: "that does not itch"."""
        return span.start > 0 and self.texts[span.start - 1] in _DENIALS

    def _lacks(self, span: Span) -> bool:
        """Return whether a feature is the want of something, as in "no sleeves or frills"."""
        return span.has("feature") and self.texts[span.start] in ("no", "without")

    def _aside_ends(self, start: int, end: int) -> int:
        for place in range(start, end):
            if self.texts[place] in _BACK_TO_BUSINESS:
                return place
        return end

    def _clause_start(self, start: int, end: int) -> int:
        for place in range(end - 1, start - 1, -1):
            if self.texts[place] in ("but", "please", "and", "because"):
                return place + 1
        return start

    def _reach(self, start: int) -> int:
        """Return where a "not" that begins at `start` ends: at a stop or after a list."""
        named = False
        for place in range(start, len(self.tokens)):
            span = self._span_at[place]
            if span is not None and span.has("feature", "garment", "hue", "shade", "audience"):
                named = True
            elif place > start and self._stops_at(self.texts[place], named=named):
                return place
            after = self.tokens[place].after
            if after in HARD_BREAKS and after:
                return place + 1
            if after == "," and not self._list_goes_on(place + 1, named=named):
                return place + 1
        return len(self.tokens)

    def _stops_at(self, word: str, *, named: bool) -> bool:
        return word in self._stops and (named or word not in _IN_PASSING)

    def _list_goes_on(self, start: int, *, named: bool) -> bool:
        """Return whether ", b or c" follows, as in "no wool, silk or fur"."""
        if not named:
            return False
        for place in range(start, min(start + 5, len(self.tokens))):
            if self.texts[place] in ("or", "nor"):
                return True
            if self._span_at[place] is None and self.texts[place] != "no":
                return False
        return False


def _mark(places: list[bool], start: int, end: int) -> None:
    places[start:end] = [True] * (end - start)
