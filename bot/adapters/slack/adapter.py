"""Slack as one of the assistant's platforms: how it is connected, and in which state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.base import Connection, Delivery
from bot.adapters.slack.blocks import message
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.link import HttpLink, Link, SocketLink
from bot.adapters.slack.listeners import register
from bot.adapters.slack.surface import APP_SCOPES, PLATFORM, SCOPES
from bot.adapters.slack.web import (
    AUTHORISATION,
    OPEN_SOCKET,
    OUTAGE,
    SlackRefusal,
    SlackWeb,
    library_logger,
)
from bot.assistant.replies import Notice
from bot.assistant.requests import Request
from config.errors import LookbookError
from config.settings import Settings

if TYPE_CHECKING:
    from bot.assistant.assistant import Assistant

BEGIN_AGAIN_S = 15.0
"""Pause before Slack is asked again, when it cannot be reached at the start."""
BOT_TOKEN = "LOOKBOOK__SLACK__BOT_TOKEN"  # noqa: S105 - the variable's name
APP_TOKEN = "LOOKBOOK__SLACK__APP_TOKEN"  # noqa: S105 - the variable's name
SIGNING_SECRET = "LOOKBOOK__SLACK__SIGNING_SECRET"  # noqa: S105 - the variable's name

_LOG = logging.getLogger(__name__)


class SlackError(LookbookError):
    """Slack cannot be used with these settings."""


class SlackAdapter:
    """Implements `bot.adapters.base.Adapter` with Bolt, over Socket Mode or HTTP."""

    name = PLATFORM

    def __init__(self, settings: Settings, assistant: Assistant) -> None:
        """Take the settings' Slack section. Raises SlackError for a secret that is missing."""
        slack = settings.slack
        http = slack.mode == "http"
        self._admins = slack.admins
        self._web = SlackWeb(_given(slack.bot_token, BOT_TOKEN), slack.api_url, assistant.metrics)
        self._desk = Desk(settings, assistant, self._web)
        app = AsyncApp(
            name="lookbook",
            logger=library_logger(),
            signing_secret=_given(slack.signing_secret, SIGNING_SECRET) if http else "",
            client=AsyncWebClient(base_url=slack.api_url, logger=library_logger()),
            authorize=_authorization(self._desk),
        )
        register(app, self._desk)
        self._app_token = "" if http else _given(slack.app_token, APP_TOKEN)
        self._link: Link = (
            HttpLink(app, slack.port)
            if http
            else SocketLink(app, self._web, self._app_token, assistant.metrics)
        )
        self._problem = ""
        self._beginning: asyncio.Task[None] | None = None

    async def check(self) -> str:
        """Return what Slack says of the tokens and scopes. Raises SlackError."""
        self._web.open()
        try:
            identity = await self._identify()
            if self._app_token:
                await self._web.socket_address(self._app_token)
        except SlackRefusal as refusal:
            raise _explained(refusal) from None
        finally:
            await self._web.close()
        return (
            f"Slack knows the tokens: the bot is {identity.get('user')} in {identity.get('team')}."
        )

    async def start(self) -> None:
        """Say who we are and begin to listen; while Slack is away, go on trying.

        Raises SlackError for a refused token and for scopes that the app was not given.
        """
        self._web.open()
        try:
            await self._begin()
        except SlackRefusal as refusal:
            if refusal.code not in OUTAGE:
                raise _explained(refusal) from None
            _LOG.warning("Slack cannot be reached yet: %s.", refusal)
            self._beginning = asyncio.create_task(self._begin_later())

    async def stop_intake(self) -> None:
        """Hear no more; what is being answered goes on."""
        if self._beginning is not None:
            self._beginning.cancel()
        await self._link.close()

    async def close(self) -> None:
        """Hear no more and close the connections."""
        await self.stop_intake()
        await self._desk.close()
        await self._web.close()

    async def connection(self) -> Connection:
        """Return what the socket itself says, unless Slack has taken the token back."""
        lost = self._desk.lost or self._web.trouble
        if lost:
            mend = f"install the app again and set {BOT_TOKEN}"
            return Connection(connected=False, detail=f"Slack says {lost}: {mend}")
        if not self._desk.identity:
            detail = self._problem or "Slack cannot be reached; trying again"
            return Connection(connected=False, detail=detail)
        connected, detail = await self._link.state()
        return Connection(connected=connected, detail=detail)

    @property
    def port(self) -> int:
        """Return the port of HTTP mode, 0 in Socket Mode."""
        return self._link.port

    def delivery(self, request: Request) -> Delivery:
        """Return the delivery of a request that was taken on before a restart."""
        return self._desk.delivery(request, resumed=True)

    async def tell_admins(self, text: str) -> None:
        """Write to every admin of the settings in their direct messages."""
        for admin in self._admins:
            try:
                await self._web.post(admin, "", message(Notice("info", text)))
            except SlackRefusal as refusal:
                _LOG.warning("An admin could not be told: %s.", refusal)

    async def _identify(self) -> Mapping[str, Any]:
        identity, granted = await self._web.identity()
        missing = sorted(SCOPES.keys() - granted) if granted is not None else []
        if missing:
            raise SlackError(
                f"The Slack app was not given {', '.join(missing)}.",
                "Add these bot scopes under OAuth & Permissions, as in config/slack-manifest.yaml, "
                "and install the app again.",
            )
        return identity

    async def _begin(self) -> None:
        self._desk.identity = await self._identify()
        try:
            await self._link.open()
        except OSError as error:
            raise SlackError(
                f"The port {self._link.port} for Slack cannot be opened ({type(error).__name__}).",
                "Give slack.port a free one.",
            ) from None

    async def _begin_later(self) -> None:
        while True:
            await asyncio.sleep(BEGIN_AGAIN_S)
            try:
                await self._begin()
            except SlackRefusal as refusal:
                self._problem = _explained(refusal).problem
            except SlackError as error:
                self._problem = error.problem
            else:
                return
            _LOG.warning("%s", self._problem)


def _authorization(desk: Desk) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Return how Bolt learns who we are; by itself it would ask Slack, before the first ack."""

    async def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=desk.identity.get("user_id"),
            bot_id=desk.identity.get("bot_id"),
        )

    return authorize


def _given(secret: Any, variable: str) -> str:
    value = str(secret.get_secret_value()).strip() if secret is not None else ""
    if not value:
        raise SlackError("Slack needs a secret that is not set.", f"Set {variable}.")
    return value


def _explained(refusal: SlackRefusal) -> SlackError:
    """Return what an operator can do about a call that was refused at the start."""
    token = APP_TOKEN if refusal.method == OPEN_SOCKET else BOT_TOKEN
    if refusal.code in {"missing_scope", "not_allowed_token_type"}:
        return SlackError(
            f"The token in {token} may not be used for {refusal.method} ({refusal.code}).",
            f"Use the xoxb- token of the installed app and an xapp- token with {APP_SCOPES[0]}.",
        )
    if refusal.code in AUTHORISATION:
        return SlackError(
            f"Slack refuses the token in {token} ({refusal.code}).",
            "Copy it again from https://api.slack.com/apps, or install the app again.",
        )
    return SlackError(
        f"Slack does not take {refusal.method} ({refusal.code}).",
        "Compare the app with config/slack-manifest.yaml.",
    )
