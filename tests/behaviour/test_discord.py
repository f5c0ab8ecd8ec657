"""What a person on Discord sees, on a simulated Discord that keeps its rules.

Rows of the list of known complaints and their tests, named after the symptom:

====  ===============================================================================
6     test_no_second_answer_after_a_resume_replays_a_message (also in tests/wire)
8     test_10062_...
9     test_50027_...
10    test_heartbeat_is_not_blocked_... (tests/behaviour/test_discord_with_the_assistant.py)
11    test_answers_do_not_interleave_... (there, too)
15    test_50035_... here and in tests/unit/test_discord_rendering.py
16    tests/unit/test_discord_rendering.py
17    test_everyone_ping_... here and in tests/unit/test_discord_rendering.py
19    test_one_bad_picture_does_not_kill_the_answer
21    test_50013_..., test_50001_...
22    test_this_interaction_failed_after_restart_...
24    test_no_second_message_on_a_slow_answer
26    tests/wire/test_discord_gateway.py
27    test_commands_are_registered_only_when_they_changed
28    tests/wire/test_discord_gateway.py
====  ===============================================================================
"""

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.adapters.base import Delivery
from bot.assistant.replies import Notice, Reply
from bot.assistant.requests import Conversation, Request, Shopper
from pipeline.personal import ShopperProfile
from tests.discord_shop import ShopAssistant, World, always, answer, cards, world

WAITING = Notice("waiting", "You are number 3 in line.")


def shop_with(reply: Reply, *before: Reply, pause: float = 0.0) -> ShopAssistant:
    return ShopAssistant(always(reply, *before, pause=pause))


def custom_ids(message: discord.Message | simcord.ResponseMessage) -> list[str]:
    found: list[str] = []
    components = message.components
    rows = [row if isinstance(row, dict) else row.to_dict() for row in components]
    for row in rows:
        found += [component["custom_id"] for component in row["components"]]
    return found


async def recommended(shop: World, query: str = "linen shirts", **options: Any) -> Any:
    result = await shop.alice.slash(shop.channel, "recommend", query=query, **options)
    assert result.response is not None
    return result.response


# --- /recommend ---


async def test_recommend_shows_a_card_for_each_article(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer(3))) as shop:
        message = await recommended(shop)

    assert message.content.startswith("You'd like **linen shirts**.")
    assert [embed.title for embed in message.embeds] == [
        "1 · Linen shirt 0",
        "2 · Linen shirt 1",
        "3 · Linen shirt 2",
    ]
    first = message.embeds[0]
    assert "39.00 EUR" in first.description
    assert "cut for warm days" in first.description
    assert first.footer.text == "linen, white"
    assert first.url == "https://shop.example/shirts/0"
    assert first.thumbnail.url == "https://shop.example/shirts/0.jpg"


