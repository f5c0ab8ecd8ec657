"""Colours in a message, resolved to the catalogue's own colour values."""

from dataclasses import dataclass, replace
from functools import reduce

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.constraints import Condition
from pipeline.understanding.draft import Draft
from pipeline.understanding.reading import Reading, Span

_BODY = frozenset(
    ["hair", "haired", "eyes", "eye", "eyed", "skin", "skinned", "complexion", "beard"]
)
_COLOUR_NOUNS = frozenset(
    [
        *("coloured", "colored", "colour", "color", "colours", "colors", "ish", "shade", "shades"),
        *("tone", "tones", "toned", "hue", "hued"),
    ]
)
_FEELS = frozenset([("soft",), ("hot",), ("baby",)])
"""Tones that before a hue may say something else: "a soft blue jumper"."""


@dataclass(frozen=True, slots=True)
class _Colour:
    condition: Condition
    hue: str
    soft: bool = False


class ColourReader:
    """Reads hues, shades and tones: those wanted, those refused and those already owned."""

    def __init__(self, terms: CatalogueTerms) -> None:
        self._terms = terms

    def read(self, reading: Reading, draft: Draft) -> None:
        """Add the colours; what two kinds are said to be goes to each."""
        wanted: list[tuple[Span, Condition]] = []
        owned: list[Condition] = []
        matched: list[Condition] = []
        toned: Span | None = None
        for span in reading.spans:
            if not span.has("hue", "shade") or (toned and toned.end == span.start):
                toned = None
                continue
            if self._only_tones(reading, span) or _is_of_a_body(reading, span):
                draft.take(span)
                continue
            toned = span if self._tone(reading, span) else None
            found = self._toned_before(reading, span, draft) or self._colour(reading, span)
            if found is None:
                self._miss(reading, span, draft)
                continue
            draft.take(span)
            draft.taken |= _nouns_beside(reading, span)
            if reading.aside[span.start]:
                traces = self._terms.every_trace(found.hue)
                owned.append(replace(found.condition, name=found.hue, any_of=traces, wide=()))
                if reading.matched[span.start]:
                    matched.append(found.condition)
            elif reading.refused[span.start]:
                draft.excluded.append(self._without_colour(found.condition, found.hue))
            elif (
                found.soft or reading.hedged[span.start] or _trims(reading, span, first=not wanted)
            ):
                draft.preferred.append(found.condition)
            else:
                wanted.append((span, found.condition))
                draft.preferred += self._very_shade(span, reading)
        (draft.preferred if wanted else draft.required).extend(matched)
        if any(s.has("other_colour") for s in reading.spans):
            others = owned or [
                replace(c, any_of=self._terms.every_trace(c.name)) for _, c in wanted
            ]
            draft.excluded += [c for c in others if c.any_of]
        elif wanted and not _bound_to_kinds(wanted, draft.kinds):
            once = {c.any_of: c for _, c in reversed(wanted)}
            draft.required.append(reduce(Condition.either, reversed(once.values())))

    def _miss(self, reading: Reading, span: Span, draft: Draft) -> None:
        """Keep in mind a wanted colour that the catalogue has not got."""
        passing = reading.aside[span.start] or reading.refused[span.start]
        if not passing and not span.has("feature") and not draft.has_taken(span):
            said = reading.words(span)
            tests = ((("colour", (said,)),),)
            draft.absent.append(Condition("colour", said, said, tests, "colour", absent=True))

    def _tone(self, reading: Reading, span: Span) -> str:
        """Return the tone that a span gives the hue right after it ("deep" red), "" if none."""
        following = self._after(reading, span)
        if following is None or not following.has("hue"):
            return ""
        said = reading.texts[span.start : span.end]
        return next((t for t, ps in self._terms.lexicon.tones.items() if said in ps), "")

    def _only_tones(self, reading: Reading, span: Span) -> bool:
        """Return whether a tone stands before a shade, which says it already: "dark chocolate"."""
        following = self._after(reading, span)
        said = reading.texts[span.start : span.end]
        tone = any(said in phrases for phrases in self._terms.lexicon.tones.values())
        return (
            tone and following is not None and following.has("shade") and not following.has("hue")
        )

    def _after(self, reading: Reading, span: Span) -> Span | None:
        return next((s for s in reading.spans if s.start == span.end), None)

    def _colour(self, reading: Reading, span: Span) -> _Colour | None:
        said = reading.words(span)
        tone, following = self._tone(reading, span), self._after(reading, span)
        if tone and following is not None:
            hue = following.names("hue")[0]
            core, wide = self._terms.toned(tone, hue)
            if core:
                said = f"{said} {reading.words(following)}"
                return _Colour(Condition("colour", hue, said, core, "colour", wide), hue)
        if span.has("shade"):
            shade = self._terms.lexicon.shades[span.names("shade")[0]]
            core, wide = self._terms.shade(shade, said)
            condition = Condition("colour", shade.name, said, core, "colour", wide)
            return _Colour(condition, shade.hue, soft=shade.soft) if core else None
        hue = span.names("hue")[0]
        core = self._terms.hue(hue)
        return _Colour(Condition("colour", hue, said, core, "colour"), hue) if core else None

    def _toned_before(self, reading: Reading, span: Span, draft: Draft) -> _Colour | None:
        """Return the colour of a hue after a tone that is no shade by itself ("light" blue)."""
        if not span.has("hue") or draft.taken & {span.start - 1}:
            return None
        hue = span.names("hue")[0]
        for tone, phrases in self._terms.lexicon.tones.items():
            for phrase in phrases:
                start = max(0, span.start - len(phrase))
                apart = any(token.after for token in reading.tokens[start : span.start])
                if reading.texts[start : span.start] != phrase or phrase in _FEELS or apart:
                    continue
                core, wide = self._terms.toned(tone, hue)
                if core:
                    draft.taken |= set(range(start, span.start))
                    said = " ".join(reading.texts[start : span.end])
                    return _Colour(Condition("colour", hue, said, core, "colour", wide), hue)
        return None

    def _very_shade(self, span: Span, reading: Reading) -> list[Condition]:
        """Return the preference for the shade itself where its neighbours pass as well."""
        found = [
            (n, self._terms.best_of_shade(self._terms.lexicon.shades[n]))
            for n in span.names("shade")
        ]
        said = reading.words(span)
        return [Condition("colour", n, said, tests, "colour") for n, tests in found if tests]

    def _without_colour(self, condition: Condition, hue: str) -> Condition:
        if condition.name == hue and hue:
            return replace(condition, any_of=self._terms.every_trace(hue), wide=())
        return replace(condition, wide=())

    def excluding(self, condition: Condition) -> Condition:
        """Return a wanted colour turned into one to leave out, wherever it shows."""
        hue = condition.name.split("|")[0]
        if hue in self._terms.lexicon.hues:
            return self._without_colour(condition, hue)
        return replace(condition, wide=())


