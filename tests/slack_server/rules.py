"""What Slack takes and what it refuses, written down from the vendor's reference alone."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.slack_server.blocks import (
    COUNTS,
    faults_of_blocks,
    faults_of_length,
    faults_of_text,
    units,
    unknown_names,
)

VIEW_BYTES = 250_000  # view_too_large
UPDATE_TEXT = 4000  # chat.update answers msg_too_long from about here on
POST_TEXT = 40_000  # chat.postMessage cuts here
ALL_TEXT = 13_200  # msg_blocks_too_long, found by experiment (slackapi/bolt-js#2509)

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
    "files.completeUploadExternal": ("files:write",),
    "files.getUploadURLExternal": ("files:write",),
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
}
READS = {
    "conversations.history",
    "conversations.replies",
    "files.getUploadURLExternal",
    "users.info",
}
"""Methods that take a query or a form, and do not read JSON."""
FILE_CHANNEL = re.compile(r"[CGDZ]")
"""How an id begins that files can be shared to; a person's is refused (slackapi/bolt-js#2115)."""
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


def fault_of_view(view: Mapping[str, Any], kind: str) -> tuple[str, str]:
    """Return Slack's error for a view where one of that `kind` belongs, and why."""
    if view.get("type") != kind:
        return "invalid_arguments", f"not a {kind} view"
    if len(json.dumps(view)) > VIEW_BYTES:
        return "view_too_large", "more than 250 kB"
    for why in (*FAULTS_OF_VIEWS[kind](view), *_view(view, kind)):
        return "invalid_arguments", why
    return "", ""


def _view(view: Mapping[str, Any], kind: str) -> Iterator[str]:
    for name in ("private_metadata", "callback_id", "external_id"):
        yield from faults_of_length("view", name, view.get(name, ""))
    if not view.get("blocks"):
        yield "a view without blocks"
    yield from faults_of_blocks(view.get("blocks"), COUNTS[kind])


def _home_view(view: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(view, "type blocks private_metadata callback_id external_id")


def _modal_view(view: Mapping[str, Any]) -> Iterator[str]:
    names = "type title blocks close submit private_metadata callback_id external_id"
    yield from unknown_names(view, f"{names} clear_on_close notify_on_close submit_disabled")
    if "title" not in view:
        yield "a modal without title"
    for part in {"title", "submit", "close"} & view.keys():
        yield from faults_of_text(view[part], "modal", part, plain=True)
    if "submit" not in view and any(b.get("type") == "input" for b in view.get("blocks", [])):
        yield "inputs without submit"


FAULTS_OF_VIEWS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "home": _home_view,
    "modal": _modal_view,
}