async def test_recommend_hands_over_what_was_filled_in(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        await recommended(shop, "for the office", count=4, type="Shirt", section="Menswear")
        (request,) = assistant.requests

        assert request.text == "for the office"
        assert request.count == 4
        assert request.options == {"type": "Shirt", "section": "Menswear"}
        assert request.shopper.user == str(shop.alice.id)
        assert request.shopper.workspace == str(shop.env.guild.id)
        assert request.anew
        assert Request.from_dict(request.to_dict()) == request


async def test_a_private_answer_is_for_the_asker_alone(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop, private=True)
        bob = shop.env.guild.add_member(shop.env.create_user("bob"))

        assert message.ephemeral
        assert assistant.requests[0].private
        assert shop.channel.history(viewer=bob) == []
        with pytest.raises(simcord.SetupError):
            await bob.click(message, label="Show more")


async def test_autocomplete_offers_at_most_25_values_from_memory(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    assistant.words = [*(f"Shirt {number}" for number in range(40)), "S" * 101, ""]
    async with world(tmp_path, assistant) as shop:
        offered = await shop.alice.autocomplete(shop.channel, "recommend", "type", "shirt 1")
        many = await shop.alice.autocomplete(shop.channel, "recommend", "section", "")
        await shop.alice.autocomplete(shop.channel, "recommend", "colour", "re")

    assert [choice["value"] for choice in offered][:2] == ["Shirt 1", "Shirt 10"]
    assert len(many) == 25
    assert [call[1] for call in assistant.calls] == ["type", "section", "colour"]


async def test_articles_come_at_once_and_introductions_as_they_are_written(
    tmp_path: Path,
) -> None:
    early = answer(2, answer_id="", writing=True, cards=cards(2, introduction=""))
    async with world(tmp_path, shop_with(answer(2), early, pause=5.0)) as shop:
        message = await recommended(shop)
        await shop.env.advance_time(6)
        edits = shop.sent("PATCH", "/messages/")

        assert len(edits) == 2
        assert "still writing" in edits[0]["content"]
        assert "warm days" not in edits[0]["embeds"][0]["description"]
        assert "warm days" in edits[1]["embeds"][0]["description"]
        assert "still writing" not in message.content


async def test_many_progress_replies_become_few_edits(tmp_path: Path) -> None:
    steps = [Notice("progress", f"Step {number}", fraction=number / 100) for number in range(100)]
    async with world(tmp_path, shop_with(Notice("done", "Ready."), *steps, pause=0.05)) as shop:
        message = await recommended(shop)
        await shop.env.advance_time(6)
        edits = shop.sent("PATCH", "/messages/")

    assert message.content == "Ready."
    assert 2 <= len(edits) <= 6


async def test_a_command_outside_a_thread_is_a_conversation_of_its_asker(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        bob = shop.env.guild.add_member(shop.env.create_user("bob"))
        await recommended(shop)
        await bob.slash(shop.channel, "recommend", query="coats")

    hers, his = (request.conversation for request in assistant.requests)
    assert hers != his
    assert hers.channel == his.channel


# --- mentions, threads, direct messages ---


async def test_a_mention_is_answered_in_a_thread_of_its_own(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        (thread,) = shop.channel.threads
        (message,) = [each for each in thread.history() if each.embeds]

        assert thread.name == "linen shirts"
        assert message.content.startswith("You'd like **linen shirts**.")
        assert assistant.requests[0].conversation == Conversation(
            "discord", str(shop.env.guild.id), str(shop.channel.id), str(thread.id)
        )


async def test_a_reply_in_the_thread_goes_on_with_the_conversation(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        (thread,) = shop.channel.threads
        await shop.alice.send(thread, f"{shop.mention} cheaper")
        await shop.alice.slash(thread, "recommend", query="in white")

        first, second, third = assistant.requests
        assert first.conversation == second.conversation == third.conversation
        assert not third.anew
        assert len(shop.channel.threads) == 1


async def test_who_talks_past_the_bot_in_its_thread_is_told_once_how_to_be_heard(
    tmp_path: Path,
) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        (thread,) = shop.channel.threads
        await shop.alice.send(thread, "cheaper please")
        await shop.alice.send(thread, "hello?")

        hints = [each for each in thread.history() if "reply to one of my" in each.content]
        assert len(hints) == 1
        assert len(assistant.requests) == 1


async def test_a_direct_message_is_answered_there(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        await shop.alice.send_dm("linen shirts")
        message = shop.alice.user.dm_channel.last_message

        assert message is not None
        assert len(message.embeds) == 3
        assert assistant.requests[0].shopper.workspace == "direct"


async def test_bots_webhooks_everyone_and_bystanders_are_left_alone(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        robot = shop.env.guild.add_member(shop.env.create_user("robot", bot=True))
        hook = shop.env.guild.create_webhook(shop.channel)
        await robot.send(shop.channel, f"{shop.mention} linen shirts")
        await hook.send(f"{shop.mention} linen shirts")
        await shop.alice.send(shop.channel, "@everyone linen shirts")
        await shop.alice.send(shop.channel, "nice weather")

    assert assistant.requests == []


async def test_no_second_answer_after_a_resume_replays_a_message(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        sent = await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        for _ in range(3):
            await shop.adapter.client.on_message(sent)
        (thread,) = shop.channel.threads

        assert len(assistant.requests) == 1
        assert len([each for each in thread.history() if each.embeds]) == 1


async def test_a_refusal_that_comes_before_a_place_is_opened_is_a_reply(tmp_path: Path) -> None:
    class Busy(ShopAssistant):
        async def submit(self, request: Request, delivery: Delivery) -> None:
            await delivery.finish(Notice("refused", "One moment, please."))

    async with world(tmp_path, Busy(always(answer()))) as shop:
        asked = await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        reply = shop.channel.last_message

        assert reply is not None
        assert reply.content == "One moment, please."
        assert reply.reference is not None
        assert reply.reference.message_id == asked.id
        assert shop.channel.threads == []


# --- permissions ---


async def test_50013_without_create_public_threads_the_answer_is_a_reply_that_says_so(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, shop_with(answer()), denied=["create_public_threads"]) as shop:
        asked = await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        message = shop.channel.last_message

        assert message is not None
        assert message.reference is not None
        assert message.reference.message_id == asked.id
        assert "Create Public Threads" in message.content
        assert len(message.embeds) == 3


async def test_50013_without_send_messages_the_asker_is_told_directly(tmp_path: Path) -> None:
    denied = ["send_messages", "send_messages_in_threads", "create_public_threads"]
    async with world(tmp_path, shop_with(answer()), denied=denied) as shop:
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        message = shop.alice.user.dm_channel.last_message

        assert message is not None
        assert "Send Messages" in message.content
        assert len(message.embeds) == 3


async def test_without_embed_links_the_cards_come_as_text_that_says_why(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer()), denied=["embed_links"]) as shop:
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        (thread,) = shop.channel.threads
        message = thread.last_message

        assert message is not None
        assert message.embeds == []
        assert "Linen shirt 2" in message.content
        assert "Embed Links" in message.content
        assert len(message.content) <= 2000


async def test_50001_in_a_thread_moves_the_answer_to_a_direct_message(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        shop.env.inject_error(
            "*", "/channels/*/messages", status=403, code=50001, message="Missing Access", times=1
        )
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        message = shop.alice.user.dm_channel.last_message

        assert message is not None
        assert len(message.embeds) == 3
        assert "doesn't let me write" in message.content
        assert list(assistant.taken.values()) == [True]


async def test_an_answer_that_nobody_takes_is_reported_as_such(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        shop.env.inject_error("*", "*/messages*", status=403, code=50013, times=None)
        shop.env.inject_error("*", "/webhooks/*", status=404, code=10015, times=None)
        shop.env.inject_error("POST", "/users/@me/channels", status=403, code=50007, times=None)
        await shop.alice.slash(shop.channel, "recommend", query="linen shirts")

    assert list(assistant.taken.values()) == [False]


async def test_50001_where_the_bot_sees_no_channel_a_command_is_answered_all_the_same(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, shop_with(answer()), denied=["view_channel"]) as shop:
        message = await recommended(shop)
        assert len(message.embeds) == 3

        shop.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062, times=1)
        await shop.alice.slash(shop.channel, "recommend", query="linen shirts")
        direct = shop.alice.user.dm_channel.last_message
        assert direct is not None
        assert "View Channel" in direct.content


# --- what Discord refuses ---


async def test_one_bad_picture_does_not_kill_the_answer(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        shop.env.inject_error("PATCH", "/webhooks/*", status=400, code=50035, times=1)
        message = await recommended(shop)

    assert len(message.embeds) == 3
    assert all(embed.thumbnail.url is None for embed in message.embeds)
    assert "warm days" in (message.embeds[0].description or "")


async def test_50035_twice_leaves_a_plain_text(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        shop.env.inject_error("PATCH", "/webhooks/*", status=400, code=50035, times=2)
        message = await recommended(shop)

    assert message.embeds == []
    assert "Linen shirt 2" in message.content


async def test_50035_a_long_text_continues_in_further_messages(tmp_path: Path) -> None:
    long = Notice("info", "\n\n".join(f"Line {number} " + "word " * 90 for number in range(15)))
    async with world(tmp_path, shop_with(long)) as shop:
        result = await shop.alice.slash(shop.channel, "recommend", query="all", private=True)

    assert result.response is not None
    assert len(result.followups) >= 2
    assert all(len(each.content) <= 2000 for each in [result.response, *result.followups])
    assert all(each.ephemeral for each in result.followups)
    assert "Line 14" in result.followups[-1].content


async def test_a_server_error_while_writing_does_not_lose_the_answer(tmp_path: Path) -> None:
    early = answer(2, answer_id="", writing=True)
    assistant = shop_with(answer(2), early, pause=3.0)
    async with world(tmp_path, assistant) as shop:
        shop.env.inject_error("PATCH", "/webhooks/*", status=503, times=3)
        message = await recommended(shop)
        await shop.env.advance_time(15)

        assert len(message.embeds) == 2
        assert list(assistant.taken.values()) == [True]
        assert len(shop.channel.history()) == 1


async def test_10062_the_answer_to_a_lost_command_comes_to_the_channel(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        shop.env.inject_error(
            "POST", "/interactions/*/callback", status=404, code=10062, message="Unknown", times=1
        )
        await shop.alice.slash(shop.channel, "recommend", query="linen shirts")
        message = shop.channel.last_message

        assert message is not None
        assert len(message.embeds) == 3
        counted = assistant.metrics.expired_interactions.labels("discord")._value.get()
        assert counted == 1


async def test_10062_a_lost_private_command_is_answered_directly(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        shop.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062, times=1)
        await shop.alice.slash(shop.channel, "recommend", query="linen shirts", private=True)

        assert shop.channel.history() == []
        message = shop.alice.user.dm_channel.last_message
        assert message is not None
        assert len(message.embeds) == 3


async def test_10062_where_nothing_may_be_said_is_dropped_quietly(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer()), denied=["send_messages"]) as shop:
        shop.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062, times=1)
        await shop.alice.slash(shop.channel, "help")

        assert shop.channel.history() == []
        assert [type(each).__name__ for each in shop.env.errors] == ["CommandInvokeError"]


async def test_50027_after_fourteen_minutes_the_answer_comes_to_the_channel(
    tmp_path: Path,
) -> None:
    async def slowly(_request: Request, delivery: Delivery) -> Reply:
        await delivery.show(WAITING)
        await asyncio.sleep(14.5 * 60)
        return answer()

    async with world(tmp_path, ShopAssistant(slowly)) as shop:
        result = await shop.alice.slash(shop.channel, "recommend", query="linen shirts")
        await shop.env.advance_time(14.6 * 60)
        message = shop.channel.last_message

        assert message is not None
        assert result.response is not None
        assert message.id != result.response.id
        assert len(message.embeds) == 3
        assert "15 minutes" in message.content


async def test_50027_a_late_private_answer_comes_directly(tmp_path: Path) -> None:
    async def slowly(_request: Request, _delivery: Delivery) -> Reply:
        await asyncio.sleep(20 * 60)
        return answer()

    async with world(tmp_path, ShopAssistant(slowly)) as shop:
        await shop.alice.slash(shop.channel, "recommend", query="coats", private=True)
        await shop.env.advance_time(21 * 60)

        message = shop.alice.user.dm_channel.last_message
        assert message is not None
        assert len(message.embeds) == 3


async def test_no_second_message_on_a_slow_answer(tmp_path: Path) -> None:
    early = answer(2, answer_id="", writing=True)
    assistant = shop_with(answer(2), WAITING, early, early, pause=60.0)
    async with world(tmp_path, assistant) as shop:
        result = await shop.alice.slash(shop.channel, "recommend", query="linen shirts")
        await shop.env.advance_time(300)
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        await shop.env.advance_time(300)

        assert result.followups == []
        (thread,) = shop.channel.threads
        assert len([each for each in thread.history() if each.author.bot]) == 1
        assert len([each for each in shop.channel.history() if each.embeds]) == 1


# --- controls ---


async def picked(shop: World, message: Any, number: int, who: Any = None) -> Any:
    """Press an article's number and return the message with its own buttons."""
    result = await (who or shop.alice).click(message, label=str(number))
    assert result.response is not None
    return result.response


async def test_a_number_opens_the_article_and_its_buttons_for_whoever_pressed(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        message = await recommended(shop)
        bob = shop.env.guild.add_member(shop.env.create_user("bob"))
        opened = await picked(shop, message, 2, bob)

        assert opened.ephemeral
        assert [embed.title for embed in opened.embeds] == ["2 · Linen shirt 1"]
        assert opened.embeds[0].thumbnail.url == "https://shop.example/shirts/1.jpg"
        assert len(custom_ids(opened)) == 6
        assert shop.channel.history(viewer=shop.alice)[-1].id == message.id


@pytest.mark.parametrize(
    ("label", "call", "said"),
    [
        ("👍 I like it", ("feedback", "abc123", 1, True), "Noted, thank you."),
        ("👎 Not for me", ("feedback", "abc123", 1, False), "Noted, thank you."),
        ("Not this kind", ("not this kind", "abc123", 1), "Noted: **shirts** come last"),
        ("Why this?", ("why", "abc123", 1), "You like **linen**."),
    ],
)
async def test_what_is_said_of_a_taste_is_said_to_the_one_who_pressed_alone(
    tmp_path: Path, label: str, call: tuple[Any, ...], said: str
) -> None:
    assistant = shop_with(answer(cards=cards(3, reason="you like *linen*")))
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop)
        bob = shop.env.guild.add_member(shop.env.create_user("bob"))
        opened = await picked(shop, message, 2, bob)
        result = await bob.click(opened, label=label)

        ((name, shopper, *rest),) = assistant.calls
        assert (name, *rest) == call
        assert shopper.user == str(bob.id)
        assert opened.content.startswith(said)
        assert len(opened.embeds) == 1
        assert len(custom_ids(opened)) == 6  # an opinion can be taken back
        assert result.followups == []
        in_channel = [each.content for each in shop.channel.history(viewer=shop.alice)]
        assert in_channel == [message.content]
        assert "you like" not in str([embed.to_dict() for embed in message.embeds])


@pytest.mark.parametrize(
    ("label", "action"), [("More like this", "similar"), ("Complete the outfit", "outfit")]
)
@pytest.mark.parametrize("private", [False, True])
async def test_what_is_like_an_article_or_goes_with_it_is_an_answer_of_its_own(
    tmp_path: Path, label: str, action: str, *, private: bool
) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop, private=private)
        opened = await picked(shop, message, 3)
        result = await shop.alice.click(opened, label=label)

        request = assistant.requests[-1]
        assert (request.action, request.answer_id, request.position) == (action, "abc123", 2)
        assert request.private == private
        assert result.response is not None
        assert result.response.id not in {message.id, opened.id}
        assert result.response.ephemeral == private
        assert len(result.response.embeds) == 3


async def test_a_number_works_where_the_answer_came_as_text(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer()), denied=["embed_links"]) as shop:
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        (thread,) = shop.channel.threads
        opened = await picked(shop, thread.last_message, 2)

        assert opened.content == "What about number 2?"
        assert opened.embeds == []
        assert len(custom_ids(opened)) == 6


async def test_everything_works_in_a_direct_message(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        await shop.alice.send_dm("linen shirts")
        person = shop.alice.user
        opened = await picked(shop, person.dm_channel.last_message, 1, person)
        await person.click(opened, label="Why this?")
        await person.click(opened, label="Complete the outfit")

        assert opened.content == "You like **linen**."
        assert assistant.calls[0][1].workspace == "direct"
        assert assistant.requests[-1].action == "outfit"
        last = person.dm_channel.last_message
        assert last is not None
        assert len(last.embeds) == 3


async def test_show_more_of_a_private_answer_stays_private(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop, private=True)
        result = await shop.alice.click(message, label="Show more")

        assert assistant.requests[-1].action == "more"
        assert assistant.requests[-1].private
        assert result.response is not None
        assert result.response.ephemeral


async def test_the_pager_turns_pages_in_place(tmp_path: Path) -> None:
    assistant = shop_with(answer(3, pages=2))
    second = answer(3, pages=2, page=1, cards=cards(5)[3:])
    assistant.pages = {1: second}
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop)
        with pytest.raises(simcord.SetupError, match="disabled"):
            await shop.alice.click(message, label="◀")
        await shop.alice.click(message, label="▶")

        shown = shop.channel.last_message
        assert shown is not None
        assert shown.id == message.id
        assert [embed.title for embed in shown.embeds] == ["4 · Linen shirt 3", "5 · Linen shirt 4"]
        with pytest.raises(simcord.SetupError, match="disabled"):
            await shop.alice.click(shown, label="▶")


async def test_one_bad_picture_does_not_keep_a_page_from_turning(tmp_path: Path) -> None:
    assistant = shop_with(answer(3, pages=2))
    assistant.pages = {1: answer(3, pages=2, page=1)}
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop)
        shop.env.inject_error("PATCH", "/webhooks/*", status=400, code=50035, times=1)
        await shop.alice.click(message, label="▶")

        shown = shop.channel.last_message
        assert shown is not None
        assert len(shown.embeds) == 3
        assert shown.embeds[0].thumbnail.url is None


async def test_this_interaction_failed_after_restart_no_more(tmp_path: Path) -> None:
    assistant = shop_with(answer(3, pages=2))
    assistant.pages = {1: answer(3, pages=2, page=1)}
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop)
        await shop.restart()
        await shop.alice.click(message, label="▶")
        opened = await picked(shop, message, 1)
        await shop.restart()
        for label in ("👍 I like it", "Not this kind", "Why this?", "More like this"):
            await shop.alice.click(opened, label=label)
        await shop.alice.click(message, label="Show more")

        assert [call[0] for call in assistant.calls] == ["page", "feedback", "not this kind", "why"]
        assert [request.action for request in assistant.requests][1:] == ["similar", "more"]


async def test_this_interaction_failed_after_an_update_that_changed_the_controls_no_more(
    tmp_path: Path,
) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        with shop.env._bot_scope():
            old = discord.ui.View(timeout=None)
            old.add_item(discord.ui.Button(custom_id="lookbook:rate:abc123", label="Rate"))
            await shop.adapter.client.get_partial_messageable(shop.channel.id).send("Old", view=old)
        await shop.restart()
        assert shop.channel.last_message is not None
        result = await shop.alice.click(shop.channel.last_message, label="Rate")

        assert result.ephemeral
        assert result.response is not None
        assert result.response.content.startswith("I have changed")
        assert assistant.calls == []


async def test_an_expired_pager_is_put_away_and_explained(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer(3, pages=2))) as shop:
        message = await recommended(shop)
        result = await shop.alice.click(message, label="▶")

        shown = shop.channel.history()[0]
        assert shown.components == []
        assert len(shown.embeds) == 3
        assert [each.content for each in result.followups] == ["These buttons have had their day."]
        assert result.followups[0].ephemeral


async def test_an_error_in_a_control_is_explained_without_its_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(ShopAssistant):
        async def page(self, *_: Any) -> Reply:
            raise ValueError("secret words of a shopper")

    async with world(tmp_path, Broken(always(answer(3, pages=2)))) as shop:
        message = await recommended(shop)
        result = await shop.alice.click(message, label="▶")

    assert "Reference" in result.followups[0].content
    assert "secret words" not in result.followups[0].content
    assert "secret words" not in caplog.text


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, 50013, "Send Messages"),
        (403, 50001, "View Channel"),
        (404, 10015, "too late"),
        (401, 50027, "too late"),
        (429, 30046, "slower"),
        (500, 0, "Reference"),
    ],
)
async def test_50013_50001_50027_and_30046_on_a_control_are_each_explained(
    tmp_path: Path, status: int, code: int, said: str
) -> None:
    assistant = shop_with(answer(3, pages=2))
    assistant.pages = {1: answer(3, pages=2, page=1)}
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop)
        shop.env.inject_error("PATCH", "/webhooks/*", status=status, code=code, times=1)
        result = await shop.alice.click(message, label="▶")

        assert said in result.followups[0].content
        assert result.followups[0].ephemeral


