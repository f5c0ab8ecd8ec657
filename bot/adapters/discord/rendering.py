"""From a reply to one Discord message.

Three forms, each for when Discord refuses the one before: `full`; `bare` without links and
pictures, one of which may be what it refused; `plain` without embeds, which also serves where the
bot may not embed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import discord

from bot.adapters.discord import limits
from bot.adapters.discord.controls import controls
from bot.adapters.discord.embeds import answer_text, embeds, notice_text, small
from bot.assistant.replies import Notice, Reply

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


def payload(reply: Reply, form: Form = "full") -> dict[str, Any]:
    """Return the message as it goes over the wire: `content`, `embeds`, `components`."""
    message = rendered(reply, form)
    return {
        "content": message.content,
        "embeds": [embed.to_dict() for embed in message.embeds],
        "components": message.view.to_components() if message.view else [],
    }
