"""Kinds of article in a message, resolved to the catalogue's product types and tags."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.constraints import Condition, QueryConstraints, types_in
from pipeline.understanding.draft import Draft
from pipeline.understanding.features import KIND
from pipeline.understanding.lexicon import Phrase
from pipeline.understanding.reading import Reading, Span

PETS = "pet_wear"
_OFTEN_NAMED = 0.3
"""Share of a type's articles that must name the kind before naming it counts."""
_FAR = 5
_BEFORE_A_VERB = frozenset(["which", "that", "to", "would", "will", "might", "doesnt", "dont"])
_UNDERWEAR = frozenset(["underwear", "undies", "bra", "bras"])
_SMALL = frozenset(["swimwear", "nightwear"])
"""Families of articles of which any makes one think of the others."""
_SWIMMING = frozenset(["swim", "swimming", "pool"])
_LIKE = frozenset(["style", "styles", "shape", "shaped", "vibe", "vibes", "inspired"])
"""What after a kind makes it a likeness: "a dress, tutu style"."""
_ANY = frozenset([(), ("any",), ("some",), ("good",), ("a",), ("this",), ("that",)])
_SORTS = frozenset(["kind", "sort", "type", "ones"])
_TELLING = frozenset(["that", "which", "you", "people", "to"])
_SERVING = frozenset(["for", "under", "over", "underneath", "beneath"])
_WHOSE = frozenset(["my", "his", "their", "our"])
_WHOSE_OR_A = _WHOSE | {"a", "the", "her", "some"}
_PARTS = frozenset(["pockets", "neck", "sleeve", "closure", "hood", "detail"])
"""Facets of features that are parts of a garment, so that "jeans pockets" are no jeans."""

_HALVES = frozenset(["top", "bottom", "bottoms"])


