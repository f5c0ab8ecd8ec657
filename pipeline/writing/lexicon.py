"""The words of `config/vocabulary/truth.yaml`: which of them state a fact, and which fact."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

import config

Kind = Literal[
    "colour",
    "material",
    "pattern",
    "garment",
    "part",
    "place",
    "attribute",
    "quantity",
    "idiom",
    "negation",
    "placing",
    "making",
    "having",
    "copula",
    "determiner",
]

NOUN_KINDS = frozenset({"material", "pattern", "garment", "part", "place"})

_FILE = Path(config.__file__).parent / "vocabulary" / "truth.yaml"
_CONCEPTS: tuple[tuple[str, Kind], ...] = (
    ("parts", "part"),
    ("garments", "garment"),
    ("patterns", "pattern"),
    ("materials", "material"),
    ("places", "place"),
    ("attributes", "attribute"),
)
SHORTEST_PLURAL = 4
SHORTEST_STEM = 2
_INFLECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("'s", ("",)),
    ("s", ("",)),
    ("es", ("",)),
    ("ies", ("y",)),
    ("ed", ("", "e")),
    ("d", ("",)),
    ("ing", ("", "e")),
)
_DOUBLED = ("ning", "ting", "ping", "ming", "ging")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word or phrase says: the fact and its kind."""

    concept: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words and what they say. `senses` has phrases of words joined by single spaces."""

    senses: dict[str, Sense]
    longest: int
    part_adjectives: dict[str, str]
    everyday: frozenset[str]
    companions: frozenset[str]
    free: frozenset[str]
    implied: dict[str, frozenset[str]]
    opposites: dict[str, str]
    general: frozenset[str]
    superlatives: re.Pattern[str]
    chatter: re.Pattern[str]
    copied: re.Pattern[str]
    nonsense: re.Pattern[str]
    occasions: frozenset[str]
    names: frozenset[str]
    uncountable: frozenset[str]
    never_counted: frozenset[str]
    unfinite: tuple[str, ...]
    nouns: frozenset[str]
    verbs: frozenset[str]
    telling: frozenset[str]
    away: frozenset[str]
    plain_materials: frozenset[str]
    possessives: frozenset[str]
    units: frozenset[str]
    plain: frozenset[str]
    finite: frozenset[str]
    into: frozenset[str]
    sold_for_children: frozenset[str]
    sold_for_grown_ups: frozenset[str]
    grown_ups: frozenset[str]
    small_children: frozenset[str]
    qualities: frozenset[str]
    events: frozenset[str]
    fastening: frozenset[str]
    hanging: frozenset[str]
    single_patterns: frozenset[str]
    many: frozenset[str]

    def is_plain(self, word: str) -> bool:
        """Tell whether a word may be said of anything: it states no fact by itself."""
        return any(form in self.plain for form in (word, *uninflected(word)))

    def sense(self, words: list[str]) -> Sense | None:
        """Return what these words say together, plurals included, or None."""
        found = self.senses.get(" ".join(words))
        if found is not None:
            return found
        for singular in singulars(words[-1]):
            found = self.senses.get(" ".join([*words[:-1], singular]))
            if found is not None and found.kind in NOUN_KINDS:
                return found
        return None


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case; hyphens divide, apostrophes do not."""
    return [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]


def singulars(word: str) -> list[str]:
    """Return what a plural may be the plural of, likeliest first; nothing for a singular."""
    if len(word) < SHORTEST_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return []
    forms = [word[:-1]]
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        forms.append(word[:-2])
    return forms


def uninflected(word: str) -> list[str]:
    """Return what a verb or noun may be an inflection of: "finishes", "wished", "daughter's"."""
    forms = [
        stem + end
        for ending, ends in _INFLECTIONS
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_STEM
        for stem in [word.removesuffix(ending)]
        for end in ends
    ]
    if word.endswith(_DOUBLED) and word[-4:-3] == word[-5:-4]:
        forms.append(word[:-4])
    return forms


def forms_of(text: str) -> frozenset[str]:
    """Return the words of a text, and what they may be inflected from."""
    words = words_of(text)
    return frozenset(form for word in words for form in (word, *uninflected(word)))


