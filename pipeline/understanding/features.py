"""Tags: which of the curated concepts an article's own words show.

What shoppers ask for often stands only in a description (waterproof, hooded, linen), and a filter
needs a closed set of values. So every article is tagged once, when it is indexed, with

- the features and ranges its text or its pattern, section and garment group tell,
- the kinds of article that its name or the first words of its description name ("coat" for a
  "Double-breasted coat in ..." that is filed under Jacket),
- whom it is for: women, men, adults; girls, boys, baby, kids, teens, children,
- the sizes that the catalogue lists for it,
- the words of its name and description that no list knows.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.article import Article
from pipeline.understanding.lexicon import Entry, Lexicon, Phrase, lexicon
from pipeline.understanding.tokens import tokenize, words

_NOT_BEFORE = ("without ", "without a ", "no ", "not ", "non-", "non ", "never ")
_HEAD_ENDS = frozenset(
    ["in", "with", "made", "that", "for", "from", "featuring", "of", "to", "which", "and", "on"]
)
_TOLD = frozenset(["feature", "hue", "shade"])
"""Sorts of words that other tags and fields tell already."""
_HEAD_WORDS = 9
_LONGEST = 6
"""Words of the longest phrases looked for in a name or a value."""
_SIZES_CM = re.compile(r"\b(\d{2,3})\s*[-/]\s*(\d{2,3})\b")
_AGES = re.compile(r"\b(\d{1,2})\s*(?:-|to)\s*(\d{1,2})\s*(?:y|yr|yrs|years?)\b")
_MONTHS = re.compile(r"\b\d{1,2}\s*(?:-|to)\s*\d{1,2}\s*(?:m|mths?|months?)\b")
_WORD = re.compile(r"[0-9]+/[0-9]+|[a-z0-9]+")

CHILDREN = "children"
ADULTS = "adults"
KIND = "kind:"
"""Prefix of the tags that name a kind of article, which share no names with features."""
NAMED = KIND + "named:"
"""Prefix of the tags for what the name or the description calls the article itself."""
SIZE = "size:"
"""Prefix of the tags for the sizes that an article comes in."""
WORD = "word:"
"""Prefix of the tags for the words that an article's text uses."""


@dataclass(frozen=True, slots=True)
class _Rule:
    tag: str
    pattern: re.Pattern[str]
    first_sentence: bool
    printed: bool


def tag(article: Article) -> list[str]:
    """Return the article's tags, sorted; the index keeps them in `meta["features"]`."""
    tagger = _tagger()
    found = (
        tagger.text_tags(article.name, article.description, article.pattern)
        | tagger.field_tags(article.pattern, article.section, article.garment_group)
        | tagger.told_by_type(article.product_type)
        | tagger.told_by_colour(article.colour)
        | tagger.kind_tags(article)
        | tagger.things_named(article)
        | _audience_tags(
            article.department,
            article.section,
            article.index_name,
            article.index_group,
            article.product_type,
        )
        | tagger.audience_in_name(article)
        | _size_tags(article.extra)
        | tagger.words_used(article.name, article.description)
    )
    return sorted(found - tagger.cancelled(found))


def bands(lowest: float, highest: float) -> frozenset[str]:
    """Return the tags of the ages from `lowest` to `highest`, in years."""
    found = set()
    if lowest < 2:  # noqa: PLR2004 - ages in years, as shops divide them
        found.add("baby")
    if highest >= 4 and lowest < 9:  # noqa: PLR2004
        found.add("kids")
    if highest > 12:  # noqa: PLR2004
        found.add("teens")
    return frozenset(found)


def singular(word: str) -> str:
    """Return a word without the ending that mostly makes it several."""
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def size_name(said: str) -> str:
    """Return one name for all ways to write a size, in lower case: "m" for "Medium"."""
    said = " ".join(token.text for token in tokenize(said))
    names: dict[str, str] = lexicon().talk["sizes"]
    return names.get(said, said)


