"""The connection to Discord: what it hears, and what it hands to the assistant."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Collection, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord import app_commands

from bot.adapters.discord import commands, controls, failures, forms, permissions
from bot.adapters.discord.deliveries import delivery
from bot.adapters.discord.ingress import CALL_ERRORS, PLATFORM, Interaction, request_of_message
from bot.adapters.discord.rendering import Rendered, put_fullest, rendered
from bot.adapters.discord.syncing import sync_if_changed
from bot.assistant.replies import Notice, Reply
from bot.assistant.requests import Request
from bot.metrics import Metrics

if TYPE_CHECKING:
    from bot.assistant.assistant import Assistant

_log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 30.0
"""A call that Discord wants delayed for longer is given up, and the delivery goes on."""

_THREADS_TOLD = 1000
_HOW_TO_GO_ON = Notice(
    "info",
    "I only read what is meant for me here: reply to one of my messages, or mention me.",
)


class LookbookClient(discord.AutoShardedClient):
    """Hears commands, controls, mentions and direct messages; none of it needs a privileged intent.

    Discord delivers the text of direct messages and of messages that mention the bot, replies to
    it included, without the message content intent (developers/events/gateway.mdx).
    """

    def __init__(
        self, assistant: Assistant, admins: Collection[int], commands_record: Path
    ) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            max_ratelimit_timeout=_LONGEST_WAIT_S,
            http_trace=_rate_limits_counted(assistant.metrics),
        )
        self.assistant = assistant
        self.admins = frozenset(admins)
        self.listening = True
        self.edits: set[asyncio.Task[None]] = set()
        self.tree = _Tree(
            self,
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )
        for command in commands.ALL:
            self.tree.add_command(command)
        self._commands_record = commands_record
        self._told: OrderedDict[int, None] = OrderedDict()

    async def setup_hook(self) -> None:
        """Bring the controls of old answers to life and register changed commands."""
        self.add_dynamic_items(*controls.ALL)
        try:
            await sync_if_changed(self.tree, self.application_id or 0, self._commands_record)
        except discord.HTTPException as error:
            self.note(error)
            _log.error("Discord did not take the commands, code %s; mentions work", error.code)

    async def submit(self, request: Request) -> None:
        """Hand the request to the assistant, with the place of its answer."""
        await self.assistant.submit(request, delivery(self, request))

    async def tell(self, interaction: Interaction, reply: Reply) -> None:
        """Show the reply in place of the deferred message, and what it cannot hold below it.

        Raises discord.HTTPException.
        """

        async def put(message: Rendered) -> None:
            await interaction.edit_original_response(
                content=message.content, embeds=message.embeds, view=message.view
            )

        _, message = await put_fullest(put, reply)
        for text in message.following:
            await interaction.followup.send(text, ephemeral=True)

    async def takes(self, interaction: Interaction) -> bool:
        """Return whether requests are taken; say so to the one who asks if not."""
        if not self.listening:
            await failures.say(interaction, failures.RESTARTING)
        return self.listening

    def note(self, error: Exception) -> None:
        """Log and count a call that did not work, by Discord's code or else by its type."""
        code = error.code if isinstance(error, discord.HTTPException) else type(error).__name__
        _log.info("Discord call failed: %s", code)
        if code == failures.UNKNOWN_INTERACTION:
            self.assistant.metrics.expired_interactions.labels(PLATFORM).inc()

    def lacking(self, channel_id: int, needed: discord.Permissions) -> str:
        """Return the permissions that the bot is known to lack in a channel, "" if none."""
        channel = self.get_channel(channel_id)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return ""
        try:
            granted = channel.permissions_for(channel.guild.me)
        except discord.ClientException:  # a thread whose channel the bot does not know
            return ""
        if isinstance(channel, discord.Thread):
            granted.send_messages = granted.send_messages_in_threads
        return permissions.missing(granted, needed)

    async def on_message(self, message: discord.Message) -> None:
        """Take what people say to the bot, and nothing else."""
        if message.author.bot or message.webhook_id or self.user is None:
            return
        if message.type not in {discord.MessageType.default, discord.MessageType.reply}:
            return
        direct = message.guild is None
        if not direct and self.user not in message.mentions:
            await self._explain_threads(message)
            return
        if not self.listening:
            await self._reply(message, failures.RESTARTING)
            return
        await self.submit(request_of_message(message))

    async def on_interaction(self, interaction: Interaction) -> None:
        """Take the forms that people send in, and explain controls that there are no longer.

        Commands and the controls of today come by other ways.
        """
        data: Mapping[str, Any] = interaction.data or {}
        custom_id = data.get("custom_id", "")
        if custom_id == forms.PROFILE:
            await forms.take(interaction)
        elif interaction.type is discord.InteractionType.component and not controls.is_known(
            custom_id
        ):
            await failures.say(interaction, failures.OUTDATED)

    async def on_shard_disconnect(self, _shard: int) -> None:
        """Count."""
        self.assistant.metrics.reconnects.labels(PLATFORM).inc()

    async def _explain_threads(self, message: discord.Message) -> None:
        """Say once in a thread that the bot opened how to be heard there."""
        thread = message.channel
        if not isinstance(thread, discord.Thread) or self.user is None:
            return
        if thread.owner_id != self.user.id or thread.id in self._told:
            return
        self._told[thread.id] = None
        if len(self._told) > _THREADS_TOLD:
            self._told.popitem(last=False)
        await self._reply(message, _HOW_TO_GO_ON)

    async def _reply(self, message: discord.Message, notice: Notice) -> None:
        try:
            await message.reply(rendered(notice).content)
        except CALL_ERRORS as error:
            self.note(error)


class _Tree(app_commands.CommandTree[LookbookClient]):
    """Commands, with one mapper for all their errors."""

    async def interaction_check(self, interaction: Interaction) -> bool:
        """Refuse while stopping; suggestions still come, they are read from memory."""
        if interaction.type is discord.InteractionType.autocomplete:
            return True
        return await self.client.takes(interaction)

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """Explain it to the one who asked."""
        await failures.explain(interaction, error)


def _rate_limits_counted(metrics: Metrics) -> aiohttp.TraceConfig:
    """Return the trace that counts 429s; discord.py waits them out by itself."""

    async def count(
        _session: aiohttp.ClientSession, _context: Any, params: aiohttp.TraceRequestEndParams
    ) -> None:
        if params.response.status == HTTPStatus.TOO_MANY_REQUESTS:
            metrics.rate_limited.labels(PLATFORM).inc()

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(count)
    return trace
