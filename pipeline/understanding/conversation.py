"""How a new message changes what held before it (design section 4)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.understanding.constraints import Condition, QueryConstraints


@dataclass(frozen=True, slots=True)
class Turn:
    """A message understood by itself, with the cues that say how it joins the conversation."""

    fresh: QueryConstraints
    instead: bool
    also: bool
    afresh: bool
    any_colour: bool
    other_colour: bool
    matching: bool = False


def merged(
    previous: QueryConstraints,
    turn: Turn,
    narrowed: Callable[[Condition, Condition], Condition | None],
    excluding: Callable[[Condition], Condition],
) -> QueryConstraints:
    """Return what holds after the turn.

    A new kind begins anew for the same wearer, unless it is put in place of the old one ("make that
    shorts") or is a narrower one of it; a matching one should have the old one's colour. Anything
    else refines: a colour, a count, a price and whom it is for replace what was said of the same;
    features add up unless they are of one facet; a wish takes back an exclusion, and an exclusion a
    wish.
    """
    fresh = turn.fresh
    if fresh.occasion or (turn.afresh and not turn.instead and fresh.kinds):
        return fresh
    if not fresh.kinds or not previous.kinds or turn.instead or _same_kinds(previous, fresh):
        return _refined(previous, turn, excluding)
    if len(previous.kinds) == len(fresh.kinds) == 1:
        inner = narrowed(previous.kinds[0], fresh.kinds[0])
        if inner is not None:
            inside = replace(turn, fresh=replace(fresh, kinds=(inner,)))
            return _refined(previous, inside, excluding)
    if turn.matching and not any(c.slot == "colour" for c in fresh.required):
        colours = tuple(c for c in previous.required if c.slot == "colour" and not c.absent)
        matched = replace(fresh, required=(*fresh.required, *colours))
        return _for_the_same(previous, matched)
    if turn.also and not fresh.required:
        return replace(_refined(previous, turn, excluding), kinds=(*previous.kinds, *fresh.kinds))
    return _for_the_same(previous, fresh)


def _for_the_same(previous: QueryConstraints, fresh: QueryConstraints) -> QueryConstraints:
    """Return a new wish, for whom the one before was unless it says for whom itself."""
    if any(c.slot in _WORN_BY for c in fresh.required):
        return fresh
    held = tuple(c for c in previous.required if c.slot in _WORN_BY and not c.absent)
    return replace(fresh, required=(*fresh.required, *held))


def _same_kinds(previous: QueryConstraints, fresh: QueryConstraints) -> bool:
    return {k.any_of for k in previous.kinds} == {k.any_of for k in fresh.kinds}


def _refined(
    previous: QueryConstraints, turn: Turn, excluding: Callable[[Condition], Condition]
) -> QueryConstraints:
    fresh = turn.fresh
    # What the shop has not got at all has been told once and left out.
    required = [c for c in previous.required if not c.absent]
    excluded = list(previous.excluded)
    if turn.any_colour or turn.other_colour:
        if turn.other_colour and not fresh.excluded:
            excluded += [excluding(c) for c in required if c.slot == "colour"]
        required = [c for c in required if c.slot != "colour"]
    aged = any(c.facet == _AGES and c.words for c in required)
    for condition in fresh.required:
        if aged and condition.facet == _AGES and not condition.words:
            continue  # "It's for my nephew" says nothing of his age.
        if condition.facet == _SEX and any(_means(c, condition) for c in required):
            continue  # "My son", then "he".
        required = _replacing(required, condition, also=turn.also, instead=turn.instead)
        excluded = [c for c in excluded if c.name != condition.name]
    for condition in fresh.excluded:
        # Of "leather or leather look" without the leather nothing is left that was said as such.
        required = [c for c in required if condition.name not in c.name.split("|")]
        excluded = [c for c in excluded if c.name != condition.name]
        excluded.append(condition)
    preferred = [
        c
        for c in previous.preferred
        if not any(c.facet and c.facet == new.facet for new in (*fresh.required, *fresh.preferred))
        and not (fresh.kinds and c.slot in ("kind", "word"))
    ]
    words = dict.fromkeys(f"{previous.free_text} {fresh.free_text}".split())
    kinds = fresh.kinds or previous.kinds
    return replace(
        previous,
        outcome="recommend",
        subject="",
        count=fresh.count if fresh.count is not None else previous.count,
        kinds=kinds,
        each=fresh.each if fresh.kinds else previous.each,
        required=tuple(required),
        preferred=(*preferred, *fresh.preferred),
        excluded=tuple(excluded),
        price_from=fresh.price_from if fresh.price_from is not None else previous.price_from,
        price_to=fresh.price_to if fresh.price_to is not None else previous.price_to,
        free_text=" ".join(words),
        occasion="" if fresh.kinds else previous.occasion,
        message=f"{previous.message} {fresh.message}".strip(),
    )


def _means(old: Condition, new: Condition) -> bool:
    return (old.name, old.facet) == (new.name, new.facet)


def _replacing(
    required: list[Condition], new: Condition, *, also: bool, instead: bool
) -> list[Condition]:
    """Return the conditions with the new one in the place of those it stands against."""
    kept = []
    for old in required:
        adds_up = new.facet in _ADD_UP and not instead
        same = bool(new.facet) and old.facet == new.facet and not adds_up
        if same and new.slot == "colour" and also and not instead:
            new = old.either(new)
        elif not (same or old.name == new.name or _displaces(new, old)):
            kept.append(old)
    return [*kept, new]


def _displaces(new: Condition, old: Condition) -> bool:
    """Return whether a new audience leaves no room for the old one ("no, for men")."""
    grown = {"audience"}
    return new.slot == old.slot == "audience" and ((new.facet in grown) != (old.facet in grown))


_AGES = "ages"
_SEX = "sex"
_WORN_BY = ("audience", "range")
_ADD_UP = frozenset(
    [
        *("material", "decoration", "detail", "knit", "closure", "function", "use", "pattern"),
        *("motif", "care"),
    ]
)