def _size_tags(extra: Mapping[str, str]) -> frozenset[str]:
    if not ("sizes" in extra or "size" in extra):
        return frozenset()
    listed = f"{extra.get('sizes', '')},{extra.get('size', '')}".split(",")
    sized = [value for value in listed if size_name(value) not in lexicon().talk["no_sizes"]]
    names = {size_name(part) for value in sized for part in value.split("/")} - {""}
    return frozenset(SIZE + name for name in names)


class _Tagger:
    def __init__(self, concepts: Lexicon) -> None:
        self._lexicon = concepts
        self._exact: dict[str, list[_Rule]] = defaultdict(list)
        self._stems: list[tuple[str, _Rule]] = []
        self._by_word: dict[str, tuple[_Rule, ...]] = {}
        # The colours of a product stand together in a catalogue and mostly share their text.
        self.text_tags = lru_cache(maxsize=1024)(self._read_text)
        self.field_tags = lru_cache(maxsize=4096)(self._read_fields)
        self._kinds_named = lru_cache(maxsize=65536)(self._read_kinds)
        self._names_garment = lru_cache(maxsize=4096)(self._read_type)
        self.words_used = lru_cache(maxsize=1024)(self._read_words)
        self._known = frozenset(concepts.talk["function_words"]) | {
            phrase[0]
            for phrase, entries in concepts.phrases.items()
            if len(phrase) == 1 and any(entry.sort in _TOLD for entry in entries)
        }
        self.told_by_type = lru_cache(maxsize=4096)(self._features_said)
        self.told_by_colour = lru_cache(maxsize=4096)(self._patterns_said)
        self._plain = concepts.features["plain"].values
        self._patterns = [f for f in concepts.features.values() if f.values]
        self._against = {f.name: f.against for f in concepts.features.values() if f.against}
        self._against |= {KIND + g.name: g.against for g in concepts.garments.values() if g.against}
        for feature in concepts.features.values():
            for mark in feature.marks:
                self._add_rule(
                    feature.name,
                    mark,
                    feature.unless,
                    feature.unless_next,
                    first_sentence=feature.material,
                    printed=feature.printed,
                )
        for garment in concepts.garments.values():
            for mark in garment.marks:
                self._add_rule(KIND + garment.name, mark)
        for body in concepts.ranges.values():
            for mark in body.text:
                self._add_rule(body.name, mark)

    def _add_rule(
        self,
        name: str,
        mark: str,
        unless: tuple[str, ...] = (),
        unless_next: tuple[str, ...] = (),
        *,
        first_sentence: bool = False,
        printed: bool = False,
    ) -> None:
        rule = _Rule(name, _pattern(mark, unless, unless_next), first_sentence, printed)
        first = re.split(r"[ -]", mark.strip())[0]
        stem = first.rstrip("*")
        if first.endswith("*"):
            self._stems.append((stem, rule))
        else:
            self._exact[stem].append(rule)

    def _read_text(self, name: str, description: str, pattern: str) -> frozenset[str]:
        description = description.lower()
        text = f"{name.lower()}. {description}"
        plain = pattern.lower() in self._plain
        # A material is what the article is made of: its first sentence, not its linings and trims.
        described = len(name) + 2
        made_of = described, described + len(description.split(".", 1)[0])
        if not description:
            made_of = 0, described
        found: set[str] = set()
        for word in _WORD.finditer(text):
            place = word.start()
            for rule in self._rules(word[0]):
                if rule.tag in found or (rule.printed and plain):
                    continue
                if rule.first_sentence and not made_of[0] <= place < made_of[1]:
                    continue
                if rule.pattern.match(text, place):
                    found.add(rule.tag)
        if not pattern and "patterned" not in found and "graphic" not in found:
            found.add("plain")
        if "plain" in found and found & {"patterned", "graphic"}:
            found.discard("plain")
        return frozenset(found)

    def _read_words(self, name: str, description: str) -> frozenset[str]:
        used = set(words(f"{name} {description}")) - self._known
        return frozenset(WORD + singular(w) for w in used if w.isalpha() and len(w) > 2)  # noqa: PLR2004

    def _rules(self, word: str) -> tuple[_Rule, ...]:
        rules = self._by_word.get(word)
        if rules is None:
            rules = (
                *self._exact.get(word, ()),
                *(rule for stem, rule in self._stems if word.startswith(stem)),
            )
            if len(self._by_word) < 200_000:  # noqa: PLR2004 - bounded on any catalogue
                self._by_word[word] = rules
        return rules

    def _read_fields(self, pattern: str, section: str, garment_group: str) -> frozenset[str]:
        value = pattern.lower()
        group_words = set(words(section)) | set(words(garment_group))
        found = {f.name for f in self._patterns if value and value in f.values}
        found |= {f.name for f in self._lexicon.features.values() if f.fields & group_words}
        found |= {
            body.name
            for body in self._lexicon.ranges.values()
            if any(set(words(mark)) <= group_words for mark in body.marks)
        }
        return frozenset(found)

    def _features_said(self, value: str) -> frozenset[str]:
        """Return the features that a closed value says in a shopper's words ("Midi Dresses")."""
        return frozenset(
            entry.name
            for entries in phrases_in(words(value), self._lexicon.phrases)
            if not any(entry.sort == "garment" for entry in entries)
            for entry in entries
            if entry.sort == "feature"
        )

    def _patterns_said(self, colour: str) -> frozenset[str]:
        """Return the patterns that a colour's name says ("Navy Stripe", "Leopard")."""
        features = self._lexicon.features
        found = {f for f in self._features_said(colour) if features[f].facet == "pattern"}
        return frozenset(found | {"patterned"} if found - {"plain", "marl", "basic"} else found)

    def cancelled(self, found: AbstractSet[str]) -> set[str]:
        """Return the tags that others take back: loose above and skinny below is not loose."""
        return {name for name, against in self._against.items() if not against.isdisjoint(found)}

    def kind_tags(self, article: Article) -> frozenset[str]:
        head = article.description[:90].lower()
        return self._kinds_named(article.name.lower(), whole=True) | self._kinds_named(
            head, whole=False
        )

    def _read_kinds(self, text: str, *, whole: bool) -> frozenset[str]:
        spoken = head_words(text, whole=whole)
        named = last_garments(spoken, self._lexicon)
        found = {KIND + entry.name for entry in named} | {NAMED + entry.name for entry in named}
        for feature in self._lexicon.features.values():
            if feature.kinds and any(entry.name in feature.kinds for entry in named):
                found.add(feature.name)
        return frozenset(found)

    def things_named(self, article: Article) -> set[str]:
        """Return the things that an article is, where its type names no kind of garment."""
        if self._names_garment(article.product_type):
            return set()
        return {
            NAMED + entry.name
            for spoken in (words(article.name), words(article.product_type))
            for start in range(len(spoken))
            for entry in self._lexicon.phrases.get(spoken[start:], ())
            if entry.sort == "thing"
        }

    def _read_type(self, kind: str) -> bool:
        return next(phrases_in(words(kind), self._lexicon.type_names), None) is not None

    def audience_in_name(self, article: Article) -> frozenset[str]:
        if article.index_name or article.index_group or article.section or article.department:
            return frozenset()
        return _audience_tags(article.name, "", "", "", article.product_type)