async def test_a_command_that_changed_meanwhile_is_explained(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        shop.adapter.client.tree.remove_command("help")
        result = await shop.alice.slash(shop.channel, "help")

        assert result.response is not None
        assert "just changed" in result.response.content
        assert [type(each).__name__ for each in shop.env.errors] == ["CommandNotFound"]


# --- what is personal ---


FORM = {"wearer": "women", "likes": "navy, linen", "dislikes": "yellow", "firm": ["dislikes"]}


async def test_outfit_is_answered_as_a_recommendation_is(tmp_path: Path) -> None:
    early = answer(2, answer_id="", writing=True, cards=cards(2, introduction=""))
    assistant = shop_with(answer(2), early, pause=5.0)
    async with world(tmp_path, assistant) as shop:
        result = await shop.alice.slash(shop.channel, "outfit", wish="a wedding", private=True)
        await shop.env.advance_time(6)
        (request,) = assistant.requests

        assert (request.action, request.text, request.private) == ("outfit", "a wedding", True)
        assert Request.from_dict(request.to_dict()) == request
        assert result.response is not None
        assert result.response.ephemeral
        assert len(shop.sent("PATCH", "/messages/")) == 2


async def test_the_profile_opens_empty_and_later_with_what_is_known(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        empty = await shop.alice.slash(shop.channel, "profile")
        said = await shop.alice.submit_modal(empty, FORM)
        again = await shop.alice.slash(shop.channel, "profile")

        assert said.response is not None
        assert said.response.ephemeral
        assert said.response.content == "Noted: **navy, linen**."
        assert filled_in(empty) == {}
        assert filled_in(again) == FORM


async def test_a_profile_is_kept_by_person_and_server(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        bob = shop.env.guild.add_member(shop.env.create_user("bob"))
        hers = await shop.alice.slash(shop.channel, "profile")
        his = await bob.slash(shop.channel, "profile")
        await shop.alice.submit_modal(hers, FORM)
        await bob.submit_modal(his, {"likes": "tweed"})

        server = shop.env.guild.id
        assert {key: kept.likes for key, kept in assistant.profiles.items()} == {
            f"discord:{server}:{shop.alice.id}": "navy, linen",
            f"discord:{server}:{bob.id}": "tweed",
        }


async def test_a_form_that_was_open_during_a_restart_is_not_lost(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        shown = await shop.alice.slash(shop.channel, "profile")
        await shop.restart()
        await shop.alice.submit_modal(shown, FORM)

        (kept,) = assistant.profiles.values()
        assert kept == ShopperProfile("women", "navy, linen", "yellow", "", frozenset({"dislikes"}))


async def test_a_profile_that_cannot_be_read_is_not_shown_as_an_empty_form(
    tmp_path: Path,
) -> None:
    class Closed(ShopAssistant):
        async def profile(self, shopper: Shopper) -> Notice:
            return Notice("failed", "I can't open my notebook.", "AB12CD34")

    async with world(tmp_path, Closed(always(answer()))) as shop:
        result = await shop.alice.slash(shop.channel, "profile")

        assert result.modal is None
        assert result.ephemeral
        assert result.response is not None
        assert "AB12CD34" in result.response.content


async def test_an_error_while_a_form_is_kept_is_explained_without_its_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(ShopAssistant):
        async def set_profile(self, shopper: Shopper, profile: ShopperProfile) -> Notice:
            raise ValueError(profile.likes)

    async with world(tmp_path, Broken(always(answer()))) as shop:
        shown = await shop.alice.slash(shop.channel, "profile")
        result = await shop.alice.submit_modal(shown, FORM)

    assert result.response is not None
    assert result.response.ephemeral
    assert "Reference" in result.response.content
    assert "navy" not in caplog.text


async def test_my_data_is_a_file_for_the_asker_alone(tmp_path: Path) -> None:
    assistant = shop_with(answer())
    assistant.kept = {"profile": {"likes": "rosé, linen"}, "opinions": []}
    async with world(tmp_path, assistant) as shop:
        result = await shop.alice.slash(shop.channel, "my-data")

        assert result.response is not None
        assert result.response.ephemeral
        (file,) = result.response.attachments
        assert file.filename == "lookbook-my-data.json"
        with shop.env._bot_scope():
            assert json.loads(await file.read()) == assistant.kept


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (Notice("failed", "I can't open my notebook."), "notebook"),
        ({"answers": "x" * 30_000_000}, "more than Discord lets me send"),
    ],
)
async def test_my_data_that_cannot_be_sent_is_explained(
    tmp_path: Path, kept: dict[str, Any] | Notice, said: str
) -> None:
    assistant = shop_with(answer())
    assistant.kept = kept
    async with world(tmp_path, assistant) as shop:
        result = await shop.alice.slash(shop.channel, "my-data")

        assert result.response is not None
        assert result.response.ephemeral
        assert said in result.response.content
        assert result.response.attachments == []


def filled_in(shown: simcord.InteractionResult) -> dict[str, Any]:
    """Return what a form is filled in with when it opens, by the names of its fields."""
    assert shown.modal is not None
    found: dict[str, Any] = {}
    for label in shown.modal["components"]:
        field = label["component"]
        chosen = [option["value"] for option in field.get("options", []) if option.get("default")]
        if field.get("value") or chosen:
            found[field["custom_id"]] = field.get("value") or chosen
    return found


# --- the other commands ---


async def test_help_is_shown_to_the_asker_alone(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        result = await shop.alice.slash(shop.channel, "help")

    assert result.ephemeral
    assert result.response is not None
    assert "garment" in result.response.content


@pytest.mark.parametrize(("label", "calls"), [("Forget me", ["forget"]), ("Keep it", [])])
async def test_forget_me_asks_before_it_forgets(
    tmp_path: Path, label: str, calls: list[str]
) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        result = await shop.alice.slash(shop.channel, "forget-me")
        assert result.ephemeral
        assert result.response is not None
        await shop.restart()
        await shop.alice.click(result.response, label=label)

        assert [call[0] for call in assistant.calls] == calls
        assert result.response.components == []


async def test_reindex_reports_its_progress_to_the_admin_alone(tmp_path: Path) -> None:
    steps = [Notice("progress", "Embedding", fraction=part / 10) for part in range(1, 10)]
    assistant = shop_with(Notice("done", "240 articles are live."), *steps, pause=3.0)
    async with world(tmp_path, assistant) as shop:
        boss = manager(shop)
        result = await boss.slash(shop.channel, "reindex")
        await shop.env.advance_time(40)

        assert result.response is not None
        assert result.response.ephemeral
        assert result.response.content == "240 articles are live."
        bars = [edit["content"] for edit in shop.sent("PATCH", "/messages/")]
        assert any("▰▰▰▱" in bar for bar in bars)
        assert assistant.requests[0].action == "reindex"


async def test_50035_a_long_status_continues_below(tmp_path: Path) -> None:
    class Wordy(ShopAssistant):
        async def index_status(self) -> Notice:
            return Notice("info", "One line of many.\n" * 200)

    async with world(tmp_path, Wordy(always(answer()))) as shop:
        result = await manager(shop).slash(shop.channel, "index-status")

        assert result.response is not None
        said = [result.response, *result.followups]
        assert len(said) == 2
        assert all(each.ephemeral and len(each.content) <= 2000 for each in said)
        assert sum(each.content.count("many") for each in said) == 200


async def test_index_status_is_for_managers(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        result = await manager(shop).slash(shop.channel, "index-status")

        assert result.response is not None
        assert result.response.content == "I answer from 240 articles."
        assert "index-status" not in shop.alice.available_commands(shop.channel)


@pytest.mark.parametrize("command", ["reindex", "index-status"])
async def test_who_may_see_an_admin_command_is_still_checked_at_run_time(
    tmp_path: Path, command: str
) -> None:
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        await allow(shop, command)
        result = await shop.alice.slash(shop.channel, command)

        assert result.ephemeral
        assert result.response is not None
        assert "manage this server" in result.response.content
        assert assistant.requests == []
        assert [type(each).__name__ for each in shop.env.errors] == ["AdminsOnly"]


async def test_an_admin_of_the_settings_need_not_manage_the_server(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        await allow(shop, "index-status")
        shop.adapter.client.admins = frozenset({shop.alice.id})
        result = await shop.alice.slash(shop.channel, "index-status")

        assert result.response is not None
        assert "240 articles" in result.response.content


async def allow(shop: World, name: str) -> None:
    """Let Alice see a command, as a server's settings can."""
    with shop.env._bot_scope():
        registered = await shop.adapter.client.tree.fetch_commands()
    command = next(each for each in registered if each.name == name)
    shop.env.guild.set_command_permissions(command, {shop.alice: True})


def manager(shop: World) -> simcord.MemberActor:
    role = shop.env.guild.create_role(
        "managers", permissions=discord.Permissions(manage_guild=True)
    )
    return shop.env.guild.add_member(shop.env.create_user("boss"), roles=[role])


# --- mentions and odd input ---


ODD = [
    "",
    "   ",
    "👗👠🧥",
    "ドレスをください",
    "فستان أحمر",
    "\u200b\u200d\u2060",
    "\u202ereversed",
    "```sql\nDROP TABLE\n```",
    "@everyone @here <@&1> <@1> @everyone",
    "# heading **bold** [x](https://evil.example)",
]


async def echo(request: Request, _delivery: Delivery) -> Reply:
    return Notice("info", f"You said: {request.text}")


@pytest.mark.parametrize("text", ODD)
async def test_odd_input_in_a_mention_gets_an_answer_and_pings_nobody(
    tmp_path: Path, text: str
) -> None:
    async with world(tmp_path, ShopAssistant(echo)) as shop:
        await shop.alice.send(shop.channel, f"{shop.mention} {text}")
        (thread,) = shop.channel.threads
        (reply,) = [each for each in thread.history() if each.content.startswith("You said:")]

        assert not reply.mentions
        assert not reply.mention_everyone


@pytest.mark.parametrize("text", [*ODD[1:], "x" * 4000])
async def test_odd_input_in_a_command_gets_an_answer_and_pings_nobody(
    tmp_path: Path, text: str
) -> None:
    async with world(tmp_path, ShopAssistant(echo)) as shop:
        result = await shop.alice.slash(shop.channel, "recommend", query=text)

        assert result.response is not None
        assert result.response.content.startswith("You said:")
        assert not result.response.message.mentions
        assert not result.response.message.mention_everyone


async def test_everyone_ping_is_impossible_on_every_route(tmp_path: Path) -> None:
    bomb = answer(2, headline="@everyone <@&5>", cards=cards(2, introduction="@everyone"))
    async with world(tmp_path, shop_with(bomb)) as shop:
        message = await recommended(shop)
        await shop.alice.send(shop.channel, f"{shop.mention} @everyone")
        await shop.alice.send_dm("@everyone")
        await shop.alice.click(message, label="Show more")
        opened = await picked(shop, message, 1)
        await shop.alice.click(opened, label="Why this?")
        form = await shop.alice.slash(shop.channel, "profile")
        await shop.alice.submit_modal(form, {"likes": "@everyone <@&5>"})
        sent = [*shop.sent("POST"), *shop.sent("PATCH")]
        bodies = [
            body
            for each in sent
            if isinstance(each, dict)
            for body in (each, each.get("data") or {})
            if body.get("content")
        ]

    assert len(bodies) >= 8
    assert all(body["allowed_mentions"] == {"parse": []} for body in bodies)
    assert not any("@everyone" in body["content"] for body in bodies)


# --- commands, connection, stopping ---


async def test_commands_are_registered_only_when_they_changed(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        await shop.restart()
        await shop.restart()
        registered = shop.sent("PUT", "/commands")

        assert len(registered) == 1
        (tmp_path / "discord-commands.sha256").write_text("of another version")
        await shop.restart()
        assert len(shop.sent("PUT", "/commands")) == 2


async def test_commands_that_discord_refuses_do_not_keep_the_bot_from_answering(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        (tmp_path / "discord-commands.sha256").unlink()
        shop.env.inject_error("PUT", "/applications/*/commands", status=400, code=30034)
        await shop.restart()
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")

        assert len(shop.channel.threads) == 1
        assert "30034" in caplog.text


async def test_commands_work_for_servers_and_for_people_who_installed_them(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        (registered,) = shop.sent("PUT", "/commands")
        by_name = {command["name"]: command for command in registered}

        for name in ("recommend", "outfit", "profile", "my-data", "help", "forget-me"):
            assert sorted(by_name[name]["contexts"]) == [0, 1, 2]
            assert sorted(by_name[name]["integration_types"]) == [0, 1]
        for name in ("reindex", "index-status"):
            assert by_name[name]["contexts"] == [0]
            assert by_name[name]["integration_types"] == [0]
            assert int(by_name[name]["default_member_permissions"]) == 1 << 5


async def test_no_privileged_intent_is_asked_for(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        intents = shop.adapter.client.intents

    assert not (intents.message_content)
    assert not (intents.members)
    assert not intents.presences


async def test_a_stopping_bot_says_so_and_takes_nothing_new(tmp_path: Path) -> None:
    assistant = shop_with(answer(3, pages=2))
    async with world(tmp_path, assistant) as shop:
        message = await recommended(shop)
        shown = await shop.alice.slash(shop.channel, "profile")
        await shop.adapter.stop_intake()
        command = await shop.alice.slash(shop.channel, "recommend", query="coats")
        press = await shop.alice.click(message, label="▶")
        form = await shop.alice.submit_modal(shown, FORM)
        await shop.alice.send(shop.channel, f"{shop.mention} coats")

        assert command.response is not None
        assert press.response is not None
        assert form.response is not None
        assert shop.channel.last_message is not None
        told = [command.response, press.response, form.response, shop.channel.last_message]
        said = [each.content for each in told]
        assert all("restarting" in text for text in said)
        assert len(assistant.requests) == 1


async def test_an_answer_is_finished_in_its_place_after_a_restart(tmp_path: Path) -> None:
    async def never(_request: Request, delivery: Delivery) -> Reply:
        await delivery.show(WAITING)
        await asyncio.sleep(1e6)
        raise AssertionError

    assistant = ShopAssistant(never)
    async with world(tmp_path, assistant) as shop:
        result = await recommended(shop)
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        requests = [
            replace(request, address=assistant.opened[request.key])
            for request in assistant.requests
        ]
        await shop.restart(shop_with(answer()))
        for request in requests:
            with shop.env._bot_scope():
                delivery = shop.adapter.delivery(Request.from_dict(request.to_dict()))
                assert await delivery.finish(answer())

        (thread,) = shop.channel.threads
        (in_thread,) = [each for each in thread.history() if each.author.bot]
        assert len(in_thread.embeds) == 3
        assert len(result.embeds) == 3


async def test_answers_leave_nothing_behind_in_memory(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer(3, pages=2))) as shop:
        await picked(shop, await recommended(shop), 1)
        await shop.alice.send(shop.channel, f"{shop.mention} linen shirts")
        await shop.alice.slash(shop.channel, "forget-me")
        await shop.alice.submit_modal(await shop.alice.slash(shop.channel, "profile"), FORM)
        client = shop.adapter.client

        assert list(client.persistent_views) == []
        assert list(client.cached_messages) == []
        assert client.edits == set()


async def test_the_connection_is_that_of_the_shards(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        connection = await shop.adapter.connection()

    assert isinstance(connection.detail, str)
    assert "of 1 shards" in connection.detail


async def test_admins_are_told_directly(tmp_path: Path) -> None:
    async with world(tmp_path, shop_with(answer())) as shop:
        shop.adapter.client.admins = frozenset({shop.alice.id})
        with shop.env._bot_scope():
            await shop.adapter.tell_admins("The refresh failed.")

        message = shop.alice.user.dm_channel.last_message
        assert message is not None
        assert message.content == "The refresh failed."


async def test_no_token_and_no_message_text_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assistant = shop_with(answer())
    async with world(tmp_path, assistant) as shop:
        shop.env.inject_error("PATCH", "/webhooks/*", status=404, code=10015, times=1)
        await shop.alice.slash(shop.channel, "recommend", query="velvet pyjamas")
        await shop.alice.send(shop.channel, f"{shop.mention} velvet pyjamas")
        token = assistant.requests[0].address["token"]

    assert token
    assert token not in caplog.text
    assert "velvet" not in caplog.text
