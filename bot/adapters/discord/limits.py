"""Discord's limits, and what makes a text fit them.

Sources: developers/resources/message.mdx, developers/components/reference.mdx and
developers/interactions/receiving-and-responding.mdx of discord/discord-api-docs. Lengths are in
characters.
"""

import re
from datetime import timedelta

CONTENT = 2000
EMBEDS = 10
EMBEDS_TOTAL = 6000
EMBED_TITLE = 256
EMBED_DESCRIPTION = 4096
EMBED_FOOTER = 2048
URL = 2048
OPTION_TEXT = 100
SELECT_PLACEHOLDER = 150
CUSTOM_ID = 100
BUTTON_LABEL = 80
ROW_BUTTONS = 5
MODAL_TITLE = 45
MODAL_INPUTS = 5
MODAL_LABEL = 45
MODAL_PLACEHOLDER = 100
MODAL_TEXT = 4000
CHOICES = 25
CHOICE_TEXT = 100
THREAD_NAME = 100

TOKEN_LIFE = timedelta(minutes=14)
"""An interaction's token dies after 15 minutes; an edit begun later than this may not arrive."""

EDIT_SPACING_S = 1.5
"""Between two edits of one message. Rate limits differ by route; this stays below those seen."""

_FENCE = "```"
_CLOSING = f"\n{_FENCE}"
_FENCE_MARK = re.compile(r"```([\w+-]*)")
_BREAKS = ("\n\n", "\n", ". ", " ")


def shortened(text: str, limit: int) -> str:
    """Return the text with at most `limit` characters, ending in an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip("\\ \n") + "…"


def split(text: str, limit: int = CONTENT) -> list[str]:
    """Return the text in pieces of at most `limit` characters, cut where reading pauses.

    A code block that a cut falls into is closed before it and opened again behind it.
    """
    pieces: list[str] = []
    opening, rest = "", text.strip()
    while len(opening) + len(rest) > limit:
        cut = _cut(rest, limit - len(opening) - len(_CLOSING))
        piece, rest = opening + rest[:cut].rstrip(), rest[cut:].lstrip("\n")
        marks = _FENCE_MARK.findall(piece)
        opening = f"{_FENCE}{marks[-1]}\n" if len(marks) % 2 else ""
        pieces.append(piece + _CLOSING if opening else piece)
    return [*pieces, opening + rest] if rest else pieces


def _cut(text: str, room: int) -> int:
    for mark in _BREAKS:
        at = text.rfind(mark, room // 2, room)
        if at > 0:
            return at + len(mark)
    while room > 1 and text[room - 1] == "`" == text[room]:
        room -= 1
    return room