def head_words(text: str, *, whole: bool) -> tuple[str, ...]:
    """Return the words of a name, or those of a description up to what it is made of."""
    spoken = words(text if whole else re.split(r"[.,;:(]", text, maxsplit=1)[0])
    if whole:
        return spoken
    for place, word in enumerate(spoken[:_HEAD_WORDS]):
        if word in _HEAD_ENDS and place:
            return spoken[:place]
    return spoken[:_HEAD_WORDS]


def last_garments(spoken: tuple[str, ...], concepts: Lexicon) -> tuple[Entry, ...]:
    """Return the kinds that the last phrase for one in these words may stand for."""
    return next(reversed([*phrases_in(spoken, concepts.named)]), ())


def phrases_in(
    spoken: tuple[str, ...], phrases: Mapping[Phrase, Sequence[Entry]]
) -> Iterator[tuple[Entry, ...]]:
    """Yield what the phrases in these words stand for, longest first from the left."""
    place = 0
    while place < len(spoken):
        for length in range(min(_LONGEST, len(spoken) - place), 0, -1):
            entries = phrases.get(spoken[place : place + length])
            if entries:
                yield tuple(entries)
                place += length
                break
        else:
            place += 1


@lru_cache(maxsize=8192)
def _audience_tags(*fields: str) -> frozenset[str]:
    audiences = lexicon().audiences
    spoken = [set(words(field)) for field in fields]
    said = {
        name: [bool(audience.marks & field) for field in spoken]
        for name, audience in audiences.items()
    }
    if any(any(said[name]) for name in ("girls", "boys", "kids", "baby", "toddler")):
        return _children(fields, said)
    if any(said["teens"]) and not any(any(said[name]) for name in ("women", "men")):
        return frozenset({"teens", "girls", "boys", CHILDREN})
    found = {ADULTS}
    if any(said["unisex"]):
        found |= {"women", "men"}
    for place in range(len(fields)):
        marked = {name for name in ("women", "men") if said[name][place]}
        if marked:
            found |= marked
            break
    return frozenset(found)


