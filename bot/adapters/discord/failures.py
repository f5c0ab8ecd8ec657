"""The one place that turns an error around an interaction into a sentence for the one who asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord
from discord import app_commands

from bot.adapters.discord import limits, permissions
from bot.adapters.discord.embeds import notice_text
from bot.adapters.discord.ingress import CALL_ERRORS, Interaction, key_of
from bot.assistant.failures import failure_of
from bot.assistant.replies import Notice

# developers/topics/opcodes-and-status-codes.mdx
UNKNOWN_WEBHOOK = 10015
UNKNOWN_INTERACTION = 10062
OLD_MESSAGE_EDITED_OFTEN = 30046
INVALID_TOKEN = 50027
_GONE = (UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION, INVALID_TOKEN)
_REFUSED = (50001, 50013)

RESTARTING = Notice("refused", "I'm just restarting. Please ask me again in a minute.")
OUTDATED = Notice("info", "I have changed since I sent that. Please ask me again.")
_ADMINS_ONLY = "That is for people who manage this server, and for the shop's own admins."
_CHANGED = "My commands have just changed. Please restart Discord, or try again in a few minutes."
_SLOWER = "Discord asks me to go slower here. Please try again in a minute."
_TOO_LATE = "That reached me too late, sorry. Please ask me once more."
_NOT_ALLOWED = (
    "I'm not allowed to do that here. Somebody who manages the server can give me: {needed}."
)


class AdminsOnly(app_commands.CheckFailure):
    """An admin command, used by somebody who is none."""


async def attempt(
    interaction: Interaction, doing: Callable[[Interaction], Awaitable[None]]
) -> None:
    """Do what a control or a form asks for; refuse while stopping, and explain what went wrong."""
    if not await interaction.client.takes(interaction):
        return
    try:
        await doing(interaction)
    except Exception as error:  # noqa: BLE001 - the mapper knows every error
        await explain(interaction, error)


async def explain(interaction: Interaction, error: Exception) -> None:
    """Tell the one who asked what went wrong, wherever Discord still takes a message."""
    cause = getattr(error, "original", error)
    if isinstance(cause, discord.HTTPException):
        interaction.client.note(cause)
    await say(interaction, _notice(cause, key_of(interaction.id)))


async def say(interaction: Interaction, notice: Notice) -> None:
    """Say it to the one who asked alone; where the interaction is gone, in the channel."""
    content = limits.shortened(notice_text(notice), limits.CONTENT)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(content, ephemeral=True)
        else:
            await interaction.response.send_message(content, ephemeral=True)
    except CALL_ERRORS as error:
        interaction.client.note(error)
        await _say_in_channel(interaction, content)


def _notice(cause: Exception, key: str) -> Notice:
    if isinstance(cause, AdminsOnly):
        return Notice("refused", _ADMINS_ONLY)
    if isinstance(cause, app_commands.CommandSignatureMismatch | app_commands.CommandNotFound):
        return Notice("refused", _CHANGED)
    if isinstance(cause, discord.RateLimited) or (
        isinstance(cause, discord.HTTPException) and cause.code == OLD_MESSAGE_EDITED_OFTEN
    ):
        return Notice("refused", _SLOWER)
    if isinstance(cause, discord.HTTPException) and cause.code in _GONE:
        return Notice("failed", _TOO_LATE)
    if isinstance(cause, discord.HTTPException) and cause.code in _REFUSED:
        needed = permissions.missing(discord.Permissions.none(), permissions.NEEDED)
        return Notice("failed", _NOT_ALLOWED.format(needed=needed))
    return failure_of(cause, key).notice()


async def _say_in_channel(interaction: Interaction, content: str) -> None:
    channel = interaction.channel_id
    if channel is None or interaction.client.lacking(channel, permissions.SPEAK):
        return
    try:
        await interaction.client.get_partial_messageable(channel).send(content)
    except CALL_ERRORS as error:
        interaction.client.note(error)
