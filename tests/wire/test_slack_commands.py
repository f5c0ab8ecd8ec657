"""`/recommend`, `/reindex` and `/index-status` against a loopback Slack."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.adapters.base import Delivery
from bot.adapters.slack import delivery as deliveries
from bot.assistant.replies import Notice
from bot.assistant.requests import Request
from tests.slack_server import SlackServer
from tests.slack_server.world import Message
from tests.wire.slack_shop import ScriptedAssistant, Shop, answer, finishing, open_shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with SlackServer() as slack, open_shop(slack) as opened:
        yield opened


async def told(shop: Shop, words: str, user: str = "U1") -> Message:
    """Return the ephemeral message with these words, once the person sees it."""
    found: Message = await shop.slack.until(
        lambda: next((m for m in shop.slack.world.seen_only_by(user) if words in m.words), None)
    )
    return found


async def test_recommend_is_acknowledged_first_and_answered_for_the_asker_alone(shop: Shop) -> None:
    handed = await shop.slack.command("/recommend", "a red dress", user="U1")
    assert handed.acknowledged
    assert "Looking" in handed.answer["text"]

    message = await told(shop, "Light linen")
    assert "Red dresses for you." in message.words
    waiting, answered = shop.slack.world.seen_only_by("U1")
    assert ("Looking" in waiting.words, answered) == (True, message)
    assert shop.slack.world.by_bot("C1") == []
    (request,) = shop.assistant.requests
    assert request.action == "recommend"
    assert (request.text, request.private, request.anew) == ("a red dress", True, True)


async def test_an_outfit_is_asked_for_like_a_recommendation(shop: Shop) -> None:
    handed = await shop.slack.command("/outfit", "for a garden party", channel="CAWAY")
    assert "Looking" in handed.answer["text"]
    await told(shop, "Light linen")
    (request,) = shop.assistant.requests
    assert (request.action, request.text) == ("outfit", "for a garden party")
    assert (request.private, request.anew, request.answer_id) == (True, True, "")


async def test_operation_timeout_although_the_command_worked_c7() -> None:
    """C7: work that takes longer than Slack waits does not hold up the acknowledgement."""

    async def slowly(request: Request, delivery: Delivery) -> None:
        await asyncio.sleep(0.6)
        await delivery.finish(answer())

    async with (
        SlackServer(ack_s=0.3) as slack,
        open_shop(slack, ScriptedAssistant(slowly)) as shop,
    ):
        handed = await slack.command("/recommend", "a red dress")
        assert handed.acknowledged
        await told(shop, "Linen dress")


async def test_the_answer_never_overtakes_the_acknowledgement() -> None:
    async def at_once(request: Request, delivery: Delivery) -> None:
        await delivery.finish(Notice("refused", "One thing after the other, please."))

    async with SlackServer() as slack, open_shop(slack, ScriptedAssistant(at_once)) as shop:
        for _ in range(5):  # the server finds fault with an answer before its acknowledgement
            await slack.command("/recommend", "a red dress")
        await slack.until(
            lambda: (
                sorted(m.words for m in slack.world.seen_only_by("U1"))
                == ["Looking through the shelves…"] * 5 + ["One thing after the other, please."] * 5
            )
        )
        assert len(shop.assistant.requests) == 5


@pytest.mark.parametrize("channel", ["CAWAY", "GAWAY", "DU1"])
async def test_channel_not_found_for_commands_where_the_bot_is_no_member_c20(
    shop: Shop, channel: str
) -> None:
    """C20: a command is answered through its response URL, which needs no membership."""
    await shop.slack.command("/recommend", "a red dress", channel=channel)
    message = await told(shop, "Linen dress 1")
    assert message.channel == channel
    assert shop.slack.api.made("chat.postMessage") == []


async def test_a_command_uses_at_most_four_of_its_five_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deliveries, "PATIENCE_S", 0.5)

    async def chatty(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        for place in range(5, 0, -1):
            await delivery.show(Notice("waiting", f"You're number {place} in line."))
            await asyncio.sleep(0.3)
        for _ in range(9):
            await delivery.show(answer(writing=True))
            await asyncio.sleep(0.3)
        await delivery.finish(answer())

    async with SlackServer() as slack, open_shop(slack, ScriptedAssistant(chatty)) as shop:
        await slack.command("/recommend", "a red dress")
        await slack.until(lambda: any(m.buttons for m in slack.world.seen_only_by("U1")))
        sent = [call.arguments["text"] for call in slack.api.made("response_url")]
        assert len(sent) == 3
        assert "in line" in sent[0]  # a place in line leaves room for the articles
        assert len(shop.slack.world.seen_only_by("U1")) == 1 + len(sent)


async def test_what_nothing_can_take_the_place_of_names_the_articles_and_shows_them_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a command was told stays, so that an answer on its way must not look like another."""
    monkeypatch.setattr(deliveries, "PATIENCE_S", 0.1)

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        await delivery.show(answer(writing=True))
        await asyncio.sleep(0.5)
        await delivery.finish(answer())

    shop.assistant.play = play
    await shop.slack.command("/recommend", "a red dress")
    await told(shop, "Light linen")
    _, names, _ = shop.slack.world.seen_only_by("U1")
    assert "• Linen dress 0\n• Linen dress 1\nStill writing" in names.words
    assert "39.99" not in names.words
    assert names.buttons == []


