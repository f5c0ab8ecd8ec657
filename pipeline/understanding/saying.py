"""What was sought and what was given up, in sentences for people; wishes stand in *asterisks*."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipeline.understanding.lexicon import Entry, Lexicon, lexicon
from pipeline.understanding.tokens import plural_forms, words

if TYPE_CHECKING:
    from pipeline.understanding.constraints import Condition, QueryConstraints

_SYMBOLS = {"GBP": "£", "USD": "$", "EUR": "€"}
_AGE = re.compile(r"(?:(.*) )?(\d+(?:-\d+)?) (year|month)s$")
_HYPHENED = frozenset(
    ["up", "leg", "neck", "sleeve", "shoulder", "rise", "waist", "fit", "length", "cut"]
)
_LETTERED = re.compile(r"\b([tav])[ -](shirts?|line|necks?|necked)\b")
_PROPER = re.compile(r"\b(christmas|xmas|halloween|disney|fair isle|nordic)\b")
_MATERIAL = "material"
_AN_ADJECTIVE = 2
"""Words of a feature that fit before a garment as they are, if they are no sentence's."""
_REFUSALS = ("no ", "not ", "doesnt ", "dont ", "wont ", "isnt ", "arent ")
_TRAILING = ("for ", "with ", "without ")
_SPELT_UP_TO = 12


def sought(constraints: "QueryConstraints") -> str:
    """Return the sentence that names everything that was looked for."""
    required = [c for c in constraints.required if not c.absent]
    parts = [
        _things(constraints, [c for c in required if c.slot in ("feature", "range")]),
        _phrase("in", (_colours(c) for c in _new(constraints, required, "colour"))),
        *_afterwards(_new(constraints, required, "feature")),
        _phrase("for", _people([c for c in required if c.slot == "audience"])),
        _phrase("in", (_alternatives(c.words.split(" or ")) for c in required if c.slot == "size")),
        _phrase("from", (_starred(c.any_of[0][0][1][0]) for c in required if c.slot == "line")),
        _price(constraints),
    ]
    told = " ".join(part for part in ("I looked for", *parts) if part)
    if told == "I looked for things":
        told = "I looked for what comes closest to your words"
    without, but = _excluded(constraints.excluded)
    return f"{told}{without}{_ranked(constraints, required)}{but}."


def given_up(condition: "Condition") -> str:
    """Return the sentence that says that nothing met a condition, which was then left out."""
    return f"Nothing {_held(condition)} matched, so I left that wish out."


def absent(condition: "Condition") -> str:
    """Return the sentence that says that the shop has nothing of the sort at all."""
    held = _held(condition)
    if condition.slot == "feature" and not held.startswith(("with ", "for ")):
        held = f"is {_starred(_adjective(condition))}"
    elif held.startswith("with "):
        held = f"has {held.removeprefix('with ')}"
    else:
        held = f"comes {held}" if held.startswith("in ") else f"is {held}"
    return f"Nothing here {held}, so I left that wish out."


def widened(condition: "Condition") -> str:
    """Return the sentence that says that what comes near was taken for what was asked for."""
    if condition.slot == "feature":
        near = _starred(called(condition.wide[0][0][1][0]))
        return f"Nothing {_held(condition)} matched, so I took {near}."
    return f"Nothing came in exactly {_colours(condition)}, so I took the nearest shades."


def called(feature: str) -> str:
    """Return what shoppers call a feature."""
    return lexicon().features[feature].said[0]


def beyond_price(constraints: "QueryConstraints") -> str:
    """Return the sentence that says that the price was let go."""
    return f"Nothing {_price(constraints)} matched, so I looked beyond that price."


def _held(condition: "Condition") -> str:
    """Return how a thing that meets the condition is described after "nothing"."""
    if condition.slot == "colour":
        return f"in {_colours(condition)}"
    if condition.slot == "size":
        return f"in {_alternatives(condition.words.split(' or '))}"
    if condition.slot == "line":
        return f"from {_starred(condition.any_of[0][0][1][0])}"
    if condition.slot == "feature" and condition.facet == _MATERIAL:
        return f"in {_starred(condition.words)}"
    if condition.slot == "feature" and _stands_after(condition):
        return _afterwards([condition])[0]
    return _starred(_adjective(condition))


# --- the things themselves -----------------------------------------------------------------------


