"""A profile read as conditions over one catalogue."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Self

from pipeline.personal.profile import PARTS, Part, ShopperProfile
from pipeline.understanding import Condition, QueryConstraints, Understander

_ITEMS = re.compile(r"[,;/\n]|\band\b|\bor\b|\bbut\b")
_SAYS_SIZE = re.compile(r"(?i)\bsizes?\b|\b(uk|us|eu) ?\d+\b|\b(\d?x{1,3})?[sml]\b")
_AMOUNT = re.compile(
    r"(?i)[£$€]|\d{3}|\b(up to|at most|max\w*|under|below|less|more|budget|over|from)\b"
)
_AT_MOST = re.compile(r"(?i)^\D*?(up to|at most|max\w*|under|below|less than|no more than)\W*")
# Said of a garment, a lone word is read as what it describes: "denim" not as jeans.
_ANYTHING = QueryConstraints(kinds=(Condition("kind", "", "", ()),))


@dataclass(frozen=True, slots=True)
class UnderstoodProfile:
    """What the words of a profile mean in one catalogue.

    Prices are in the catalogue's `currency`. `size` holds for types that never come in it too: a
    bag has no M. `unknown` are the words that mean nothing in it, and limits that it cannot keep,
    such as sizes where it has none.
    """

    wearer: tuple[Condition, ...] = ()
    likes: tuple[Condition, ...] = ()
    dislikes: tuple[Condition, ...] = ()
    price_from: float | None = None
    price_to: float | None = None
    currency: str = ""
    size: Condition | None = None
    firm: frozenset[Part] = frozenset()
    unknown: tuple[str, ...] = ()

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Return itself, since nothing in it changes: pipelines copy what they hand on."""
        return self

    def beside(self, said: QueryConstraints) -> "UnderstoodProfile":
        """Return what of the profile holds beside a wish, which wins wherever it speaks itself.

        A like gives way to a wish of its sort: a colour to any colour, a material to any material.
        A dislike gives way where the wish names the very thing, or a colour.
        """
        wished = [c for c in (*said.required, *said.preferred) if c.words]
        refused = {c.name for c in said.excluded}
        sorts = {(c.slot, c.facet) for c in wished}
        slots = {c.slot for c in wished} | ({"kind"} if said.kinds else set())
        names = {c.name for c in (*wished, *said.kinds)} | {c.words for c in said.kinds}
        types = {t for kind in said.kinds for t in kind.types}
        priced = said.price_from is not None or said.price_to is not None
        return replace(
            self,
            wearer=tuple(c for c in self.wearer if c.slot not in slots),
            likes=tuple(
                c
                for c in self.likes
                if (c.slot, c.facet) not in sorts
                and not (c.slot == "kind" and said.kinds)
                and c.name not in refused
            ),
            dislikes=tuple(
                c
                for c in self.dislikes
                if c.name not in names
                and not (c.slot == "colour" and "colour" in slots)
                and not (c.slot == "kind" and types.intersection(c.types))
            ),
            price_from=None if priced else self.price_from,
            price_to=None if priced else self.price_to,
            size=None if "size" in slots else self.size,
        )

    def insisted(self, said: QueryConstraints) -> QueryConstraints:
        """Return a wish with the firm parts of the profile added to what must hold.

        One of the likes of each sort must hold. A wearer who is not firm is preferred, in place of
        adults in general.
        """
        required, preferred, kinds = said.required, said.preferred, said.kinds
        if self.wearer:
            preferred = tuple(c for c in preferred if c.slot != "audience" or c.words)
            if "wearer" in self.firm:
                required = (*required, *self.wearer)
            else:
                preferred = (*preferred, *self.wearer)
        if "likes" in self.firm:
            kinds = kinds or tuple(c for c in self.likes if c.slot == "kind")
            required = (*required, *_by_sort(c for c in self.likes if c.slot != "kind"))
        firm = "limits" in self.firm
        if firm and self.size:
            required = (*required, self.size)
        priced = firm and self.priced
        return replace(
            said,
            kinds=kinds,
            required=required,
            preferred=preferred,
            excluded=(*said.excluded, *(self.dislikes if "dislikes" in self.firm else ())),
            price_from=self.price_from if priced else said.price_from,
            price_to=self.price_to if priced else said.price_to,
        )

    def forgotten(self, said: QueryConstraints, relaxed: QueryConstraints) -> QueryConstraints:
        """Return a wish less what was given up of it, out of what `insisted` made and was relaxed.

        What a profile insists on is no part of a conversation: it may be another tomorrow.
        """
        own = {c.name for c in self.insisted(said).required} - {c.name for c in said.required}
        return replace(
            said,
            required=tuple(c for c in relaxed.required if c.name not in own),
            preferred=tuple(c for c in said.preferred if c in relaxed.preferred or not c.words),
            price_from=None if relaxed.price_from is None else said.price_from,
            price_to=None if relaxed.price_to is None else said.price_to,
        )

    def said(self) -> str:
        """Return one sentence on what the profile will be used as, "" if nothing of it is."""
        hard = _only(self, self.firm)
        soft = _only(self, frozenset(PARTS) - self.firm)
        first = [
            *([_things(QueryConstraints(required=soft.wearer))] if soft.wearer else []),
            *(f"*{c.words}*" for c in soft.likes),
            *([_things(soft.limits())] if soft.priced or soft.size else []),
        ]
        only = hard.limits()
        only = replace(only, required=(*hard.wearer, *_by_sort(hard.likes), *only.required))
        clauses = [
            *([f"only {_things(only)}"] if only.required or hard.priced else []),
            *([f"{_listed(first, 'and')} first"] if first else []),
            *([f"{_starred(soft.dislikes, 'and')} last"] if soft.dislikes else []),
            *([f"never {_starred(hard.dislikes, 'or')}"] if hard.dislikes else []),
        ]
        return f"I show {_listed(clauses, 'and')}." if clauses else ""

    @property
    def priced(self) -> bool:
        """Whether there is a budget."""
        return self.price_from is not None or self.price_to is not None

    def limits(self) -> QueryConstraints:
        """Return the constraints that budget and size alone make."""
        return QueryConstraints(
            required=(self.size,) if self.size else (),
            price_from=self.price_from,
            price_to=self.price_to,
            currency=self.currency,
        )


