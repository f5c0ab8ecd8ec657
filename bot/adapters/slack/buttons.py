"""The buttons: all that a press needs stands in its value, so that it works after a restart."""

from dataclasses import dataclass
from typing import Any, Self

from bot.adapters.slack.limits import BUTTON_TEXT, CONFIRM_TEXT, CONFIRM_TITLE
from bot.adapters.slack.text import plain

LIKE = "lookbook_like"
DISLIKE = "lookbook_dislike"
SIMILAR = "lookbook_similar"
MORE = "lookbook_more"
BACK = "lookbook_back"
NEXT = "lookbook_next"
SHARE = "lookbook_share"
FORGET = "lookbook_forget"


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


def button(action: str, label: str, target: Target, *, style: str = "") -> dict[str, Any]:
    """Return a button element; `style` is "", "primary" or "danger"."""
    element: dict[str, Any] = {
        "type": "button",
        "action_id": action,
        "text": {"type": "plain_text", "text": plain(label, BUTTON_TEXT), "emoji": True},
        "value": target.value,
    }
    if style:
        element["style"] = style
    return element


def forget_button() -> dict[str, Any]:
    """Return the button that forgets a shopper, which asks once more before it does."""
    element = button(FORGET, "Forget me", Target("me"), style="danger")
    element["confirm"] = {
        "title": {"type": "plain_text", "text": plain("Forget you?", CONFIRM_TITLE)},
        "text": {
            "type": "plain_text",
            "text": plain(
                "Your conversations, your likes and dislikes, and the buttons below your answers "
                "will be gone for good.",
                CONFIRM_TEXT,
            ),
        },
        "confirm": {"type": "plain_text", "text": "Forget me"},
        "deny": {"type": "plain_text", "text": "Keep them"},
    }
    return element
