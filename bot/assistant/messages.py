"""A shopper's message, as far as understanding may see it."""

import re
import unicodedata

LONGEST = 600
"""Characters of a message that are read; what stands after them is left out."""

_FENCE = re.compile(r"```.*?(?:```|$)|`[^`\n]*`", re.DOTALL)
_REFERENCE = re.compile(r"<(?:[@#!][^<>\s]{1,80}|a?:\w{1,40}:\d{1,25}|t:\d{1,20}(?::\w)?)>")
"""Mentions of people, roles, channels and groups, custom emoji and times, as platforms send them"""
_EVERYBODY = re.compile(r"@(?:everyone|here|channel)\b", re.IGNORECASE)
_LINK = re.compile(r"<?https?://[^\s<>]+>?", re.IGNORECASE)
_EMOJI_NAME = re.compile(r"(?<!\w):[a-z0-9_+-]{2,40}:(?!\w)", re.IGNORECASE)

_MORE = re.compile(
    r"(?:please |can you |could you )*(?:(?:show|give|find|send)(?: me)? )?(?:some |any )?more"
    r"(?: of (?:them|these|those|the same)| like (?:these|those|that))?(?:,? please)?[\s.!?]*",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"(?:please |can you |could you )*(?:(?:show|give|find|send)(?: me)? )?"
    r"(?:(?:those|these|them|that|it|the last|the same)(?: ones?)? )?(?:again|once more)"
    r"(?:,? please)?[\s.!?]*",
    re.IGNORECASE,
)


def cleaned(text: str) -> tuple[str, bool]:
    """Return the words of a message on one line, and whether it was cut to `LONGEST` characters.

    Code, mentions, links, emoji names and invisible characters (zero width, direction marks,
    controls) are no words. A text without a letter or digit becomes "".
    """
    text = text[: 20 * LONGEST]  # enough to find the words, too little to keep anybody waiting
    for noise in (_FENCE, _REFERENCE, _EVERYBODY, _LINK, _EMOJI_NAME):
        text = noise.sub(" ", text)
    text = unicodedata.normalize("NFC", text)
    text = "".join(_visible(char) for char in text)
    text = " ".join(text.split())
    if not any(char.isalnum() for char in text):
        return "", False
    if len(text) <= LONGEST:
        return text, False
    return text[: LONGEST + 1].rpartition(" ")[0] or text[:LONGEST], True


def is_foreign(text: str) -> bool:
    """Return whether no letter of a text is of the alphabet that understanding reads."""
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and not any(char.isascii() for char in letters)


def asks_for_more(text: str) -> bool:
    """Return whether a message only asks for the next articles."""
    return _MORE.fullmatch(text) is not None


def asks_for_the_same(text: str) -> bool:
    """Return whether a message only asks for what was just shown."""
    return _SAME.fullmatch(text) is not None


def _visible(char: str) -> str:
    """Return "" for what joins or directs characters, a space for what parts them."""
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return " " if category[0] in "CZ" else char
