"""The App Home and the profile's form as views: pure functions to plain dicts and back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.adapters.slack import limits
from bot.adapters.slack.blocks import Block, actions, notice_blocks, section
from bot.adapters.slack.buttons import home_buttons
from bot.adapters.slack.text import plain
from bot.assistant import profile_form
from bot.assistant.profile_form import FormField
from bot.assistant.replies import Notice
from pipeline.personal import ShopperProfile

View = dict[str, Any]

PROFILE_FORM = "lookbook_profile_form"
FIRM = "firm"
"""The id of the boxes to tick; the other inputs have the names of the profile's parts."""
ONE_LINE = 100
"""Characters up to which an input is one line high."""
UNKNOWN_PROFILE = "Nothing yet. Tell me, and what suits you comes first."


def home(
    help_notice: Notice, known: ShopperProfile | Notice, stored: Sequence[str], said: str = ""
) -> View:
    """Return the App Home: help, the shopper's profile, what is `stored`, and ways to change it.

    `said` is a line above all this, about what was done last.
    """
    blocks = [section(said, limits.SECTION_TEXT), _divider()] if said else []
    blocks += [
        *notice_blocks(help_notice),
        _divider(),
        section("*Your profile*\n" + _profile_lines(known), limits.SECTION_TEXT),
        section(_titled("What I keep about you", stored), limits.SECTION_TEXT),
        actions("settings", home_buttons()),
    ]
    return {"type": "home", "blocks": blocks}


def profile_view(profile: ShopperProfile, response_url: str = "") -> View:
    """Return the form, filled in with a profile.

    What `response_url` is, the form brings back: where the one who sends it in is answered.
    """
    return {
        "type": "modal",
        "callback_id": PROFILE_FORM,
        "private_metadata": response_url,
        "title": _label(profile_form.TITLE, limits.VIEW_TITLE),
        "submit": _label("Save", limits.VIEW_TITLE),
        "close": _label("Cancel", limits.VIEW_TITLE),
        "blocks": [
            section(profile_form.INTRODUCTION, limits.SECTION_TEXT),
            *(_text_input(field, getattr(profile, field.part)) for field in profile_form.FIELDS),
            _firm_input(profile.firm),
        ],
    }


def sent_in(view: Mapping[str, Any]) -> tuple[ShopperProfile, str]:
    """Return the profile in a form that was sent in, and the response URL that it brings back."""
    inputs = {
        block_id: element
        for block_id, block in view["state"]["values"].items()
        for element in block.values()
    }
    texts = {name: element.get("value") or "" for name, element in inputs.items()}
    ticked = inputs.get(FIRM, {}).get("selected_options") or []
    profile = profile_form.filled(texts, [option["value"] for option in ticked])
    return profile, str(view.get("private_metadata", ""))


def _profile_lines(known: ShopperProfile | Notice) -> str:
    if isinstance(known, Notice):
        return known.text
    told = [
        f"{field.label} *{text}*" + (" (always)" if field.part in known.firm else "")
        for field in profile_form.FIELDS
        if (text := getattr(known, field.part).replace("*", " ").strip())
    ]
    return _list(told) if told else UNKNOWN_PROFILE


def _text_input(field: FormField, known: str) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": field.part,
        "placeholder": _label(field.placeholder, limits.PLACEHOLDER),
        "max_length": field.longest,
        "multiline": field.longest > ONE_LINE,
    }
    if known:
        element["initial_value"] = limits.shortened(known, field.longest)
    return _input(field.part, field.label, element)


def _firm_input(firm: Iterable[str]) -> Block:
    options = {
        part: {"text": _label(text, limits.OPTION_TEXT), "value": part}
        for part, text in profile_form.FIRM_OPTIONS.items()
    }
    element: Block = {
        "type": "checkboxes",
        "action_id": FIRM,
        "options": list(options.values()),
    }
    ticked = [option for part, option in options.items() if part in firm]
    if ticked:  # Slack takes no empty list (slackapi/bolt-js#482)
        element["initial_options"] = ticked
    return _input(FIRM, profile_form.FIRM_LABEL, element)


def _input(block_id: str, label: str, element: Block) -> Block:
    return {
        "type": "input",
        "block_id": block_id,
        "label": _label(label, limits.INPUT_LABEL),
        "element": element,
        "optional": True,
    }


def _label(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": plain(text, limit)}


def _titled(title: str, lines: Iterable[str]) -> str:
    return f"*{title}*\n{_list(lines)}"


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"• {line}" for line in lines)


def _divider() -> Block:
    return {"type": "divider"}
