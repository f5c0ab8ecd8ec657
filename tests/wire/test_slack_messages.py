"""Mentions, direct messages and threads against a loopback Slack."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.adapters.base import Delivery
from bot.adapters.slack import delivery
from bot.assistant.replies import AnswerReply, Notice
from bot.assistant.requests import Request
from tests.slack_server import SlackServer
from tests.slack_server.world import BOT_USER, TEAM
from tests.wire.slack_shop import ScriptedAssistant, Shop, answer, card, finishing, open_shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with SlackServer() as slack, open_shop(slack) as opened:
        yield opened


async def answered(shop: Shop, channel: str, count: int = 1) -> None:
    """Return once so many finished answers stand in a channel, and every event was taken."""
    await shop.slack.until(
        lambda: (
            sum("Linen dress 1" in m.words for m in shop.slack.world.by_bot(channel)) >= count
            and len(shop.assistant.requests) >= count
        )
    )
    await shop.slack.delivered()


async def test_a_mention_is_answered_in_its_thread_by_one_edited_message(shop: Shop) -> None:
    ts = await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    (message,) = shop.slack.world.by_bot("C1", ts)
    assert message.thread_ts == ts
    assert message.edits >= 1
    assert shop.assistant.requests[0].text == "a red dress"


async def test_a_direct_message_is_answered_where_it_was_written(shop: Shop) -> None:
    await shop.slack.direct("a red dress")
    await answered(shop, "DU1")
    (message,) = shop.slack.world.by_bot("DU1")
    assert message.thread_ts == ""

    root = await shop.slack.direct("in blue")
    await answered(shop, "DU1", 2)
    await shop.slack.direct("cheaper", thread=root)
    await answered(shop, "DU1", 3)
    assert shop.slack.world.by_bot("DU1")[-1].thread_ts == root
    conversations = {request.conversation.key for request in shop.assistant.requests}
    assert conversations == {f"slack:{TEAM}:DU1:"}  # one direct message is one conversation


async def test_the_same_answer_several_times_c1() -> None:
    """C1: work that outlasts Slack's patience is acknowledged first, and done once."""

    async def slowly(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        await asyncio.sleep(1.0)
        await delivery.finish(answer())

    async with (
        SlackServer(ack_s=0.3) as slack,
        open_shop(slack, ScriptedAssistant(slowly)) as shop,
    ):
        await slack.mention("a red dress")
        await answered(shop, "C1")
        assert slack.events.late == []
        assert len(slack.world.by_bot("C1")) == 1


async def test_a_mention_answered_twice_because_two_events_tell_of_it_c2(shop: Shop) -> None:
    """C2: `app_mention` and `message` are one message."""
    ts = await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    names = [handed.kind for handed in shop.slack.events.log]
    assert names.count("events_api") >= 2
    assert [request.key for request in shop.assistant.requests] == [f"slack:{TEAM}:C1:{ts}"]
    assert len(shop.slack.world.by_bot("C1")) == 1


async def test_the_event_that_only_comes_as_a_retry_is_answered_c5(shop: Shop) -> None:
    """C5: a retry may be the only delivery, for example after a deploy."""
    shop.slack.events.deaf = True
    shop.slack.events.ack_s = 0.2
    await shop.slack.mention("a red dress")
    await asyncio.sleep(0.4)
    shop.slack.events.deaf = False
    shop.slack.events.ack_s = 3.0
    await answered(shop, "C1")
    assert any(handed.attempts > 1 for handed in shop.slack.events.log)
    assert len(shop.assistant.requests) == 1


async def test_the_same_event_again_after_minutes_has_the_same_key_c3(shop: Shop) -> None:
    """C3: the claim is by the message, so that a redelivery minutes later is known."""
    ts = await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    message = shop.slack.world.find("C1", ts)
    assert message is not None
    for _ in range(4):
        await shop.slack.event(shop.slack.events_of(message)[0])
    await shop.slack.until(lambda: shop.assistant.duplicates == 4)
    assert len(shop.slack.world.by_bot("C1")) == 1


async def test_events_that_nobody_asked_for_are_acknowledged(shop: Shop) -> None:
    for event in (
        {"type": "reaction_added", "user": "U1", "reaction": "eyes", "item": {}},
        {"type": "message", "subtype": "channel_topic", "channel": "C1", "ts": "1.1", "user": "U1"},
        {"type": "message", "subtype": "message_deleted", "channel": "C1", "ts": "1.2"},
        {"type": "something_of_next_year"},
    ):
        assert (await shop.slack.event(event)).attempts == 1
    assert shop.assistant.requests == []


async def test_the_bot_does_not_answer_itself_nor_other_bots(shop: Shop) -> None:
    await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    await shop.slack.say(f"<@{BOT_USER}> a dress", user="U2", bot_id="B0OTHER")
    await shop.slack.direct("hello")
    await answered(shop, "DU1")
    await shop.slack.delivered()
    assert len(shop.assistant.requests) == 2


async def test_replies_in_a_thread_that_began_with_us_need_no_mention(shop: Shop) -> None:
    ts = await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    await shop.slack.say("in blue", thread=ts, user="U2")
    await answered(shop, "C1", 2)
    assert [request.text for request in shop.assistant.requests] == ["a red dress", "in blue"]
    first, second = shop.assistant.requests
    assert first.conversation == second.conversation


async def test_words_to_another_person_in_our_thread_are_left_alone(shop: Shop) -> None:
    ts = await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    await shop.slack.say("<@U2> what do you think?", thread=ts)
    await shop.slack.delivered()
    assert len(shop.assistant.requests) == 1


async def test_other_peoples_threads_and_channels_are_left_alone(shop: Shop) -> None:
    root = await shop.slack.say("who fancies lunch?")
    await shop.slack.say("me!", thread=root, user="U2")
    await shop.slack.say("a red dress, perhaps")
    await shop.slack.delivered()
    assert shop.assistant.requests == []


async def test_a_mention_in_the_middle_of_a_thread_says_that_it_joined_it(shop: Shop) -> None:
    root = await shop.slack.say("I need something red for a wedding", user="U2")
    await shop.slack.mention("", thread=root)
    await answered(shop, "C1")
    (request,) = shop.assistant.requests
    assert request.joined
    assert request.text == "I need something red for a wedding"  # what the thread is about


async def test_answers_interleave_in_one_thread_c11(shop: Shop) -> None:
    """C11: one thread is one conversation, two threads are two; the assistant orders them."""
    one = await shop.slack.mention("a red dress")
    two = await shop.slack.mention("a blue coat")
    await answered(shop, "C1", 2)
    await shop.slack.mention("cheaper", thread=one)
    await answered(shop, "C1", 3)
    threads = [request.conversation.thread for request in shop.assistant.requests]
    assert threads == [one, two, one]


async def test_msg_too_long_and_a_silent_bot_c12(shop: Shop) -> None:
    """C12: a text beyond what `chat.update` takes is cut into blocks, and nothing is lost."""
    words = " ".join(f"word{number}" for number in range(1000))
    shop.assistant.play = finishing(Notice("info", words))
    ts = await shop.slack.mention("tell me everything")
    await shop.slack.until(
        lambda: any("word999" in m.words for m in shop.slack.world.by_bot("C1", ts))
    )
    (message,) = shop.slack.world.by_bot("C1", ts)
    assert message.words.split() == words.split()


async def test_invalid_blocks_for_3001_characters_and_more_c13_c14(shop: Shop) -> None:
    """C13, C14: every block and their sum stay within the limits on a full page of long texts."""
    long = card(introduction="word " * 900, why="red " * 500, facts="F " * 700, title="T" * 900)
    cards = tuple(
        card(n, introduction=long.introduction, why=long.why, facts=long.facts, title=long.title)
        for n in range(10)
    )
    whole = AnswerReply("Ab12", "H " * 3000, cards, ("R " * 900,) * 5, ("C " * 900,) * 3, 1, 9)
    shop.assistant.play = finishing(whole)
    ts = await shop.slack.mention("a red dress")
    (message,) = await shop.slack.until(
        lambda: [m for m in shop.slack.world.by_bot("C1", ts) if m.buttons]
    )
    assert len([b for b in message.blocks if "accessory" in b]) == 10


async def test_a_channel_ping_out_of_the_catalogue_or_the_model_c18(shop: Shop) -> None:
    """C18: whatever would ring a bell is text; the server finds fault with every live shape."""
    shapes = [
        "<!channel>",
        "<!here>",
        "<!everyone>",
        "<!here|here>",
        "<!subteam^S012|@team>",
        "<@U2>",
        "<@U2|mallory>",
        "<#C1|general>",
        "<!date^1392734382^{date}|now>",
        "&lt;!channel&gt;",
        "<https://evil.example|<!channel>>",
        "<!chan\u200bnel>",
        "@channel @here @everyone",
    ]
    for shape in shapes:
        poisoned = card(
            title=f"Dress {shape}",
            facts=shape,
            introduction=f"Nice {shape}",
            why=shape,
            url=f"https://shop.example/{shape}",
            image_url=f"https://img.example/{shape}.jpg",
        )
        shop.assistant.play = finishing(
            AnswerReply("Ab12", f"For {shape}", (poisoned,), (shape,), (shape,))
        )
        ts = await shop.slack.mention(f"dress {shape}")
        (message,) = await shop.slack.until(
            lambda ts=ts: [m for m in shop.slack.world.by_bot("C1", ts) if m.buttons]
        )
        raw = str(message.blocks) + message.text
        assert "@channel" not in raw
        assert "@here" not in raw


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C1", "not_in_channel"), ("C1", "channel_not_found"), ("C1", "is_archived")],
)
async def test_not_in_channel_is_silence_c20(shop: Shop, channel: str, error: str) -> None:
    """C20: who mentions the bot where it cannot write is answered and told in a direct message."""
    shop.slack.fail("chat.postMessage", kind="error", error=error)
    await shop.slack.mention("a red dress", channel=channel)
    await answered(shop, "DU1")
    (message,) = shop.slack.world.by_bot("DU1")
    assert "/invite @lookbook" in message.words
    assert shop.slack.world.by_bot(channel) == []


