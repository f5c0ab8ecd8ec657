"""From a reply to one Discord message.

Three forms, each for when Discord refuses the one before: `full`; `bare` without links and
pictures, one of which may be what it refused; `plain` without embeds, which also serves where the
bot may not embed.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, get_args

import discord

from bot.adapters.discord import limits
from bot.adapters.discord.controls import controls
from bot.adapters.discord.embeds import answer_text, embeds, notice_text, small
from bot.assistant.replies import Notice, Reply

_log = logging.getLogger(__name__)

Form = Literal["full", "bare", "plain"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message, and the texts that follow it where one message cannot hold all."""

    content: str
    embeds: tuple[discord.Embed, ...] = ()
    view: discord.ui.View | None = None
    following: tuple[str, ...] = ()


def rendered(reply: Reply, form: Form = "full", notes: Sequence[str] = ()) -> Rendered:
    """Return the reply as a message; `notes` are lines of small print about this delivery."""
    if isinstance(reply, Notice):
        text = notice_text(reply)
    else:
        text = answer_text(reply, with_cards=form == "plain")
    content, *following = limits.split("\n".join([text, *map(small, notes)])) or [""]
    if isinstance(reply, Notice):
        return Rendered(content, following=tuple(following))
    shown = () if form == "plain" else embeds(reply.cards, dressed=form == "full")
    return Rendered(content, shown, controls(reply), tuple(following))


async def put_fullest(
    put: Callable[[Rendered], Awaitable[None]],
    reply: Reply,
    *,
    fullest: Form = "full",
    notes: Sequence[str] = (),
) -> tuple[Form, Rendered]:
    """Put the reply in the fullest form that Discord takes; return which, and the message.

    Raises what `put` raises for anything but a form that Discord calls invalid.
    """
    for form in FORMS[FORMS.index(fullest) : -1]:
        message = rendered(reply, form, notes)
        try:
            await put(message)
        except discord.HTTPException as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
            _log.info("Discord did not take an answer's %s form: %d", form, error.code)
        else:
            return form, message
    message = rendered(reply, FORMS[-1], notes)
    await put(message)
    return FORMS[-1], message


def payload(reply: Reply, form: Form = "full") -> dict[str, Any]:
    """Return the message as it goes over the wire: `content`, `embeds`, `components`."""
    message = rendered(reply, form)
    return {
        "content": message.content,
        "embeds": [embed.to_dict() for embed in message.embeds],
        "components": message.view.to_components() if message.view else [],
    }
