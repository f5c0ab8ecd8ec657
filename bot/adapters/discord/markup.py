"""From plain text to Discord's markdown, with everything that others wrote made harmless."""

import re
from urllib.parse import urlsplit

import discord

from bot.adapters.discord import limits

_CODE_BLOCK = re.compile(r"(```[\s\S]*?```)")
_REORDERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_JOINER = "\u200b"


def plain(text: str) -> str:
    """Return the text without characters that turn the reading direction of others (UAX #9).

    That is all that a text needs where Discord knows neither markup nor mentions.
    """
    return text.translate(_REORDERING)


def escaped(text: str) -> str:
    """Return the text so that it is shown as it stands: no markup, no mention, no link."""
    text = plain(text).replace("://", f":{_JOINER}//")
    return discord.utils.escape_mentions(
        discord.utils.escape_markdown(text, ignore_links=False)
    ).replace("<", f"<{_JOINER}")


def formatted(text: str) -> str:
    """Return the text with its *starred* words bold, code blocks kept and the rest escaped."""
    parts = _CODE_BLOCK.split(text)
    return "".join(part if position % 2 else _starred(part) for position, part in enumerate(parts))


def web_address(url: str) -> str:
    """Return the address if Discord takes it in an embed, "" otherwise."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    plain = url.isprintable() and " " not in url and len(url) <= limits.URL
    return url if plain and parts.scheme in {"http", "https"} and parts.hostname else ""


def _starred(text: str) -> str:
    parts = text.split("*")
    if len(parts) % 2 == 0:
        return escaped(text)
    return "".join(
        f"**{escaped(part)}**" if position % 2 and part.strip() else escaped(part)
        for position, part in enumerate(parts)
    )
