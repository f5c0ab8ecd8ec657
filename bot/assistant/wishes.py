"""The filled-in fields of a command: firm wishes, by the catalogue's own names or in words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal, get_args

from rapidfuzz import fuzz, process

from config.errors import LookbookError
from pipeline.understanding import Condition, QueryConstraints, Understander, Vocabulary

OptionSlot = Literal["type", "colour", "section"]
SLOTS: tuple[OptionSlot, ...] = get_args(OptionSlot)

_FIELDS: Mapping[OptionSlot, tuple[str, ...]] = {
    "type": ("product_type",),
    "colour": ("colour", "colour_family"),
    "section": ("index_group", "index_name", "section"),
}
_REPLACED: Mapping[OptionSlot, frozenset[str]] = {
    "type": frozenset(["kind"]),
    "colour": frozenset(["colour"]),
    "section": frozenset(["line"]),
}
_MOST = 25
"""Most suggestions: Discord's limit for autocomplete."""
_LEAST_LIKENESS = 60.0


class UnknownOptionError(LookbookError):
    """A field of a command names nothing that the catalogue has."""

    def __init__(self, slot: OptionSlot, value: str, nearest: str) -> None:
        super().__init__(f"There is no {slot} {value!r}.", f"Did you mean {nearest!r}?")
        self.slot, self.value, self.nearest = slot, value, nearest


def suggestions(vocabulary: Vocabulary, slot: OptionSlot, typed: str) -> list[str]:
    """Return at most 25 of the catalogue's values for a field, the likeliest first.

    Those that begin with what was typed come first, then those with a word that does, then those
    spelt alike; within each the most frequent.
    """
    typed = " ".join(typed.split()).casefold()
    values = _values(vocabulary, slot)
    if not typed:
        return list(values)[:_MOST]
    begins = [value for value in values if value.casefold().startswith(typed)]
    within = [value for value in values if f" {typed}" in f" {value.casefold()}"]
    alike = process.extract(
        typed,
        {value: value.casefold() for value in values},
        scorer=fuzz.WRatio,
        limit=_MOST,
        score_cutoff=_LEAST_LIKENESS,
    )
    return list(dict.fromkeys([*begins, *within, *(value for _, _, value in alike)]))[:_MOST]


def firm(
    understander: Understander,
    text: str,
    options: Mapping[str, str],
    previous: QueryConstraints | None,
) -> QueryConstraints:
    """Return the constraints of a text (or "") with every option among what must hold.

    An option replaces what the text says of the same. Raises UnknownOptionError.
    """
    given = [(slot, options[slot]) for slot in SLOTS if options.get(slot, "").strip()]
    words = " ".join(value.lower() for _, value in reversed(given))
    constraints = understander.understand(text or words, previous)
    if constraints.outcome == "off_topic":
        constraints = replace(constraints, outcome="recommend")
    for slot, value in given:
        replaced = _REPLACED[slot]
        kinds, required = _meaning(understander, slot, value.strip())
        constraints = replace(
            constraints,
            kinds=kinds or constraints.kinds,
            each=constraints.each and not kinds,
            required=(*(c for c in constraints.required if c.slot not in replaced), *required),
            preferred=tuple(c for c in constraints.preferred if c.slot not in replaced),
        )
    return replace(constraints, message=f"{text} {words}".strip())


def _meaning(
    understander: Understander, slot: OptionSlot, value: str
) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """Return the kinds and the conditions that a value stands for, by name or else in words."""
    vocabulary = understander.vocabulary
    tests = tuple(((field, (own,)),) for field, own in _named(vocabulary, slot, value))
    if tests:
        named = value.lower()
        match slot:
            case "type":
                return (Condition("kind", named, named, tests),), ()
            case "colour":
                return (), (Condition("colour", named, named, tests, "colour"),)
            case "section":
                return (), (Condition("line", named, named, tests, "line"),)
    understood = understander.understand(value)
    if slot == "type" and understood.outcome == "recommend" and understood.kinds:
        return understood.kinds, ()
    slots = {"colour": ("colour",), "section": ("line", "audience", "range")}.get(slot, ())
    required = tuple(c for c in understood.required if c.slot in slots and not c.absent)
    if not required:
        nearest = suggestions(vocabulary, slot, value)
        raise UnknownOptionError(slot, value, nearest[0] if nearest else "")
    return (), required


def _named(vocabulary: Vocabulary, slot: OptionSlot, value: str) -> Iterator[tuple[str, str]]:
    wanted = value.casefold()
    for field in _FIELDS[slot]:
        for own in vocabulary.values[field]:
            if own.casefold() == wanted:
                yield field, own


def _values(vocabulary: Vocabulary, slot: OptionSlot) -> list[str]:
    counts: dict[str, int] = {}
    for field in _FIELDS[slot]:
        for value, count in vocabulary.values[field].items():
            counts[value] = max(count, counts.get(value, 0))
    return sorted(counts, key=lambda value: (-counts[value], value))
