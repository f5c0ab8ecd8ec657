"""Which blocks and elements Slack takes, and where, written down from the vendor's reference alone.

Nothing here comes from the product: a limit that the product has wrong must fail. Lengths are in
UTF-16 code units, the larger of the ways in which Slack may count.
"""

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
    ("option", "text"): 75,
    ("option", "value"): 150,
    ("option", "description"): 75,
    ("input", "label"): 2000,
    ("input", "hint"): 2000,
    ("plain_text_input", "placeholder"): 150,
    ("image", "image_url"): 3000,
    ("image", "alt_text"): 2000,
    ("confirm", "title"): 100,
    ("confirm", "text"): 300,
    ("confirm", "confirm"): 30,
    ("confirm", "deny"): 30,
    ("any", "block_id"): 255,
    ("any", "action_id"): 255,
    # https://docs.slack.dev/reference/views
    ("modal", "title"): 24,
    ("modal", "submit"): 24,
    ("modal", "close"): 24,
    ("view", "private_metadata"): 3000,
    ("view", "callback_id"): 255,
    ("view", "external_id"): 255,
}
COUNTS = {
    "message": 50,
    "home": 100,
    "modal": 100,
    "section.fields": 10,
    "context": 10,
    "actions": 25,
    "checkboxes": 10,
    "overflow": 5,
}
ELEMENTS_OF = {
    "actions": {"button", "checkboxes", "overflow"},
    "context": {"image"},
    "input": {"checkboxes", "plain_text_input"},
    "section": {"button", "checkboxes", "image", "overflow"},
}
INPUT_TEXT = 3000  # the most that `max_length` of an input may be


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


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
    yield from faults_of_length("any", "block_id", block.get("block_id", ""))
    check = BLOCKS.get(block.get("type", ""))
    if check is None:
        yield f"unknown block {block.get('type')!r}"
    else:
        yield from check(block)