@cache
def load_lexicon() -> Lexicon:
    """Return the vocabulary that ships here."""
    content: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    senses: dict[str, Sense] = {}

    def learn(forms: list[str], concept: str, kind: Kind) -> None:
        for form in forms:
            senses.setdefault(" ".join(words_of(form)), Sense(concept, kind))

    for number in content["quantities"]:
        learn([number], number, "quantity")
    learn(content["idioms"], "", "idiom")
    learn(content["negations"], "", "negation")
    learn(content["prepositions"]["place"], "", "placing")
    learn(content["prepositions"]["material"], "", "making")
    learn(content["prepositions"]["with"], "", "having")
    learn(content["copulas"], "", "copula")
    learn(content["determiners"], "", "determiner")
    for heading, kind in _CONCEPTS:
        for concept, others in content[heading].items():
            learn([concept, *others], concept, kind)
    implied = _learn_colours(content, senses)
    for concept, broader in content["broader"].items():
        implied[concept] = frozenset({concept, *broader})
    opposites = content["opposites"]
    return Lexicon(
        senses=senses,
        longest=max(len(phrase.split()) for phrase in senses),
        part_adjectives=content["part_adjectives"],
        everyday=frozenset(content["everyday"]),
        companions=frozenset(content["companions"]),
        free=frozenset(content["free_suffix"]),
        implied=implied,
        opposites={**opposites, **{without: thing for thing, without in opposites.items()}},
        general=frozenset(content["general"]),
        superlatives=_any_of(content["superlatives"]),
        chatter=_any_of(content["chatter"]),
        copied=_any_of(content["copied"]),
        nonsense=_called(content["nonsense"]),
        occasions=frozenset(content["occasions"]),
        names=frozenset(content["names_allowed"]),
        uncountable=frozenset(content["uncountable"]),
        never_counted=frozenset(content["never_counted"]),
        unfinite=tuple(content["unfinite_endings"]),
        nouns=frozenset(content["nouns"]),
        verbs=frozenset(content["verbs"]),
        telling=frozenset(content["telling"]),
        away=frozenset(content["away"]),
        plain_materials=frozenset(content["plain_materials"]),
        possessives=frozenset(content["possessives"]),
        units=frozenset(content["units"]),
        plain=frozenset(content["plain"]),
        finite=frozenset(content["finite"]),
        into=frozenset(content["into"]),
        sold_for_children=frozenset(content["wearers"]["sold_for_children"]),
        sold_for_grown_ups=frozenset(content["wearers"]["sold_for_grown_ups"]),
        grown_ups=frozenset(content["wearers"]["grown_ups"]),
        small_children=frozenset(content["wearers"]["small_children"]),
        qualities=frozenset(content["qualities"]),
        events=frozenset(content["events"]),
        fastening=frozenset(content["fastening"]),
        hanging=frozenset(content["hanging"]),
        many=frozenset(content["wearers"]["many"]),
        single_patterns=frozenset(content["single_patterns"]),
    )


def _learn_colours(content: dict[str, Any], senses: dict[str, Sense]) -> dict[str, frozenset[str]]:
    """Add every colour, alone and behind every shade; return what each of them implies."""
    implied: dict[str, frozenset[str]] = {}
    shades = content["shades"]
    for colour, others in content["colours"].items():
        base = colour.split()[-1] if colour.split()[0] in shades else colour
        implied[colour] = frozenset({colour, base})
        for form in [colour, *others]:
            senses[" ".join(words_of(form))] = Sense(colour, "colour")
    for colour in list(implied):
        if colour.split()[0] in shades or colour == "off white":
            continue
        for shade, others in shades.items():
            shaded = f"{shade} {colour}"
            implied.setdefault(shaded, frozenset({shaded, colour}))
            for word in [shade, *others]:
                senses.setdefault(f"{word} {colour}", Sense(shaded, "colour"))
    return implied


def _called(phrases: list[str]) -> re.Pattern[str]:
    """Match "is a hot day." but not "is for a hot day" nor "is a summer dress"."""
    alternatives = "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True))
    words = rf"\b(?:is|are|makes|make) (?:(?:a|an|the|your) )?(?:[\w-]+ )?(?:{alternatives})"
    apposed = rf", (?:a|an) (?:[\w-]+ )?(?:{alternatives})"
    return re.compile(rf"(?:{words}|{apposed})(?=[.,!;:]|$)", re.IGNORECASE)


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<![\w'])(?:{alternatives})(?![\w'])", re.IGNORECASE)