def _children(fields: tuple[str, ...], said: dict[str, list[bool]]) -> frozenset[str]:
    found = {CHILDREN}
    sexes = {name for name in ("girls", "boys") if any(said[name])}
    found |= sexes or {"girls", "boys"}
    return frozenset(found | _age_bands(fields, said))


def _age_bands(fields: tuple[str, ...], said: dict[str, list[bool]]) -> frozenset[str]:
    for field in fields:
        low = field.lower()
        if _MONTHS.search(low):
            return frozenset({"baby"})
        ages = _AGES.search(low)
        if ages:
            return bands(float(ages[1]), float(ages[2]))
        sizes = _SIZES_CM.search(low)
        if sizes and 40 <= int(sizes[1]) < int(sizes[2]) <= 182:  # noqa: PLR2004 - body heights
            return bands(_age_at(int(sizes[1])), _age_at(int(sizes[2])))
    for place in range(len(fields)):
        named = {name for name in ("baby", "teens", "toddler") if said[name][place]}
        if named:
            return frozenset({"baby"} if "toddler" in named else named)
        if said["kids"][place]:
            # A department of kids beside one of teens means kids; a whole section means both.
            return frozenset({"kids"}) if place == 0 else frozenset({"kids", "teens"})
    return frozenset({"kids", "teens"})


def _age_at(height: int) -> float:
    """Return the usual age in years at a height in cm, as European sizes have it."""
    if height < 92:  # noqa: PLR2004
        return max(0.0, (height - 50) / 21)
    return 2 + (height - 92) / 6


def _pattern(mark: str, unless: tuple[str, ...], unless_next: tuple[str, ...]) -> re.Pattern[str]:
    pieces = []
    gap = False
    for place, word in enumerate(mark.split()):
        if word == "~":
            gap = True
            continue
        spelt = r"[\s-]*-?[\s]?".join(re.escape(part.rstrip("*")) for part in word.split("-"))
        if word.endswith("*"):
            spelt += r"\w*"
        if place:
            pieces.append(r"(?:[\s,-]+[\w-]+){0,3}?[\s,-]+" if gap else r"[\s-]+")
        gap = False
        pieces.append(spelt)
    before = "".join(
        rf"(?<!{re.escape(word)})"
        for word in (*_NOT_BEFORE, *(f"{u}{joint}" for u in unless for joint in " -"))
    )
    after = ""
    if unless_next:
        options = "|".join(
            re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else r"\b")
            for word in unless_next
        )
        after = rf"(?![\s-]+(?:{options}))"
    return re.compile(rf"{before}\b{''.join(pieces)}\b{after}")


@cache
def _tagger() -> _Tagger:
    return _Tagger(lexicon())
