"""What is known of one shopper, and what comes of it: profile, opinions, taste."""

from pipeline.personal.leaning import Leaning
from pipeline.personal.profile import Part, ShopperProfile
from pipeline.personal.reading import TasteReader
from pipeline.personal.taste import Opinion, Taste
from pipeline.personal.understood import UnderstoodProfile, understood

__all__ = [
    "Leaning",
    "Opinion",
    "Part",
    "ShopperProfile",
    "Taste",
    "TasteReader",
    "UnderstoodProfile",
    "understood",
]
