"""One package per place where people talk to Lookbook; only this module names the platforms."""

from bot.adapters.base import Adapter
from bot.assistant.assistant import Assistant
from config.errors import LookbookError
from config.settings import Settings


class NoPlatformError(LookbookError):
    """Nothing that could be connected to is set."""


def open_adapters(settings: Settings, assistant: Assistant) -> list[Adapter]:
    """Return an adapter, not yet connected, for each platform that has a token.

    Raises NoPlatformError where none has, and the platform's error for a secret that is missing.
    """
    adapters: list[Adapter] = []
    if settings.discord.token:
        from bot.adapters.discord.adapter import DiscordAdapter

        adapters.append(DiscordAdapter(settings, assistant))
    if settings.slack.bot_token:
        from bot.adapters.slack.adapter import SlackAdapter

        adapters.append(SlackAdapter(settings, assistant))
    if not adapters:
        raise NoPlatformError(
            "There is no chat to connect to: neither Discord nor Slack has a token.",
            "Set LOOKBOOK__DISCORD__TOKEN (docs/discord.md), or LOOKBOOK__SLACK__BOT_TOKEN and "
            "LOOKBOOK__SLACK__APP_TOKEN (docs/slack.md), or both.",
        )
    return adapters
