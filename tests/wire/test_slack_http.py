"""HTTP mode: signed requests from a loopback Slack to the adapter's port."""

import json
from collections.abc import AsyncIterator

import pytest

from config.errors import LookbookError
from tests.slack_server import SlackServer
from tests.slack_server.world import TEAM
from tests.wire.slack_shop import Shop, open_shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with SlackServer() as slack, open_shop(slack, mode="http", port=0) as opened:
        slack.events.request_url = f"http://127.0.0.1:{opened.adapter.port}/slack/events"
        yield opened


async def test_mentions_commands_buttons_and_forms_work_over_http(shop: Shop) -> None:
    ts = await shop.slack.mention("a red dress")
    (message,) = await shop.slack.until(
        lambda: [m for m in shop.slack.world.by_bot("C1", ts) if m.buttons]
    )
    assert (await shop.slack.press(message, "lookbook_like")).acknowledged
    await shop.slack.until(lambda: shop.assistant.opinions)

    handed = await shop.slack.command("/recommend", "a blue coat", user="U2")
    assert "Looking" in handed.answer["text"]
    await shop.slack.until(lambda: any(m.buttons for m in shop.slack.world.seen_only_by("U2")))

    await shop.slack.command("/profile")
    await shop.slack.until(lambda: shop.slack.api.modals.open_for)
    assert (await shop.slack.submit({"What do you like?": "linen"})).acknowledged
    await shop.slack.until(lambda: shop.assistant.profiles)
    await shop.slack.delivered()
    assert shop.slack.events.late == []
    assert shop.slack.events.connections == 0


async def test_the_connection_names_the_port(shop: Shop) -> None:
    connection = await shop.adapter.connection()
    assert connection.connected
    assert str(shop.adapter.port) in connection.detail
    await shop.adapter.stop_intake()
    assert not (await shop.adapter.connection()).connected


@pytest.mark.parametrize("forgery", ["wrong secret", "old", "future", "unsigned", "changed body"])
async def test_a_request_that_slack_did_not_sign_just_now_is_refused(
    shop: Shop, forgery: str
) -> None:
    event = {"type": "message", "channel_type": "im", "channel": "DU1", "ts": "1.1", "user": "U1"}
    body = json.dumps(
        {"type": "event_callback", "team_id": TEAM, "event": {**event, "text": "a red dress"}}
    )
    signed = shop.slack.events.signed
    headers = {
        "wrong secret": signed(body, secret="somebody-elses"),
        "old": signed(body, age_s=301),
        "future": signed(body, age_s=-301),
        "unsigned": {},
        "changed body": signed(body.replace("red", "blue")),
    }[forgery]
    status, _ = await shop.slack.events.send(body, headers | {"Content-Type": "application/json"})
    assert status == 401
    good = signed(body) | {"Content-Type": "application/json"}
    assert (await shop.slack.events.send(body, good))[0] == 200
    await shop.slack.until(lambda: shop.assistant.requests)
    assert len(shop.assistant.requests) == 1


async def test_the_address_is_verified_as_slack_asks(shop: Shop) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc123"})
    headers = shop.slack.events.signed(body) | {"Content-Type": "application/json"}
    status, text = await shop.slack.events.send(body, headers)
    assert status == 200
    assert "abc123" in text


async def test_unknown_requests_are_not_an_error_to_be_redelivered(shop: Shop) -> None:
    handed = await shop.slack.event({"type": "something_of_next_year"})
    assert handed.attempts == 1


async def test_http_mode_needs_the_signing_secret() -> None:
    async with SlackServer() as slack:
        with pytest.raises(LookbookError, match="SIGNING_SECRET"):
            async with open_shop(slack, mode="http", signing_secret=""):
                pass


async def test_a_port_that_is_taken_is_named(shop: Shop) -> None:
    port = shop.adapter.port
    with pytest.raises(LookbookError, match=str(port)):
        async with open_shop(shop.slack, mode="http", port=port):
            pass
