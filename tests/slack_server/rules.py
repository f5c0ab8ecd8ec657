"""What Slack takes and what it refuses, written down from the vendor's reference alone.

Nothing here comes from the product: a limit that the product has wrong must fail. Lengths are in
UTF-16 code units, the larger of the ways in which Slack may count.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# https://docs.slack.dev/reference/block-kit/blocks and .../block-elements
LENGTHS = {
    ("section", "text"): 3000,
    ("context", "element"): 2000,
    ("header", "text"): 150,
    ("button", "text"): 75,
    ("button", "value"): 2000,
    ("button", "url"): 3000,
    ("button", "accessibility_label"): 75,
    ("image", "image_url"): 3000,
    ("image", "alt_text"): 2000,
    ("confirm", "title"): 100,
    ("confirm", "text"): 300,
    ("confirm", "confirm"): 30,
    ("confirm", "deny"): 30,
    ("any", "block_id"): 255,
    ("any", "action_id"): 255,
}
COUNTS = {"message": 50, "home": 100, "section.fields": 10, "context": 10, "actions": 25}
UPDATE_TEXT = 4000  # chat.update answers msg_too_long from about here on
POST_TEXT = 40_000  # chat.postMessage cuts here
ALL_TEXT = 13_200  # msg_blocks_too_long, found by experiment (slackapi/bolt-js#2509)
IMAGE_SUFFIXES = ("png", "jpg", "jpeg", "gif")

# https://docs.slack.dev/reference/methods: bot scopes, any one of which will do
SCOPES_OF_METHODS: dict[str, tuple[str, ...]] = {
    "auth.test": (),
    "apps.connections.open": (),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": (
        "channels:history",
        "groups:history",
        "im:history",
        "mpim:history",
    ),
    "conversations.replies": (
        "channels:history",
        "groups:history",
        "im:history",
        "mpim:history",
    ),
    "users.info": ("users:read",),
    "views.publish": (),
}
READS = {"conversations.history", "conversations.replies", "users.info"}
"""Methods that take a query or a form, and do not read JSON."""
SCOPES_OF_EVENTS = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "reaction_added": ("reactions:read",),
    "tokens_revoked": (),
}

LIVE = re.compile(r"<(?!https?://)[^<>]{0,40}>?")
"""What may ring somebody's bell or name somebody, such as `<!channel>`: all `<` but a link's."""


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def texts(value: Any) -> Iterator[str]:
    """Yield every text that people may see, wherever it stands."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key in {"text", "alt_text"} and isinstance(part, str):
                yield part
            else:
                yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def pings(message: Mapping[str, Any]) -> list[str]:
    """Return everything in a message that would ping or name somebody."""
    seen = [message.get("text", ""), *texts(message.get("blocks", []))]
    return [found for text in seen for found in LIVE.findall(text)]


def fault_of_message(message: Mapping[str, Any], *, update: bool = False) -> tuple[str, str]:
    """Return Slack's error for a message and why; two empty strings for one that it takes."""
    text, blocks = message.get("text") or "", message.get("blocks") or []
    if not text and not blocks:
        return "no_text", "neither text nor blocks"
    limit = UPDATE_TEXT if update else POST_TEXT
    if units(text) > limit:
        return "msg_too_long", f"text of {units(text)}"
    for why in faults_of_blocks(blocks, COUNTS["message"]):
        return "invalid_blocks", why
    total = sum(units(part) for part in texts(blocks))
    if total > ALL_TEXT:
        return "msg_blocks_too_long", f"all text of blocks: {total}"
    return "", ""


def fault_of_view(view: Mapping[str, Any]) -> tuple[str, str]:
    if view.get("type") != "home":
        return "invalid_arguments", "not a home view"
    for why in faults_of_blocks(view.get("blocks", []), COUNTS["home"]):
        return "invalid_arguments", why
    return "", ""


def faults_of_blocks(blocks: Any, most: int) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield "blocks are no list"
        return
    if len(blocks) > most:
        yield f"{len(blocks)} blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids):
        yield "two blocks with one block_id"
    for block in blocks:
        yield from _block(block)


