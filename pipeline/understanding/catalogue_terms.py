"""Curated concepts resolved against one catalogue: which of its own values each one means."""

from pipeline.understanding.constraints import Condition, Test
from pipeline.understanding.features import ADULTS, CHILDREN, KIND, last_garments
from pipeline.understanding.lexicon import Lexicon, Phrase, Shade
from pipeline.understanding.tokens import plural_forms, words
from pipeline.understanding.vocabulary import WOMENS_KINDS, Vocabulary

Alternatives = tuple[tuple[Test, ...], ...]
_SPLIT = str.maketrans(dict.fromkeys("/,;|>", " / "))
LEAST_SHARE_OF_WOMENS = 0.08
"""An unmarked line of which this share are dresses, skirts, bras ... is a women's line."""


class CatalogueTerms:
    """Turns concepts into conditions over the metadata of one catalogue."""

    def __init__(self, vocabulary: Vocabulary, concepts: Lexicon) -> None:
        self.vocabulary = vocabulary
        self.lexicon = concepts
        self._types: dict[str, list[str]] = {}
        self._kinds: dict[str, Alternatives] = {}
        self.own_kinds: dict[Phrase, str] = {}
        """Phrases for product types that no curated kind covers, to the type."""
        self._names: dict[Phrase, list[str]] = {}
        for name, garment in concepts.garments.items():
            for spelt in (*garment.words, *garment.names):
                for form in plural_forms(words(spelt)):
                    self._names.setdefault(form, []).append(name)
        for kind in vocabulary.types:
            self._assign(kind)
        self.lines = self._own_lines()
        self._spelt_colours = {value: words(value) for value in vocabulary.values["colour"]}
        self.women_lines = self._women_lines()
        self._hues = {
            field: {value: self._hue_and_tone(value) for value in vocabulary.values[field]}
            for field in ("colour", "colour_family")
        }

    # --- kinds ----------------------------------------------------------------------------------

    def _assign(self, kind: str) -> None:
        """File a product type under the curated kinds that its name means."""
        if words(kind) in ((), ("unknown",), ("other",)):
            return
        whole = self._names.get(words(kind))
        found: list[str] = list(whole or ())
        if not found:
            for part in kind.replace(" and ", "/").replace("&", "/").translate(_SPLIT).split("/"):
                found += self._named_by(words(part))
        for name in dict.fromkeys(found):
            self._types.setdefault(name, []).append(kind)
        if not found:
            spelt = words(kind)
            if spelt[-1].endswith("s") and not spelt[-1].endswith("ss"):
                spelt = (*spelt[:-1], spelt[-1][:-1])
            for form in (words(kind), *plural_forms(spelt)):
                self.own_kinds[form] = kind

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
        return tuple(dict.fromkeys(self._types_below(name, set())))

    def _types_below(self, name: str, seen: set[str]) -> list[str]:
        if name in seen:
            return []
        seen.add(name)
        found = list(self._types.get(name, ()))
        for narrower in self.lexicon.garments[name].includes:
            found += self._types_below(narrower, seen)
        return found

    def kind(self, name: str) -> Alternatives:
        """Return what makes an article of this kind, () if the catalogue has none of it."""
        if name not in self._kinds:
            self._kinds[name] = self._resolved(name)
        return self._kinds[name]

    def _resolved(self, name: str) -> Alternatives:
        garment = self.lexicon.garments[name]
        own = self.types_of(name)
        found: list[tuple[Test, ...]] = []
        if own:
            found.append((("product_type", own),))
        tag = KIND + name
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
        if not found:
            found += self._narrower(name)
        if not found and self.vocabulary.tagged(tag):
            anywhere = tuple(t for t, n in self.vocabulary.tags[tag].items() if n)
            found.append((("product_type", anywhere), ("features", (tag,))))
        if garment.includes and garment.needs:
            found = [(*tests, *needs) for tests in found]
        return tuple(found)

    def _narrower(self, name: str) -> list[tuple[Test, ...]]:
        found: list[tuple[Test, ...]] = []
        for narrower in self.lexicon.garments[name].includes:
            found += self.kind(narrower)
        return found

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
                    held += self._types.get(group, ())
        return tuple(dict.fromkeys(held))

    def kind_count(self, name: str) -> int:
        """Return about how many articles of this kind there are."""
        total = 0
        for tests in self.kind(name):
            types = next((values for field, values in tests if field == "product_type"), ())
            tags = [values[0] for field, values in tests if field == "features"]
            if tags:
                total += min(self.vocabulary.tagged(t, types) for t in tags)
            else:
                total += sum(self.vocabulary.types.get(t, 0) for t in types)
        return total

    def wider(self, name: str) -> Alternatives:
        """Return what will do besides when the kind itself is rare."""
        return tuple(a for other in self.lexicon.garments[name].wider for a in self.kind(other))

    # --- colours --------------------------------------------------------------------------------

    def _hue_and_tone(self, value: str) -> tuple[str, str]:
        spelt = words(value)
        tone = ""
        for name, phrases in self.lexicon.tones.items():
            if any(phrase == spelt[: len(phrase)] for phrase in phrases):
                tone = name
                break
        best, longest = "", 0
        for hue, phrases in self.lexicon.hue_words.items():
            for phrase in phrases:
                size = len(phrase)
                if size > longest and any(
                    spelt[i : i + size] == phrase for i in range(len(spelt) - size + 1)
                ):
                    best, longest = hue, size
        return best, tone

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
        named = tuple(v for v, spelt in self._spelt_colours.items() if " ".join(spelt) == said)
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
        """Return the condition that an article carries a feature."""
        facet = self.lexicon.features[name].facet
        return Condition("feature", name, said, ((("features", (name,)),),), facet)

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


_OTHER_WORLDS = frozenset(["pyjama", "pajama", "dog", "doll", "pet", "swimwear", "underwear"])
_LINE_WORDS = frozenset(["other", "unknown", "special", "collection", "collections", "accessories"])
