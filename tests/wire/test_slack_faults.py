"""What Slack refuses, drops or delays: one answer arrives all the same."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.adapters.base import Delivery
from bot.adapters.slack import delivery as deliveries
from bot.assistant.replies import AnswerReply
from bot.assistant.requests import Request
from tests.slack_server import SlackServer
from tests.slack_server.world import Message
from tests.wire.slack_shop import (
    ScriptedAssistant,
    Shop,
    answer,
    card,
    finishing,
    open_shop,
    resumed,
)


@pytest.fixture
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr(deliveries, "RETRY_S", 0.05)
    async with SlackServer() as slack, open_shop(slack) as opened:
        opened.assistant.play = finishing(answer())
        yield opened


async def finished(shop: Shop, ts: str, channel: str = "C1") -> Message:
    """Return the one finished answer in a thread; the bot said nothing else there."""
    (message,) = await shop.slack.until(
        lambda: [m for m in shop.slack.world.by_bot(channel, ts) if "Linen dress 1" in m.words]
    )
    await shop.slack.delivered()
    assert shop.slack.world.by_bot(channel, ts) == [message]
    assert isinstance(message, Message)
    return message


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_slow_down_is_obeyed_and_counted(shop: Shop, method: str) -> None:
    shop.slack.fail(method, kind="status", status=429, retry_after=1, times=2)
    await finished(shop, await shop.slack.mention("a red dress"))
    calls = shop.slack.api.made(method)
    assert len(calls) == 3
    assert calls[2].at - calls[0].at >= 2  # Retry-After, twice
    counted = shop.assistant.metrics.exposition().decode()
    assert 'lookbook_rate_limited_total{platform="slack"} 2.0' in counted


async def test_within_a_workspaces_limit_only_last_words_are_sent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When many ask at once, interim edits make room for answers."""
    monkeypatch.setattr(deliveries, "UPDATE_SPACING_S", 0.1)

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        for _ in range(10):
            await delivery.show(answer(writing=True))
            await asyncio.sleep(0.15)
        await delivery.finish(answer())

    shop.assistant.play = play
    shop.slack.api.per_window = {"chat.update": 6}
    shop.slack.api.window_s = 2.0
    for _ in range(12):
        await shop.slack.mention("a red dress")
    await shop.slack.until(
        lambda: sum(bool(m.buttons) for m in shop.slack.world.by_bot("C1")) == 12, 60
    )
    assert len(shop.slack.world.by_bot("C1")) == 12
    drafts = [
        call
        for call in shop.slack.api.made("chat.update")
        if call.answer and "Still writing" in str(call.arguments)
    ]
    assert len(drafts) <= 6 + 12  # before the limit, and one on its way to each shopper


async def test_slow_down_of_a_response_url_is_obeyed(shop: Shop) -> None:
    shop.slack.fail("response_url", kind="status", status=429, retry_after=1)
    await shop.slack.command("/recommend", "a red dress")
    await shop.slack.until(lambda: any(m.buttons for m in shop.slack.world.seen_only_by("U1")))


@pytest.mark.parametrize("kind", ["drop", "lose"])
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_dropped_connection_posts_nothing_twice(shop: Shop, method: str, kind: str) -> None:
    """A post whose outcome is unknown is looked for before it is sent again."""
    shop.slack.fail(method, kind=kind)
    await finished(shop, await shop.slack.mention("a red dress"))


@pytest.mark.parametrize("kind", ["drop", "lose"])
async def test_a_dropped_connection_posts_nothing_twice_in_a_direct_message(
    shop: Shop, kind: str
) -> None:
    shop.slack.fail("chat.postMessage", kind=kind)
    shop.slack.fail("conversations.history", kind="status", status=500, times=4)
    await shop.slack.direct("a red dress")
    (message,) = await shop.slack.until(
        lambda: [m for m in shop.slack.world.by_bot("DU1") if "Linen dress 1" in m.words]
    )
    await shop.slack.delivered()
    assert shop.slack.world.by_bot("DU1") == [message]


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_an_answer_outlasts_an_outage(shop: Shop, method: str) -> None:
    shop.slack.fail(method, kind="drop", times=4)
    await finished(shop, await shop.slack.mention("a red dress"))


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_server_error_posts_nothing_twice(shop: Shop, method: str) -> None:
    shop.slack.fail(method, kind="status", status=500)
    await finished(shop, await shop.slack.mention("a red dress"))


@pytest.mark.parametrize(("kind", "times"), [("drop", 1), ("lose", 2)])
async def test_an_answer_to_a_command_is_said_twice_rather_than_never(
    shop: Shop, kind: str, times: int
) -> None:
    """Nothing tells whether a response URL was used when the connection broke."""
    shop.slack.fail("response_url", kind=kind)
    handed = await shop.slack.command("/recommend", "a red dress")
    await shop.slack.until(lambda: len(shop.slack.api.made("response_url")) == 2)
    await shop.slack.until(lambda: len(handed.told) == 1 + times)
    assert len({message.words for message in handed.told[1:]}) == 1


@pytest.mark.parametrize("way", ["mention", "command"])
async def test_one_bad_image_kills_the_answer_c19(shop: Shop, way: str) -> None:
    """C19: when Slack refuses a picture, the same answer goes without pictures."""
    cards = (card(0), card(1, image_url="https://img.example/broken.jpg"))
    shop.assistant.play = finishing(AnswerReply("Ab12", "Red dresses.", cards))
    shop.slack.api.refused_images.add("https://img.example/broken.jpg")
    if way == "mention":
        message = await finished(shop, await shop.slack.mention("a red dress"))
    else:
        await shop.slack.command("/recommend", "a red dress")
        (message,) = await shop.slack.until(
            lambda: [m for m in shop.slack.world.seen_only_by("U1") if m.buttons]
        )
    assert [block for block in message.blocks if "accessory" in block] == []
    assert "Light linen" in message.words
    assert message.buttons