def understood(profile: ShopperProfile, understander: Understander) -> UnderstoodProfile:
    """Return what a profile means in the catalogue that the understander knows."""
    wearer, nobody = _wearer(profile.wearer, understander)
    liked = [_described(item, understander) for item in _divided(profile.likes)]
    refused = [_described(item, understander) for item in _divided(profile.dislikes)]
    low, high, size, unlimited = _limits(profile.limits, understander)
    return UnderstoodProfile(
        wearer=wearer,
        likes=_once(c for found in liked for c in found.wanted),
        dislikes=_once(
            c
            for found in (*liked, *refused)
            for c in (*(found.wanted if found in refused else ()), *found.refused)
        ),
        price_from=low,
        price_to=high,
        currency=understander.vocabulary.currency,
        size=size,
        firm=profile.firm,
        unknown=(
            *nobody,
            *(found.item for found in (*liked, *refused) if not (found.wanted or found.refused)),
            *unlimited,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Described:
    """One item of a list of likes or dislikes."""

    item: str
    wanted: tuple[Condition, ...]
    refused: tuple[Condition, ...]


def _described(item: str, understander: Understander) -> _Described:
    found = understander.understand(item, _ANYTHING)
    if found.outcome != "recommend":
        return _Described(item, (), ())
    wanted = [c for c in (*found.required, *found.preferred) if c.words and not c.absent]
    wanted = [c for c in wanted if c.slot in ("colour", "feature", "range")]
    kinds = () if found.kinds == _ANYTHING.kinds else found.kinds
    if kinds:
        # "Skinny jeans" are one thing, not all that is skinny and all jeans.
        return _Described(item, tuple(reduce(_both, wanted, kind) for kind in kinds), ())
    return _Described(item, tuple(wanted), found.excluded)


def _both(kind: Condition, other: Condition) -> Condition:
    return kind.both(other)


def _wearer(text: str, understander: Understander) -> tuple[tuple[Condition, ...], tuple[str, ...]]:
    if not text.strip():
        return (), ()
    found = understander.understand(f"something for {text.strip()}")
    whom = tuple(c for c in found.required if c.slot in ("audience", "range") and not c.absent)
    known = whom and found.outcome == "recommend"
    return (whom, ()) if known else ((), (text.strip(),))


def _limits(
    text: str, understander: Understander
) -> tuple[float | None, float | None, Condition | None, tuple[str, ...]]:
    """Return the prices, the size, and the limits that the catalogue cannot keep."""
    low = high = size = None
    unlimited = []
    for item in (part.strip() for part in re.split(r"[,;\n]", text)):
        if not item:
            continue
        sized = _size(item, understander)
        found = understander.understand(_as_price(item), _ANYTHING)
        prices = (found.price_from, found.price_to)
        if sized is not None:
            size = size.either(sized) if size else sized
        elif (
            _SAYS_SIZE.search(item)
            or understander.vocabulary.prices is None
            or prices == (None, None)
        ):
            unlimited.append(item)
        else:
            low, high = prices
    return low, high, size and _where_sized(size, understander), tuple(unlimited)


def _size(item: str, understander: Understander) -> Condition | None:
    """Return the size that an item names, with or without the word ("size M", "M")."""
    for said in (item, *(() if _AMOUNT.search(item) else (f"size {item}",))):
        found = understander.understand(said, _ANYTHING).required
        sized = next((c for c in found if c.slot == "size" and not c.absent), None)
        if sized is not None:
            return sized
    return None


def _where_sized(size: Condition, understander: Understander) -> Condition:
    """Return a condition that also holds for the types of which nothing comes in such a size."""
    known = understander.vocabulary
    tags = {value for tests in size.any_of for _, values in tests for value in values}
    others = tuple(t for t in known.types if not any(known.tagged(tag, (t,)) for tag in tags))
    if not others:
        return size
    return replace(size, any_of=(*size.any_of, (("product_type", others),)))


def _as_price(item: str) -> str:
    """Return a limit in words that cannot be taken for a number of articles."""
    most = _AT_MOST.match(item)
    return f"budget {item[most.end() :]}" if most else f"budget {item}"


def _divided(text: str) -> list[str]:
    return [item.strip() for item in _ITEMS.split(text) if item.strip()]


def _once(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    first: dict[tuple[str, object], Condition] = {}
    for condition in conditions:
        first.setdefault((condition.slot, condition.any_of), condition)
    return tuple(first.values())


def _by_sort(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return one condition for each sort, which one of its alternatives meets."""
    sorts: dict[tuple[str, str], Condition] = {}
    for condition in conditions:
        sort = (condition.slot, condition.facet)
        sorts[sort] = sorts[sort].either(condition) if sort in sorts else condition
    return tuple(sorts.values())


def _only(profile: UnderstoodProfile, parts: frozenset[Part]) -> UnderstoodProfile:
    limited = "limits" in parts
    return replace(
        profile,
        wearer=profile.wearer if "wearer" in parts else (),
        likes=profile.likes if "likes" in parts else (),
        dislikes=profile.dislikes if "dislikes" in parts else (),
        price_from=profile.price_from if limited else None,
        price_to=profile.price_to if limited else None,
        size=profile.size if limited else None,
    )


def _things(constraints: QueryConstraints) -> str:
    """Return "linen things in navy" with emphasis, as answers tell what they looked for."""
    return constraints.said().removeprefix("I looked for ").removesuffix(".")


def _starred(conditions: Iterable[Condition], joint: str) -> str:
    return _listed([f"*{c.words}*" for c in conditions], joint)


def _listed(items: list[str], joint: str) -> str:
    return f"{', '.join(items[:-1])} {joint} {items[-1]}" if len(items) > 1 else "".join(items)
