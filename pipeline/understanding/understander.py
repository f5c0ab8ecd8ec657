"""From a shopper's message to constraints, deterministically (design section 4)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.constraints import Condition, QueryConstraints, Test
from pipeline.understanding.conversation import Turn, merged
from pipeline.understanding.features import ADULTS, CHILDREN, KIND, bands
from pipeline.understanding.lexicon import Entry, Lexicon, Phrase, lexicon
from pipeline.understanding.numbers import OLDEST_CHILD, NumberReader
from pipeline.understanding.reading import Reading, Span
from pipeline.understanding.tokens import Speller, normalised, words
from pipeline.understanding.vocabulary import Vocabulary

_TALK = ("injection", "abuse", "greeting", "thanks", "chatter", "service")
_COMMON_HERE = 8
"""Articles whose text must use a word before it counts as one of the catalogue's."""


@dataclass
class _Draft:
    kinds: list[tuple[Span, Condition]] = field(default_factory=list)
    required: list[Condition] = field(default_factory=list)
    preferred: list[Condition] = field(default_factory=list)
    excluded: list[Condition] = field(default_factory=list)
    lacking: str = ""
    taken: set[int] = field(default_factory=set)


class Understander:
    """Understands messages about one catalogue. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._lexicon: Lexicon = lexicon()
        self._terms = CatalogueTerms(vocabulary, self._lexicon)
        self._numbers = NumberReader(self._lexicon)
        self._own: dict[Phrase, list[Entry]] = {}
        for phrase, kind in self._terms.own_kinds.items():
            self._own[phrase] = [Entry("own", kind)]
        for phrase in self._terms.lines:
            self._own.setdefault(phrase, []).append(Entry("line", " ".join(phrase)))
        self._spelt = frozenset(self._lexicon.talk["numbers"])
        self._empty = frozenset(self._lexicon.talk["function_words"])
        plain = set(self._lexicon.plain) | set(self._lexicon.talk["stops"])
        self._plain = plain | {w for key in _CUE_WORDS for w in _flat(self._lexicon.talk[key])}
        targets = {
            w
            for phrase, entries in self._lexicon.phrases.items()
            for w in phrase
            if len(phrase) <= _WORDS_SPELT and any(e.sort in _SPELT for e in entries)
        } - self._empty
        common = {w for w, n in vocabulary.words.items() if n >= _COMMON_HERE}
        every = {w for phrase in self._lexicon.phrases for w in phrase}
        self._speller = Speller(targets, self._plain | every | common | self._empty)
        self._talk = {
            name: re.compile("|".join(f"(?:{p})" for p in self._lexicon.talk[name]))
            for name in (*_TALK, "restart")
        }

    def understand(
        self, message: str, previous: QueryConstraints | None = None
    ) -> QueryConstraints:
        """Return what the shopper wants after this message, given what held before it."""
        text = normalised(message).strip()
        restart = self._talk["restart"].match(text)
        if restart:
            text = text[restart.end() :].strip()
            previous = None
            if not text:
                return QueryConstraints(outcome="off_topic", message=message)
        if not text or any(self._talk[name].search(text) for name in _TALK):
            return replace(previous or QueryConstraints(), outcome="off_topic")
        reading = Reading(text, self._lexicon, self._speller, self._own)
        return self._interpreted(reading, message, previous)

    # --- one message ----------------------------------------------------------------------------

    def _interpreted(
        self, reading: Reading, message: str, previous: QueryConstraints | None
    ) -> QueryConstraints:
        draft = _Draft()
        garments = self._garment_spans(reading)
        numbers = self._numbers.read(
            reading.texts,
            frozenset(i for s in garments for i in range(s.start, s.end)),
            frozenset(s.start for s in reading.spans if s.has("audience", "kin")),
            follow_up=previous is not None,
        )
        draft.taken |= numbers.used
        self._read_kinds(reading, garments, draft)
        self._read_colours(reading, draft)
        self._read_features(reading, draft)
        self._read_audience(reading, draft, numbers.age)
        self._read_lines(reading, draft)
        if not draft.kinds and not draft.lacking and not (previous and previous.kinds):
            self._kind_of_feature(reading, draft)
        occasion, said = ("", "") if draft.kinds or draft.lacking else self._occasion(reading)
        thing = "" if draft.kinds else self._thing(reading, occasion, draft)
        lacking = draft.lacking or thing
        free = self._free_text(reading, draft)
        nothing = not (
            draft.kinds
            or draft.required
            or draft.excluded
            or draft.preferred
            or occasion
            or numbers.count
            or numbers.price_to
            or numbers.price_from
        )
        if not lacking and nothing:
            lacking = self._unknown_thing(reading, free)
        if lacking:
            return QueryConstraints(outcome="not_carried", subject=lacking, message=message)
        fresh = QueryConstraints(
            count=numbers.count,
            required=_once(draft.required),
            preferred=_once(draft.preferred),
            excluded=_once(draft.excluded),
            price_from=numbers.price_from,
            price_to=numbers.price_to,
            free_text=free,
            message=message,
        )
        fresh = self._with_kinds(fresh, reading, draft)
        if occasion and not (previous and previous.kinds and not draft.kinds):
            fresh = self._for_occasion(fresh, occasion, said)
        if nothing and not free and previous is None and not self._asks(reading):
            return QueryConstraints(outcome="off_topic", message=message)
        if nothing and previous is None and not self._asks(reading):
            known = any(w in self.vocabulary.words for w in free.split())
            if not known:
                return QueryConstraints(outcome="off_topic", message=message)
        if previous is not None and previous.outcome != "not_carried":
            turn = Turn(
                fresh,
                instead=self._cue(reading, "instead"),
                also=self._cue(reading, "also"),
                afresh=self._cue(reading, "afresh"),
                any_colour=any(s.has("any_colour") for s in reading.spans),
                other_colour=any(s.has("other_colour") for s in reading.spans),
            )
            fresh = merged(previous, turn, self._narrowed, self._excluding_colour)
        return self._for_adults(fresh)

    def _cue(self, reading: Reading, cue: str) -> bool:
        return any(span.has(cue) for span in reading.spans)

    def _asks(self, reading: Reading) -> bool:
        return self._cue(reading, "asks") or "something" in reading.texts

    # --- kinds ----------------------------------------------------------------------------------

    def _garment_spans(self, reading: Reading) -> list[Span]:
        """Return the spans that name a kind asked for: the last of a compound, none in an aside."""
        named = [
            s for s in reading.spans if s.has("garment", "own") and not self._ranks(s, reading)
        ]
        heads: list[Span] = []
        for place, span in enumerate(named):
            following = named[place + 1] if place + 1 < len(named) else None
            compound = (
                following is not None
                and following.start == span.end
                and not reading.tokens[span.end - 1].after
            )
            if compound or reading.aside[span.start]:
                continue
            if heads and self._serves(reading, heads[-1], span):
                continue
            heads.append(span)
        return heads

    def _ranks(self, span: Span, reading: Reading) -> bool:
        """Return whether this is the "top" of "top 5"."""
        after = reading.texts[span.end] if span.end < len(reading.texts) else ""
        return reading.words(span) == "top" and (after.isdigit() or after in self._spelt)

    def _serves(self, reading: Reading, head: Span, span: Span) -> bool:
        """Return whether a later kind only says what the first is for ("dress for my boots")."""
        between = reading.texts[head.end : span.start]
        if len(between) > _FAR or any(t.after for t in reading.tokens[head.end - 1 : span.start]):
            return False
        return any(w in _SERVING for w in between) and not any(
            w in ("or", "and", "need", "want") for w in between
        )

    def _read_kinds(self, reading: Reading, heads: list[Span], draft: _Draft) -> None:
        for span in (s for s in reading.spans if s.has("garment", "own")):
            passing = reading.aside[span.start] or self._ranks(span, reading)
            if span not in heads and not passing:
                self._as_modifier(span, reading, draft)
        for span in heads:
            if reading.refused[span.start] and span.has("feature"):
                continue
            draft.taken.update(range(span.start, span.end))
            condition = self._kind(span, reading)
            if reading.refused[span.start]:
                if condition is not None:
                    draft.excluded.append(condition)
                continue
            use = self._use_before(span, reading)
            if condition is None or (use and not self._shown(use, condition)):
                words_said = reading.words(span)
                draft.lacking = draft.lacking or (
                    f"{reading.words(use)} {words_said}" if use else words_said
                )
                continue
            draft.kinds.append((span, condition))
            self._read_inside(span, condition, reading, draft)
        if draft.kinds:
            draft.lacking = ""
            self._narrow_pets(draft)

    def _read_inside(self, span: Span, kind: Condition, reading: Reading, draft: _Draft) -> None:
        """Read the "denim" of "denim overalls" and the "black" of "little black dress"."""
        garment = self._lexicon.garments.get(kind.name)
        told = garment is None or bool(garment.marks or garment.needs)
        place = span.start
        while place < span.end - 1:
            for end in range(span.end, place, -1):
                phrase = reading.texts[place:end]
                entries = self._lexicon.phrases.get(phrase, [])
                hue = next((e.name for e in entries if e.sort == "hue"), "")
                name = next((e.name for e in entries if e.sort == "feature"), "")
                said = " ".join(phrase)
                if hue and self._terms.hue(hue):
                    draft.required.append(
                        Condition("colour", hue, said, self._terms.hue(hue), "colour")
                    )
                elif name and not told and self.vocabulary.tagged(name, _types_of(kind)):
                    soft = self._lexicon.features[name].soft
                    wanted = draft.preferred if soft else draft.required
                    wanted.append(self._feature(name, said))
                else:
                    continue
                place = end
                break
            else:
                place += 1

    def _as_modifier(self, span: Span, reading: Reading, draft: _Draft) -> None:
        for name in span.names("garment"):
            if name == PETS and self._terms.kind(name):
                pets = Condition("kind", name, reading.words(span), self._terms.kind(name))
                draft.kinds.append((span, pets))
            modifier = next(iter(span.names("feature")), self._lexicon.garments[name].modifier)
            if modifier:
                draft.required.append(self._feature(modifier, reading.words(span)))
                draft.taken.update(range(span.start, span.end))
                return

    def _kind(self, span: Span, reading: Reading) -> Condition | None:
        said = reading.words(span)
        own = span.names("own")
        if own:
            return Condition("kind", own[0], said, ((("product_type", (own[0],)),),))
        names = span.names("garment")
        counted = [(self._terms.kind_count(n), n) for n in names]
        present = [pair for pair in counted if pair[0] > 0]
        if not present:
            return None
        told = [pair for pair in present if self._lexicon.garments[pair[1]].held_in]
        name = min(told or present)[1]
        return Condition("kind", name, said, self._terms.kind(name), wide=self._terms.wider(name))

    def _use_before(self, span: Span, reading: Reading) -> Span | None:
        """Return the use that a kind is made for: the "ski" of "ski boots"."""
        for other in reading.spans:
            adjacent = other.end == span.start and not reading.tokens[other.end - 1].after
            if adjacent and any(self._lexicon.features[n].use for n in other.names("feature")):
                return other
        return None

    def _shown(self, use: Span, kind: Condition) -> bool:
        types = _types_of(kind)
        return any(
            self.vocabulary.tagged(name, types) > 0
            for name in use.names("feature")
            if self._lexicon.features[name].use
        )

    def _narrow_pets(self, draft: _Draft) -> None:
        pets = [pair for pair in draft.kinds if pair[1].name == PETS]
        others = [pair for pair in draft.kinds if pair[1].name != PETS]
        if pets and others:
            draft.kinds = [
                (span, self._narrowed(pets[0][1], kind) or pets[0][1]) for span, kind in others
            ]

    def _narrowed(self, kind: Condition, narrower: Condition) -> Condition | None:
        """Return the first kind held to what the second names, None if it has no such articles."""
        names = [n for n in narrower.name.split("|") if n in self._lexicon.garments]
        types = _types_of(kind)
        if set(_types_of(narrower)) & set(types):
            inside = tuple(
                tests for tests in narrower.any_of if set(_types_in(tests)) <= set(types)
            )
            if inside and len(types) > len(_types_of(narrower)):
                return replace(narrower, any_of=inside)
            return None
        tags = tuple(KIND + n for n in names if self.vocabulary.tagged(KIND + n, types))
        if not tags or kind.name != PETS:
            return None
        told = Condition("kind", narrower.name, narrower.words, ((("features", tags),),))
        return replace(kind.both(told), words=f"{kind.words} {narrower.words}")

    def _with_kinds(
        self, fresh: QueryConstraints, reading: Reading, draft: _Draft
    ) -> QueryConstraints:
        kinds = _distinct(kind for _, kind in draft.kinds)
        preferred = list(fresh.preferred)
        widened = []
        for kind in kinds:
            if kind.wide:
                very = Condition("kind", kind.name, "", kind.any_of)
                preferred.append(very)
                widened.append(replace(kind, any_of=(*kind.any_of, *kind.wide), wide=()))
            else:
                widened.append(kind)
        if len(kinds) > 1 and preferred != list(fresh.preferred):
            widened, preferred = list(kinds), list(fresh.preferred)
        named = self._named_so(kinds)
        if named is not None:
            preferred.append(named)
        each = False
        spans = sorted(span.start for span, _ in draft.kinds)
        if len(kinds) > 1:
            between = reading.texts[spans[0] : spans[-1]]
            each = "or" not in between and any(w in ("and", "plus", "with") for w in between)
        return replace(fresh, kinds=tuple(widened), each=each, preferred=tuple(preferred))

    def _named_so(self, kinds: list[Condition]) -> Condition | None:
        """Return the preference for articles whose own words name the kind, not just their type."""
        tags: list[str] = []
        for kind in kinds:
            types = _types_of(kind)
            tag = KIND + kind.name
            total = sum(self.vocabulary.types.get(t, 0) for t in types)
            if self.vocabulary.tagged(tag, types) < _OFTEN_NAMED * total:
                return None
            tags.append(tag)
        if not tags:
            return None
        return Condition("kind", f"named {' '.join(tags)}", "", ((("features", tuple(tags)),),))

    def _kind_of_feature(self, reading: Reading, draft: _Draft) -> None:
        """Take "flared denim" as jeans: the kind a feature stands for when none is named."""
        for span in reading.spans:
            for name in span.names("feature"):
                alone = self._lexicon.features[name].alone
                usable = not (reading.refused[span.start] or reading.aside[span.start])
                if alone and usable and self._terms.kind(alone):
                    said = reading.words(span)
                    kind = Condition("kind", alone, said, self._terms.kind(alone))
                    draft.kinds.append((span, kind))
                    return

    # --- colours --------------------------------------------------------------------------------

    def _read_colours(self, reading: Reading, draft: _Draft) -> None:
        wanted: list[tuple[Span, Condition]] = []
        owned: list[Condition] = []
        done: set[int] = set()
        for place, span in enumerate(reading.spans):
            if place in done or not span.has("hue", "shade"):
                continue
            found = self._colour(reading, place, done)
            if found is None:
                continue
            condition, hue, soft = found
            draft.taken.update(range(span.start, span.end))
            trace = Condition("colour", hue, condition.words, self._terms.every_trace(hue))
            if reading.aside[span.start]:
                owned.append(trace)
            elif reading.refused[span.start]:
                draft.excluded.append(self._without_colour(condition, hue))
            elif soft or reading.hedged[span.start] or (wanted and _trims(reading, span)):
                draft.preferred.append(condition)
            else:
                wanted.append((span, condition))
                draft.preferred += self._very_shade(span, reading)
        if any(s.has("other_colour") for s in reading.spans):
            others = owned or [
                replace(c, any_of=self._terms.every_trace(c.name)) for _, c in wanted
            ]
            draft.excluded += [c for c in others if c.any_of]
        elif wanted and not _bound_to_kinds(wanted, draft.kinds):
            draft.required.append(reduce(Condition.either, [c for _, c in wanted]))

    def _colour(
        self, reading: Reading, place: int, done: set[int]
    ) -> tuple[Condition, str, bool] | None:
        span = reading.spans[place]
        said = reading.words(span)
        following = reading.spans[place + 1] if place + 1 < len(reading.spans) else None
        if following is not None and following.start == span.end and following.has("hue"):
            tone = next(
                (t for t, ps in self._lexicon.tones.items() if tuple(said.split()) in ps), ""
            )
            if tone:
                hue = following.names("hue")[0]
                core, wide = self._terms.toned(tone, hue)
                done.add(place + 1)
                words_said = f"{said} {reading.words(following)}"
                if core:
                    return Condition("colour", hue, words_said, core, "colour", wide), hue, False
        if span.has("shade"):
            shade = self._lexicon.shades[span.names("shade")[0]]
            core, wide = self._terms.shade(shade, said)
            if core:
                return (
                    Condition("colour", shade.name, said, core, "colour", wide),
                    shade.hue,
                    shade.soft,
                )
            return None
        hue = span.names("hue")[0]
        core = self._terms.hue(hue)
        return (Condition("colour", hue, said, core, "colour"), hue, False) if core else None

    def _very_shade(self, span: Span, reading: Reading) -> list[Condition]:
        """Return the preference for the shade itself where its neighbours pass as well."""
        found = [
            (n, self._terms.best_of_shade(self._lexicon.shades[n])) for n in span.names("shade")
        ]
        said = reading.words(span)
        return [Condition("colour", n, said, tests, "colour") for n, tests in found if tests]

    def _without_colour(self, condition: Condition, hue: str) -> Condition:
        if condition.name == hue and hue:
            return replace(condition, any_of=self._terms.every_trace(hue), wide=())
        return replace(condition, wide=())

    def _excluding_colour(self, condition: Condition) -> Condition:
        hue = condition.name.split("|")[0]
        if hue in self._lexicon.hues:
            return self._without_colour(condition, hue)
        return replace(condition, wide=())

    # --- features -------------------------------------------------------------------------------

    def _feature(self, name: str, said: str) -> Condition:
        return Condition(
            "feature",
            name,
            said,
            ((("features", (name,)),),),
            self._lexicon.features[name].facet,
        )

    def _read_features(self, reading: Reading, draft: _Draft) -> None:
        previous: tuple[Span, Condition] | None = None
        kinds = [kind for _, kind in draft.kinds]
        for span in reading.spans:
            names = span.names("feature")
            if not names or span.has("hue") or reading.aside[span.start]:
                continue
            if span.has("garment", "own") and not reading.refused[span.start]:
                continue
            if span.has("kin") and not self._before_garment(span, reading):
                continue
            if any(i in draft.taken for i in range(span.start, span.end)):
                continue
            name = names[0]
            feature = self._lexicon.features[name]
            if not self.vocabulary.tagged(name):
                continue
            draft.taken.update(range(span.start, span.end))
            condition = self._feature(name, reading.words(span))
            if reading.refused[span.start]:
                self._refuse_feature(reading, span, name, condition, draft)
                continue
            soft = feature.soft or reading.hedged[span.start] or self._is_aim(reading, span)
            if kinds and not soft:
                soft = not self.vocabulary.tagged(name, _all_types(kinds)) and feature.use
            if soft:
                draft.preferred.append(condition)
                continue
            if previous and self._alternative(reading, previous, span, feature.facet):
                draft.required.remove(previous[1])
                condition = previous[1].either(condition)
            draft.required.append(condition)
            previous = (span, condition)
            if feature.best and self.vocabulary.tagged(feature.best):
                draft.preferred.append(self._feature(feature.best, condition.words))

    def _before_garment(self, span: Span, reading: Reading) -> bool:
        return any(s.start == span.end and s.has("garment", "own") for s in reading.spans)

    def _is_aim(self, reading: Reading, span: Span) -> bool:
        """Return whether a use is only what it is for ("for running"), which may be met loosely."""
        use = any(self._lexicon.features[n].use for n in span.names("feature"))
        return use and span.start > 0 and reading.texts[span.start - 1] == "for"

    def _alternative(
        self, reading: Reading, previous: tuple[Span, Condition], span: Span, facet: str
    ) -> bool:
        between = reading.texts[previous[0].end : span.start]
        return between == ("or",) and previous[1].facet == facet

    def _refuse_feature(
        self, reading: Reading, span: Span, name: str, condition: Condition, draft: _Draft
    ) -> None:
        opposite = _OPPOSITES.get(name)
        if opposite and reading.texts[span.start - 1] == "too":
            draft.preferred.append(self._feature(opposite, f"not too {condition.words}"))
        elif not self._lexicon.features[name].soft:
            draft.excluded.append(condition)

    # --- whom it is for, the shop's lines ---------------------------------------------------------

    def _read_audience(self, reading: Reading, draft: _Draft, age: float | None) -> None:
        named: dict[str, Span] = {}
        for span in reading.spans:
            if reading.aside[span.start] or reading.refused[span.start]:
                continue
            for name in span.names("audience"):
                named.setdefault(name, span)
            for name in span.names("kin"):
                as_feature = span.has("feature") and self._before_garment(span, reading)
                if not as_feature and self._is_for(reading, span):
                    named.setdefault(name, span)
            for name in span.names("range"):
                if self.vocabulary.tagged(name):
                    draft.required.append(
                        Condition(
                            "range", name, reading.words(span), ((("features", (name,)),),), name
                        )
                    )
                    draft.taken.update(range(span.start, span.end))
        for span in named.values():
            draft.taken.update(range(span.start, span.end))
        found = self._audience(named, age)
        said = " ".join(dict.fromkeys(reading.words(s) for s in named.values()))
        if age is not None and age <= OLDEST_CHILD:
            said = f"{said} {_age_words(age)}".strip()
        for name, tags, facet in found:
            tests = self._terms.audience(name, tags)
            if not tests:
                draft.lacking = draft.lacking or f"anything for {said}"
                return
            draft.required.append(Condition("audience", name, said, tests, facet))

    def _audience(
        self, named: dict[str, Span], age: float | None
    ) -> list[tuple[str, tuple[str, ...], str]]:
        sexes = tuple(n for n in ("girls", "boys") if n in named)
        young = [n for n in ("baby", "toddler", "kids", "teens") if n in named]
        if age is not None and age > OLDEST_CHILD:
            grown = {"girls": "women", "boys": "men"}
            adults = tuple(dict.fromkeys([grown[s] for s in sexes] or _adult_names(named)))
            return [(adults[0], adults, "audience")] if adults else []
        if not (sexes or young) and age is None:
            adults = tuple(_adult_names(named))
            if adults:
                return [(adults[0], adults, "audience")]
            return [(ADULTS, (ADULTS,), "audience")] if "adults" in named else []
        found: list[tuple[str, tuple[str, ...], str]] = []
        ages = self._ages(young, age)
        if ages:
            found.append(("ages", ages, "ages"))
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
        present = tuple(w for w in wanted if self.vocabulary.tagged(w))
        return present or (CHILDREN,)

    def _is_for(self, reading: Reading, span: Span) -> bool:
        """Return whether somebody named is the one to wear it, not just a guest in the sentence."""
        before = reading.texts[max(0, span.start - 4) : span.start]
        after = reading.texts[span.end : span.end + 1]
        if after and after[0] in _EVENTS:
            return False
        child = any(n in ("girls", "boys", "kids") for n in span.names("kin"))
        if "for" in before or (after and after[0] in _BEING) or not before:
            return True
        return child and "with" not in before

    def _read_lines(self, reading: Reading, draft: _Draft) -> None:
        for span in reading.spans:
            if not span.has("line") or span.has("garment", "feature", "audience", "occasion"):
                continue
            phrase = reading.texts[span.start : span.end]
            test: Test = self._terms.lines[phrase]
            draft.required.append(
                Condition("line", span.names("line")[0], reading.words(span), ((test,),), "line")
            )
            draft.taken.update(range(span.start, span.end))

    def _for_adults(self, fresh: QueryConstraints) -> QueryConstraints:
        """Prefer adults' articles where nothing is said of whom it is for."""
        others = tuple(c for c in fresh.preferred if c.name != ADULTS)
        told = any(c.slot == "audience" for c in fresh.required)
        pets = any(PETS in c.name for c in fresh.kinds)
        if told or pets or not self._terms.serves_children:
            return replace(fresh, preferred=others)
        adults = Condition("audience", ADULTS, "", ((("features", (ADULTS,)),),), "audience")
        return replace(fresh, preferred=(*others, adults))

    # --- occasions and what is not carried --------------------------------------------------------

    def _occasion(self, reading: Reading) -> tuple[str, str]:
        """Return the occasion named and its words, also within a longer phrase; "" if none is."""
        texts = reading.texts
        fallback = "", ""
        for length in range(min(self._lexicon.longest, len(texts)), 0, -1):
            for place in range(len(texts) - length + 1):
                entries = self._lexicon.phrases.get(texts[place : place + length], ())
                name = next((e.name for e in entries if e.sort == "occasion"), "")
                if not name or reading.refused[place] or reading.aside[place]:
                    continue
                found = name, " ".join(texts[place : place + length])
                if name != EVERYDAY:
                    return found
                fallback = fallback if fallback[0] else found
        return fallback

    def _for_occasion(self, fresh: QueryConstraints, name: str, said: str) -> QueryConstraints:
        if fresh.kinds:
            return fresh
        occasion = self._lexicon.occasions[name]
        kinds = []
        for kind in occasion.kinds:
            tests = self._terms.kind(kind)
            if tests:
                kinds.append(Condition("kind", kind, kind.replace("_", " "), tests))
        needs = tuple(self._feature(n, n) for n in occasion.needs if self.vocabulary.tagged(n))
        prefer = tuple(self._feature(n, n) for n in occasion.prefer if self.vocabulary.tagged(n))
        if not kinds:
            return fresh
        have = {c.name for c in (*fresh.required, *fresh.preferred)}
        return replace(
            fresh,
            kinds=tuple(kinds),
            each=True,
            preferred=(*fresh.preferred, *(c for c in (*prefer, *needs) if c.name not in have)),
            occasion=said,
        )

    def _thing(self, reading: Reading, occasion: str, draft: _Draft) -> str:
        """Return the thing asked for that is no garment and that the catalogue has none of."""
        for span in reading.spans:
            if not span.has("thing") or reading.aside[span.start] or reading.refused[span.start]:
                continue
            used = span.has("feature", "occasion", "garment") and (
                occasion or any(i in draft.taken for i in range(span.start, span.end))
            )
            if used:
                continue
            name = span.names("thing")[0]
            spelt = words(name)
            heads = (spelt[-1], spelt[-1].rstrip("s"))
            if len(spelt) > 1 or not any(head in self.vocabulary.heads for head in heads):
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
        if any(w in self.vocabulary.words or w in self._plain for w in left):
            return ""
        return " ".join(left)

    def _free_text(self, reading: Reading, draft: _Draft) -> str:
        cues = {i for s in reading.spans if s.has(*_CUE_SORTS) for i in range(s.start, s.end)}
        kept = []
        for place, word in enumerate(reading.texts):
            if place in draft.taken or place in cues or reading.refused[place]:
                continue
            if reading.aside[place] or word in self._empty or not word.isalpha():
                continue
            if len(word) > 1:
                kept.append(word)
        return " ".join(dict.fromkeys(kept))