def _things(constraints: "QueryConstraints", described: list["Condition"]) -> str:
    adjectives = _adjectives(constraints, described)
    count = _count(constraints)
    if constraints.occasion or not constraints.kinds:
        own = _own_things(constraints.occasion)
        what = " ".join((*count, *adjectives, own or "things"))
        what = what if what == "things" else _starred(what)
        if own or not constraints.occasion:
            return what
        return f"{what} for {_starred(_occasion(constraints.occasion))}"
    pairs = all(_is_paired(kind) for kind in constraints.kinds)
    one = constraints.count == 1 and not constraints.each and not pairs
    if count and pairs:
        count = (*count, "pair of" if count == ("one",) else "pairs of")
    named = list(dict.fromkeys(_kind(kind, one=one) for kind in constraints.kinds))
    named[0] = " ".join((*count, *adjectives, named[0]))
    return _listed([_starred(name) for name in named], "and" if constraints.each else "or")


def _count(constraints: "QueryConstraints") -> tuple[str, ...]:
    count = constraints.count
    if count is None or (constraints.each and len(constraints.kinds) > 1):
        return ()
    spelt = {int(value): word for word, value in lexicon().talk["numbers"].items()}
    return (spelt[count] if count <= _SPELT_UP_TO else str(count),)


def _is_paired(kind: "Condition") -> bool:
    """Return whether a kind is counted in pairs, as trousers and shoes are."""
    paired = kind.name.endswith("s") and not kind.name.endswith("ss")
    return paired and kind.name not in lexicon().saying["unpaired"]


def _own_things(occasion: str) -> str:
    """Return what the things for an occasion are called themselves ("gifts"), "" if nothing."""
    spelt = lexicon().saying["things"]
    entries = lexicon().phrases.get(words(occasion), [])
    return next((spelt[e.name] for e in entries if e.sort == "occasion" and e.name in spelt), "")


def _adjectives(constraints: "QueryConstraints", described: list["Condition"]) -> list[str]:
    """Return what stands before the garment: materials right before it, a range still nearer."""
    features = [c for c in _new(constraints, described, "feature") if not _stands_after(c)]
    ranges = [c.name.replace("_", "-") for c in described if c.slot == "range"]
    made_of = [_adjective(c) for c in features if c.facet == _MATERIAL]
    return [
        *dict.fromkeys(_adjective(c) for c in features if c.facet != _MATERIAL),
        *([" and ".join(dict.fromkeys(made_of))] if made_of else []),
        *([" and ".join(dict.fromkeys(ranges))] if ranges else []),
    ]


def _new(
    constraints: "QueryConstraints", conditions: Iterable["Condition"], slot: str
) -> list["Condition"]:
    """Return the conditions of a slot that the names of the things do not say already."""
    names = [constraints.occasion or _kind(kind, one=True) for kind in constraints.kinds]
    said = [set(name.split()) for name in names]
    return [
        c
        for c in conditions
        if c.slot == slot and not any(set(c.words.split()) <= name for name in said)
    ]


def _kind(kind: "Condition", *, one: bool) -> str:
    spelt = lexicon().saying
    said = kind.words.removeprefix("pair of ").replace(" my ", " your ")
    if said.startswith("for "):
        return f"things for {said.removeprefix('for ').replace('my ', 'your ')}"
    entries = lexicon().phrases.get(words(said), [])
    garment = lexicon().garments.get(kind.name)
    if garment and _is_feature(entries):
        said = garment.words[0]
    head, _, rest = said.partition(" for ")
    if not one:
        head = spelt["kinds"].get(head) or _plural(head)
    return _lettered(f"{head} for {rest}" if rest else head)


def _is_feature(entries: list[Entry]) -> bool:
    sorts = {entry.sort for entry in entries}
    return "feature" in sorts and "garment" not in sorts


def _plural(said: str) -> str:
    last = said.rsplit(maxsplit=1)[-1]
    if last.endswith("wear") or last in lexicon().saying["uncounted"]:
        return said
    return " ".join(list(plural_forms(tuple(said.split())))[-1])


# --- features ------------------------------------------------------------------------------------


def _stands_after(condition: "Condition") -> bool:
    feature = lexicon().features.get(condition.name)
    if feature is not None and feature.use:
        return True
    return any(_noun(said) or _trails(said) for said in _called(condition))


