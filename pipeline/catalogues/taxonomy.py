"""Values with parts: "Clothing > Dresses > Midi" and "Red/Blue"."""

from typing import NamedTuple


class Category(NamedTuple):
    """The narrowest part of a category path, and the one around it."""

    product_type: str
    product_group: str


def category(*paths: str) -> Category:
    """Return the last two parts of the first path that has words; a bare number has none."""
    for path in paths:
        parts = [part.strip() for part in path.split(">")]
        if parts[-1] and not parts[-1].isdecimal():
            return Category(parts[-1], parts[-2] if len(parts) > 1 else "")
    return Category("", "")


def main_colour(colour: str) -> str:
    """Return the first of several colours, which shops put first because it is the main one."""
    return colour.split("/", maxsplit=1)[0].strip()