async def test_the_invitation_is_not_said_where_the_answer_stands(shop: Shop) -> None:
    ts = await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    (message,) = shop.slack.world.by_bot("C1", ts)
    assert "/invite" not in message.words


async def test_of_many_drafts_the_newest_wins(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "UPDATE_SPACING_S", 0.2)

    async def typing(request: Request, place: Delivery) -> None:
        await place.open()
        for number in range(30):
            await place.show(Notice("waiting", f"Draft {number}."))
        await shop.slack.until(
            lambda: (
                shop.slack.api.made("chat.update")[-1:]
                and shop.slack.api.made("chat.update")[-1].arguments["text"] == "Draft 29."
            )
        )
        await place.finish(answer())

    shop.assistant.play = typing
    await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    drafts = [call.arguments["text"] for call in shop.slack.api.made("chat.update")[:-1]]
    assert len(drafts) <= 3
    assert drafts[-1] == "Draft 29."


async def test_a_draft_within_the_distance_waits_and_the_last_word_does_not(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "UPDATE_SPACING_S", 3600.0)

    async def play(request: Request, place: Delivery) -> None:
        await place.open()
        await place.show(Notice("waiting", "First."))
        await shop.slack.until(lambda: shop.slack.api.made("chat.update"))
        await place.show(Notice("waiting", "Never said."))
        await place.finish(answer())

    shop.assistant.play = play
    await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    texts = [call.arguments["text"] for call in shop.slack.api.made("chat.update")]
    assert len(texts) == 2
    assert texts[0] == "First."