class KindReader:
    """Reads which kinds are asked for and which only describe another ("a knit dress")."""

    def __init__(self, terms: CatalogueTerms) -> None:
        self._terms = terms
        self._spelt = frozenset(terms.lexicon.talk["numbers"])
        self._currency = frozenset(terms.lexicon.talk["currency"])

    def heads(self, reading: Reading, held: Collection[str]) -> list[Span]:
        """Return the spans that name a kind asked for: the last of a compound, none in an aside.

        `held` are the product types that were wanted before this message: what may describe those
        ("button up" said of cardigans) names no other kind.
        """
        named = [
            s
            for s in reading.spans
            if (s.has("garment", "own") or (held and self._beside(s, [], held, reading)))
            and not self._is_no_garment(s, reading)
        ]
        found: list[Span] = []
        for place, span in enumerate(named):
            following = named[place + 1] if place + 1 < len(named) else None
            compound = (
                following is not None
                and following.start == span.end
                and not reading.tokens[span.end - 1].after
                and reading.texts[following.start] != "for"
            )
            if compound or reading.aside[span.start]:
                continue
            if (held or found) and self._only_tells(span, reading):
                continue
            if found and _SORTS.intersection(reading.texts[span.end : span.end + 1]):
                continue
            if held and self._tells_which(span, reading, held):
                continue
            if found and (
                self._serves(reading, found[-1], span) or self._belongs(reading, found[-1], span)
            ):
                continue
            found.append(span)
        return found

    def _only_tells(self, span: Span, reading: Reading) -> bool:
        """Return whether a kind only tells of another: "tutu style", "for trousers, not karate"."""
        if _LIKE.intersection(reading.texts[span.end : span.end + 1]):
            return True
        before = span.start - 1
        while before > 0 and reading.texts[before] in _WHOSE_OR_A:
            before -= 1
        if before < 0 or reading.texts[before] != "for":
            return False
        return before == 0 or bool(reading.tokens[before - 1].after)

    def _describes(self, span: Span, reading: Reading, held: Collection[str]) -> bool:
        """Return whether a kind's name only describes what was wanted before."""
        tagged = self._terms.vocabulary.tagged
        single = not reading.words(span).endswith("s")
        if single and any(tagged(feature, held) for feature in span.names("feature")):
            return True
        sets = [g.name for g in self._terms.lexicon.garments.values() if g.set]
        return "with" in reading.texts[max(0, span.start - 3) : span.start] and any(
            set(self._terms.types_of(name)) & set(held) for name in sets
        )

    def _tells_which(self, span: Span, reading: Reading, held: Collection[str]) -> bool:
        """Return whether a kind's name only tells which of what was wanted before are meant."""
        if self._beside(span, [], held, reading):
            return False
        return self._describes(span, reading, held) or bool(self._which_ones(span, reading, held))

    def _which_ones(self, span: Span, reading: Reading, held: Collection[str]) -> Condition | None:
        """Return the wish for those that are another kind as well: "the hooded top ones"."""
        if reading.texts[span.end : span.end + 1] != ("ones",):
            return None
        tagged = self._terms.vocabulary.tagged
        others = [n for n in span.names("garment") if set(held).isdisjoint(self._terms.types_of(n))]
        tags = tuple(KIND + n for n in others if tagged(KIND + n, held))
        if not tags:
            return None
        return Condition("feature", tags[0], reading.words(span), ((("features", tags),),))

    def _is_no_garment(self, span: Span, reading: Reading) -> bool:
        """Return whether it is no garment: "top 5", "£35 tops", "a bow on top", "which suit me".

        Nor is a bag of sweets, nor are the trousers of braces, "the kind that hold trousers up".
        """
        said = reading.words(span)
        if self._is_told_of(span, reading):
            return True
        if said == "top" and reading.texts[max(0, span.start - 1) : span.start] == ("on",):
            return True
        following = reading.texts[span.end : span.end + 2]
        if said in ("bag", "bags") and following[:1] == ("of",) and following[1:] not in _ANY:
            return True
        if said == "suit":
            return span.start > 0 and reading.texts[span.start - 1] in _BEFORE_A_VERB
        if said == "tops" and any(s.end <= span.start and s.has("garment") for s in reading.spans):
            return not self._currency.isdisjoint(reading.texts[max(0, span.start - 2) : span.start])
        after = reading.texts[span.end] if span.end < len(reading.texts) else ""
        return said == "top" and (after.isdigit() or after in self._spelt)

    def _is_told_of(self, span: Span, reading: Reading) -> bool:
        """Return whether a garment before is told by this one: "braces, the kind that hold ..."."""
        for place in range(span.start - 2, 0, -1):
            if reading.tokens[place + 1].after or reading.texts[place + 1] == "and":
                return False
            if reading.texts[place] in _SORTS and reading.texts[place + 1] in _TELLING:
                return any(s.end <= place and s.has("garment", "own") for s in reading.spans)
        return False

    def _serves(self, reading: Reading, head: Span, span: Span) -> bool:
        """Return whether a later kind only says what the first is for ("dress for my boots")."""
        between = reading.texts[head.end : span.start]
        if len(between) > _FAR or any(t.after for t in reading.tokens[head.end - 1 : span.start]):
            return False
        owned = any(w in _SERVING or w in _WHOSE for w in between)
        return owned and not any(w in ("or", "and", "need", "want") for w in between)

    def _belongs(self, reading: Reading, head: Span, span: Span) -> bool:
        """Return whether a later kind is a part of the first one.

        So are the "jeans" of "jacket with jeans pockets", the shorts of pyjamas with shorts and the
        top of "a bikini, both top and bottoms".
        """
        garments = self._terms.lexicon.garments
        in_parts = any(garments[name].set for name in head.names("garment"))
        if in_parts and reading.words(span) in _HALVES:
            return True
        if "with" not in reading.texts[head.end : span.start]:
            return False
        if in_parts:
            return True
        detail = next((s for s in reading.spans if s.start == span.end), None)
        facets = (
            {self._terms.lexicon.features[n].facet for n in detail.names("feature")}
            if detail
            else set()
        )
        return not facets.isdisjoint(_PARTS)

    def read(
        self, reading: Reading, heads: list[Span], draft: Draft, held: Collection[str]
    ) -> None:
        """Add the kinds wanted and refused, and what describes them.

        `held` are the product types that were wanted before this message.
        """
        for span in (s for s in reading.spans if s.has("garment", "own")):
            passing = reading.aside[span.start] or self._is_no_garment(span, reading)
            if span in heads or passing:
                continue
            which = self._which_ones(span, reading, held) if held else None
            if which is not None:
                draft.required.append(which)
                draft.take(span)
            elif not self._only_tells(span, reading):
                self._as_modifier(span, reading, draft)
                self._as_sort(span, heads, draft)
        wanted = any(not reading.refused[s.start] for s in heads)
        for span in heads:
            refused = reading.refused[span.start]
            if refused and span.has("feature") and not self._is_described(span, reading):
                continue
            draft.take(span)
            condition = self._kind(span, reading, self._beside(span, heads, held, reading))
            if not refused:
                self._read_head(span, condition, reading, draft)
            elif condition is not None:
                inside = Draft()
                self._read_inside(span.start, span, condition, reading, inside)
                described = bool(inside.required) or self._is_described(span, reading)
                if described and not wanted and (not held or set(held) & set(condition.types)):
                    bare = self._bare(span, reading) if inside.required else None
                    draft.kinds.append((span, bare or condition))
                    draft.excluded += inside.required
                else:
                    draft.excluded.append(condition)
        if draft.kinds:
            draft.lacking = ""
            self._narrow_pets(draft)

    def _is_described(self, span: Span, reading: Reading) -> bool:
        """Return whether a refused kind has a word before it that is refused ("no black coats").

        A word that nobody knows counts as well: "smart but not boring shirts".
        """
        before = next((s for s in reading.spans if s.end == span.start), None)
        if before is not None:
            return reading.refused[before.start] and before.has("feature", "hue", "shade")
        place = span.start - 1
        empty = self._terms.lexicon.talk["function_words"]
        return place >= 0 and reading.refused[place] and reading.texts[place] not in empty

    def _bare(self, span: Span, reading: Reading) -> Condition | None:
        """Return the kind that the last word of a phrase names: "sandals" of "heeled sandals"."""
        last = Span(
            span.end - 1,
            span.end,
            tuple(self._terms.lexicon.phrases.get(reading.texts[span.end - 1 : span.end], ())),
        )
        return self._kind(last, reading, []) if last.has("garment") else None

    def _read_head(
        self, span: Span, condition: Condition | None, reading: Reading, draft: Draft
    ) -> None:
        use = self._use_before(span, reading)
        if use and condition and self._is_worn_beneath(condition):
            use = None
        if condition is None or (use and not self._shown(use, condition)):
            said = reading.words(span)
            draft.lacking = draft.lacking or (f"{reading.words(use)} {said}" if use else said)
            return
        draft.kinds.append((span, condition))
        self._read_inside(self._compound_start(span, reading), span, condition, reading, draft)

    def _compound_start(self, head: Span, reading: Reading) -> int:
        """Return where the compound begins that a kind is the head of ("denim shirt" "dress")."""
        start = head.start
        for span in reversed(reading.spans):
            adjacent = span.end == start and not reading.tokens[start - 1].after
            if adjacent and span.has("garment") and not span.has("feature"):
                start = span.start
        return start

    def _read_inside(
        self, start: int, span: Span, kind: Condition, reading: Reading, draft: Draft
    ) -> None:
        """Read the "zip up" of "zip up cardigan" and the "black" of "little black dress"."""
        place = start
        while place < span.end - 1:
            for end in range(span.end, place, -1):
                if self._read_part(reading.texts[place:end], kind, draft):
                    place = end
                    break
            else:
                place += 1

    def _read_part(self, phrase: Phrase, kind: Condition, draft: Draft) -> bool:
        """Add the colour or feature that a part of a kind's own words names, if it does."""
        lexicon = self._terms.lexicon
        entries = lexicon.phrases.get(phrase, [])
        said = " ".join(phrase)
        hue = next((e.name for e in entries if e.sort == "hue"), "")
        if hue and self._terms.hue(hue):
            draft.required.append(Condition("colour", hue, said, self._terms.hue(hue), "colour"))
            return True
        name = next((e.name for e in entries if e.sort == "feature"), "")
        if name and self._adds(name, said, kind):
            wanted = draft.preferred if lexicon.features[name].soft else draft.required
            wanted.append(self._terms.feature(name, said))
            return True
        return False

    def _adds(self, feature: str, said: str, kind: Condition) -> bool:
        """Return whether a feature says more than the kind itself ("zip up" of "zip up hoodie")."""
        garment = self._terms.lexicon.garments.get(kind.name)
        if garment is None or feature in garment.needs:
            return False
        if any(mark.startswith(said) for mark in garment.marks):
            return False
        return self._terms.vocabulary.tagged(feature, kind.types) > 0

    def _as_modifier(self, span: Span, reading: Reading, draft: Draft) -> None:
        for name in span.names("garment"):
            if name == PETS and self._terms.kind(name):
                pets = Condition("kind", name, reading.words(span), self._terms.kind(name))
                draft.kinds.append((span, pets))
            modifier = next(
                iter(span.names("feature")), self._terms.lexicon.garments[name].modifier
            )
            if modifier:
                soft = self._terms.lexicon.features[modifier].soft
                wanted = draft.preferred if soft else draft.required
                wanted.append(self._terms.feature(modifier, reading.words(span)))
                draft.take(span)
                return

    def _as_sort(self, span: Span, heads: list[Span], draft: Draft) -> None:
        """Prefer what is called by the first name of a compound too: "espadrille wedges"."""
        head = next((one for one in heads if one.start == span.end), None)
        if head is None:
            return
        types = [t for name in head.names("garment") for t in self._terms.types_of(name)]
        for name in span.names("garment"):
            if self._terms.vocabulary.tagged(KIND + name, types):
                tests = ((("features", (KIND + name,)),),)
                draft.preferred.append(Condition("kind", f"called {name}", "", tests))

    def _beside(
        self, span: Span, heads: list[Span], held: Collection[str], reading: Reading
    ) -> list[str]:
        """Return the kinds that a phrase stands for only where their like is talked of."""
        names = span.names("beside")
        if not names:
            return []
        garments = self._terms.lexicon.garments
        talked_of = {n for s in heads if s != span for n in s.names("garment")}
        if not _SWIMMING.isdisjoint(reading.texts):
            talked_of |= {name for name in names if garments[name].family == "swimwear"}
        types = {t for name in talked_of for t in self._types(name)} | set(held)
        return [name for name in names if not types.isdisjoint(self._types_like(name))]

    def _types(self, name: str) -> set[str]:
        return {t for tests in self._terms.kind(name) for t in types_in(tests)}

    def _types_like(self, name: str) -> set[str]:
        """Return the types of a kind, and of all its family where that is a small one."""
        garments = self._terms.lexicon.garments
        family = garments[name].family
        alike = [n for n, g in garments.items() if g.family == family and family in _SMALL]
        return {t for n in (name, *alike) for t in self._types(n)}

    def _kind(self, span: Span, reading: Reading, beside: list[str]) -> Condition | None:
        said = reading.words(span)
        own = span.names("own")
        if own:
            return Condition("kind", own[0], said, ((("product_type", (own[0],)),),))
        names = beside or span.names("garment")
        if said in ("pants", "pant") and not _UNDERWEAR.isdisjoint(reading.texts):
            # As the British call them.
            names = ["briefs"] if self._terms.kind("briefs") else names
        counted = [(self._terms.kind_count(n), n) for n in names]
        present = [pair for pair in counted if pair[0] > 0]
        if not present:
            return None
        told = [pair for pair in present if self._terms.lexicon.garments[pair[1]].held_in]
        name = min(told or present)[1]
        return Condition("kind", name, said, self._terms.kind(name), wide=self._terms.wider(name))

    def _use_before(self, span: Span, reading: Reading) -> Span | None:
        """Return the use that a kind is made for: the "ski" of "ski boots"."""
        for other in reading.spans:
            adjacent = other.end == span.start and not reading.tokens[other.end - 1].after
            if adjacent and any(
                self._terms.lexicon.features[n].use for n in other.names("feature")
            ):
                return other
        return None

    def _shown(self, use: Span, kind: Condition) -> bool:
        types = kind.types
        return any(
            self._terms.vocabulary.tagged(name, types) > 0
            for name in use.names("feature")
            if self._terms.lexicon.features[name].use
        )

    def _is_worn_beneath(self, kind: Condition) -> bool:
        """Return whether any such article will do for a use: socks to hike in, but no ski boots."""
        garment = self._terms.lexicon.garments.get(kind.name)
        return garment is not None and garment.family in ("underwear", "accessory")

    def _narrow_pets(self, draft: Draft) -> None:
        pets = [pair for pair in draft.kinds if pair[1].name == PETS]
        others = [pair for pair in draft.kinds if pair[1].name != PETS]
        if pets and others:
            draft.kinds = [
                (span, self.narrowed(pets[0][1], kind) or _worn_by(pets[0][1], kind))
                for span, kind in others
            ]

    def narrowed(self, kind: Condition, narrower: Condition) -> Condition | None:
        """Return the first kind held to what the second names, None if it has no such articles."""
        types = kind.types
        if set(narrower.types) & set(types):
            inside = tuple(tests for tests in narrower.any_of if types_in(tests) <= set(types))
            if inside and len(types) > len(narrower.types):
                return replace(narrower, any_of=inside)
            return None
        names = [n for n in narrower.name.split("|") if n in self._terms.lexicon.garments]
        tags = tuple(KIND + n for n in names if self._terms.vocabulary.tagged(KIND + n, types))
        if not tags or kind.name != PETS:
            return None
        told = Condition("kind", narrower.name, narrower.words, ((("features", tags),),))
        return _worn_by(kind.both(told), narrower)

    def join(self, fresh: QueryConstraints, reading: Reading, draft: Draft) -> QueryConstraints:
        """Return the constraints with the draft's kinds and what is preferred among them."""
        kinds = _distinct(kind for _, kind in draft.kinds)
        widened = kinds
        preferred = list(fresh.preferred)
        if len(kinds) == 1 and kinds[0].wide:
            kind = kinds[0]
            preferred.append(Condition("kind", kind.name, "", kind.any_of))
            widened = [replace(kind, any_of=(*kind.any_of, *kind.wide), wide=())]
        named = self._named_so(kinds)
        if named is not None:
            preferred.append(named)
        return replace(
            fresh,
            kinds=tuple(widened),
            each=len(kinds) > 1 and _is_outfit(reading, [span for span, _ in draft.kinds]),
            preferred=tuple(preferred),
        )

    def _named_so(self, kinds: list[Condition]) -> Condition | None:
        """Return the preference for articles whose own words name the kind, not just their type."""
        tags: list[str] = []
        for kind in kinds:
            types = kind.types
            if not types:
                return None
            tag = KIND + kind.name
            total = sum(self._terms.vocabulary.types.get(t, 0) for t in types)
            if self._terms.vocabulary.tagged(tag, types) < _OFTEN_NAMED * total:
                return None
            tags.append(tag)
        if not tags:
            return None
        return Condition("kind", f"named {' '.join(tags)}", "", ((("features", tuple(tags)),),))

    def read_from_feature(self, reading: Reading, draft: Draft) -> None:
        """Take "flared denim" as jeans: the kind a feature stands for when none is named."""
        for span in reading.spans:
            for name in span.names("feature"):
                alone = self._terms.lexicon.features[name].alone
                usable = not (reading.refused[span.start] or reading.aside[span.start])
                if alone and usable and self._terms.kind(alone):
                    said = reading.words(span)
                    kind = Condition("kind", alone, said, self._terms.kind(alone))
                    draft.kinds.append((span, kind))
                    return


def _worn_by(pets: Condition, kind: Condition) -> Condition:
    """Return the condition for pets' articles in the words "dog jumper", "jumper for my dog"."""
    pet = pets.words.removesuffix(f" {kind.words}").removeprefix(f"{kind.words} ")
    parts = (kind.words, pet) if pet.startswith("for ") else (pet, kind.words)
    return replace(pets, words=" ".join(parts))


def _is_outfit(reading: Reading, spans: list[Span]) -> bool:
    """Return whether some of each kind is wanted, and not the one kind or the other."""
    between = reading.texts[min(s.start for s in spans) : max(s.start for s in spans)]
    return "or" not in between and any(w in ("and", "plus", "with") for w in between)


def _distinct(kinds: Iterable[Condition]) -> list[Condition]:
    seen: dict[tuple[object, ...], Condition] = {}
    for kind in kinds:
        seen.setdefault(kind.any_of, kind)
    return list(seen.values())