async def test_a_picture_that_cannot_be_fetched_costs_nothing_c19(shop: Shop) -> None:
    """C19: pictures are accessories, which Slack leaves out by itself."""
    shop.slack.api.dead_images.update({"https://img.example/0.jpg", "https://img.example/1.jpg"})
    message = await finished(shop, await shop.slack.mention("a red dress"))
    assert len([block for block in message.blocks if "accessory" in block]) == 2


async def test_blocks_that_slack_refuses_altogether_become_plain_text_c13(shop: Shop) -> None:
    """C13: the last form of an answer is text alone."""
    shop.slack.fail("chat.update", kind="error", error="invalid_blocks", times=2)
    message = await finished(shop, await shop.slack.mention("a red dress"))
    assert message.blocks == []
    assert "Light linen" in message.text


@pytest.mark.parametrize(
    "error", ["message_not_found", "cant_update_message", "edit_window_closed"]
)
async def test_the_place_of_an_answer_is_gone_c23(shop: Shop, error: str) -> None:
    """C23: an answer whose place died (a stream's end, a deleted message) is posted whole."""

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        for placeholder in shop.slack.world.by_bot("C1"):
            placeholder.deleted = True
        shop.slack.fail("chat.update", kind="error", error=error)
        assert await delivery.finish(answer())

    shop.assistant.play = play
    await finished(shop, await shop.slack.mention("a red dress"))


async def test_an_answer_after_more_than_five_minutes_still_stands_in_its_place_c23(
    shop: Shop,
) -> None:
    """C23: edits of a message have no lifetime, which is why answers are no streams."""

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        shop.slack.world.advance(6 * 60)
        await delivery.finish(answer())

    shop.assistant.play = play
    message = await finished(shop, await shop.slack.mention("a red dress"))
    assert message.edits == 1


async def test_nothing_is_said_twice_when_a_process_dies_after_it_posted_c4(shop: Shop) -> None:
    """C4: a placeholder whose `ts` was never stored is found again by the request's key."""
    taken: list[Request] = []

    async def dying(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        taken.append(request)

    shop.assistant.play = dying
    ts = await shop.slack.mention("a red dress")
    await shop.slack.until(lambda: taken)
    await shop.adapter.close()
    async with open_shop(shop.slack, ScriptedAssistant()) as fresh:
        again = fresh.adapter.delivery(resumed(taken[0], {}))
        address = await again.open()
        assert address["ts"] == shop.slack.world.by_bot("C1", ts)[0].ts
        assert await again.finish(answer())
        await finished(shop, ts)


@pytest.mark.parametrize("way", ["mention", "command", "direct"])
async def test_an_answer_goes_on_in_its_place_after_a_restart_c4(shop: Shop, way: str) -> None:
    taken: list[Request] = []

    async def dying(request: Request, delivery: Delivery) -> None:
        taken.append(resumed(request, await delivery.open()))

    shop.assistant.play = dying
    match way:
        case "mention":
            await shop.slack.mention("a red dress")
        case "direct":
            await shop.slack.direct("a red dress")
        case _:
            await shop.slack.command("/recommend", "a red dress")
    await shop.slack.until(lambda: taken)
    await shop.adapter.close()
    async with open_shop(shop.slack, ScriptedAssistant()) as fresh:
        assert await fresh.adapter.delivery(taken[0]).finish(answer())
    said = [m for m in shop.slack.world.messages if m.by_bot]
    assert len(said) == (2 if way == "command" else 1)  # what a command was told stays
    assert "Linen dress 1" in said[-1].words


async def test_an_answer_that_nobody_takes_is_reported_as_undelivered(shop: Shop) -> None:
    outcome: list[bool] = []

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        shop.slack.world.revoked = True
        outcome.append(await delivery.finish(answer()))

    shop.assistant.play = play
    await shop.slack.mention("a red dress")
    await shop.slack.until(lambda: outcome)
    assert outcome == [False]


async def test_many_shoppers_and_random_faults_lose_no_answer_and_say_none_twice(
    shop: Shop,
) -> None:
    shop.slack.faults.at_random(seed=7, status=0.03, drop=0.03, lose=0.03, slow=0.05)
    for number in range(20):
        shop.slack.world.add_user(f"U{number}x")
        await shop.slack.mention("a red dress", user=f"U{number}x")
        await asyncio.sleep(0.02)

    def answers() -> list[Message]:
        return [m for m in shop.slack.world.by_bot("C1") if m.buttons]

    await shop.slack.until(lambda: len(answers()) == 20, 60)
    await shop.slack.delivered()
    assert len(shop.slack.world.by_bot("C1")) == 20
    assert len({m.thread_ts for m in answers()}) == 20
    assert len(shop.assistant.requests) == 20


async def test_admins_are_told_in_direct_messages() -> None:
    async with (
        SlackServer() as slack,
        open_shop(slack, admins=("UADMIN", "UNOBODY")) as shop,
    ):
        await shop.adapter.tell_admins("The refresh <!channel> failed.")
        (message,) = slack.world.by_bot("DUADMIN")
        assert message.words == "The refresh <!channel> failed."