async def test_two_finalisers_c24(shop: Shop) -> None:
    """C24: what was shown before the last word never comes after it, not even when it is slow."""
    shop.slack.fail("chat.update", kind="slow", seconds=0.8)

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        await delivery.show(Notice("waiting", "Slow draft."))
        await asyncio.sleep(0.1)
        await delivery.finish(answer())

    shop.assistant.play = play
    ts = await shop.slack.mention("a red dress")
    await answered(shop, "C1")
    await asyncio.sleep(0.3)
    (message,) = shop.slack.world.by_bot("C1", ts)
    assert "Linen dress 1" in message.words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x" * 4000,
        "👗👠",
        "ein rotes Kleid für den Sommer",
        "```\nimport os\n```",
        "<!channel> <!here> <@U2> <@U2>",
        "\u200b\u200c\u2060",
        "\u202eשמלה\u202c",
    ],
    ids=["empty", "long", "emoji", "german", "code", "mentions", "invisible", "right to left"],
)
async def test_bad_input_gets_through_without_a_ping(shop: Shop, text: str) -> None:
    shop.assistant.play = echoing
    ts = await shop.slack.mention(text)
    await shop.slack.until(
        lambda: any("You said" in m.words for m in shop.slack.world.by_bot("C1", ts))
    )
    assert len(shop.slack.world.by_bot("C1", ts)) == 1


async def echoing(request: Request, delivery: Delivery) -> None:
    await delivery.open()
    await delivery.finish(Notice("info", f"You said: {request.text}"))