async def test_an_answer_that_is_quick_comes_alone(shop: Shop) -> None:
    await shop.slack.command("/recommend", "a red dress")  # shown, then finished at once
    await told(shop, "Light linen")
    assert len(shop.slack.world.seen_only_by("U1")) == 2


async def test_the_fifth_answer_is_there_for_the_error(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two refused forms after two interim replies still leave one use for plain text."""
    monkeypatch.setattr(deliveries, "PATIENCE_S", 0.1)

    async def play(request: Request, delivery: Delivery) -> None:
        for _ in range(2):
            await delivery.show(answer(writing=True))
            await asyncio.sleep(1.3)
        shop.slack.fail("response_url", times=2, kind="error", status=400, error="invalid_blocks")
        await delivery.finish(answer())

    shop.assistant.play = play
    await shop.slack.command("/recommend", "a red dress")
    await shop.slack.until(lambda: len(shop.slack.api.made("response_url")) == 5)
    message = await told(shop, "Light linen")
    assert message.blocks == []
    assert "Linen dress 1" in message.text


async def test_a_response_url_that_has_expired_is_answered_in_a_direct_message(shop: Shop) -> None:
    async def late(request: Request, delivery: Delivery) -> None:
        shop.slack.world.advance(31 * 60)
        await delivery.finish(answer())

    shop.assistant.play = late
    await shop.slack.command("/recommend", "a red dress")
    (message,) = await shop.slack.until(lambda: shop.slack.world.by_bot("DU1"))
    assert "Linen dress 1" in message.words


async def test_an_empty_command_is_answered_with_help(shop: Shop) -> None:
    for text in ("", "   ", "\u200b\u200b", "<@U2>"):
        handed = await shop.slack.command("/recommend", text)
        assert "garment" in handed.answer["text"]
    assert shop.assistant.requests == []


async def test_the_answer_can_be_shared_to_the_channel_without_a_membership(shop: Shop) -> None:
    await shop.slack.command("/recommend", "a red dress", channel="CAWAY")
    message = await told(shop, "Linen dress 1")
    handed = await shop.slack.press(message, "lookbook_share")
    assert handed.acknowledged
    (shared,) = await shop.slack.until(lambda: shop.slack.world.by_bot("CAWAY"))
    assert "Shared by u1" in shared.words
    assert not [b for b in shared.buttons if b["action_id"] == "lookbook_share"]
    await shop.slack.until(
        lambda: not [b for b in message.buttons if b["action_id"] == "lookbook_share"]
    )


async def test_reindex_is_refused_to_people_who_are_no_admins(shop: Shop) -> None:
    await shop.slack.command("/reindex", user="U1")
    await told(shop, "for the admins")
    await shop.slack.command("/index-status", user="U1")
    await shop.slack.until(lambda: len(shop.slack.world.seen_only_by("U1")) == 2)
    assert shop.assistant.requests == []


async def test_admins_of_the_workspace_reindex_and_read_about_it_in_direct_messages(
    shop: Shop,
) -> None:
    async def play(request: Request, delivery: Delivery) -> None:
        assert request.action == "reindex"
        shop.assistant.addresses.append(await delivery.open())
        for hundredth in range(0, 100, 10):
            await delivery.show(Notice("progress", "Embedding articles.", fraction=hundredth / 100))
            await asyncio.sleep(0.3)
        await delivery.finish(Notice("done", "Version 8 is live."))

    shop.assistant.play = play
    await shop.slack.command("/reindex", user="UADMIN", channel="CAWAY")
    await told(shop, "direct messages", "UADMIN")
    await shop.slack.until(
        lambda: [m.words for m in shop.slack.world.by_bot("DUADMIN")] == ["Version 8 is live."]
    )
    progress = [
        call.arguments["blocks"][-1]["elements"][0]["text"]
        for call in shop.slack.api.made("chat.update")[:-1]
    ]
    assert len(progress) >= 2
    assert all("%" in line for line in progress)
    assert shop.assistant.addresses[0]["channel"] == "DUADMIN"


async def test_admins_of_the_settings_need_no_role_in_the_workspace() -> None:
    async with SlackServer() as slack, open_shop(slack, admins=("U2",)) as shop:
        await slack.command("/index-status", user="U2")
        await told(shop, "Version 7 is live.", "U2")
        assert slack.api.made("users.info") == []


async def test_a_role_that_cannot_be_asked_for_refuses_kindly(shop: Shop) -> None:
    shop.slack.fail("users.info", kind="error", error="internal_error")
    await shop.slack.command("/reindex", user="UADMIN")
    await told(shop, "try again", "UADMIN")
    assert shop.assistant.requests == []


async def test_refusals_and_failures_come_with_their_reference(shop: Shop) -> None:
    shop.assistant.play = finishing(Notice("failed", "Something went wrong.", reference="AB12CD34"))
    await shop.slack.command("/recommend", "a red dress")
    assert "AB12CD34" in (await told(shop, "Something went wrong.")).words
