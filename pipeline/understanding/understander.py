"""From a shopper's message to constraints, deterministically (design section 4)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.catalogue_words import WordReader
from pipeline.understanding.colours import ColourReader
from pipeline.understanding.constraints import Condition, QueryConstraints
from pipeline.understanding.conversation import Turn, merged
from pipeline.understanding.draft import Draft
from pipeline.understanding.features import ADULTS, NAMED, WORD, singular
from pipeline.understanding.intents import IntentClassifier
from pipeline.understanding.kinds import PETS, KindReader
from pipeline.understanding.lexicon import Entry, Lexicon, Phrase, lexicon
from pipeline.understanding.numbers import NumberReader, Numbers
from pipeline.understanding.occasions import OccasionReader
from pipeline.understanding.reading import MATCHING, PRESENTS, Reading
from pipeline.understanding.sizes import SizeReader
from pipeline.understanding.tokens import Speller, normalised, words
from pipeline.understanding.vocabulary import Vocabulary
from pipeline.understanding.wearers import WearerReader
from pipeline.understanding.wishes import FeatureReader

_TALK = ("injection", "abuse", "greeting", "thanks", "chatter", "service")
_COMMON_HERE = 8
"""Articles whose text must use a word before it counts as one of the catalogue's."""
_SLIPS = 50
"""How much rarer than a word of the lexicon a near word is if the catalogue misspelt it."""
_WORDS_SPELT = 2
"""Longest phrases whose words are targets of the speller."""
_A_SENTENCE = 4
"""Words from which on a message of any language would have some of its little words."""
_CHEAPER = 0.75
"""Share of a price named before that "something cheaper" may cost."""
_SHORT = 3
"""Words of a message that may name a thing without asking for it."""
_SPELT = frozenset(["garment", "feature", "hue", "shade", "audience", "kin"])
_CUE_SORTS = (
    "not_before",
    "not_after",
    "aside",
    "hedge",
    "instead",
    "also",
    "afresh",
    "asks",
    "of_them",
    "cheap",
    "dear",
)
_THESE = frozenset(["it", "them", "that", "this", "those", "these"])
_CUE_WORDS = (*_CUE_SORTS, "countable", "count_before", "not_counted", "numbers", "counts")


@dataclass(frozen=True, slots=True)
class _Found:
    """All that the readers made of one message."""

    draft: Draft
    numbers: Numbers
    occasion: str
    occasion_words: str
    lacking: str
    free_text: str

    @property
    def nothing(self) -> bool:
        numbers = self.numbers
        return not (
            self.draft.names_conditions
            or self.occasion
            or numbers.count
            or numbers.price_to
            or numbers.price_from
        )


