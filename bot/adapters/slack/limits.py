"""Slack's limits, in UTF-16 code units, the strictest way it may count.

Sources: Slack's Block Kit reference; `MESSAGE_TOTAL` is what slackapi/bolt-js#2509 found, less a
margin, because the vendor gives no number for `msg_blocks_too_long`.
"""

MESSAGE_TEXT = 3000
"""The text beside blocks, for notifications; `chat.update` refuses about 4,000."""
MESSAGE_BLOCKS = 50
MESSAGE_TOTAL = 12_000
"""All text of a message's blocks together."""
SECTION_TEXT = 3000
CONTEXT_ELEMENTS = 10
CONTEXT_TEXT = 2000
ACTION_ELEMENTS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
OPTION_TEXT = 75
VIEW_TITLE = 24
"""Title and buttons of a modal."""
INPUT_LABEL = 2000
PLACEHOLDER = 150
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
URL = 3000
REQUEST_TEXT = 4000
"""The most that Slack lets a person write in one message or command."""


def width(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, limit: int) -> str:
    """Return the text, or as much of it as fits into `limit` units with an ellipsis at its end."""
    if width(text) <= limit:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (limit - 1)]
    return kept.decode("utf-16-le", "ignore").rstrip() + "…"
