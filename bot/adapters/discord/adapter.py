"""The Discord adapter: connects, stops and reports for the process."""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import timedelta
from typing import TYPE_CHECKING

import discord

from bot.adapters.base import Connection, Delivery
from bot.adapters.discord import limits, permissions
from bot.adapters.discord.client import LookbookClient
from bot.adapters.discord.deliveries import delivery
from bot.adapters.discord.ingress import CALL_ERRORS, PLATFORM
from bot.adapters.discord.rendering import rendered
from bot.assistant.replies import Notice
from bot.assistant.requests import Request
from config.errors import LookbookError
from config.settings import Settings

if TYPE_CHECKING:
    from bot.assistant.assistant import Assistant

_log = logging.getLogger(__name__)

_FIRST_CONNECTION_S = 60.0
_LAST_EDITS_S = 5.0
_SESSIONS_KEPT = 20
"""Discord resets a bot's token after 1,000 connections in a day; so many are left for a person."""

_REFUSED_TOKEN = 4004
_TOKEN_VARIABLE = "LOOKBOOK__DISCORD__TOKEN"  # noqa: S105 - the variable's name


class DiscordError(LookbookError):
    """Discord does not let the bot in."""


class DiscordAdapter:
    """Discord, as `bot.adapters.base.Adapter`."""

    name = PLATFORM

    def __init__(self, settings: Settings, assistant: Assistant) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it does not speak
        # At DEBUG, discord.py logs addresses that hold interaction tokens.
        logging.getLogger("discord").setLevel(logging.INFO)
        self._token = settings.discord.token.get_secret_value() if settings.discord.token else ""
        self.client = LookbookClient(
            assistant, settings.discord.admins, settings.home / "discord-commands.sha256"
        )
        self._running: asyncio.Task[None] | None = None

    async def check(self) -> str:
        """Return what Discord says of the token. Raises DiscordError."""
        try:
            await self._log_in()
            user = self.client.user
            return f"Discord knows the token: the bot is {user.name if user else 'nameless'}."
        finally:
            await self.client.close()

    async def start(self) -> None:
        """Log in and connect; return once the first events come, or after a minute without.

        Raises DiscordError: a refused token, no network, too few connections left today.
        """
        await self._log_in()
        self._running = asyncio.create_task(self.client.connect(), name="discord")
        ready = asyncio.create_task(self.client.wait_until_ready())
        await asyncio.wait(
            {ready, self._running},
            timeout=_FIRST_CONNECTION_S,
            return_when=asyncio.FIRST_COMPLETED,
        )
        ready.cancel()
        ended = self._ended()
        if ended is not None:
            await self.client.close()
            raise ended
        if not self.client.guilds and self.client.application_id is not None:
            invitation = permissions.server_invitation(self.client.application_id)
            _log.info("The bot is in no server yet; invite it with %s", invitation)

    async def stop_intake(self) -> None:
        """Take no new requests; whoever asks is told to try again in a minute."""
        self.client.listening = False

    async def close(self) -> None:
        """Disconnect, once the edits that are under way have arrived or taken too long."""
        if self.client.edits:
            await asyncio.wait(self.client.edits, timeout=_LAST_EDITS_S)
        await self.client.close()
        if self._running is not None:
            await asyncio.wait({self._running})

    async def connection(self) -> Connection:
        """Return the state of the shards; one that ended for good says what to do."""
        ended = self._ended()
        if ended is not None:
            return Connection(connected=False, detail=str(ended).rstrip("."))
        shards = self.client.shards
        heard = [
            shard
            for shard in shards.values()
            if not shard.is_closed() and math.isfinite(shard.latency)
        ]
        connected = self.client.is_ready() and 0 < len(shards) == len(heard)
        slowest = max((shard.latency for shard in heard), default=0.0)
        detail = f"{len(heard)} of {len(shards)} shards connected"
        return Connection(connected, f"{detail}, {slowest * 1000:.0f} ms" if heard else detail)

    def delivery(self, request: Request) -> Delivery:
        """Return the delivery for a request of Discord, also one from before a restart."""
        return delivery(self.client, request)

    async def tell_admins(self, text: str) -> None:
        """Write to each admin of the settings, else to the application's owner."""
        for user in self._admins():
            try:
                channel = await self.client.create_dm(discord.Object(user))
                for piece in limits.split(rendered(Notice("info", text)).content):
                    await channel.send(piece)
            except CALL_ERRORS as error:
                self.client.note(error)
                _log.warning("A Discord admin could not be told: %s", type(error).__name__)

    async def _log_in(self) -> None:
        try:
            await self.client.login(self._token)
            await self._spare_sessions()
        except discord.LoginFailure:
            await self.client.close()
            raise _token_refused() from None
        except (discord.DiscordException, *CALL_ERRORS) as error:
            await self.client.close()
            raise _unreachable(error) from None
        except BaseException:
            await self.client.close()
            raise

    def _admins(self) -> frozenset[int]:
        if self.client.admins:
            return self.client.admins
        application = self.client.application
        if application is None:
            return frozenset()
        team = application.team
        return frozenset({team.owner_id if team and team.owner_id else application.owner.id})

    async def _spare_sessions(self) -> None:
        left = await self.client.fetch_session_start_limits()
        if left.remaining > _SESSIONS_KEPT:
            return
        wait = timedelta(milliseconds=left.reset_after)
        hours = math.ceil(wait / timedelta(hours=1))
        raise DiscordError(
            f"Discord lets this bot connect only {left.remaining} more times today.",
            f"Find out why it restarts so often, and start it again in {hours} h; going on would "
            "make Discord reset the token.",
        )

    def _ended(self) -> DiscordError | None:
        """Return why the connection has ended for good, None while it lives."""
        if self._running is None or not self._running.done() or self._running.cancelled():
            return None
        error = self._running.exception()
        if isinstance(error, discord.PrivilegedIntentsRequired):
            return DiscordError(
                "Discord refused the bot's intents.",
                "Lookbook asks for none that need approval: check that no older Lookbook runs "
                "with this token, then start again.",
            )
        if isinstance(error, discord.ConnectionClosed) and error.code == _REFUSED_TOKEN:
            return _token_refused()
        if error is not None:
            return _unreachable(error)
        return None


def _token_refused() -> DiscordError:
    return DiscordError(
        "Discord refused the bot's token.",
        "Copy a new one from the Bot page of the application at "
        f"https://discord.com/developers/applications and set {_TOKEN_VARIABLE}.",
    )


def _unreachable(error: BaseException) -> DiscordError:
    return DiscordError(
        f"Discord cannot be reached ({type(error).__name__}).",
        "Check this machine's network and https://discordstatus.com, then start again.",
    )
