"""Whom an article is for, in the words of a shop's navigation."""

import re
from collections.abc import Iterable

_ADULTS = {"female": "Women", "male": "Men", "unisex": "Unisex"}
_CHILDREN = {"female": "Girls", "male": "Boys"}
_BABY_AGES = frozenset(("newborn", "newborns", "infant", "infants", "baby", "babies"))
_CHILD_AGES = frozenset(("toddler", "toddlers", "kids", "children"))
_TAGS = {
    word: name
    for name, words in {
        "Women": ("women", "womens", "woman", "ladies", "female"),
        "Men": ("men", "mens", "man", "male"),
        "Girls": ("girls", "girl"),
        "Boys": ("boys", "boy"),
        "Kids": ("kids", "kid", "children", "childrens"),
        "Baby": ("baby", "babies"),
        "Unisex": ("unisex",),
    }.items()
    for word in words
}
_TAG_PREFIX = re.compile(r"^[a-z ]+[:_=]\s*")


def audience(gender: str, age_group: str) -> str:
    """Return Women, Men, Girls, Boys, Kids, Baby or Unisex for Google's two attributes, or ""."""
    gender, age_group = gender.strip().lower(), age_group.strip().lower()
    if age_group in _BABY_AGES:
        return "Baby"
    if age_group in _CHILD_AGES:
        return _CHILDREN.get(gender, "Kids")
    return _ADULTS.get(gender, "")


def tagged_audience(tags: Iterable[str]) -> str:
    """Return the audience that tags such as "Women's" or "gender:men" name, "" unless it is one."""
    words = (_TAG_PREFIX.sub("", tag.strip().lower()) for tag in tags)
    named = {_TAGS.get(re.sub(r"['\u2019]", "", word), "") for word in words} - {""}
    return named.pop() if len(named) == 1 else ""


def audience_group(name: str) -> str:
    """Return the coarse audience: children of any age are "Kids"."""
    return "Kids" if name in ("Girls", "Boys", "Kids", "Baby") else name