def _section(block: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(block, "type text block_id accessory fields expand")
    if "text" not in block and "fields" not in block:
        yield "section without text"
    if "text" in block:
        yield from faults_of_text(block["text"], "section", "text")
    if "accessory" in block:
        yield from _element(block["accessory"], "section")


def _context(block: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(block, "type elements block_id")
    if not 1 <= len(block["elements"]) <= COUNTS["context"]:
        yield f"context of {len(block['elements'])}"
    for element in block["elements"]:
        if element["type"] == "image":
            yield from _element(element, "context")
        else:
            yield from faults_of_text(element, "context", "element")


def _actions(block: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(block, "type elements block_id")
    if not 1 <= len(block["elements"]) <= COUNTS["actions"]:
        yield f"actions of {len(block['elements'])}"
    ids = [element.get("action_id") for element in block["elements"]]
    if len(set(ids)) < len(ids):
        yield "one action_id twice in a block"
    for element in block["elements"]:
        yield from _element(element, "actions")


def _input(block: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(block, "type label element block_id hint optional dispatch_action")
    yield from faults_of_text(block.get("label"), "input", "label", plain=True)
    if "hint" in block:
        yield from faults_of_text(block["hint"], "input", "hint", plain=True)
    yield from _element(block.get("element", {}), "input")


def _header(block: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(block, "type text block_id")
    yield from faults_of_text(block["text"], "header", "text", plain=True)


def _divider(block: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(block, "type block_id")


def _element(element: Mapping[str, Any], owner: str) -> Iterator[str]:
    kind = element.get("type", "")
    if kind not in ELEMENTS_OF[owner]:
        yield f"element {kind!r} in {owner}"
    else:
        yield from ELEMENTS[kind](element)


def _button(element: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(
        element, "type action_id text value url style confirm accessibility_label"
    )
    yield from faults_of_text(element["text"], "button", "text", plain=True)
    yield from faults_of_length("any", "action_id", element.get("action_id", ""))
    yield from faults_of_length("button", "value", element.get("value", ""))
    yield from faults_of_length("button", "url", element.get("url", ""))
    spoken = element.get("accessibility_label", "")
    yield from faults_of_length("button", "accessibility_label", spoken)
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield f"button style {element['style']!r}"
    if "confirm" in element:
        yield from _confirm(element["confirm"])


def _overflow(element: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(element, "type action_id options confirm")
    yield from faults_of_length("any", "action_id", element.get("action_id", ""))
    yield from _options(element, least=2)


def _checkboxes(element: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(
        element, "type action_id options initial_options confirm focus_on_load"
    )
    yield from faults_of_length("any", "action_id", element.get("action_id", ""))
    yield from _options(element, least=1)
    if "initial_options" in element:
        chosen = element["initial_options"]
        if not chosen or any(option not in element["options"] for option in chosen):
            yield "initial_options that are none of the options"  # slackapi/bolt-js#482


def _options(element: Mapping[str, Any], *, least: int) -> Iterator[str]:
    options = element.get("options", [])
    if not least <= len(options) <= COUNTS[element["type"]]:
        yield f"{element['type']} of {len(options)} options"
    if len({option.get("value") for option in options}) < len(options):
        yield "two options of one value"
    for option in options:
        yield from unknown_names(option, "text value description url")
        yield from faults_of_text(option.get("text"), "option", "text", plain=True)
        yield from faults_of_length("option", "value", option.get("value", ""))
        if "description" in option:
            yield from faults_of_text(option["description"], "option", "description", plain=True)


def _plain_text_input(element: Mapping[str, Any]) -> Iterator[str]:
    names = "type action_id initial_value placeholder multiline min_length max_length"
    yield from unknown_names(element, f"{names} dispatch_action_config focus_on_load")
    yield from faults_of_length("any", "action_id", element.get("action_id", ""))
    most = element.get("max_length", INPUT_TEXT)
    if not 1 <= most <= INPUT_TEXT:
        yield f"max_length of {most}"
    if "initial_value" in element and units(element["initial_value"]) > most:
        yield "initial_value beyond max_length"
    if "placeholder" in element:
        yield from faults_of_text(
            element["placeholder"], "plain_text_input", "placeholder", plain=True
        )


def _image(element: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown_names(element, "type image_url alt_text block_id title")
    url = element.get("image_url", "")
    if not url.startswith(("https://", "http://")):
        yield f"image address {url[:40]!r}"
    yield from faults_of_length("image", "image_url", url)
    if not element.get("alt_text"):
        yield "image without alt_text"
    yield from faults_of_length("image", "alt_text", element.get("alt_text", ""))


ELEMENTS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "button": _button,
    "checkboxes": _checkboxes,
    "image": _image,
    "overflow": _overflow,
    "plain_text_input": _plain_text_input,
}
BLOCKS: dict[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "section": _section,
    "context": _context,
    "actions": _actions,
    "header": _header,
    "input": _input,
    "divider": _divider,
    "image": _image,
}


def _confirm(confirm: Mapping[str, Any]) -> Iterator[str]:
    for part in ("title", "text", "confirm", "deny"):
        if part not in confirm:
            yield f"confirm without {part}"
        else:
            yield from faults_of_text(confirm[part], "confirm", part, plain=part != "text")


def faults_of_text(text: Any, owner: str, part: str, *, plain: bool = False) -> Iterator[str]:
    if not isinstance(text, Mapping) or not isinstance(text.get("text"), str):
        yield f"{owner} {part} is no text object"
        return
    if text.get("type") not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
        yield f"{owner} {part} of type {text.get('type')!r}"
    if not text["text"]:
        yield f"{owner} {part} is empty"
    yield from unknown_names(text, "type text emoji verbatim")
    yield from faults_of_length(owner, part, text["text"])


def faults_of_length(owner: str, part: str, text: str) -> Iterator[str]:
    limit = LENGTHS[owner, part]
    if units(text) > limit:
        yield f"{owner} {part} of {units(text)}, more than {limit}"


def unknown_names(thing: Mapping[str, Any], names: str) -> Iterator[str]:
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
