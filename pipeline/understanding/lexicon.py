"""The curated concepts of config/vocabulary and every phrase that names one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from pipeline.understanding.tokens import plural_forms, words

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Garment:
    """A kind of article; see the head of config/vocabulary/garments.yaml for the fields."""

    name: str
    words: tuple[str, ...]
    names: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    held_in: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    wider: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    family: str = "clothing"
    modifier: str = ""
    against: frozenset[str] = frozenset()
    women: bool = False
    set: bool = False
    group: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """A property told by an article's text; see the head of config/vocabulary/features.yaml."""

    name: str
    said: tuple[str, ...]
    marks: tuple[str, ...]
    values: frozenset[str]
    fields: frozenset[str]
    unless: tuple[str, ...]
    unless_next: tuple[str, ...]
    facet: str
    material: bool = False
    soft: bool = False
    printed: bool = False
    use: bool = False
    alone: str = ""
    against: frozenset[str] = frozenset()
    best: str = ""
    near: str = ""
    kinds: tuple[str, ...] = ()
    grades: bool = False


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour: hues and tone-hues that are it, best first; `also` those that will do."""

    name: str
    values: tuple[str, ...]
    also: tuple[str, ...] = ()
    hue: str = ""
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an article is for; `marks` are the words of a catalogue's own sections."""

    name: str
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Range:
    """A range for a body or a time of life (maternity, plus size)."""

    name: str
    marks: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an occasion calls for when no kind of article is named."""

    name: str
    kinds: tuple[str, ...]
    prefer: tuple[str, ...]
    colour: str
    whom: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a phrase may stand for: the sort of concept and its name."""

    sort: str
    name: str


class Lexicon:
    """All concepts, and the table from phrases to what they may mean."""

    def __init__(self, files: Mapping[str, Any]) -> None:
        self.garments = {k: _garment(k, v) for k, v in files["garments"].items()}
        self.features = {k: _feature(k, v) for k, v in files["features"].items()}
        colours = files["colours"]
        self.hues = {k: Shade(k, (k,), hue=k) for k in colours["hues"]}
        self.hue_of = _names(colours["hues"])
        self.tones: dict[str, tuple[Phrase, ...]] = {
            k: _phrases(v) for k, v in colours["tones"].items()
        }
        self.shades = {k: _shade(k, v) for k, v in colours["shades"].items()}
        self.shade_of = _names(colours["shades"])
        self.shades |= {k: _shade(k, v) for k, v in colours["families"].items()}
        self.audiences = {
            k: Audience(k, frozenset(v["marks"]))
            for k, v in files["audiences"]["audiences"].items()
        }
        self.ranges = {
            k: Range(k, tuple(v["marks"]), tuple(v.get("text", ())))
            for k, v in files["audiences"]["ranges"].items()
        }
        occasions = dict(files["occasions"])
        places = dict(occasions.pop("places"))
        self.before_place = frozenset(places.pop("before"))
        self.travel = frozenset(words(said) for said in places.pop("travel"))
        self.places: dict[Phrase, str] = {
            words(said): occasion for occasion, names in places.items() for said in names
        }
        self.occasions = {k: _occasion(k, v) for k, v in occasions.items()}
        self.things: tuple[str, ...] = tuple(files["things"]["things"])
        self.talk: dict[str, Any] = files["talk"]
        self.saying: dict[str, Any] = files["saying"]
        self.plain: frozenset[str] = frozenset(files["plain_words"])
        self._digits: dict[str, str] = {k: v for k, v in self.talk["numbers"].items() if k != "one"}
        self.phrases: dict[Phrase, list[Entry]] = {}
        self._fill(files)
        self.longest = max(len(phrase) for phrase in self.phrases)
        self.named = self._named(lambda garment: garment.heads)
        """Phrases by which an article's own words name its kind."""
        self.type_names = self._named(lambda garment: (*garment.heads, *garment.names))
        """Phrases by which a catalogue's product types name kinds."""

    def _fill(self, files: Mapping[str, Any]) -> None:
        for name, garment in self.garments.items():
            self._add("garment", name, garment.words)
            self._add("beside", name, garment.beside)
        for name, feature in self.features.items():
            self._add("feature", name, feature.said)
        colours = files["colours"]
        for name, spec in colours["hues"].items():
            self._add("hue", name, spec["words"])
        for sort in ("shades", "families"):
            for name, spec in colours[sort].items():
                self._add("shade", name, spec["words"])
        self._add("other_colour", "other", colours["other"])
        self._add("any_colour", "any", colours["any"])
        for name, spec in files["audiences"]["audiences"].items():
            self._add("audience", name, spec["said"])
            self._add("kin", name, spec.get("kin", ()))
        for name, spec in files["audiences"]["ranges"].items():
            self._add("range", name, spec["said"])
        for name, spec in files["occasions"].items():
            if name != "places":
                self._add("occasion", name, spec["said"])
        for thing in self.things:
            self._add("thing", thing, (thing,))
        for cue in _CUES:
            self._add(cue, cue, self.talk[cue], plurals=False)

    def _named(
        self, further: Callable[[Garment], Iterable[str]]
    ) -> dict[Phrase, tuple[Entry, ...]]:
        """Return what shoppers call the kinds, and the further words, with what they stand for."""
        named = {
            phrase: [entry for entry in entries if entry.sort == "garment"]
            for phrase, entries in self.phrases.items()
        }
        for name, garment in self.garments.items():
            for said in further(garment):
                for form in plural_forms(words(said)):
                    named.setdefault(form, []).append(Entry("garment", name))
        return {
            phrase: tuple(dict.fromkeys(entries)) for phrase, entries in named.items() if entries
        }

    def _add(self, sort: str, name: str, said: Iterable[str], *, plurals: bool = True) -> None:
        for text in said:
            spelt = words(text)
            if not spelt:
                continue
            fixed = not plurals or sort in _INVARIANT or spelt[-1].endswith("ed")
            forms = {spelt} if fixed else set(plural_forms(spelt))
            if len(spelt) == 2 and sort in _COMPOUNDING:  # noqa: PLR2004 - "rain coat", "raincoat"
                forms |= set(plural_forms((spelt[0] + spelt[1],)))
            forms |= {tuple(_AMERICAN.get(word, word) for word in form) for form in forms}
            forms |= {tuple(self._digits.get(word, word) for word in form) for form in forms}
            for form in forms:
                entries = self.phrases.setdefault(form, [])
                entry = Entry(sort, name)
                if entry not in entries:
                    entries.append(entry)


