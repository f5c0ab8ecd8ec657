"""What one shopper is known to like, ready for retrieval: profile, opinions, what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from pipeline.personal.profile import ShopperProfile


@dataclass(frozen=True, slots=True)
class Opinion:
    """A like or a dislike of one article. `at` is in seconds since 1970."""

    article_id: str
    product_type: str
    liked: bool
    at: float


@dataclass(frozen=True, slots=True)
class Taste:
    """All that is known of a shopper at the time `now`, in seconds since 1970.

    `unwanted_types` are product types and when they were turned down ("not this kind"); `seen` are
    codes of products shown lately, which come only where nothing new is left.
    """

    profile: ShopperProfile = field(default_factory=ShopperProfile)
    opinions: tuple[Opinion, ...] = ()
    unwanted_types: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    seen: frozenset[str] = frozenset()
    now: float = 0.0

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        """Return itself, since nothing in it changes: pipelines copy what they hand on."""
        return self

    def weight(self, at: float, half_life_days: float) -> float:
        """Return what something said at a time still counts, 1 when new, halved each half-life."""
        age_days = max(0.0, self.now - at) / 86_400
        return float(0.5 ** (age_days / half_life_days))
