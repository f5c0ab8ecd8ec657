"""Buttons and menus: all that a press needs stands in its value, so that it outlives a restart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.adapters.slack.limits import BUTTON_TEXT, CONFIRM_TEXT, CONFIRM_TITLE, OPTION_TEXT
from bot.adapters.slack.text import plain

LIKE = "lookbook_like"
DISLIKE = "lookbook_dislike"
SIMILAR = "lookbook_similar"
WHY = "lookbook_why"
NOT_THIS_KIND = "lookbook_not_this_kind"
OUTFIT = "lookbook_outfit"
MENU = "lookbook_menu"
MORE = "lookbook_more"
BACK = "lookbook_back"
NEXT = "lookbook_next"
SHARE = "lookbook_share"
PROFILE = "lookbook_profile"
MY_DATA = "lookbook_my_data"
FORGET = "lookbook_forget"

CARD_MENU: Mapping[str, str] = {
    WHY: "Why this?",
    NOT_THIS_KIND: "Not this kind",
    OUTFIT: "Complete the outfit",
}
"""What stands in the menu beside a card's buttons: five in a row would wrap on a telephone."""


@dataclass(frozen=True, slots=True)
class Target:
    """The answer of a button, and the article or page of it, both from 0."""

    answer_id: str
    number: int = 0

    @property
    def value(self) -> str:
        """Return the button's value, `answer_id:number`."""
        return f"{self.answer_id}:{self.number}"

    @classmethod
    def read(cls, value: str) -> Self | None:
        """Return the target of a value, None for a value that no button of ours carries."""
        answer_id, _, number = value.partition(":")
        if not (answer_id.isascii() and answer_id.isalnum() and number.isdecimal()):
            return None
        return cls(answer_id, int(number))


def card_menu(target: Target) -> dict[str, Any]:
    """Return the menu of a card; the value of a line names what it does."""
    return {
        "type": "overflow",
        "action_id": MENU,
        "options": [
            {
                "text": {"type": "plain_text", "text": plain(label, OPTION_TEXT)},
                "value": f"{action}:{target.value}",
            }
            for action, label in CARD_MENU.items()
        ],
    }


def pressed(action: Mapping[str, Any]) -> tuple[str, Target | None]:
    """Return what a pressed button or a chosen line does, and its target if it is one of ours."""
    if action.get("type") == "overflow":
        name, _, value = str(action["selected_option"].get("value", "")).partition(":")
        return name, Target.read(value)
    return str(action["action_id"]), Target.read(str(action.get("value", "")))


def button(
    action: str, label: str, target: Target, *, style: str = "", spoken: str = ""
) -> dict[str, Any]:
    """Return a button element; `style` is "", "primary" or "danger".

    `spoken` is what screen readers say in place of the label.
    """
    element: dict[str, Any] = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": plain(label, BUTTON_TEXT), "emoji": True},
        "value": target.value,
    }
    if style:
        element["style"] = style
    if spoken:
        element["accessibility_label"] = plain(spoken, BUTTON_TEXT)
    return element


def home_buttons() -> list[dict[str, Any]]:
    """Return the buttons of the App Home."""
    me = Target("me")
    return [
        button(PROFILE, "Change my profile", me, style="primary"),
        button(MY_DATA, "Send me all of it", me),
        forget_button(),
    ]


def forget_button() -> dict[str, Any]:
    """Return the button that forgets a shopper, which asks once more before it does."""
    element = button(FORGET, "Forget me", Target("me"), style="danger")
    element["confirm"] = {
        "title": {"type": "plain_text", "text": plain("Forget you?", CONFIRM_TITLE)},
        "text": {
            "type": "plain_text",
            "text": plain(
                "Your profile, your likes and dislikes, your conversations and the buttons below "
                "your answers will be gone for good.",
                CONFIRM_TEXT,
            ),
        },
        "confirm": {"type": "plain_text", "text": "Forget me"},
        "deny": {"type": "plain_text", "text": "Keep them"},
    }
    return element
