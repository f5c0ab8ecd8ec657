"""Replies as Block Kit: pure functions to plain dicts, within every limit, that never raise."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from bot.adapters.slack import limits
from bot.adapters.slack.buttons import (
    BACK,
    DISLIKE,
    LIKE,
    MORE,
    NEXT,
    SHARE,
    SIMILAR,
    Target,
    button,
    card_menu,
)
from bot.adapters.slack.text import link, mrkdwn, pieces, plain
from bot.assistant.replies import AnswerReply, Card, Notice, Reply

Block = dict[str, Any]
Message = dict[str, Any]
"""`text` for notifications and screen readers, and `blocks`."""

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif")
"""What Slack shows; a webp image makes it refuse the message (slackapi/node-slack-sdk#1482)."""
CARDS = 10
CARD_TEXT = 7500
"""Room for all cards of a message together; the lines below leave `MESSAGE_TOTAL` room to spare."""
HEADLINE = 600
LINES = 500
ALT_TEXT = 80
NOTICE_PIECES = 4
PROGRESS_STEPS = 12
LOOKING = "Looking through the shelves…"
ON_IT = "One moment…"
WRITING = "Still writing about them…"


def message(reply: Reply, *, private: bool = False, note: str = "") -> Message:
    """Return the whole message for a reply.

    `private` answers get a button that shares them with the channel; `note` is a line of ours
    below the reply.
    """
    if isinstance(reply, Notice):
        blocks = notice_blocks(reply)
        text = reply.text
    else:
        blocks = _answer(reply, private=private)
        text = ", ".join([reply.headline, *(card.title for card in reply.cards)])
    if note:
        blocks.append(_context(note))
    return {"text": mrkdwn(text, limits.MESSAGE_TEXT), "blocks": blocks[: limits.MESSAGE_BLOCKS]}


def names_of(reply: Reply) -> Reply:
    """Return an answer that is still written as its headline and the names of the articles."""
    if isinstance(reply, Notice):
        return reply
    names = [f"• {card.title}" for card in reply.cards[:CARDS]]
    return Notice("waiting", "\n".join([reply.headline, *names, WRITING]))


def waiting(text: str = LOOKING) -> Message:
    """Return the first sign of life."""
    return message(Notice("waiting", text))


def without_images(whole: Message) -> Message:
    """Return the message without its pictures, for when Slack refuses one of them."""
    return {
        **whole,
        "blocks": [
            {key: part for key, part in block.items() if key != "accessory"}
            for block in whole["blocks"]
        ],
    }


def without_blocks(whole: Message) -> Message:
    """Return the message as text alone, the last form that Slack may still take."""
    sections = [block["text"]["text"] for block in whole["blocks"] if block["type"] == "section"]
    text = limits.shortened("\n\n".join(sections) or whole["text"], limits.MESSAGE_TEXT)
    return {"text": text, "blocks": []}


def image_address(url: str) -> str:
    """Return the address of a picture that Slack will show, "" for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    shown = (
        parts.scheme == "https"
        and "." in parts.netloc
        and parts.path.lower().endswith(IMAGE_SUFFIXES)
        and len(url) <= limits.URL
        and url.isascii()
        and url.isprintable()
        and " " not in url
    )
    return url if shown else ""


def notice_blocks(notice: Notice) -> list[Block]:
    """Return a notice in as many sections as it needs."""
    parts = pieces(notice.text, limits.SECTION_TEXT - 100, NOTICE_PIECES) or ["…"]
    blocks = [_mrkdwn_section(part) for part in parts]
    if notice.fraction is not None:
        blocks.append(_context(_progress(notice.fraction)))
    if notice.reference:
        blocks.append(_context(f"Reference {notice.reference}"))
    return blocks


def _progress(fraction: float) -> str:
    share = min(max(fraction, 0.0), 1.0)
    filled = round(PROGRESS_STEPS * share)
    return f"{'▰' * filled}{'▱' * (PROGRESS_STEPS - filled)} {share:.0%}"


def _answer(reply: AnswerReply, *, private: bool) -> list[Block]:
    blocks = [section(reply.headline, HEADLINE)]
    if reply.relaxations:
        blocks.append(_context(" ".join(reply.relaxations)))
    cards = reply.cards[:CARDS]
    room = CARD_TEXT // max(len(cards), 1)
    pressable = bool(reply.answer_id) and not reply.writing
    for card in cards:
        blocks.append(_card(card, min(room, limits.SECTION_TEXT)))
        if pressable:
            blocks.append(_card_buttons(reply.answer_id, card.position))
    closing = [*reply.closing, *([WRITING] if reply.writing else [])]
    if closing:
        blocks.append(_context("\n".join(closing)))
    if pressable and cards:
        blocks.append(_answer_buttons(reply, private=private))
    return blocks


def _card(card: Card, room: int) -> Block:
    title = link(card.url, card.title.replace("*", ""), room // 2) or "…"
    lines = [f"*{title}*"]
    left = room - limits.width(lines[0])
    for text, form in ((card.facts, "{}"), (card.introduction, "{}"), (card.why, "_{}_")):
        line = form.format(mrkdwn(text.strip(), max(left - 4, 1))) if text.strip() else ""
        if line and limits.width(line) < left:
            lines.append(line)
            left -= limits.width(line) + 1
    block = _mrkdwn_section("\n".join(lines))
    address = image_address(card.image_url)
    if address:
        block["accessory"] = {
            "type": "image",
            "image_url": address,
            "alt_text": plain(card.title, ALT_TEXT) or "The article",
        }
    return block


def _card_buttons(answer_id: str, position: int) -> Block:
    target = Target(answer_id, position)
    return actions(
        f"card_{position}",
        [
            button(LIKE, "👍", target, spoken="I like it"),
            button(DISLIKE, "👎", target, spoken="Not for me"),
            button(SIMILAR, "More like this", target),
            card_menu(target),
        ],
    )


def _answer_buttons(reply: AnswerReply, *, private: bool) -> Block:
    elements = []
    if reply.page > 0:
        elements.append(button(BACK, "◀ Back", Target(reply.answer_id, reply.page - 1)))
    if reply.page + 1 < reply.pages:
        label = f"Next ▶ ({reply.page + 2} of {reply.pages})"
        elements.append(button(NEXT, label, Target(reply.answer_id, reply.page + 1)))
    elements.append(button(MORE, "Show more", Target(reply.answer_id)))
    if private:
        elements.append(button(SHARE, "Share to channel", Target(reply.answer_id, reply.page)))
    return actions("answer", elements)


def section(text: str, limit: int) -> Block:
    """Return a section with a text of ours or of others, neutralised."""
    return _mrkdwn_section(mrkdwn(text, limit) or "…")


def _mrkdwn_section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _context(text: str) -> Block:
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": mrkdwn(text, LINES) or "…"}],
    }


def actions(block_id: str, elements: Iterable[Block]) -> Block:
    """Return a row of buttons and menus."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}
