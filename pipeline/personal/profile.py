"""What a shopper told us of themselves, in their own words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

Part = Literal["wearer", "likes", "dislikes", "limits"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class ShopperProfile:
    """The parts of a profile, each free text in the shopper's words; "" is unknown.

    `wearer` is whom they shop for ("my 6 year old girl"), `likes` and `dislikes` are colours,
    materials, patterns and features, `limits` a budget and sizes. What is `firm` must hold, the
    other parts only rank.
    """

    wearer: str = ""
    likes: str = ""
    dislikes: str = ""
    limits: str = ""
    firm: frozenset[Part] = frozenset()

    def __bool__(self) -> bool:
        """Return whether anything was told."""
        return any(getattr(self, part).strip() for part in PARTS)

    def to_dict(self) -> dict[str, Any]:
        """Return the profile as JSON-ready data."""
        return {**{part: getattr(self, part) for part in PARTS}, "firm": sorted(self.firm)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the profile that `to_dict` made this data of."""
        return cls(**{**data, "firm": frozenset(data["firm"])})
