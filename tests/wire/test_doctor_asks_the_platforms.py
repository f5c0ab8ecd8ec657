"""`lookbook doctor` finds out what the platforms think of the tokens, and connects to nothing."""

from pathlib import Path

import pytest

from bot.adapters.discord.adapter import DiscordAdapter, DiscordError
from bot.adapters.slack.adapter import SlackAdapter, SlackError
from bot.assistant.assistant import Assistant
from config.settings import DiscordSettings, Settings, SlackSettings
from tests.discord_gateway import loopback
from tests.slack_server import SlackServer


def slack_settings(slack: SlackServer, home: Path, **changes: object) -> Settings:
    given = {
        "bot_token": slack.api.bot_token,
        "app_token": slack.api.app_token,
        "api_url": slack.api_url,
        **changes,
    }
    return Settings(home=home, slack=SlackSettings(**given))


async def test_good_slack_tokens_are_told_with_the_bot_and_the_workspace(tmp_path: Path) -> None:
    async with SlackServer() as slack:
        settings = slack_settings(slack, tmp_path)
        said = await SlackAdapter(settings, Assistant(settings)).check()
        assert "lookbook" in said
        assert slack.events.connections == 0


@pytest.mark.parametrize("token", ["bot_token", "app_token"])
async def test_a_slack_token_that_is_refused_is_named(tmp_path: Path, token: str) -> None:
    async with SlackServer() as slack:
        settings = slack_settings(slack, tmp_path, **{token: "xoxb-wrong"})
        with pytest.raises(SlackError) as caught:
            await SlackAdapter(settings, Assistant(settings)).check()
        assert f"LOOKBOOK__SLACK__{token.upper()}" in f"{caught.value.problem} {caught.value.mend}"


async def test_a_good_discord_token_is_told_with_the_bots_name(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, discord=DiscordSettings(token="a.token"))
    async with loopback() as discord:
        said = await DiscordAdapter(settings, Assistant(settings)).check()
        assert "lookbook" in said
        assert discord.received == []


async def test_a_refused_discord_token_is_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, discord=DiscordSettings(token="a.token"))
    async with loopback() as discord:
        discord.refuse("GET", "/users/@me", 401, {"message": "401: Unauthorized", "code": 0})
        with pytest.raises(DiscordError) as caught:
            await DiscordAdapter(settings, Assistant(settings)).check()
        assert "LOOKBOOK__DISCORD__TOKEN" in caught.value.mend
