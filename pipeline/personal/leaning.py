"""What a taste makes of a search: which way it leans, and why an article is in the answer."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, Self

from haystack import Document

from pipeline.personal.examples import Example
from pipeline.personal.traits import Trait
from pipeline.personal.understood import UnderstoodProfile
from pipeline.stores import Steering
from pipeline.understanding import QueryConstraints
from pipeline.understanding.tokens import words

Share = tuple[dict[str, Any], float]
"""A filter, and the share of its score that an article gains which passes it."""

MOST_EXAMPLES = 12
"""Liked and disliked articles each that steer one search."""
MOST_TRAITS = 8
"""Traits that steer one search."""
_TOLD = 0.3
"""Gained for a like of the profile."""
_DISLIKED = 1.0
"""Lost for a dislike of the profile: it comes last, whatever else of it is liked."""
_LEARNT = 0.3
"""Gained for a trait that is e times as common among what was liked as elsewhere."""
_MOST_TELLING = 2.0
_UNWANTED = 0.4
"""Lost by a product type that was just turned down."""
_WORTH_SEARCHING = 0.1
"""What gains more is searched for by itself, and not only preferred among what the wish finds."""
_MOST = 0.5
"""In all, for what the profile tells and for what was learnt: what meets a wish far better than the
rest stays before it."""
_CLOSE = 0.35
"""Share of their words that two articles have in common when they are called close."""
_WORTH_TELLING = 0.7
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Leaning:
    """A taste beside one wish.

    `profile` is what of the profile holds beside it, `traits` are learnt from all opinions, most
    telling first, and `examples` what they are on; `unwanted` are product types turned down and
    how much that counts (0 to 1), `seen` codes of products to come last.
    """

    profile: UnderstoodProfile = field(default_factory=UnderstoodProfile)
    examples: tuple[Example, ...] = ()
    traits: tuple[Trait, ...] = ()
    unwanted: Mapping[str, float] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()
    strength: float = 1.0

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Return itself, since nothing in it changes: pipelines copy what they hand on."""
        return self

    def steering(self, constraints: QueryConstraints) -> Steering | None:
        """Return what bends the search for a wish, None if nothing does.

        Only examples of the types asked for are compared with. What the others have in common
        counts all the same: a dress that was liked makes no sock of its shape, but of its colour.
        """
        types = {t for kind in constraints.kinds for t in kind.types}
        near = [e for e in self.examples if not constraints.kinds or e.product_type in types]
        told = [*_bounded([*self._told(), *self._turned_down(types)]), *self._disliked()]
        learnt = _bounded(self._learnt(constraints))
        if self.strength == 0 or not (near or told or learnt):
            return None
        return Steering(
            liked=tuple(e.vector for e in near if e.liked)[:MOST_EXAMPLES],
            disliked=tuple(e.vector for e in near if not e.liked)[:MOST_EXAMPLES],
            weight=self.strength,
            preferences=tuple(
                (filters, self.strength * share) for filters, share in (*told, *learnt)
            ),
            favoured=tuple(f for f, share in (*told, *learnt) if share > _WORTH_SEARCHING),
        )

    def _told(self) -> list[Share]:
        """Return what the profile says that only ranks."""
        profile = self.profile
        found: list[Share] = []
        if "likes" not in profile.firm:
            found += [(c.filter(), _TOLD) for c in profile.likes]
        if "limits" not in profile.firm:
            if profile.priced:
                found.append((replace(profile.limits(), required=()).filters() or {}, _TOLD))
            if profile.size:
                found.append((profile.size.filter(), _TOLD))
        return found

    def _disliked(self) -> list[Share]:
        """Return what the profile does not want, where it may come last all the same."""
        if "dislikes" in self.profile.firm:
            return []
        return [(c.filter(), -_DISLIKED) for c in self.profile.dislikes]

    def _learnt(self, constraints: QueryConstraints) -> list[Share]:
        """Return the traits that tell most, of the sorts that neither wish nor profile names."""
        named = [c for c in (*constraints.required, *constraints.preferred) if c.words]
        sorts = {(c.slot, c.facet) for c in named}
        sorts |= {(c.slot, c.facet) for c in (*self.profile.likes, *self.profile.dislikes)}
        whom = {c.slot for c in (*named, *self.profile.wearer)}
        found = [
            trait
            for trait in self.traits
            if (trait.condition.slot, trait.condition.facet) not in sorts
            and not (trait.condition.slot == "audience" and "audience" in whom)
        ]
        return [
            (
                trait.condition.filter(),
                _LEARNT * max(-_MOST_TELLING, min(trait.telling, _MOST_TELLING)),
            )
            for trait in found[:MOST_TRAITS]
        ]

    def _turned_down(self, named: AbstractSet[str]) -> list[Share]:
        """Return the types that are not wanted, unless the wish is for nothing else."""
        if named and named <= self.unwanted.keys():
            return []
        return [
            ({"field": "meta.product_type", "operator": "==", "value": kind}, -_UNWANTED * share)
            for kind, share in self.unwanted.items()
        ]

    def reasons(self, article: Document) -> tuple[str, ...]:
        """Return short phrases with *emphasis* on what of the taste an article meets."""
        meta = article.meta
        found = [f"you like *{c.words}*" for c in self.profile.likes if c.holds(meta)]
        alike = [
            (likeness, example)
            for example in self.examples
            if example.liked and (likeness := _likeness(article, example)) >= _CLOSE
        ]
        if alike:
            closest = max(alike, key=lambda pair: pair[0])[1]
            found.append(f"close to *{closest.meta['name']}*, which you liked")
        found += [
            f"*{trait.condition.words}*, like others you liked"
            for trait in self.traits[:MOST_TRAITS]
            if trait.liked
            and trait.telling > _WORTH_TELLING
            and trait.condition.slot in ("colour", "feature")
            and trait.condition.holds(meta)
        ]
        return tuple(found[:_MOST_REASONS])


def _bounded(shares: Sequence[Share]) -> list[Share]:
    """Return the shares, smaller where all of one sign would come to too much."""
    gained = sum(share for _, share in shares if share > 0)
    lost = -sum(share for _, share in shares if share < 0)
    up, down = min(1.0, _MOST / (gained or 1.0)), min(1.0, _MOST / (lost or 1.0))
    return [(filters, share * (up if share > 0 else down)) for filters, share in shares]


def _likeness(article: Document, example: Example) -> float:
    """Return the share of their words that two articles of one type have in common, else 0."""
    if article.meta["product_type"] != example.product_type:
        return 0.0
    own, others = (
        set(words(f"{meta['name']} {meta.get('description', '')}"))
        for meta in (article.meta, example.meta)
    )
    return len(own & others) / len(own | others)
