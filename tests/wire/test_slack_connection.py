"""Connecting to a loopback Slack, staying connected, and stopping."""

import asyncio
import logging
from pathlib import Path

import pytest
import yaml

from bot.adapters.base import Delivery
from bot.adapters.slack import SlackAdapter, adapter, link
from bot.assistant.replies import Notice
from bot.assistant.requests import Request
from config.errors import LookbookError
from config.settings import Settings
from tests.slack_server import SlackServer
from tests.slack_server.server import MANIFEST
from tests.wire.slack_shop import ScriptedAssistant, Shop, answer, open_shop, settings_for


async def is_connected(shop: Shop) -> bool:
    return (await shop.adapter.connection()).connected


async def wait_for_connection(shop: Shop, *, connected: bool = True) -> None:
    async with asyncio.timeout(60):
        while await is_connected(shop) is not connected:  # noqa: ASYNC110 - it is asked, not told
            await asyncio.sleep(0.02)


async def ask(shop: Shop, count: int = 1) -> None:
    """Mention the bot and return once that many requests were answered."""
    await shop.slack.mention("a red dress")
    await shop.slack.until(
        lambda: sum(bool(m.buttons) for m in shop.slack.world.by_bot("C1")) == count
    )


async def test_the_connection_is_what_the_socket_says() -> None:
    async with SlackServer() as slack:
        async with open_shop(slack) as shop:
            connection = await shop.adapter.connection()
            assert connection.connected
            assert "socket is open" in connection.detail
        assert not await is_connected(shop)


@pytest.mark.parametrize("reason", ["refresh_requested", "warning", "too_many_websockets"])
async def test_a_requested_reconnect_loses_nothing(reason: str) -> None:
    async with SlackServer() as slack, open_shop(slack) as shop:
        await ask(shop)
        await slack.events.disconnect(reason)
        await ask(shop, 2)
        assert slack.events.connections >= 2  # Slack's client may answer the close as well
        counted = shop.assistant.metrics.exposition().decode()
        again = float(slack.events.connections - 1)
        assert f'lookbook_reconnects_total{{platform="slack"}} {again}' in counted


async def test_a_message_during_an_outage_is_answered_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link, "PING_S", 0.2)
    monkeypatch.setattr(link, "CHECK_S", 0.05)
    monkeypatch.setattr(link, "PATIENCE_S", 1.0)
    async with SlackServer() as slack, open_shop(slack) as shop:
        slack.events.closed_for_sockets = True
        await slack.events.cut()
        await slack.mention("a red dress")
        await wait_for_connection(shop, connected=False)
        slack.events.closed_for_sockets = False
        await slack.until(lambda: any(m.buttons for m in slack.world.by_bot("C1")))


async def test_deaf_for_hours_behind_a_dead_socket_c25(monkeypatch: pytest.MonkeyPatch) -> None:
    """C25: an address works once; a client that retries a used one for ever is replaced."""
    monkeypatch.setattr(link, "CHECK_S", 0.05)
    monkeypatch.setattr(link, "PATIENCE_S", 0.3)
    monkeypatch.setattr(link, "CONNECT_S", 1.0)
    async with SlackServer() as slack, open_shop(slack) as shop:
        slack.events.closed_for_sockets = True  # the next ticket is used up by this
        await slack.events.cut()
        await slack.until(lambda: slack.events.refused_tickets)
        assert not await is_connected(shop)
        slack.events.closed_for_sockets = False
        await wait_for_connection(shop)
        await ask(shop)


