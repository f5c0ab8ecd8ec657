"""From what Discord delivers to a request of the assistant, acknowledged before anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import aiohttp
import discord

from bot.assistant.requests import Action, Conversation, Request, Shopper

if TYPE_CHECKING:
    from bot.adapters.discord.client import LookbookClient

Interaction: TypeAlias = "discord.Interaction[LookbookClient]"

PLATFORM = "discord"
DIRECT = "direct"
"""The workspace of direct messages, which belong to no server."""

CALL_ERRORS = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError)
"""What discord.py raises for a call that did not work."""

_ALREADY_ACKNOWLEDGED = 40060


async def begin(interaction: Interaction, *, private: bool) -> dict[str, Any]:
    """Acknowledge within Discord's three seconds and return the address of the answer.

    An interaction that is gone has no message of its own: its answer goes to the channel or, as a
    direct message, to the asker.
    """
    return {
        "interaction": interaction.id,
        "application": interaction.application_id,
        "token": interaction.token,
        "message": await _acknowledge(interaction, private=private),
        "channel": interaction.channel_id,
        "user": interaction.user.id,
    }


async def _acknowledge(interaction: Interaction, *, private: bool) -> int | None:
    """Return the id of the message that says that the bot is thinking, None if there is none."""
    try:
        try:
            done = await interaction.response.defer(ephemeral=private, thinking=True)
        except discord.HTTPException as error:
            if error.code != _ALREADY_ACKNOWLEDGED:
                raise
            # Discord delivered it once more, perhaps to a process that took the old one's place.
            return (await interaction.original_response()).id
    except CALL_ERRORS as error:
        interaction.client.note(error)
        return None
    return done.message_id if done else None


def key_of(identity: int) -> str:
    """Return the request key of a message or an interaction, by Discord's id of it."""
    return f"{PLATFORM}:{identity}"


def shopper_of(interaction: Interaction) -> Shopper:
    """Return who pressed or typed."""
    return _shopper(interaction.guild_id, interaction.user.id)


def request_of(
    interaction: Interaction,
    action: Action,
    address: Mapping[str, Any],
    *,
    private: bool,
    text: str = "",
    count: int | None = None,
    options: Mapping[str, str] | None = None,
    answer_id: str = "",
    position: int = 0,
) -> Request:
    """Return the request of a command or a control."""
    return Request(
        key=key_of(interaction.id),
        action=action,
        shopper=shopper_of(interaction),
        conversation=_conversation_of_interaction(interaction, private=private),
        address=address,
        text=text,
        count=count,
        options=options or {},
        answer_id=answer_id,
        position=position,
        private=private,
        anew=not isinstance(interaction.channel, discord.Thread),
    )


def request_of_message(message: discord.Message) -> Request:
    """Return the request of a direct message or a mention."""
    channel = message.channel
    opens_thread = isinstance(channel, discord.TextChannel)
    guild = message.guild.id if message.guild else None
    return Request(
        key=key_of(message.id),
        action="recommend",
        shopper=_shopper(guild, message.author.id),
        conversation=(
            # A thread has the id of the message that it was opened from.
            Conversation(PLATFORM, str(guild), str(channel.id), str(message.id))
            if opens_thread
            else _conversation(guild, channel)
        ),
        address={
            "channel": channel.id,
            "message": message.id,
            "thread": opens_thread,
            "user": message.author.id,
        },
        text=message.content,
    )


def _shopper(guild: int | None, user: int) -> Shopper:
    return Shopper(PLATFORM, str(guild or DIRECT), str(user))


def _conversation(guild: int | None, channel: Any) -> Conversation:
    if isinstance(channel, discord.Thread):
        return Conversation(PLATFORM, str(guild), str(channel.parent_id), str(channel.id))
    return Conversation(PLATFORM, str(guild or DIRECT), str(channel.id))


def _conversation_of_interaction(interaction: Interaction, *, private: bool) -> Conversation:
    """Return the thread or direct message; elsewhere one person's commands in one channel.

    What is private stays out of the memory of a thread that others read.
    """
    guild, channel = interaction.guild_id, interaction.channel
    if isinstance(channel, discord.DMChannel) or (
        isinstance(channel, discord.Thread) and not private
    ):
        return _conversation(guild, channel)
    return Conversation(
        PLATFORM,
        str(guild or DIRECT),
        str(interaction.channel_id),
        f"commands-{interaction.user.id}",
    )