_AMERICAN = {"grey": "gray", "colour": "color", "colours": "colors", "coloured": "colored"}
_CUES = (
    "not_before",
    "not_after",
    "aside",
    "owning",
    "idioms",
    "hedge",
    "instead",
    "also",
    "afresh",
    "asks",
    "of_them",
    "at_most",
    "at_least",
    "cheap",
    "dear",
)
_INVARIANT = frozenset({"audience", "range", "occasion", "other_colour", "any_colour"})
_COMPOUNDING = frozenset({"garment", "feature", "thing"})
_STRINGS = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
FILES = (
    "garments",
    "features",
    "colours",
    "audiences",
    "occasions",
    "things",
    "talk",
    "plain_words",
    "saying",
)


@cache
def lexicon() -> Lexicon:
    """Return the curated concepts, read once."""
    directory = resources.files("config") / "vocabulary"
    return Lexicon(
        {
            name: yaml.load(
                (directory / f"{name}.yaml").read_text(encoding="utf-8"),
                # Only strings: "no" and "on" are words here. A safe loader, without tags.
                Loader=_STRINGS,  # noqa: S506
            )
            for name in FILES
        }
    )


def _garment(name: str, spec: Mapping[str, Any]) -> Garment:
    return Garment(
        name=name,
        words=tuple(spec["words"]),
        names=tuple(spec.get("names", ())),
        heads=tuple(spec.get("heads", ())),
        beside=tuple(spec.get("beside", ())),
        held_in=tuple(spec.get("in", ())),
        includes=tuple(spec.get("includes", ())),
        wider=tuple(spec.get("wider", ())),
        needs=tuple(spec.get("needs", ())),
        marks=tuple(spec.get("text", ())),
        family=spec.get("family", "clothing"),
        modifier=spec.get("modifier", ""),
        against=frozenset(spec.get("against", ())),
        women=spec.get("women") == "true",
        set=spec.get("set") == "true",
        group=spec.get("group") == "true",
    )


def _feature(name: str, spec: Mapping[str, Any]) -> Feature:
    return Feature(
        name=name,
        said=tuple(spec["said"]),
        marks=tuple(spec["text"] if "text" in spec else spec["said"]),
        values=frozenset(spec.get("values", ())),
        fields=frozenset(spec.get("fields", ())),
        unless=tuple(spec.get("unless", ())),
        unless_next=tuple(spec.get("unless_next", ())),
        facet=spec["facet"],
        material=spec.get("where") == "material",
        soft=spec.get("soft") == "true",
        printed=spec.get("print") == "true",
        use=spec.get("use") == "true",
        alone=spec.get("alone", ""),
        against=frozenset(spec.get("against", ())),
        best=spec.get("best", ""),
        near=spec.get("near", ""),
        kinds=tuple(spec.get("kinds", ())),
        grades=spec.get("grades") == "true",
    )


def _shade(name: str, spec: Mapping[str, Any]) -> Shade:
    return Shade(
        name,
        tuple(spec["is"]),
        tuple(spec.get("also", ())),
        spec.get("hue", ""),
        soft=spec.get("soft") == "true",
    )


def _occasion(name: str, spec: Mapping[str, Any]) -> Occasion:
    return Occasion(
        name,
        tuple(spec["kinds"]),
        tuple(spec.get("prefer", ())),
        spec.get("colour", ""),
        spec.get("whom", ""),
    )


def _phrases(said: Iterable[str]) -> tuple[Phrase, ...]:
    return tuple(sorted((words(text) for text in said), key=len, reverse=True))


def _names(concepts: Mapping[str, Any]) -> dict[Phrase, str]:
    """Return each concept by the phrases for it; the first concept keeps a phrase of two."""
    named: dict[Phrase, str] = {}
    for name, spec in concepts.items():
        for phrase in _phrases(spec["words"]):
            named.setdefault(phrase, name)
    return named
