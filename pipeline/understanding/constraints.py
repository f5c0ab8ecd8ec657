"""What an answer must be, should be and must not be: conditions over an article's metadata."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from pipeline.understanding import saying

Test = tuple[str, tuple[str, ...]]
"""A metadata field and the values of which it must have one."""
Outcome = Literal["recommend", "not_carried", "off_topic"]
Slot = Literal["kind", "colour", "audience", "range", "feature", "line", "size", "word"]

# What is given up first, if nothing matches: how a thing is made before what it looks like, and
# what it looks like before whom it is for and whom it fits. A kind and an exclusion never are.
_GIVEN_UP_FIRST: tuple[Slot, ...] = ("feature", "colour", "line", "range", "size")


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing asked for: it holds if every test of one of its alternatives does.

    `name` is the concept of the lexicon, `words` what the shopper said, `facet` what it replaces
    in a conversation (two lengths, two fits). `wide` are looser alternatives, such as the whole
    colour family for a shade, kept for when nothing matches. `absent` means that no article of the
    catalogue meets it: it is the first to be given up, and that is told.
    """

    slot: Slot
    name: str
    words: str
    any_of: tuple[tuple[Test, ...], ...]
    facet: str = ""
    wide: tuple[tuple[Test, ...], ...] = ()
    absent: bool = False

    @property
    def types(self) -> tuple[str, ...]:
        """The product types that its alternatives name."""
        return tuple(dict.fromkeys(t for tests in self.any_of for t in _types_in(tests)))

    def holds(self, meta: Mapping[str, Any]) -> bool:
        """Return whether an article with this metadata meets the condition."""
        return any(all(_passes(test, meta) for test in tests) for tests in self.any_of)

    def filter(self) -> dict[str, Any]:
        """Return the condition as a Haystack filter."""
        alternatives = [_all_of([_comparison(test) for test in tests]) for tests in self.any_of]
        return _any_of(alternatives)

    def both(self, other: "Condition") -> "Condition":
        """Return the condition that holds where both do; keeps this one's slot and name."""
        crossed = tuple((*mine, *theirs) for mine in self.any_of for theirs in other.any_of)
        return replace(self, words=f"{other.words} {self.words}", any_of=crossed)

    def either(self, other: "Condition") -> "Condition":
        """Return the condition that holds where one of the two does."""
        merged = tuple(dict.fromkeys((*self.any_of, *other.any_of)))
        wide = tuple(dict.fromkeys((*self.wide, *other.wide)))
        return replace(
            self,
            name=f"{self.name}|{other.name}",
            words=f"{self.words} or {other.words}",
            any_of=merged,
            wide=wide,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as JSON-ready data."""
        return {
            "slot": self.slot,
            "name": self.name,
            "words": self.words,
            "any_of": _plain(self.any_of),
            "facet": self.facet,
            "wide": _plain(self.wide),
            "absent": self.absent,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the condition that `to_dict` made this data of."""
        return cls(
            slot=data["slot"],
            name=data["name"],
            words=data["words"],
            any_of=_tests(data["any_of"]),
            facet=data["facet"],
            wide=_tests(data["wide"]),
            absent=data["absent"],
        )


@dataclass(frozen=True, slots=True)
class QueryConstraints:
    """What understanding found in a message, or in a conversation so far.

    `kinds` are alternatives; with `each` some of every kind is wanted (an outfit, an occasion).
    `required` must all hold and `excluded` never; `preferred` only rank. `free_text` is what
    nobody took, in the shopper's words. Prices are in the catalogue's `currency` ("" if it names
    none), bounds included. `unavailable` are its values for what is out of stock.
    """

    outcome: Outcome = "recommend"
    subject: str = ""
    count: int | None = None
    kinds: tuple[Condition, ...] = ()
    each: bool = False
    required: tuple[Condition, ...] = ()
    preferred: tuple[Condition, ...] = ()
    excluded: tuple[Condition, ...] = ()
    price_from: float | None = None
    price_to: float | None = None
    free_text: str = ""
    occasion: str = ""
    currency: str = ""
    unavailable: tuple[str, ...] = ()
    message: str = field(default="", compare=False)

    @property
    def search_text(self) -> str:
        """What is embedded: everything asked for in the shopper's words, exclusions left out."""
        parts = [
            *(c.words for c in self.required if c.slot == "colour"),
            *(c.words for c in self.required if c.slot not in ("colour", "audience", "size")),
            *dict.fromkeys(c.words for c in self.preferred if c.words),
            *(() if self.occasion else (c.words for c in self.kinds)),
            *(c.words for c in self.required if c.slot == "audience"),
            self.occasion,
            self.free_text,
        ]
        seen: dict[str, None] = {}
        for part in parts:
            for word in part.split():
                seen.setdefault(word)
        return " ".join(seen) or self.message

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Return itself, since nothing in it changes: pipelines copy what they hand on."""
        return self

    def filters(self) -> dict[str, Any] | None:
        """Return what must hold as a Haystack filter over `meta.*`, None if nothing must."""
        return self._filter(())

    def tiers(self) -> list[dict[str, Any] | None]:
        """Return filters from the most wanted articles to all that are right.

        Each tier lets go of one preference, least telling first; the last is `filters()`. What an
        earlier tier finds belongs before what a later one adds. A word of the catalogue stands with
        the features first, then after them.
        """
        named = [c for c in self.preferred if c.slot == "kind" and c.name.startswith("named ")]
        details = [c for c in self.preferred if c.slot == "word"]
        soft = [c for c in self.preferred if c.slot == "feature"]
        kept = [c for c in self.preferred if c not in named and c not in soft and c not in details]
        tiers = [self._filter(self.preferred)] if named else []
        tiers += [self._filter((detail, *soft, *kept)) for detail in details]
        if len(soft) > 1:
            tiers.append(self._filter((*soft, *kept)))
        if soft:
            tiers.append(self._filter((_one_of(soft), *kept)))
            tiers += [self._filter((detail, *kept)) for detail in details]
        while kept:
            tiers.append(self._filter(kept))
            kept.pop(0)
        tiers.append(self.filters())
        return tiers

    def _filter(self, besides: Iterable[Condition]) -> dict[str, Any] | None:
        conditions = [_any_of([kind.filter() for kind in self.kinds])] if self.kinds else []
        conditions += [condition.filter() for condition in (*self.required, *besides)]
        conditions += [_none_of(condition.filter()) for condition in self.excluded]
        if self.unavailable:
            conditions.append(_none_of(_comparison(("availability", self.unavailable))))
        if self.price_from is not None:
            conditions.append({"field": "meta.price", "operator": ">=", "value": self.price_from})
        if self.price_to is not None:
            conditions.append({"field": "meta.price", "operator": "<=", "value": self.price_to})
        return _all_of(conditions) if conditions else None

    def groups(self) -> tuple["QueryConstraints", ...]:
        """Return one set of constraints per kind where some of each is wanted, else just this."""
        if not self.each or len(self.kinds) <= 1:
            return (self,)
        return tuple(replace(self, kinds=(kind,), each=False) for kind in self.kinds)

    def relaxations(self) -> Iterator[tuple["QueryConstraints", str]]:
        """Yield looser constraints, each lacking one more, and what to tell the shopper.

        In this order: what no article of the catalogue has; features, last said first, each for
        one that comes near it before it goes; a shade widens to its colour; colours; the shop's own
        line; the range; the size; the price. Kinds, whom it is for and exclusions stay.
        """
        current = self
        for condition in self.required:
            if condition.absent and condition.wide:
                current = current.with_wider(condition)
                yield current, saying.widened(condition)
            elif condition.absent:
                current = current.without(condition)
                yield current, saying.absent(condition)
        for condition in reversed(_in_slot(current.required, "feature")):
            if condition.wide:
                current = current.with_wider(condition)
                yield current, saying.widened(condition)
            held = current.required[-1] if condition.wide else condition
            current = current.without(held)
            yield current, saying.given_up(held)
        for condition in _in_slot(current.required, "colour"):
            if condition.wide:
                current = current.with_wider(condition)
                yield current, saying.widened(condition)
        for slot in _GIVEN_UP_FIRST[1:]:
            for condition in _in_slot(current.required, slot):
                current = current.without(condition)
                yield current, saying.given_up(condition)
        if current.price_from is not None or current.price_to is not None:
            told = saying.beyond_price(current)
            current = replace(current, price_from=None, price_to=None)
            yield current, told

    def of_the_kind(self, product_type: str) -> "QueryConstraints":
        """Return constraints for one product type with the audience, size and price of these.

        The exclusions hold on too.
        """
        kind = Condition(
            "kind", product_type, product_type, ((("product_type", (product_type,)),),)
        )
        return QueryConstraints(
            kinds=(kind,),
            required=tuple(c for c in self.required if c.slot in ("audience", "size")),
            excluded=self.excluded,
            price_from=self.price_from,
            price_to=self.price_to,
            currency=self.currency,
            unavailable=self.unavailable,
            message=product_type,
        )

    def without(self, condition: Condition) -> "QueryConstraints":
        """Return the constraints with one required condition, and what only refines it, gone."""
        return replace(
            self,
            required=tuple(c for c in self.required if c is not condition),
            preferred=tuple(c for c in self.preferred if not c.words or c.words != condition.words),
        )

    def with_wider(self, condition: Condition) -> "QueryConstraints":
        """Return the constraints with the looser alternatives of a required condition, put last."""
        wider = replace(condition, any_of=condition.wide, wide=(), absent=False)
        if condition.slot == "feature":
            name = condition.wide[0][0][1][0]
            wider = replace(wider, name=name, words=saying.called(name))
        left = self.without(condition)
        return replace(left, required=(*left.required, wider))

    def agreement(self, meta: Mapping[str, Any]) -> float:
        """Return the share of the preferences an article meets, 0 to 1; 1 if there are none."""
        if not self.preferred:
            return 1.0
        return sum(c.holds(meta) for c in self.preferred) / len(self.preferred)

    def allows(self, meta: Mapping[str, Any]) -> bool:
        """Return whether an article with this metadata passes `filters()`."""
        price = meta.get("price")
        return (
            (not self.kinds or any(kind.holds(meta) for kind in self.kinds))
            and all(condition.holds(meta) for condition in self.required)
            and not any(condition.holds(meta) for condition in self.excluded)
            and meta.get("availability") not in self.unavailable
            and (self.price_from is None or (price is not None and price >= self.price_from))
            and (self.price_to is None or (price is not None and price <= self.price_to))
        )

    def said(self) -> str:
        """Return one sentence that names what was looked for, with *emphasis* on the wishes."""
        return saying.sought(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the constraints as JSON-ready data."""
        return {
            "outcome": self.outcome,
            "subject": self.subject,
            "count": self.count,
            "kinds": [c.to_dict() for c in self.kinds],
            "each": self.each,
            "required": [c.to_dict() for c in self.required],
            "preferred": [c.to_dict() for c in self.preferred],
            "excluded": [c.to_dict() for c in self.excluded],
            "price_from": self.price_from,
            "price_to": self.price_to,
            "free_text": self.free_text,
            "occasion": self.occasion,
            "currency": self.currency,
            "unavailable": list(self.unavailable),
            "message": self.message,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the constraints that `to_dict` made this data of."""
        conditions = {
            name: tuple(Condition.from_dict(c) for c in data[name])
            for name in ("kinds", "required", "preferred", "excluded")
        }
        return cls(**{**data, **conditions, "unavailable": tuple(data["unavailable"])})


def types_in(tests: Iterable[Test]) -> frozenset[str]:
    """Return the product types that tests which must all hold name."""
    return frozenset(_types_in(tests))


def _types_in(tests: Iterable[Test]) -> tuple[str, ...]:
    return next((values for name, values in tests if name == "product_type"), ())


def _passes(test: Test, meta: Mapping[str, Any]) -> bool:
    name, values = test
    found = meta.get(name)
    if isinstance(found, (list, tuple)):
        return any(value in found for value in values)
    return found in values


def _comparison(test: Test) -> dict[str, Any]:
    name, values = test
    return {"field": f"meta.{name}", "operator": "in", "value": list(values)}


def _all_of(filters: list[dict[str, Any]]) -> dict[str, Any]:
    return filters[0] if len(filters) == 1 else {"operator": "AND", "conditions": filters}


def _any_of(filters: list[dict[str, Any]]) -> dict[str, Any]:
    return filters[0] if len(filters) == 1 else {"operator": "OR", "conditions": filters}


def _none_of(unwanted: dict[str, Any]) -> dict[str, Any]:
    return {"operator": "NOT", "conditions": [unwanted]}


def _one_of(conditions: list[Condition]) -> Condition:
    first = conditions[0]
    for other in conditions[1:]:
        first = first.either(other)
    return first


def _in_slot(conditions: tuple[Condition, ...], slot: Slot) -> list[Condition]:
    return [condition for condition in conditions if condition.slot == slot]


def _plain(any_of: tuple[tuple[Test, ...], ...]) -> list[list[list[Any]]]:
    return [[[name, list(values)] for name, values in tests] for tests in any_of]


def _tests(data: list[list[list[Any]]]) -> tuple[tuple[Test, ...], ...]:
    return tuple(tuple((name, tuple(values)) for name, values in tests) for tests in data)