async def test_a_socket_that_answers_no_pings_is_reported_and_replaced_c25(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """C25: open is not alive; readiness goes by the age of the last pong."""
    monkeypatch.setattr(link, "CHECK_S", 0.05)
    monkeypatch.setattr(link, "PATIENCE_S", 1.0)
    monkeypatch.setattr(link, "PING_S", 0.1)
    async with SlackServer() as slack, open_shop(slack) as shop:
        slack.events.deaf = True
        await wait_for_connection(shop, connected=False)
        slack.events.deaf = False
        await wait_for_connection(shop)
        await ask(shop)


async def test_an_unclean_stop_c28(caplog: pytest.LogCaptureFixture) -> None:
    """C28: intake stops first, answers that are under way arrive, nothing is left running."""
    release = asyncio.Event()

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        await release.wait()
        await delivery.finish(answer())

    before = asyncio.all_tasks()
    async with SlackServer() as slack, open_shop(slack, ScriptedAssistant(play)) as shop:
        await slack.mention("a red dress")
        await slack.until(lambda: slack.world.by_bot("C1"))
        await shop.adapter.stop_intake()
        assert slack.events.sockets == []
        assert not await is_connected(shop)
        release.set()
        await slack.until(lambda: any(m.buttons for m in slack.world.by_bot("C1")))
    await asyncio.sleep(0.1)
    assert asyncio.all_tasks() <= before
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_placeholder_says_that_the_bot_restarts_c28() -> None:
    """C28: what is shown just before the end still arrives."""

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        await delivery.show(Notice("waiting", "I'm restarting."))

    async with SlackServer() as slack:
        async with open_shop(slack, ScriptedAssistant(play)) as shop:
            await slack.mention("a red dress")
            await slack.until(lambda: shop.assistant.requests)
            await slack.until(lambda: slack.world.by_bot("C1"))
        assert [m.words for m in slack.world.by_bot("C1")] == ["I'm restarting."]


async def test_a_revoked_token_is_shown_by_the_connection() -> None:
    async with SlackServer() as slack, open_shop(slack) as shop:
        await slack.uninstall()
        await wait_for_connection(shop, connected=False)
        detail = (await shop.adapter.connection()).detail
        assert "install the app again" in detail


async def test_a_token_that_stops_working_is_shown_by_the_connection() -> None:
    async with SlackServer() as slack, open_shop(slack) as shop:
        slack.world.revoked = True
        await slack.mention("a red dress")
        await wait_for_connection(shop, connected=False)
        assert "token_revoked" in (await shop.adapter.connection()).detail
        slack.world.revoked = False
        await ask(shop)
        assert await is_connected(shop)


@pytest.mark.parametrize(
    ("setting", "value", "problem", "mend"),
    [
        ("bot_token", "xoxb-wrong", "LOOKBOOK__SLACK__BOT_TOKEN (invalid_auth)", "Copy it again"),
        ("app_token", "xapp-wrong", "LOOKBOOK__SLACK__APP_TOKEN (invalid_auth)", "Copy it again"),
        ("bot_token", "", "a secret that is not set", "Set LOOKBOOK__SLACK__BOT_TOKEN"),
        ("app_token", "", "a secret that is not set", "Set LOOKBOOK__SLACK__APP_TOKEN"),
    ],
)
async def test_a_wrong_token_stops_the_start_with_its_mend(
    setting: str, value: str, problem: str, mend: str
) -> None:
    async with SlackServer() as slack:
        settings = settings_for(slack, **{setting: value})
        with pytest.raises(LookbookError) as caught:
            await started(settings)
    assert problem in caught.value.problem
    assert mend in caught.value.mend


async def test_a_bot_token_in_the_app_tokens_place_is_named() -> None:
    async with SlackServer() as slack:
        with pytest.raises(LookbookError, match="APP_TOKEN"):
            await started(settings_for(slack, app_token=slack.api.bot_token))


async def test_missing_scopes_are_named(tmp_path: Path) -> None:
    app = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    app["oauth_config"]["scopes"]["bot"].remove("im:history")
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(yaml.safe_dump(app), encoding="utf-8")
    async with SlackServer(manifest=manifest) as slack:
        with pytest.raises(LookbookError) as caught:
            await started(settings_for(slack))
    assert "im:history" in caught.value.problem


async def test_slack_that_is_away_at_the_start_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapter, "BEGIN_AGAIN_S", 0.1)
    async with SlackServer() as slack:
        slack.fail("auth.test", kind="status", status=503, times=6)
        async with open_shop(slack) as shop:
            assert not await is_connected(shop)
            await wait_for_connection(shop)
            await ask(shop)


async def test_a_check_asks_about_both_tokens_and_opens_no_socket() -> None:
    async with SlackServer() as slack:
        assistant = ScriptedAssistant()
        line = await SlackAdapter(settings_for(slack), assistant).check()  # type: ignore[arg-type] # it plays one
        assert "the bot is lookbook in Loopback" in line
        assert slack.events.connections == 0
        wrong = settings_for(slack, app_token="xapp-wrong")
        with pytest.raises(LookbookError, match="APP_TOKEN"):
            await SlackAdapter(wrong, assistant).check()  # type: ignore[arg-type] # it plays one


async def test_an_identity_is_asked_for_once(caplog: pytest.LogCaptureFixture) -> None:
    async with SlackServer() as slack, open_shop(slack) as shop:
        await ask(shop)
        await slack.direct("a blue dress")
        await slack.until(lambda: len(shop.assistant.requests) == 2)
        assert len(slack.api.made("auth.test")) == 1


async def test_no_words_tokens_or_addresses_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with SlackServer() as slack, open_shop(slack):
        secret = "a dress for my secret wedding"
        slack.fail("response_url", kind="error", status=400, error="invalid_blocks")
        slack.fail("chat.update", kind="drop")
        await slack.mention(secret)
        await slack.command("/recommend", secret)
        await slack.events.cut()
        await slack.events.disconnect()
        await slack.until(lambda: any(m.buttons for m in slack.world.seen_only_by("U1")))
        await slack.until(lambda: any(m.buttons for m in slack.world.by_bot("C1")))
        tokens = (slack.api.bot_token, slack.api.app_token)
    ours = [r for r in caplog.records if r.name.startswith(("bot", "slack"))]
    logged = "\n".join(record.getMessage() + str(record.exc_info or "") for record in ours)
    assert ours
    for hidden in (secret, *tokens, "/commands/", "ticket="):
        assert hidden not in logged


async def started(settings: Settings) -> None:
    made = SlackAdapter(settings, ScriptedAssistant())  # type: ignore[arg-type] # it plays one
    try:
        await made.start()
    finally:
        await made.close()
