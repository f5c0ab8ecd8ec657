"""A profile read as conditions over one catalogue."""

from dataclasses import dataclass

from pipeline.personal.profile import ShopperProfile
from pipeline.understanding import Condition, Understander


@dataclass(frozen=True, slots=True)
class UnderstoodProfile:
    """What the words of a profile mean in one catalogue.

    `unknown` are words that mean nothing in it, and limits that it cannot keep.
    """

    likes: tuple[Condition, ...] = ()
    dislikes: tuple[Condition, ...] = ()
    wearer: tuple[Condition, ...] = ()
    price_from: float | None = None
    price_to: float | None = None
    unknown: tuple[str, ...] = ()

    def said(self) -> str:
        """Return one sentence on what the profile will be used as, "" if nothing of it is."""
        return ""


def understood(profile: ShopperProfile, understander: Understander) -> UnderstoodProfile:
    """Return what a profile means in the catalogue that the understander knows."""
    raise NotImplementedError
