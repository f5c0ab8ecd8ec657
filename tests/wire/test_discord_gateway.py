"""Discord's real wire, on loopback: limits, lost connections, closing codes and stopping.

Rows of the list of known complaints: 6 (two answers after a RESUME), 24 (the same answer twice on
slow turns), 26 (an IDENTIFY storm resets the token), 28 (an unclean stop).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from discord.http import Route

from bot.adapters.base import Delivery
from bot.adapters.discord.adapter import DiscordAdapter, DiscordError
from bot.assistant.replies import Notice, Reply
from bot.assistant.requests import Request
from pipeline.personal import ShopperProfile
from tests.discord_gateway import BOT, CHANNEL, Loopback, loopback
from tests.discord_shop import ShopAssistant, adapter_for, always, answer

IDENTIFY, RESUME = 2, 6
EDITS = r"/webhooks/\d+/.+/messages/\d+"
ORIGINAL = r"/webhooks/\d+/.+/messages/@original"


@pytest.fixture
async def discord() -> AsyncIterator[Loopback]:
    async with loopback() as server:
        yield server


@asynccontextmanager
async def running(home: Path, assistant: ShopAssistant) -> AsyncIterator[DiscordAdapter]:
    adapter = adapter_for(home, assistant)
    await adapter.start()
    try:
        yield adapter
    finally:
        await adapter.close()


async def connected(adapter: DiscordAdapter) -> bool:
    return (await adapter.connection()).connected


async def ended(adapter: DiscordAdapter) -> bool:
    return "shards" not in (await adapter.connection()).detail


def content(server: Loopback, method: str, path: str) -> list[str]:
    return [call.body["content"] for call in server.made(method, path)]


async def test_it_connects_registers_its_commands_and_says_so(
    discord: Loopback, tmp_path: Path
) -> None:
    async with running(tmp_path, ShopAssistant(always(answer()))) as adapter:
        await discord.until(lambda: discord.ops(1))
        await discord.until(lambda: connected(adapter))  # a heartbeat is answered
        connection = await adapter.connection()

    assert "1 of 1 shards connected" in connection.detail
    assert len(discord.made("PUT", "/commands")) == 1
    assert len(discord.ops(IDENTIFY)) == 1
    assert discord.ops(IDENTIFY)[0]["intents"] == (1 << 0) | (1 << 9) | (1 << 12)
    assert not (await adapter.connection()).connected


async def test_a_429_on_an_edit_is_waited_out_and_counted(
    discord: Loopback, tmp_path: Path
) -> None:
    assistant = ShopAssistant(always(answer()))
    discord.limit("PATCH", EDITS, 0.4)
    async with running(tmp_path, assistant):
        await discord.slash("recommend", query="linen shirts")
        await discord.until(lambda: assistant.taken)

    refused, accepted = discord.made("PATCH", EDITS)
    assert accepted.at - refused.at >= 0.4
    assert accepted.body == refused.body
    assert list(assistant.taken.values()) == [True]
    assert assistant.metrics.rate_limited.labels("discord")._value.get() == 1


async def test_a_429_on_a_message_does_not_post_it_twice(discord: Loopback, tmp_path: Path) -> None:
    assistant = ShopAssistant(always(answer()))
    discord.limit("POST", r"/channels/\d+/messages$", 0.2)
    async with running(tmp_path, assistant):
        await discord.say(f"<@{BOT}> linen shirts")
        await discord.until(lambda: assistant.taken)

    refused, accepted = discord.made("POST", r"/channels/\d+/messages$")
    assert refused.body["nonce"] == accepted.body["nonce"]
    assert accepted.body["enforce_nonce"] is True
    assert len(discord.made("PATCH", r"/channels/\d+/messages/\d+$")) == 1


async def test_discord_answers_twice_after_resume_no_more(
    discord: Loopback, tmp_path: Path
) -> None:
    assistant = ShopAssistant(always(answer()))
    async with running(tmp_path, assistant):
        await discord.say(f"<@{BOT}> linen shirts")
        await discord.slash("recommend", query="coats")
        await discord.until(lambda: len(assistant.taken) == 2)
        await discord.replay(2)
        await discord.drop(4000)
        await discord.until(lambda: discord.ops(RESUME))
        await discord.say(f"<@{BOT}> trousers")
        await discord.until(lambda: len(assistant.taken) == 3)

    assert [request.text for request in assistant.requests] == [
        f"<@{BOT}> linen shirts",
        "coats",
        f"<@{BOT}> trousers",
    ]
    assert len(discord.made("POST", "/threads")) == 2
    assert len(discord.made("PATCH", EDITS)) == 1
    assert len(discord.ops(IDENTIFY)) == 1
    assert assistant.metrics.reconnects.labels("discord")._value.get() == 1


async def test_a_connection_lost_while_writing_loses_no_answer(
    discord: Loopback, tmp_path: Path
) -> None:
    go_on = asyncio.Event()

    async def slowly(_request: Request, delivery: Delivery) -> Reply:
        await delivery.show(Notice("waiting", "You are next."))
        await go_on.wait()
        return answer()

    assistant = ShopAssistant(slowly)
    async with running(tmp_path, assistant):
        await discord.slash("recommend", query="linen shirts")
        await discord.until(lambda: discord.made("PATCH", EDITS))
        await discord.drop(4000)
        await discord.until(lambda: discord.ops(RESUME))
        go_on.set()
        await discord.until(lambda: assistant.taken)

    assert content(discord, "PATCH", EDITS)[-1].startswith("You'd like")
    assert discord.made("POST", r"/channels/\d+/messages$") == []


async def test_a_form_goes_out_as_a_modal_and_comes_back_filled_in(
    discord: Loopback, tmp_path: Path
) -> None:
    assistant = ShopAssistant(always(answer()))
    async with running(tmp_path, assistant):
        await discord.slash("profile")
        await discord.until(lambda: discord.made("POST", "/callback$"))
        (shown,) = discord.made("POST", "/callback$")
        await discord.submit(shown.body["data"]["custom_id"], {"likes": "linen", "firm": ["likes"]})
        await discord.until(lambda: discord.made("PATCH", ORIGINAL))

    assert shown.body["type"] == 9
    assert content(discord, "PATCH", ORIGINAL) == ["Noted: **linen**."]
    assert list(assistant.profiles.values()) == [
        ShopperProfile(likes="linen", firm=frozenset({"likes"}))
    ]


async def test_a_429_on_a_file_is_waited_out_and_the_file_sent_whole(
    discord: Loopback, tmp_path: Path
) -> None:
    assistant = ShopAssistant(always(answer()))
    assistant.kept = {"opinions": ["x" * 100_000]}
    discord.limit("PATCH", ORIGINAL, 0.2)
    async with running(tmp_path, assistant):
        await discord.slash("my-data")
        await discord.until(lambda: len(discord.made("PATCH", ORIGINAL)) == 2)

    refused, accepted = discord.made("PATCH", ORIGINAL)
    assert accepted.body["files"] == refused.body["files"]
    (file,) = accepted.body["files"].values()
    assert json.loads(file) == assistant.kept


async def test_a_stop_in_mid_answer_leaves_word_in_its_place(
    discord: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Stopped(ShopAssistant):
        async def submit(self, request: Request, delivery: Delivery) -> None:
            self.requests.append(request)
            await delivery.open()
            await delivery.show(Notice("waiting", "You are next."))
            self.delivery = delivery

    assistant = Stopped(always(answer()))
    async with running(tmp_path, assistant) as adapter:
        await discord.slash("recommend", query="linen shirts")
        await discord.until(lambda: discord.made("PATCH", EDITS))
        await adapter.stop_intake()
        await assistant.delivery.show(Notice("waiting", "I'm restarting."))

    await discord.until(lambda: discord.closed_with)
    assert content(discord, "PATCH", EDITS) == ["You are next.", "I'm restarting."]
    assert discord.closed_with == [1000]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_the_next_process_finishes_the_answer_of_the_one_before(
    discord: Loopback, tmp_path: Path
) -> None:
    class Killed(ShopAssistant):
        async def submit(self, request: Request, delivery: Delivery) -> None:
            self.requests.append(request)
            self.opened[request.key] = dict(await delivery.open())

    before = Killed(always(answer()))
    async with running(tmp_path, before):
        await discord.say(f"<@{BOT}> linen shirts")
        await discord.until(lambda: before.opened)
        (request,) = before.requests
        left = {**request.to_dict(), "address": before.opened[request.key]}

    async with running(tmp_path, ShopAssistant(always(answer()))) as adapter:
        assert await adapter.delivery(Request.from_dict(left)).finish(answer())

    (placeholder,) = discord.made("POST", r"/channels/\d+/messages$")
    (finished,) = discord.made("PATCH", r"/channels/\d+/messages/\d+$")
    assert finished.path.startswith(placeholder.path)
    assert len(discord.made("PUT", "/commands")) == 1


async def test_what_an_earlier_process_had_sent_is_finished_and_not_sent_again(
    discord: Loopback, tmp_path: Path
) -> None:
    class Killed(ShopAssistant):
        async def submit(self, request: Request, delivery: Delivery) -> None:
            self.requests.append(request)
            await delivery.open()

    before = Killed(always(answer()))
    async with running(tmp_path, before) as adapter:
        await discord.say(f"<@{BOT}> linen shirts")
        await discord.until(lambda: discord.made("POST", r"/channels/\d+/messages$"))
        # It died before it could keep where its message is: Discord knows it by its nonce.
        earlier = discord._message(CHANNEL, "I'm going through the shelves …", identity="42")
        discord.refuse("POST", "/threads$", 400, {"code": 160004, "message": "exists"})
        discord.refuse("POST", r"/channels/\d+/messages$", 200, earlier)
        delivery = adapter.delivery(before.requests[0])
        await delivery.open()
        assert await delivery.finish(answer())

    first, second = discord.made("POST", r"/channels/\d+/messages$")
    assert first.body["nonce"] == second.body["nonce"]
    assert first.path == second.path
    (finished,) = discord.made("PATCH", r"/channels/\d+/messages/42$")
    assert finished.body["content"].startswith("You'd like")


@pytest.mark.parametrize("code", [4004, 4014])
async def test_a_token_reset_by_an_identify_storm_cannot_happen(
    discord: Loopback, tmp_path: Path, code: int
) -> None:
    discord.close_on_identify = code
    adapter = adapter_for(tmp_path, ShopAssistant(always(answer())))

    with pytest.raises(DiscordError) as caught:
        await adapter.start()

    named = "token" if code == 4004 else "intents"
    assert named in caught.value.problem
    assert len(discord.ops(IDENTIFY)) == 1


async def test_too_few_connections_left_today_keep_it_from_connecting(
    discord: Loopback, tmp_path: Path
) -> None:
    discord.sessions_left = 5
    adapter = adapter_for(tmp_path, ShopAssistant(always(answer())))

    with pytest.raises(DiscordError) as caught:
        await adapter.start()

    assert "5 more times" in caught.value.problem
    assert "2 h" in caught.value.mend
    assert discord.received == []


async def test_a_refused_token_names_the_variable_to_set(discord: Loopback, tmp_path: Path) -> None:
    discord.refuse("GET", "/users/@me", 401, {"code": 0, "message": "401: Unauthorized"})
    adapter = adapter_for(tmp_path, ShopAssistant(always(answer())))

    with pytest.raises(DiscordError) as caught:
        await adapter.start()

    assert "LOOKBOOK__DISCORD__TOKEN" in caught.value.mend
    assert "not.a.token" not in str(caught.value)


async def test_a_token_revoked_later_is_reported_and_not_tried_again(
    discord: Loopback, tmp_path: Path
) -> None:
    async with running(tmp_path, ShopAssistant(always(answer()))) as adapter:
        await discord.drop(4004)
        await discord.until(lambda: ended(adapter))
        connection = await adapter.connection()

    assert not connection.connected
    assert "LOOKBOOK__DISCORD__TOKEN" in connection.detail
    assert len(discord.ops(IDENTIFY)) == 1


async def test_no_network_is_an_error_that_says_so(tmp_path: Path) -> None:
    adapter = adapter_for(tmp_path, ShopAssistant(always(answer())))

    with (
        patch.object(Route, "BASE", "http://127.0.0.1:9/api/v10"),
        pytest.raises(DiscordError) as caught,
    ):
        await adapter.start()

    assert "cannot be reached" in caught.value.problem


async def test_admins_hear_from_it_even_if_one_of_them_takes_no_messages(
    discord: Loopback, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    discord.refuse("POST", "/users/@me/channels", 403, {"code": 50007, "message": "no"})
    adapter = adapter_for(tmp_path, ShopAssistant(always(answer())))
    await adapter.start()
    try:
        await adapter.tell_admins("The refresh failed.")
    finally:
        await adapter.close()

    assert "Forbidden" in caplog.text
    assert CHANNEL not in caplog.text