class Understander:
    """Understands messages about one catalogue. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._lexicon: Lexicon = lexicon()
        terms = CatalogueTerms(vocabulary, self._lexicon)
        self._numbers = NumberReader(self._lexicon)
        self._sizes = SizeReader(vocabulary, self._lexicon)
        self._kinds = KindReader(terms)
        self._colours = ColourReader(terms)
        self._features = FeatureReader(terms)
        self._wearers = WearerReader(terms)
        self._occasions = OccasionReader(terms)
        self._serves_children = terms.serves_children
        self._own: dict[Phrase, list[Entry]] = {}
        for phrase, kind in terms.own_kinds.items():
            self._own[phrase] = [Entry("own", kind)]
        for phrase in terms.lines:
            self._own.setdefault(phrase, []).append(Entry("line", " ".join(phrase)))
        self._empty = frozenset(self._lexicon.talk["function_words"])
        self._addressing = frozenset(self._lexicon.talk["addressing"])
        plain = set(self._lexicon.plain) | set(self._lexicon.talk["stops"])
        self._plain = plain | {w for key in _CUE_WORDS for w in _flat(self._lexicon.talk[key])}
        self._words = WordReader(terms, frozenset(self._plain))
        self._speller = self._make_speller()
        self._talk = {
            name: re.compile("|".join(f"(?:{p})" for p in self._lexicon.talk[name]))
            for name in (*_TALK, "topic", "restart", "again")
        }

    def _make_speller(self) -> Speller:
        targets = {
            w
            for phrase, entries in self._lexicon.phrases.items()
            for w in phrase
            if len(phrase) <= _WORDS_SPELT and any(e.sort in _SPELT for e in entries)
        } - self._empty
        values = {w for named in self.vocabulary.values.values() for v in named for w in words(v)}
        every = values | {w for p in (*self._lexicon.phrases, *self._lexicon.places) for w in p}
        english = self._plain | every | self._empty
        counts = self.vocabulary.words
        common = {w for w, n in counts.items() if n >= _COMMON_HERE and w not in english}
        bare = Speller(targets, english)
        slips = {w for w in common if counts[w] * _SLIPS < counts.get(bare.correct(w), 0)}
        return Speller(targets, english | common - slips, counts)

    def understand(
        self,
        message: str,
        previous: QueryConstraints | None = None,
        intents: IntentClassifier | None = None,
    ) -> QueryConstraints:
        """Return what the shopper wants after this message, given what held before it.

        A message that asks for nothing the shop has leaves what held before untouched, but for
        the outcome. Without `intents` whatever names an article or a trait of one is a wish, as in
        the fields of a form.
        """
        text = normalised(message).strip()
        restart = self._talk["restart"].match(text)
        if restart:
            text = text[restart.end() :].strip()
            previous = None
            if not text:
                return QueryConstraints(outcome="off_topic", message=message)
        if not text or any(self._talk[name].search(text) for name in _TALK):
            return replace(previous or QueryConstraints(), outcome="off_topic", subject="")
        reading = self._apart(text)
        found = self._read(reading, previous)
        if found.lacking:
            held = previous or QueryConstraints(message=message)
            return replace(held, outcome="not_carried", subject=found.lacking)
        elsewhere = not found.draft.kinds and self._talk["topic"].search(text)
        small = previous is None and self._is_small_talk(reading, found)
        others = previous is not None and found.nothing and _refuses_these(reading)
        meant = intents is None or others or self._is_meant(intents, reading, found, message)
        if elsewhere or small or not meant:
            held = previous or QueryConstraints(message=message)
            return replace(held, outcome="off_topic", subject="")
        fresh = self._assembled(reading, found, message, previous)
        if previous is not None:
            fresh = self._continued(reading, fresh, previous)
        return self._in_this_shop(fresh)

    def read(self, message: str) -> Reading:
        """Return a message taken apart, with what the catalogue has a name for."""
        return self._apart(normalised(message).strip())

    def _apart(self, text: str) -> Reading:
        return Reading(text, self._lexicon, self._speller, self._own)

    def asks_again(self, message: str) -> bool:
        """Return whether a message asks to see once more what was shown before."""
        return bool(self._talk["again"].search(normalised(message)))

    def _read(self, reading: Reading, previous: QueryConstraints | None) -> _Found:
        draft = Draft()
        self._sizes.read(reading, draft)
        sized = frozenset(draft.taken)
        held = [t for kind in previous.kinds for t in kind.types] if previous else []
        heads = self._kinds.heads(reading, held)
        numbers = self._numbers.read(
            reading.texts,
            garments=frozenset(i for s in heads for i in range(s.start, s.end)),
            kin=frozenset(s.start for s in reading.spans if s.has("audience", "kin")),
            phrases=frozenset(
                i
                for s in reading.spans
                if s.has("feature", "garment", "asks") and s.end - s.start > 1
                for i in range(s.start, s.end)
            )
            | sized,
            follow_up=previous is not None,
        )
        draft.taken |= numbers.used
        self._kinds.read(reading, heads, draft, held)
        self._colours.read(reading, draft)
        self._features.read(reading, draft)
        self._wearers.read(reading, draft, numbers.age, sized)
        self._wearers.read_lines(reading, draft)
        named = bool(draft.kinds or draft.lacking)
        if not named and not (previous and previous.kinds) and not _names_thing(reading):
            self._kinds.read_from_feature(reading, draft)
        named = bool(draft.kinds or draft.lacking)
        occasion, said = ("", "") if named else self._occasions.read(reading)
        lacking = draft.lacking or ("" if draft.kinds else self._thing(reading, occasion, draft))
        found = _Found(draft, numbers, occasion, said, lacking, self._free_text(reading, draft))
        known = draft.absent and previous and previous.kinds
        if not lacking and found.nothing and not known:
            return replace(found, lacking=self._unknown_thing(reading, found.free_text))
        return found

    def _assembled(
        self, reading: Reading, found: _Found, message: str, previous: QueryConstraints | None
    ) -> QueryConstraints:
        draft, numbers = found.draft, found.numbers
        refused = {c.name for c in draft.excluded}
        kinds = [k for _, k in draft.kinds] or list(previous.kinds if previous else ())
        details = self._words.read(reading, draft, {t for kind in kinds for t in kind.types})
        fresh = QueryConstraints(
            count=numbers.count,
            # "All I have is blue, so anything but blue": what is refused is not wanted as well.
            required=_once([c for c in (*draft.required, *draft.absent) if c.name not in refused]),
            preferred=_once([*draft.preferred, *details]),
            excluded=_once(draft.excluded),
            price_from=numbers.price_from,
            price_to=numbers.price_to,
            free_text=found.free_text,
            message=message,
        )
        fresh = self._priced(self._kinds.join(fresh, reading, draft), reading, previous)
        if found.occasion and not (previous and previous.kinds and not draft.kinds):
            return self._occasions.dress(fresh, found.occasion, found.occasion_words)
        return fresh

    def _priced(
        self, fresh: QueryConstraints, reading: Reading, previous: QueryConstraints | None
    ) -> QueryConstraints:
        """Turn "cheap" and "luxury" into the cheaper and the dearer third of what there is."""
        kinds = fresh.kinds or (previous.kinds if previous else ())
        types = {t for kind in kinds for t in kind.types}
        thirds = self.vocabulary.price_thirds(types or self.vocabulary.types)
        if thirds is None or fresh.price_to is not None or fresh.price_from is not None:
            return fresh
        if _has_cue(reading, "cheap"):
            held = previous.price_to if previous else None
            most = thirds[0] if held is None else min(thirds[0], _CHEAPER * held)
            return replace(fresh, price_to=most)
        if _has_cue(reading, "dear"):
            return replace(fresh, price_from=thirds[1])
        return fresh

    def _continued(
        self, reading: Reading, fresh: QueryConstraints, previous: QueryConstraints
    ) -> QueryConstraints:
        turn = Turn(
            fresh,
            instead=_has_cue(reading, "instead"),
            also=_adds(reading),
            afresh=_has_cue(reading, "afresh"),
            any_colour=_has_cue(reading, "any_colour"),
            other_colour=_has_cue(reading, "other_colour"),
            matching=not MATCHING.isdisjoint(reading.texts) or _goes_with_it(reading),
        )
        return merged(previous, turn, self._kinds.narrowed, self._colours.excluding)

    def _in_this_shop(self, fresh: QueryConstraints) -> QueryConstraints:
        """Add what the shop itself says: its currency, what it is out of, and adults first.

        Adults' articles are preferred where nothing is said of whom it is for.
        """
        others = tuple(c for c in fresh.preferred if c.name != ADULTS)
        told = any(c.slot == "audience" for c in fresh.required)
        pets = any(PETS in c.name for c in fresh.kinds)
        if not (told or pets) and self._serves_children:
            adults = Condition("audience", ADULTS, "", ((("features", (ADULTS,)),),), "audience")
            others = (*others, adults)
        return replace(
            fresh,
            preferred=others,
            unavailable=self.vocabulary.unavailable,
            currency=self.vocabulary.currency,
        )

    # --- what is no wish for an article ---------------------------------------------------------

    def _is_small_talk(self, reading: Reading, found: _Found) -> bool:
        """Return whether a message that names nothing is no wish either.

        A wish in the catalogue's own words ("mermaid vibes") may well be met; a question, talk of
        the shop itself and a foreign language are none.
        """
        if not found.nothing:
            return False
        free = found.free_text.split()
        known = sum(self._is_used(w) for w in free)
        if self._is_foreign(reading.texts):
            return True
        if self._asks(reading):
            return False
        if reading.texts[:1] and reading.texts[0] in self._addressing:
            return known < len(free) or not free
        return known < len(free) / 2 or not free

    def _is_meant(
        self, intents: IntentClassifier, reading: Reading, found: _Found, message: str
    ) -> bool:
        """Return whether a message that names articles or traits is meant as a wish for them.

        Of messages in which every word is accounted for, next to all are.
        """
        numbers = found.numbers
        names = found.draft.kinds or numbers.count or numbers.price_to or numbers.price_from
        if names and not found.free_text:
            return True
        asks = self._asks(reading) or not PRESENTS.isdisjoint(reading.texts)
        return intents.is_wish(reading, message, names=not found.nothing, asks=asks)

    def _is_foreign(self, texts: Phrase) -> bool:
        """Return whether a sentence has none of the little words that English ones have."""
        spelt = [w for w in texts if w.isalpha()]
        return len(spelt) >= _A_SENTENCE and not any(
            w in self._empty or self.vocabulary.words.get(w, 0) >= _COMMON_HERE for w in spelt
        )

    def _asks(self, reading: Reading) -> bool:
        return _has_cue(reading, "asks") or "something" in reading.texts

    def _thing(self, reading: Reading, occasion: str, draft: Draft) -> str:
        """Return the thing asked for that is no garment and that the catalogue has none of.

        A thing that it has becomes the kind that is asked for.
        """
        for span in reading.spans:
            if not span.has("thing") or reading.aside[span.start] or reading.refused[span.start]:
                continue
            used = span.has("feature", "occasion", "garment") and (
                occasion or draft.has_taken(span)
            )
            if used:
                continue
            name = span.names("thing")[0]
            if self.vocabulary.tagged(NAMED + name):
                tests = ((("features", (NAMED + name,)),),)
                draft.kinds.append((span, Condition("kind", name, reading.words(span), tests)))
                draft.take(span)
                return ""
            if not span.has("own"):
                start = self._modified_from(reading, span.start)
                return " ".join(token.said for token in reading.tokens[start : span.end])
        return ""

    def _modified_from(self, reading: Reading, start: int) -> int:
        """Return where the words that belong to a thing begin ("gaming laptop")."""
        if start == 0:
            return 0
        before = reading.texts[start - 1]
        if before in self._empty or before in self._plain or reading.tokens[start - 1].after:
            return start
        return start - 1

    def _unknown_thing(self, reading: Reading, free: str) -> str:
        """Return what is asked for if the catalogue does not even know the word."""
        left = free.split()
        if not left or not (self._asks(reading) or len(left) <= _SHORT):
            return ""
        if any(self._is_used(w) or w in self._plain for w in left):
            return ""
        return " ".join(left)

    def _is_used(self, word: str) -> bool:
        """Return whether the catalogue's texts use a word, be it of one or of several."""
        tag = WORD + singular(word)
        return word in self.vocabulary.words or self.vocabulary.tagged(tag) > 0

    def _free_text(self, reading: Reading, draft: Draft) -> str:
        """Return the words that nobody took and that say something, each once."""
        sorts = (*_CUE_SORTS, "other_colour", "any_colour", "idioms")
        cues = {i for s in reading.spans if s.has(*sorts) for i in range(s.start, s.end)}
        kept = []
        for place, word in enumerate(reading.texts):
            if place in draft.taken or place in cues:
                continue
            if reading.refused[place] or reading.aside[place] or word in self._empty:
                continue
            if len(word) > 1 and word.isalpha():
                kept.append(word)
        return " ".join(dict.fromkeys(kept))


