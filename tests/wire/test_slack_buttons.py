"""Buttons below answers, and the App Home, against a loopback Slack."""

from collections.abc import AsyncIterator

import pytest

from bot.assistant.replies import Notice
from tests.slack_server import SlackServer
from tests.slack_server.world import Message
from tests.wire.slack_shop import ScriptedAssistant, Shop, answer, finishing, open_shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with SlackServer() as slack, open_shop(slack) as opened:
        opened.assistant.play = finishing(answer(pages=3))
        yield opened


async def mentioned(shop: Shop) -> Message:
    """Return the finished answer to a mention."""
    ts = await shop.slack.mention("a red dress")
    (message,) = await shop.slack.until(
        lambda: [m for m in shop.slack.world.by_bot("C1", ts) if m.buttons]
    )
    assert isinstance(message, Message)
    return message


async def commanded(shop: Shop) -> Message:
    """Return the finished answer to a command, which only the asker sees."""
    await shop.slack.command("/recommend", "a red dress")
    (message,) = await shop.slack.until(
        lambda: [m for m in shop.slack.world.seen_only_by("U1") if m.buttons]
    )
    assert isinstance(message, Message)
    return message


async def test_likes_and_dislikes_are_noted_and_thanked_for_quietly(shop: Shop) -> None:
    message = await mentioned(shop)
    assert (await shop.slack.press(message, "lookbook_like", user="U2", number=1)).acknowledged
    await shop.slack.until(lambda: shop.slack.world.seen_only_by("U2"))
    await shop.slack.press(message, "lookbook_dislike", user="U2")
    await shop.slack.until(lambda: len(shop.slack.world.seen_only_by("U2")) == 2)
    assert shop.assistant.opinions == [("Ab12", 1, True), ("Ab12", 0, False)]
    thanks = shop.slack.world.seen_only_by("U2")[0]
    assert thanks.thread_ts == message.thread_ts
    assert "Linen dress" in message.words  # the answer is still there


async def test_this_interaction_failed_after_a_restart_c22(shop: Shop) -> None:
    """C22: a button carries all that a press needs, so that a new process can serve it."""
    message = await mentioned(shop)
    await shop.adapter.close()
    async with open_shop(shop.slack, ScriptedAssistant()) as fresh:
        for action in ("lookbook_like", "lookbook_next", "lookbook_similar", "lookbook_more"):
            handed = await shop.slack.press(message, action)
            assert handed.acknowledged, action
            if action == "lookbook_next":
                await shop.slack.until(lambda: "Page 2." in message.words)
        await shop.slack.until(lambda: len(fresh.assistant.requests) == 2)
        assert [r.action for r in fresh.assistant.requests] == ["similar", "more"]
        assert fresh.assistant.opinions == [("Ab12", 0, True)]


async def test_turning_pages_edits_the_message_through_the_buttons_own_response_url(
    shop: Shop,
) -> None:
    for message in (await mentioned(shop), await commanded(shop)):
        for _ in range(7):  # more than one response URL has uses
            await shop.slack.press(message, "lookbook_next")
            await shop.slack.until(lambda m=message: "Page 2." in m.words)
            await shop.slack.press(message, "lookbook_back")
            await shop.slack.until(lambda m=message: "Page 1." in m.words)
            assert message.buttons[-2 if message.only_for else -1]["action_id"] == "lookbook_more"
    assert [bool(m.buttons) for m in shop.slack.world.seen_only_by("U1")] == [False, True]


async def test_a_page_of_an_answer_that_is_gone_is_explained_beside_it(shop: Shop) -> None:
    message = await mentioned(shop)
    shop.assistant.page_reply = Notice("info", "I no longer have that answer.")
    await shop.slack.press(message, "lookbook_next")
    (told,) = await shop.slack.until(lambda: shop.slack.world.seen_only_by("U1"))
    assert "no longer" in told.words
    assert "Linen dress" in message.words


async def test_why_this_is_told_to_the_one_who_asks_and_to_nobody_else(shop: Shop) -> None:
    message = await mentioned(shop)
    before = message.words
    assert (await shop.slack.choose(message, "Why this?", user="U2", number=1)).acknowledged
    (told,) = await shop.slack.until(lambda: shop.slack.world.seen_only_by("U2"))
    assert "you like *linen*" in told.words
    assert told.thread_ts == message.thread_ts
    assert shop.assistant.asked_why == [("U2", "Ab12", 1)]
    assert shop.slack.world.by_bot("C1") == [message]
    assert message.words == before
    assert shop.slack.world.seen_only_by("U1") == []