def _called(condition: "Condition") -> list[str]:
    """Return what the alternatives of a feature are called: "warm" for "it's freezing"."""
    spelt = lexicon().saying["called"]
    names = condition.name.split("|")
    parts = condition.words.split(" or ")
    if len(names) != len(parts):
        return [spelt.get(said, said) for said in parts]
    return [
        spelt.get(said) or _shortly(name, said) for name, said in zip(names, parts, strict=True)
    ]


def _shortly(name: str, said: str) -> str:
    """Return a feature's own name for words that tell it in a clause: "that hides my arms"."""
    told = said.split()
    clause = len(told) > _AN_ADJECTIVE and any(word in lexicon().saying["clause"] for word in told)
    in_short = clause or said.startswith(_REFUSALS)
    if name not in lexicon().features or not in_short or said.startswith(_TRAILING):
        return said
    return str(lexicon().saying["called"].get(called(name), called(name)))


def _trails(said: str) -> bool:
    return said.startswith(("for ", "without ")) or said in lexicon().saying["after"]


def _noun(said: str) -> str:
    """Return the words of a feature after "with", "" if it is no noun."""
    spelt = lexicon().saying
    bare = re.sub(r"^(with|has|have) (an? )?", "", said)
    if bare in spelt["with"]:
        return str(spelt["with"][bare])
    plural = bare.endswith("s") and not bare.endswith("ss")
    return bare if bare != said or (plural and bare not in spelt["before"]) else ""


def _afterwards(conditions: list["Condition"]) -> list[str]:
    """Return "with a hood or pockets", "for running": what stands after the garment."""
    uses, nouns, others = [], [], []
    for condition in conditions:
        if not _stands_after(condition):
            continue
        said = _called(condition)
        feature = lexicon().features.get(condition.name)
        if feature is not None and feature.use:
            uses.append(_alternatives(word.removeprefix("for ") for word in said))
        elif any(_trails(word) for word in said):
            others.append(_alternatives(said))
        else:
            nouns.append(_alternatives(_noun(word) or _hyphened(word) for word in said))
    return [p for p in (_phrase("with", nouns), *others, _phrase("for", uses)) if p]


def _adjective(condition: "Condition") -> str:
    """Return the words before a garment: "v neck" as V-neck, "high waisted" as high-waisted."""
    return " or ".join(_hyphened(said) for said in _called(condition))


def _hyphened(said: str) -> str:
    pieces = said.split()
    if len(pieces) > 1 and (pieces[-1] in _HYPHENED or pieces[-1].endswith("ed")):
        said = "-".join(pieces)
    return _lettered(said)


def _lettered(said: str) -> str:
    return _LETTERED.sub(lambda m: f"{m[1].upper()}-{m[2]}", said)


# --- colours, people, occasions, prices ----------------------------------------------------------


def _colours(condition: "Condition") -> str:
    spelt = lexicon().saying["colours"]
    return _alternatives(
        spelt.get(said, re.sub(r" colou?red$", "", said)) for said in condition.words.split(" or ")
    )


def _people(conditions: list["Condition"]) -> list[str]:
    """Return one name for all that is said of the wearer: "your 6-year-old son"."""
    grown = [c for c in conditions if c.facet not in ("ages", "sex")]
    ages = next((c.words for c in conditions if c.facet == "ages"), "")
    sex = next((c.words for c in conditions if c.facet == "sex"), "")
    named = [_alternatives((_person(p) for p in c.words.split(" and ")), "and") for c in grown]
    found = _AGE.match(ages)
    who = ((found[1] or "") if found else ages) or ""
    years = f"{found[2]}-{found[3]}-old" if found else ""
    if not (years or sex):
        people = [_person(p) for p in who.split(" and ")] if who else []
        return [*named, *([_alternatives(people, "and")] if people else [])]
    if sex:
        who = " ".join(p for p in (_young(who), sex) if p)
        owner = sex
    else:
        owner = who
    return [*named, _starred(_owned(f"{years} {who}".strip(), owner))]


def _young(who: str) -> str:
    return str(lexicon().saying["young"].get(who, who))


def _person(said: str) -> str:
    return str(lexicon().saying["people"].get(said) or _owned(said, said))


def _owned(said: str, noun: str) -> str:
    """Return "your" son, "a" boy, plain boys."""
    if "kin" in _sorts(lexicon(), noun):
        return f"your {said}"
    if noun.endswith("s") or noun in ("women", "men", "children", "ladies", "gentlemen"):
        return said
    return f"{_article(said)} {said}"


