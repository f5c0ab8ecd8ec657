"""Curated concepts resolved against one catalogue: which of its own values each one means."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from pipeline.understanding.constraints import Condition, Test
from pipeline.understanding.features import ADULTS, CHILDREN, KIND, NAMED, last_garments
from pipeline.understanding.lexicon import Lexicon, Phrase, Shade
from pipeline.understanding.tokens import plural_forms, words
from pipeline.understanding.vocabulary import WOMENS_KINDS, Vocabulary

Alternatives = tuple[tuple[Test, ...], ...]
_SPLIT = str.maketrans(dict.fromkeys("/;|>", " / "))
LEAST_SHARE_OF_WOMENS = 0.08
"""An unmarked line of which this share are dresses, skirts, bras ... is a women's line."""


class CatalogueTerms:
    """Turns concepts into conditions over the metadata of one catalogue."""

    def __init__(self, vocabulary: Vocabulary, concepts: Lexicon) -> None:
        self.vocabulary = vocabulary
        self.lexicon = concepts
        self._types: dict[str, list[str]] = {}
        self._mixed: set[str] = set()
        self._kinds: dict[str, Alternatives] = {}
        # An index built before what an article is called was told apart has but the one tag.
        tags = vocabulary.tags
        self._named = NAMED if any(name.startswith(NAMED) for name in tags) else KIND
        self.own_kinds: dict[Phrase, str] = {}
        """Phrases for product types that no curated kind covers, to the type."""
        self._names = {p: [e.name for e in entries] for p, entries in concepts.type_names.items()}
        for kind in vocabulary.types:
            self._assign(kind)
        self.lines = self._own_lines()
        self._spelt_colours = {value: words(value) for value in vocabulary.values["colour"]}
        self._shades = {value: self._shade_named(value) for value in self._spelt_colours}
        self.women_lines = self._women_lines()
        self._hues = {
            field: {value: self._hue_and_tone(value) for value in vocabulary.values[field]}
            for field in ("colour", "colour_family")
        }

    # --- kinds ----------------------------------------------------------------------------------

    def _assign(self, kind: str) -> None:
        """File a product type under the curated kinds that its name means, or its group's."""
        spelt = words(kind)
        if spelt in ((), ("unknown",), ("other",)):
            return
        own = self._listed(kind)
        around = self._listed(self._group(kind))[:1]
        # "Midi" and "Beach" within "Dresses" are dresses.
        listed = around if around and self._only_groups(own) > self._only_groups(around) else own
        found = list(dict.fromkeys(name for names in listed for name in names))
        group = self._only_groups(listed)
        if len({names[0] for names in listed}) > 1:
            self._mixed.add(kind)
        else:
            for name in found:
                self._types.setdefault(name, []).append(kind)
            if (group and spelt[0] != "other") if found else self._is_known(spelt):
                self._mixed.add(kind)
        if not own and not self._is_known(spelt):
            if spelt[-1].endswith("s") and not spelt[-1].endswith("ss"):
                spelt = (*spelt[:-1], spelt[-1][:-1])
            for form in (words(kind), *plural_forms(spelt)):
                self.own_kinds[form] = kind

    def _only_groups(self, listed: list[list[str]]) -> bool:
        return all(self.lexicon.garments[name].group for names in listed for name in names)

    def _group(self, kind: str) -> str:
        """Return the product group that most articles of a type are in."""
        groups = self.vocabulary.groups.get(kind, {})
        return max(groups, key=lambda group: groups[group], default="")

    def _is_known(self, spelt: Phrase) -> bool:
        """Return whether a type is called by a word for something else, such as a fabric."""
        return any(e.sort in _TELLING for e in self.lexicon.phrases.get(spelt, ()))

    def _listed(self, kind: str) -> list[list[str]]:
        """Return the kinds of each thing that a type's name lists ("Hats & Scarves").

        Words apart by a slash are taken to mean the same, and count as one thing.
        """
        whole = self._names.get(words(kind))
        if whole:
            return [list(whole)]
        found = []
        for thing in re.split(r"\band\b|&|,|\+", kind):
            parts = (self._named_by(words(part)) for part in thing.translate(_SPLIT).split("/"))
            names = [name for part in parts for name in part]
            if names:
                found.append(names)
        return found

    def _named_by(self, spelt: Phrase) -> list[str]:
        """Return the kinds that the longest ending of a type name stands for."""
        for start in range(len(spelt)):
            found = self._names.get(spelt[start:])
            if found:
                if start and spelt[0] in _OTHER_WORLDS:
                    return self._names.get((*spelt[:start],), [])
                return self._plainest(found)
        return []

    def _plainest(self, names: list[str]) -> list[str]:
        """Of the kinds a type name may mean, return those that are not told by text alone."""
        own = [name for name in names if not self.lexicon.garments[name].held_in]
        return own or names[:1]

    def types_of(self, name: str) -> tuple[str, ...]:
        """Return the catalogue's types that are this kind or a narrower one."""
        below = (kind for narrower in self._below(name) for kind in self._types.get(narrower, ()))
        return tuple(dict.fromkeys(below))

    def _below(self, name: str) -> list[str]:
        """Return a kind and all that it includes."""
        found = {name: None}
        waiting = [name]
        while waiting:
            for narrower in self.lexicon.garments[waiting.pop()].includes:
                if narrower not in found:
                    found[narrower] = None
                    waiting.append(narrower)
        return list(found)

    def kind(self, name: str) -> Alternatives:
        """Return what makes an article of this kind, () if the catalogue has none of it."""
        if name not in self._kinds:
            self._kinds[name] = self._resolved(name)
        return self._kinds[name]

    def _resolved(self, name: str) -> Alternatives:
        garment = self.lexicon.garments[name]
        own = self.types_of(name)
        found: list[tuple[Test, ...]] = []
        tag = KIND + name
        shared = self._shared(name, own) if garment.against else ()
        if set(own) - set(shared):
            found.append((("product_type", tuple(t for t in own if t not in shared)),))
        if shared:
            found.append((("product_type", shared), ("features", (tag,))))
        holders = tuple(t for t in self._holders(name) if t not in own)
        told = tuple(t for t in holders if self.vocabulary.tagged(tag, [t]))
        needs = tuple(("features", (need,)) for need in garment.needs)
        if garment.needs and not garment.includes:
            told = tuple(
                t for t in holders if all(self.vocabulary.tagged(n, [t]) for n in garment.needs)
            )
            if told:
                found.append((("product_type", told), *needs))
        elif told:
            found.append((("product_type", told), ("features", (tag,))))
        found += self._named_in_mixed(name, {*own, *told})
        if not found:
            found += [tests for n in garment.includes for tests in self.kind(n)]
        if not found and self.vocabulary.tagged(tag):
            anywhere = tuple(t for t, n in self.vocabulary.tags[tag].items() if n)
            found.append((("product_type", anywhere), ("features", (tag,))))
        if garment.includes and garment.needs:
            found = [(*tests, *needs) for tests in found]
        return tuple(found)

    def _shared(self, name: str, own: tuple[str, ...]) -> tuple[str, ...]:
        """Return the types that hold another kind as well: "Leggings/Tights" for tights."""
        below = self._below(name)
        others = {t for n, types in self._types.items() if n not in below for t in types}
        return tuple(t for t in own if t in others and self.vocabulary.tagged(KIND + name, [t]))

    def _named_in_mixed(self, name: str, besides: AbstractSet[str]) -> list[tuple[Test, ...]]:
        """Return what makes an article this kind where its type may hold it among others.

        Such a type lists several kinds, is a whole group ("Bottoms") or says nothing ("Denim"):
        there an article is what its own name or description calls it.
        """
        types = [t for t in self.vocabulary.types if t in self._mixed and t not in besides]
        found = [self._told_among(types, self._below(name))]
        garment = self.lexicon.garments[name]
        if garment.marks:
            holders = [n for holder in garment.held_in for n in self._below(holder)]
            found.append(self._told_among(types, holders, ("features", (KIND + name,))))
        return [tests for tests in found if tests]

    def _told_among(
        self, types: Iterable[str], names: Iterable[str], *besides: Test
    ) -> tuple[Test, ...]:
        """Return the tests for articles of these types that are called one of these names."""
        tags = tuple(self._named + n for n in names if self.vocabulary.tagged(self._named + n))
        held = tuple(
            t
            for t in types
            if any(self.vocabulary.tagged(tag, [t]) for tag in tags)
            and all(self.vocabulary.tagged(tag, [t]) for _, (tag, *_) in besides)
        )
        return (("product_type", held), ("features", tags), *besides) if held else ()

    def _holders(self, name: str) -> tuple[str, ...]:
        """Return the types that articles of this kind may be filed under.

        A catch-all type ("Other accessories", "Bottoms") only counts if nothing closer does.
        """
        held: list[str] = []
        for holder in self.lexicon.garments[name].held_in:
            held += self.types_of(holder) or self._holders(holder)
        if not held and not self.types_of(name):
            for group, garment in self.lexicon.garments.items():
                if name in garment.includes:
                    held += [t for t in self._types.get(group, ()) if t not in self._mixed]
        return tuple(dict.fromkeys(held))

    def kind_count(self, name: str) -> int:
        """Return about how many articles of this kind there are."""
        total = 0
        for tests in self.kind(name):
            types = next((values for field, values in tests if field == "product_type"), ())
            tagged = [
                sum(self.vocabulary.tagged(tag, types) for tag in values)
                for field, values in tests
                if field == "features"
            ]
            total += min(tagged or [sum(self.vocabulary.types.get(t, 0) for t in types)])
        return total

    def wider(self, name: str) -> Alternatives:
        """Return what will do besides when the kind itself is rare."""
        return tuple(a for other in self.lexicon.garments[name].wider for a in self.kind(other))

    # --- colours --------------------------------------------------------------------------------

    def _hue_and_tone(self, value: str) -> tuple[str, str]:
        """Return the hue and the tone that a colour's own name says, or the shade it names."""
        spelt = words(value)
        hue = _longest_within(spelt, self.lexicon.hue_of)
        if hue:
            tones = self.lexicon.tones.items()
            begins = (t for t, ps in tones if any(p == spelt[: len(p)] for p in ps))
            return hue, next(begins, "")
        shade = self.lexicon.shades.get(self._shade_named(value))
        if shade is None:
            return "", ""
        tone = next((t for t in self.lexicon.tones if words(shade.values[0])[0] == t), "")
        return shade.hue, tone

    def _shade_named(self, value: str) -> str:
        return _longest_within(words(value), self.lexicon.shade_of)

    def hue(self, name: str) -> Alternatives:
        """Return what makes an article of this hue: the coarse colour, or else the fine one."""
        families = tuple(v for v, (h, _) in self._hues["colour_family"].items() if h == name)
        fine = tuple(v for v, (h, _) in self._hues["colour"].items() if h == name)
        if families:
            return ((("colour_family", families),),)
        return ((("colour", fine),),) if fine else ()

    def every_trace(self, name: str) -> Alternatives:
        """Return all values of either colour field that show this hue, for leaving it out."""
        found: list[tuple[Test, ...]] = []
        for field in ("colour_family", "colour"):
            values = tuple(v for v, (h, _) in self._hues[field].items() if h == name)
            if values:
                found.append(((field, values),))
        return tuple(found)

    def shade(self, shade: Shade, said: str) -> tuple[Alternatives, Alternatives]:
        """Return what makes an article of this shade, and the wider alternatives."""
        named = tuple(
            v
            for v, spelt in self._spelt_colours.items()
            if " ".join(spelt) == said or self._shades[v] == shade.name
        )
        found = [v for value in (*shade.values, *shade.also) for v in self._fine_values(value)]
        wide = self.hue(shade.hue) if shade.hue else ()
        every = tuple(dict.fromkeys((*named, *found)))
        if not every:
            coarse: list[tuple[Test, ...]] = []
            for value in (*shade.values, *shade.also):
                coarse += self.hue(self._hue_and_tone(value)[0]) if value else ()
            return tuple(dict.fromkeys(coarse)) or wide, ()
        return ((("colour", every),),), wide

    def best_of_shade(self, shade: Shade) -> Alternatives:
        """Return the very shade, where others pass too; () if there is no difference."""
        if not shade.also:
            return ()
        core = [v for value in shade.values for v in self._fine_values(value)]
        return ((("colour", tuple(core)),),) if core else ()

    def toned(self, tone: str, hue: str) -> tuple[Alternatives, Alternatives]:
        """Return what makes an article of this tone of this hue, and the wider alternatives."""
        fine = tuple(v for v, found in self._hues["colour"].items() if found == (hue, tone))
        wide = self.hue(hue)
        return (((("colour", fine),),), wide) if fine else (wide, ())

    def _fine_values(self, wanted: str) -> list[str]:
        spelt = words(wanted)
        exact = [v for v, found in self._spelt_colours.items() if found == spelt]
        if exact:
            return exact
        target = self._hue_and_tone(wanted)
        return [v for v, found in self._hues["colour"].items() if found == target and target[0]]

    # --- features -------------------------------------------------------------------------------

    def feature(self, name: str, said: str) -> Condition:
        """Return the condition that an article carries a feature; near it is what comes close."""
        feature = self.lexicon.features[name]
        near = self.vocabulary.tagged(feature.near) if feature.near else 0
        wide = ((("features", (feature.near,)),),) if near else ()
        return Condition("feature", name, said, ((("features", (name,)),),), feature.facet, wide)

    # --- whom it is for -------------------------------------------------------------------------

    def _women_lines(self) -> tuple[str, ...]:
        """Return unmarked lines of the shop that hold women's kinds enough to be theirs."""
        unmarked = []
        for line, whom in self.vocabulary.lines.items():
            adults = whom.get(ADULTS, 0)
            marked = whom.get("women", 0) + whom.get("men", 0)
            womens = whom.get(WOMENS_KINDS, 0)
            if line and marked < adults / 2 and womens >= LEAST_SHARE_OF_WOMENS * adults:
                unmarked.append(line)
        return tuple(unmarked)

    def audience(self, name: str, tags: tuple[str, ...]) -> Alternatives:
        """Return what makes an article fit this audience, () if the catalogue serves it not."""
        present = tuple(t for t in tags if self.vocabulary.tagged(t))
        found: list[tuple[Test, ...]] = []
        if name in ("women", "men"):
            if present:
                found.append((("features", present),))
            if name == "women" and self.women_lines:
                found.append((("features", (ADULTS,)), ("index_name", self.women_lines)))
            if not found and self.vocabulary.tagged(ADULTS):
                found.append((("features", (ADULTS,)),))
        elif present:
            found.append((("features", present),))
        return tuple(found)

    @property
    def serves_children(self) -> bool:
        """Whether the catalogue has anything for children."""
        return self.vocabulary.tagged(CHILDREN) > 0

    # --- the shop's own lines -------------------------------------------------------------------

    def _own_lines(self) -> dict[Phrase, Test]:
        """Return the phrases for the shop's own lines, such as "divided"."""
        taken = {word for a in self.lexicon.audiences.values() for word in a.marks}
        found: dict[Phrase, Test] = {}
        for field in ("section", "index_name", "index_group"):
            for value in self.vocabulary.values[field]:
                spelt = words(value)
                if not spelt or any(word in taken or word.isdigit() for word in spelt):
                    continue
                if last_garments(spelt, self.lexicon) or spelt in self.lexicon.phrases:
                    continue
                if all(word in _LINE_WORDS for word in spelt):
                    continue
                found[spelt] = (field, (value,))
        return found


def _longest_within(spelt: Phrase, named: Mapping[Phrase, str]) -> str:
    """Return what the longest phrase within these words names, "" if none does."""
    for size in range(len(spelt), 0, -1):
        for start in range(len(spelt) - size + 1):
            name = named.get(spelt[start : start + size])
            if name:
                return name
    return ""


_TELLING = frozenset(["feature", "hue", "shade", "audience", "kin", "range", "occasion"])
_OTHER_WORLDS = frozenset(["pyjama", "pajama", "dog", "doll", "pet", "swimwear", "underwear"])
_LINE_WORDS = frozenset(["other", "unknown", "special", "collection", "collections", "accessories"])