async def test_a_kind_that_is_turned_down_is_noted_for_the_one_who_does(shop: Shop) -> None:
    message = await mentioned(shop)
    await shop.slack.choose(message, "Not this kind", user="U2")
    (told,) = await shop.slack.until(lambda: shop.slack.world.seen_only_by("U2"))
    assert "comes last" in told.words
    assert shop.assistant.unwanted == [("U2", "Ab12", 0)]


async def test_an_outfit_is_completed_where_its_article_was_shown(shop: Shop) -> None:
    message = await mentioned(shop)
    await shop.slack.choose(message, "Complete the outfit", number=1)
    await shop.slack.until(lambda: len(shop.slack.world.by_bot("C1", message.thread_ts)) == 2)
    own = await commanded(shop)
    await shop.slack.choose(own, "Complete the outfit")
    await shop.slack.until(lambda: len(shop.assistant.requests) == 4)
    public, private = shop.assistant.requests[1], shop.assistant.requests[3]
    assert (public.action, public.answer_id, public.position) == ("outfit", "Ab12", 1)
    assert (private.action, private.position) == ("outfit", 0)
    assert (public.private, private.private) == (False, True)


async def test_more_like_this_is_answered_in_the_thread_of_a_mention(shop: Shop) -> None:
    message = await mentioned(shop)
    await shop.slack.press(message, "lookbook_similar", number=1)
    await shop.slack.until(lambda: len(shop.slack.world.by_bot("C1", message.thread_ts)) == 2)
    request = shop.assistant.requests[-1]
    assert (request.action, request.answer_id, request.position) == ("similar", "Ab12", 1)
    assert request.conversation == shop.assistant.requests[0].conversation
    assert not request.private


async def test_show_more_below_a_command_is_answered_for_the_asker_alone(shop: Shop) -> None:
    message = await commanded(shop)
    await shop.slack.press(message, "lookbook_more")
    await shop.slack.until(
        lambda: sum(bool(m.buttons) for m in shop.slack.world.seen_only_by("U1")) == 2
    )
    request = shop.assistant.requests[-1]
    assert (request.action, request.private) == ("more", True)
    assert request.conversation == shop.assistant.requests[0].conversation
    assert shop.slack.world.by_bot("C1") == []
    assert "Linen dress 1" in message.words


async def test_more_below_a_shared_answer_where_the_bot_is_no_member_is_for_the_presser(
    shop: Shop,
) -> None:
    await shop.slack.command("/recommend", "a red dress", channel="CAWAY")
    (own,) = await shop.slack.until(
        lambda: [m for m in shop.slack.world.seen_only_by("U1") if m.buttons]
    )
    await shop.slack.press(own, "lookbook_share")
    (shared,) = await shop.slack.until(lambda: shop.slack.world.by_bot("CAWAY"))
    await shop.slack.press(shared, "lookbook_more", user="U2")
    await shop.slack.until(lambda: any(m.buttons for m in shop.slack.world.seen_only_by("U2")))
    assert shop.slack.world.by_bot("CAWAY") == [shared]


async def test_buttons_of_others_and_of_tomorrow_are_acknowledged(shop: Shop) -> None:
    message = await mentioned(shop)
    message.blocks[-1]["elements"] += [
        {
            "type": "button",
            "action_id": "another_apps",
            "text": {"type": "plain_text", "text": "?"},
        },
        {
            "type": "button",
            "action_id": "lookbook_like",
            "value": "not a target",
            "text": {"type": "plain_text", "text": "?"},
        },
    ]
    assert (await shop.slack.press(message, "another_apps")).acknowledged
    assert (await shop.slack.press(message, "lookbook_like", number=2)).acknowledged
    assert shop.assistant.opinions == []


async def test_the_app_home_says_what_is_kept_and_forgets_on_demand(shop: Shop) -> None:
    await shop.slack.open_home("U1", tab="messages")
    await shop.slack.open_home("U1")
    await shop.slack.until(lambda: "U1" in shop.slack.world.homes)
    view = str(shop.slack.world.homes["U1"])
    assert "What I keep about you" in view
    assert "a day" in view
    assert "30 days" in view
    assert "365 days" in view
    assert "confirm" in view

    assert (await shop.slack.press_at_home("lookbook_forget")).acknowledged
    await shop.slack.until(lambda: "All forgotten." in str(shop.slack.world.homes["U1"]))
    (shopper,) = shop.assistant.forgotten
    assert shopper.user == "U1"
    assert len(shop.slack.api.made("views.publish")) == 2