def _sorts(concepts: Lexicon, said: str) -> set[str]:
    return {entry.sort for entry in concepts.phrases.get(words(said), [])}


def _article(said: str) -> str:
    return "an" if re.match(r"[aeiou]|8|11-|18-", said) else "a"


def _occasion(said: str) -> str:
    plain, weather = (lexicon().saying[key] for key in ("occasions", "weather"))
    for entry in lexicon().phrases.get(words(said), []):
        if entry.sort == "occasion" and entry.name in weather:
            return str(weather[entry.name])
    if said.startswith(("a ", "the ", "my ")) or {said, said.rsplit(maxsplit=1)[-1]} & set(plain):
        return said
    if said in ("office", "gym", "beach", "pool", "seaside", "countryside", "plane"):
        return f"the {said}"
    return f"{_article(said)} {said}"


def _price(constraints: "QueryConstraints") -> str:
    low, high = constraints.price_from, constraints.price_to
    if low is not None and high is not None:
        return f"between {_money(low, constraints)} and {_money(high, constraints)}"
    if high is not None:
        return f"up to {_money(high, constraints)}"
    return f"from {_money(low, constraints)} up" if low is not None else ""


def _money(amount: float, constraints: "QueryConstraints") -> str:
    number = f"{amount:g}" if amount.is_integer() else f"{amount:.2f}"
    currency = constraints.currency
    symbol = _SYMBOLS.get(currency)
    return _starred(f"{symbol}{number}" if symbol else f"{number} {currency}".strip())


# --- what only ranks -----------------------------------------------------------------------------


def _ranked(constraints: "QueryConstraints", required: list["Condition"]) -> str:
    """Return what was put first without being insisted on: ", *warm* ones first"."""
    held = [set(c.words.split()) for c in (*required, *constraints.kinds)]
    wishes = [
        c
        for c in constraints.preferred
        if c.words and not any(set(c.words.split()) <= named for named in held)
    ]
    if constraints.occasion or not wishes:
        return ""
    features = [c for c in wishes if c.slot == "feature"]
    before = [_starred(_adjective(c)) for c in features if not _stands_after(c)]
    ones = f"{_listed(list(dict.fromkeys(before)), 'and')} ones" if before else ""
    behind = [
        _phrase("in", (_colours(c) for c in wishes if c.slot == "colour")),
        *_afterwards(features),
    ]
    those = [f"those {phrase}" for phrase in behind if phrase]
    return f", {_listed([*([ones] if ones else []), *those], 'and')} first"


# --- what is left out ----------------------------------------------------------------------------


def _excluded(conditions: Iterable["Condition"]) -> tuple[str, str]:
    """Return " without *a hood*" and ", but nothing in *black*", each "" if there is none."""
    made_in, adjectives, nouns, kinds = [], [], [], []
    for condition in conditions:
        if condition.slot == "colour":
            made_in.append(_colours(condition))
        elif condition.slot == "kind":
            kinds.append(_starred(_kind(condition, one=False)))
        elif condition.facet == _MATERIAL:
            made_in.append(_starred(condition.words))
        elif _stands_after(condition):
            nouns += [_starred(_noun(said) or said) for said in _called(condition)]
        else:
            adjectives.append(_starred(_adjective(condition)))
    without = _phrase("without", dict.fromkeys(nouns), "or")
    but = [
        _phrase("nothing in", dict.fromkeys(made_in), "or"),
        _phrase("nothing", dict.fromkeys(adjectives), "or"),
        _phrase("no", dict.fromkeys(kinds), "or"),
    ]
    refused = _listed([part for part in but if part], "and")
    return f" {without}" if without else "", f", but {refused}" if refused else ""


# --- pieces --------------------------------------------------------------------------------------


def _starred(said: str) -> str:
    return f"*{_PROPER.sub(lambda m: m[0].title(), said)}*"


def _alternatives(said: Iterable[str], joint: str = "or") -> str:
    return _listed([_starred(word) for word in dict.fromkeys(said)], joint)


def _phrase(opening: str, items: Iterable[str], joint: str = "and") -> str:
    found = list(dict.fromkeys(item for item in items if item))
    return f"{opening} {_listed(found, joint)}" if found else ""


def _listed(items: list[str], joint: str) -> str:
    if len(items) <= 1:
        return "".join(items)
    return f"{', '.join(items[:-1])} {joint} {items[-1]}"