def _types_in(tests: Iterable[Test]) -> tuple[str, ...]:
    return next((values for name, values in tests if name == "product_type"), ())


def _types_of(kind: Condition) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t for tests in kind.any_of for t in _types_in(tests)))


def _all_types(kinds: Iterable[Condition]) -> tuple[str, ...]:
    return tuple(t for kind in kinds for t in _types_of(kind))


def _distinct(kinds: Iterable[Condition]) -> list[Condition]:
    seen: dict[tuple[object, ...], Condition] = {}
    for kind in kinds:
        seen.setdefault(kind.any_of, kind)
    return list(seen.values())


def _once(conditions: list[Condition]) -> tuple[Condition, ...]:
    first: dict[tuple[str, object], Condition] = {}
    for condition in conditions:
        first.setdefault((condition.slot, condition.any_of), condition)
    return tuple(first.values())


def _trims(reading: Reading, span: Span) -> bool:
    """Return whether a colour is but that of a part ("a beige bag with gold chain")."""
    return span.start > 0 and reading.texts[span.start - 1] == "with"


def _bound_to_kinds(
    colours: list[tuple[Span, Condition]], kinds: list[tuple[Span, Condition]]
) -> bool:
    """Give each colour to the kind it stands before; False if it is said of all of them.

    "A denim jacket and white jeans" wants only the jeans white; "a black shirt or blouse" both.
    """
    owners: dict[int, Condition] = {}
    for span, colour in colours:
        after = [i for i, (kind, _) in enumerate(kinds) if 0 <= kind.start - span.end <= 1]
        if not after or after[0] in owners:
            return False
        owners[after[0]] = colour
    if not any(owners):
        return False
    for place, colour in owners.items():
        span, kind = kinds[place]
        kinds[place] = (span, kind.both(colour))
    return True


def _adult_names(named: dict[str, Span]) -> list[str]:
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
    return f"{age:g} years" if age >= 1 else f"{round(age * 12)} months"


def _flat(said: Iterable[str] | dict[str, str]) -> list[str]:
    return [w for text in said for w in words(text)]


_OFTEN_NAMED = 0.3
"""Share of a type's articles that must name the kind before naming it counts."""
PETS = "pet_wear"
EVERYDAY = "everyday"
"""The occasion that any other outweighs."""
_WORDS_SPELT = 2
_FAR = 5
_SHORT = 3
_SPELT = frozenset(["garment", "feature", "hue", "shade", "audience"])
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
)
_CUE_WORDS = (*_CUE_SORTS, "countable", "count_before", "not_counted", "numbers", "counts")
_SERVING = frozenset(["for", "under", "over", "underneath", "beneath"])
_OPPOSITES = {
    "long": "shorter",
    "shorter": "long",
    "mini": "long",
    "loose": "slim",
    "skinny": "loose",
}
_EVENTS = frozenset(
    ["wedding", "party", "engagement", "christening", "house", "graduation", "funeral"]
)
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