def _trims(reading: Reading, span: Span, *, first: bool) -> bool:
    """Return whether a colour is but that of a part ("a beige bag with gold chain").

    The `first` colour of a message is one of a part only if the part is named.
    """
    with_it = span.start > 0 and reading.texts[span.start - 1] == "with"
    named = span.end < len(reading.texts) and not reading.tokens[span.end - 1].after
    return with_it and (not first or (named and not reading.before_garment(span)))


def _is_of_a_body(reading: Reading, span: Span) -> bool:
    """Return whether a colour is that of somebody's hair, eyes or skin."""
    before = reading.texts[max(0, span.start - 2) : span.start]
    told = before[1:] in (("is",), ("are",)) and before[0] in _BODY
    of_it = not _BODY.isdisjoint(reading.texts[span.end : span.end + 1])
    return told or (of_it and not reading.before_garment(span))


def _nouns_beside(reading: Reading, span: Span) -> set[int]:
    """Return the places of the words beside a colour that only say that it is one."""
    found = set()
    before = reading.texts[max(0, span.start - 2) : span.start]
    if before[1:] == ("of",) and before[0] in _COLOUR_NOUNS:
        found.add(span.start - 2)
    if _COLOUR_NOUNS.intersection(reading.texts[span.end : span.end + 1]):
        found.add(span.end)
    return found


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
