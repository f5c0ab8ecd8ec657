"""Where an answer can appear. A place sends its message once and edits it from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import discord

from bot.adapters.discord import limits, permissions
from bot.adapters.discord.rendering import Rendered

if TYPE_CHECKING:
    from bot.adapters.discord.client import LookbookClient

_TIME_IS_UP = "Discord ends a command after 15 minutes, so here is your answer."


class Place(Protocol):
    """One place. `put` and `add` raise what discord.py raises."""

    def closed(self) -> str:
        """Return the sentence that says why nothing can arrive here, "" where it can."""
        ...

    def without_cards(self) -> str:
        """Return the sentence that says why only text can be shown here, "" where cards can."""
        ...

    async def put(self, message: Rendered) -> None:
        """Show the message in place of the one before."""
        ...

    async def add(self, text: str) -> None:
        """Show one more text below."""
        ...


class InteractionPlace:
    """The answer to an interaction, written with its token alone, so also after a restart."""

    def __init__(
        self,
        client: LookbookClient,
        *,
        application: int,
        interaction: int,
        token: str,
        message: int,
        private: bool,
    ) -> None:
        self._webhook = discord.Webhook.partial(application, token, client=client)
        self._webhook.type = discord.WebhookType.application
        self._ends = discord.utils.snowflake_time(interaction) + limits.TOKEN_LIFE
        self._message = message
        self._private = private

    def closed(self) -> str:
        """Return why, once the token is about to die."""
        return _TIME_IS_UP if discord.utils.utcnow() >= self._ends else ""

    def without_cards(self) -> str:
        """Return "": no permission is needed to answer a command."""
        return ""

    async def put(self, message: Rendered) -> None:
        """Edit the first message."""
        await self._webhook.edit_message(
            self._message, content=message.content, embeds=message.embeds, view=message.view
        )

    async def add(self, text: str) -> None:
        """Follow up."""
        await self._webhook.send(text, ephemeral=self._private)


class ChannelPlace:
    """A message in a channel or thread, as a reply where it answers one.

    The nonce is the same for every attempt to send it, also after a restart: of several messages
    with one nonce Discord takes the first alone (`enforce_nonce`).
    """

    def __init__(
        self,
        client: LookbookClient,
        channel: int,
        *,
        nonce: str,
        message: int | None = None,
        replies_to: int | None = None,
    ) -> None:
        self.channel = channel
        self.message = message
        self._client = client
        self._replies_to = replies_to
        self._nonce = nonce

    def closed(self) -> str:
        """Return why, where the bot knows that it may not write here."""
        lacking = self._client.lacking(self.channel, permissions.SPEAK)
        return (
            f"I can't write in the channel where you asked: I lack *{lacking}*." if lacking else ""
        )

    def without_cards(self) -> str:
        """Return why, where the bot may write but not embed; Discord would drop the cards."""
        lacking = self._client.lacking(self.channel, permissions.SHOW_CARDS)
        return f"I can't show pictures here: I lack *{lacking}*." if lacking else ""

    async def put(self, message: Rendered) -> None:
        """Send the message, or edit it once it is sent."""
        if self.message is not None:
            await self._edit(self.message, message)
            return
        channel = self._client.get_partial_messageable(self.channel)
        optional: dict[str, Any] = {"view": message.view, "reference": self._reference()}
        sent = await channel.send(
            message.content,
            embeds=message.embeds,
            nonce=self._nonce,
            **{name: value for name, value in optional.items() if value is not None},
        )
        self.message = sent.id
        if sent.content != message.content:  # Discord gave back what an earlier attempt had sent
            await self._edit(sent.id, message)

    async def add(self, text: str) -> None:
        """Send one more message."""
        await self._client.get_partial_messageable(self.channel).send(text)

    async def _edit(self, identity: int, message: Rendered) -> None:
        channel = self._client.get_partial_messageable(self.channel)
        await channel.get_partial_message(identity).edit(
            content=message.content, embeds=message.embeds, view=message.view
        )

    def _reference(self) -> discord.MessageReference | None:
        if self._replies_to is None:
            return None
        return discord.MessageReference(
            message_id=self._replies_to, channel_id=self.channel, fail_if_not_exists=False
        )


class DirectPlace:
    """A direct message to the asker, where nothing else can reach them."""

    def __init__(self, client: LookbookClient, user: int, *, nonce: str) -> None:
        self._client = client
        self._user = user
        self._nonce = nonce
        self._place: ChannelPlace | None = None

    def closed(self) -> str:
        """Return "": only the attempt tells whether the person takes direct messages."""
        return ""

    def without_cards(self) -> str:
        """Return "": direct messages take everything."""
        return ""

    async def put(self, message: Rendered) -> None:
        """Write to the person."""
        await (await self._opened()).put(message)

    async def add(self, text: str) -> None:
        """Write once more."""
        await (await self._opened()).add(text)

    async def _opened(self) -> ChannelPlace:
        if self._place is None:
            channel = await self._client.create_dm(discord.Object(self._user))
            self._place = ChannelPlace(self._client, channel.id, nonce=self._nonce)
        return self._place