def _refuses_these(reading: Reading) -> bool:
    """Return whether what was shown is refused, that is, others are wanted."""
    return any(s.has("of_them") and reading.refused[s.start] for s in reading.spans)


def _goes_with_it(reading: Reading) -> bool:
    """Return whether something is to go with what was shown: "the bottoms to go with it"."""
    texts = reading.texts
    return any(
        texts[i : i + 2] == ("go", "with") and not _THESE.isdisjoint(texts[i + 2 : i + 3])
        for i in range(len(texts))
    )


def _names_thing(reading: Reading) -> bool:
    """Return whether a thing is asked for that is no garment ("football boots with studs")."""
    return any(
        s.has("thing") and not (reading.refused[s.start] or reading.aside[s.start])
        for s in reading.spans
    )


def _has_cue(reading: Reading, cue: str) -> bool:
    return any(span.has(cue) and not reading.refused[span.start] for span in reading.spans)


def _adds(reading: Reading) -> bool:
    """Return whether a message adds to what held: "or" does where it is the first word."""
    return any(
        s.has("also")
        and not reading.refused[s.start]
        and (s.start == 0 or reading.words(s) != "or")
        for s in reading.spans
    )


def _once(conditions: list[Condition]) -> tuple[Condition, ...]:
    first: dict[tuple[str, object], Condition] = {}
    for condition in conditions:
        first.setdefault((condition.slot, condition.any_of), condition)
    return tuple(first.values())


def _flat(said: Iterable[str] | dict[str, str]) -> list[str]:
    return [w for text in said for w in words(text)]