def _block(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _length("any", "block_id", block.get("block_id", ""))
    check = BLOCKS.get(block.get("type", ""))
    if check is None:
        yield f"unknown block {block.get('type')!r}"
    else:
        yield from check(block)


def _section(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _only(block, "type text block_id accessory fields expand")
    if "text" not in block and "fields" not in block:
        yield "section without text"
    if "text" in block:
        yield from _text(block["text"], "section", "text")
    if "accessory" in block:
        yield from _element(block["accessory"])


def _context(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _only(block, "type elements block_id")
    if not 1 <= len(block["elements"]) <= COUNTS["context"]:
        yield f"context of {len(block['elements'])}"
    for element in block["elements"]:
        if element["type"] == "image":
            yield from _element(element)
        else:
            yield from _text(element, "context", "element")


def _actions(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _only(block, "type elements block_id")
    if not 1 <= len(block["elements"]) <= COUNTS["actions"]:
        yield f"actions of {len(block['elements'])}"
    ids = [element.get("action_id") for element in block["elements"]]
    if len(set(ids)) < len(ids):
        yield "one action_id twice in a block"
    for element in block["elements"]:
        yield from _element(element)


def _header(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _only(block, "type text block_id")
    yield from _text(block["text"], "header", "text", plain=True)


def _divider(block: Mapping[str, Any]) -> Iterator[str]:
    yield from _only(block, "type block_id")


def _element(element: Mapping[str, Any]) -> Iterator[str]:
    match element.get("type"):
        case "button":
            yield from _button(element)
        case "image":
            yield from _image(element)
        case other:
            yield f"unknown element {other!r}"


def _button(element: Mapping[str, Any]) -> Iterator[str]:
    yield from _only(element, "type action_id text value url style confirm")
    yield from _text(element["text"], "button", "text", plain=True)
    yield from _length("any", "action_id", element.get("action_id", ""))
    yield from _length("button", "value", element.get("value", ""))
    yield from _length("button", "url", element.get("url", ""))
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield f"button style {element['style']!r}"
    if "confirm" in element:
        yield from _confirm(element["confirm"])


def _image(element: Mapping[str, Any]) -> Iterator[str]:
    yield from _only(element, "type image_url alt_text block_id title")
    url = element.get("image_url", "")
    if not url.startswith(("https://", "http://")):
        yield f"image address {url[:40]!r}"
    yield from _length("image", "image_url", url)
    if not element.get("alt_text"):
        yield "image without alt_text"
    yield from _length("image", "alt_text", element.get("alt_text", ""))


BLOCKS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "header": _header,
    "divider": _divider,
    "image": _image,
}


def _confirm(confirm: Mapping[str, Any]) -> Iterator[str]:
    for part in ("title", "text", "confirm", "deny"):
        if part not in confirm:
            yield f"confirm without {part}"
        else:
            yield from _text(confirm[part], "confirm", part, plain=part != "text")


def _text(text: Any, owner: str, part: str, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, Mapping) or not isinstance(text.get("text"), str):
        yield f"{owner} {part} is no text object"
        return
    if text.get("type") not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
        yield f"{owner} {part} of type {text.get('type')!r}"
    if not text["text"]:
        yield f"{owner} {part} is empty"
    yield from _only(text, "type text emoji verbatim")
    yield from _length(owner, part, text["text"])


def _length(owner: str, part: str, text: str) -> Iterator[str]:
    limit = LENGTHS[owner, part]
    if units(text) > limit:
        yield f"{owner} {part} of {units(text)}, more than {limit}"


def _only(thing: Mapping[str, Any], names: str) -> Iterator[str]:
    unknown = sorted(thing.keys() - set(names.split()))
    if unknown:
        yield f"{thing.get('type')} with {', '.join(unknown)}"


def images(value: Any, *, of_blocks: bool) -> Iterator[str]:
    """Yield the picture addresses of image blocks, or those of accessories and other elements."""
    blocks = value if isinstance(value, list) else []
    for block in blocks:
        if block.get("type") == "image":
            if of_blocks:
                yield block["image_url"]
        elif not of_blocks:
            inner = [block.get("accessory") or {}, *block.get("elements", [])]
            yield from (part["image_url"] for part in inner if part.get("type") == "image")
