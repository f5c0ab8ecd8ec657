"""Text on its way to Slack and from it.

Slack reads `<!channel>`, `<@U1>`, `<!subteam^S1>` and links wherever an unescaped `<` stands; with
`&`, `<` and `>` as entities nothing that a shopper, a catalogue or a model wrote can ping anybody.
"""

import re
import unicodedata

from bot.adapters.slack.limits import REQUEST_TEXT, shortened, width

INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Zero-width characters and direction marks; not the joiners, which emoji and scripts need."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
HALF_ENTITY = re.compile(r"&\w{0,4}$")
BROADCAST = re.compile(r"@(?=(?:channel|here|everyone)\b)", re.IGNORECASE)
ENTITY = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
WEB_ADDRESS = re.compile(r"https?://[^\s<>|]+", re.IGNORECASE)
SPACES = re.compile(r"\s+")


def mrkdwn(text: str, limit: int) -> str:
    """Return the text as mrkdwn of at most `limit` units: *stars* work, nothing else is live."""
    clean = BROADCAST.sub("@\u2060", _visible(text))
    escaped = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if width(escaped) <= limit:
        return escaped
    kept = HALF_ENTITY.sub("", shortened(escaped, limit).removesuffix("…")).rstrip()
    return _balanced(f"{kept}…", limit)


def plain(text: str, limit: int) -> str:
    """Return the text as one line for a `plain_text` object, an alternative text or a label."""
    return mrkdwn(SPACES.sub(" ", text).strip(), limit)


def link(url: str, label: str, limit: int) -> str:
    """Return a link of at most `limit` units, the bare label where the address is none."""
    address = web_address(url)
    room = limit - width(address) - 3
    if not address or room < len("…"):
        return plain(label, limit)
    return f"<{address}|{plain(label, room)}>"


def web_address(url: str) -> str:
    """Return the address as it may stand in a link, "" for all but http and https."""
    address = url.strip()
    return address.replace("&", "&amp;") if WEB_ADDRESS.fullmatch(address) else ""


def pieces(text: str, limit: int, most: int) -> list[str]:
    """Return mrkdwn in at most `most` pieces of `limit` units, cut between paragraphs or words."""
    rest = mrkdwn(text, limit * most)
    parts: list[str] = []
    while width(rest) > limit and len(parts) < most - 1:
        head = shortened(rest, limit).removesuffix("…")
        cut = max(head.rfind("\n\n"), head.rfind("\n"), head.rfind(" "))
        head = HALF_ENTITY.sub("", head[:cut] if cut > 0 else head)
        parts.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    if width(rest) > limit:
        rest = HALF_ENTITY.sub("", shortened(rest, limit).removesuffix("…")) + "…"
    parts.append(rest)
    return [part for part in parts if part]


def asked(text: str) -> str:
    """Return what a person wrote, without Slack's markup: mentions gone, links as their label."""
    words = ENTITY.sub(_spoken, text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        words = words.replace(entity, character)
    words = _visible(words).replace("`", " ")
    return shortened(SPACES.sub(" ", words).strip(), REQUEST_TEXT)


def _spoken(entity: re.Match[str]) -> str:
    target, label = entity.group(1), entity.group(2) or ""
    if target.startswith(("@", "!")):
        return " "
    return f" {label or target.lstrip('#')} "


def _visible(text: str) -> str:
    return CONTROL.sub(" ", INVISIBLE.sub("", unicodedata.normalize("NFC", text)))


def _balanced(text: str, limit: int) -> str:
    """Close a star that a cut left open, so that the rest of the block is not bold."""
    if text.count("*") % 2 == 0:
        return text
    return f"{text}*" if width(text) < limit else text.replace("*", "", 1)
