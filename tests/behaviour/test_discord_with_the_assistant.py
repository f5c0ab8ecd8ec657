"""Discord and the real assistant together: claims, order, pages, opinions and restarts.

Rows of the list of known complaints: 6 (answers twice after a RESUME), 10 ("heartbeat blocked"),
11 (answers interleave), 22 (controls dead after a restart), 24 (the same answer twice).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.assistant.assistant import Assistant
from tests.assistant_chat import chat_settings
from tests.discord_shop import World, world
from tests.fake_recommender import FakeRecommender


@asynccontextmanager
async def shop(home: Path, fake: FakeRecommender, **settings: object) -> AsyncIterator[World]:
    assistant = Assistant(chat_settings(home, **settings), open_recommender=fake.open)
    await assistant.start()
    async with world(home, assistant) as made:
        yield made
        await made.assistant.stop()


async def restarted(made: World, fake: FakeRecommender) -> None:
    """Stop the process and start another one on the same state."""
    await made.adapter.stop_intake()
    await made.assistant.stop()
    assistant = Assistant(chat_settings(made.home), open_recommender=fake.open)
    await assistant.start()
    await made.restart(assistant)
    with made.env._bot_scope():
        await assistant.resume(made.adapter.delivery)
    await made.env.settle()


def last(made: World) -> discord.Message:
    message = made.channel.last_message
    assert message is not None
    return message


def titles(message: discord.Message) -> list[str]:
    return [str(embed.title) for embed in message.embeds]


async def test_a_command_is_answered_with_cards_and_controls(tmp_path: Path) -> None:
    async with shop(tmp_path, FakeRecommender()) as made:
        await made.alice.slash(made.channel, "recommend", query="a red dress", count=2)
        message = last(made)

    assert titles(message) == ["1 · Model 0", "2 · Model 3"]
    assert "A dress to dance in." in str(message.embeds[0].description)
    assert len(message.components) == 2


async def test_pages_turn_and_turn_back(tmp_path: Path) -> None:
    async with shop(tmp_path, FakeRecommender()) as made:
        await made.alice.slash(made.channel, "recommend", query="a dress", count=8)
        await made.alice.click(last(made), label="▶")
        second = titles(last(made))
        await made.alice.click(last(made), label="◀")

        assert second == ["6 · Model 5", "7 · Model 6", "8 · Model 7"]
        assert len(titles(last(made))) == 5


async def test_this_interaction_failed_after_restart_no_more(tmp_path: Path) -> None:
    fake = FakeRecommender()
    async with shop(tmp_path, fake) as made:
        await made.alice.slash(made.channel, "recommend", query="a dress", count=8)
        message = last(made)
        await restarted(made, fake)
        second = await opened(made, message, 2)
        await made.alice.click(second, label="👍 I like it")
        await made.alice.click(message, label="▶")
        sixth = await opened(made, last(made), 6)
        await made.alice.click(sixth, label="More like this")
        await made.alice.click(message, label="Show more")

        assert second.content == "Noted: you like **Model 1**."
        first, alike, more = [each for each in made.channel.history() if each.embeds]
        assert titles(first)[0] == "6 · Model 5"
        assert "Model 5" not in " ".join(titles(alike))
        assert not set(titles(more)) & set(titles(first))


async def test_no_second_answer_when_discord_delivers_again_even_after_a_restart(
    tmp_path: Path,
) -> None:
    fake = FakeRecommender()
    async with shop(tmp_path, fake) as made:
        sent = await made.alice.send(made.channel, f"{made.mention} a red dress")
        await restarted(made, fake)
        with made.env._bot_scope():
            await made.adapter.client.on_message(sent)
        await made.env.settle()

    assert fake.calls == [f"{sent.content}".split("> ", 1)[1]]


async def test_answers_do_not_interleave_in_one_thread(tmp_path: Path) -> None:
    fake = FakeRecommender()
    async with shop(tmp_path, fake) as made:
        await made.alice.send(made.channel, f"{made.mention} a dress")
        (thread,) = made.channel.threads
        for text in ("in red", "in black", "in dark blue"):
            await made.alice.send(thread, f"{made.mention} {text}")
        answers = [each for each in thread.history() if each.embeds]

        assert fake.calls == ["a dress", "in red", "in black", "in dark blue"]
        assert len(answers) == 4
        assert titles(answers[1]) == [f"{n + 1} · Model {3 * n + 6}" for n in range(5)]  # all red


async def test_heartbeat_is_not_blocked_while_the_model_writes(tmp_path: Path) -> None:
    fake = FakeRecommender()
    fake.gate.clear()
    async with shop(tmp_path, fake) as made:
        asking = asyncio.create_task(
            made.alice.slash(made.channel, "recommend", query="a red dress")
        )
        await asyncio.to_thread(fake.entered.acquire)
        # The loop that the heartbeat runs on goes round while the answer waits in its thread.
        for _ in range(100):
            await asyncio.sleep(0)
        waiting = not asking.done()
        fake.gate.set()
        await asking

        assert waiting
        assert len(last(made).embeds) == 5


async def test_an_answer_cut_short_by_a_stop_comes_in_its_place_after_the_restart(
    tmp_path: Path,
) -> None:
    fake = FakeRecommender()
    fake.gate.clear()
    async with shop(tmp_path, fake) as made:
        made.env.settle_timeout = 1.0
        with pytest.raises(TimeoutError):
            await made.alice.send(made.channel, f"{made.mention} a red dress")
        made.env.settle_timeout = 5.0
        (thread,) = made.channel.threads
        (placeholder,) = [each for each in thread.history() if each.author.bot]
        fake.gate.set()
        await restarted(made, fake)
        (message,) = [each for each in thread.history() if each.author.bot]

        assert message.id == placeholder.id
        assert len(message.embeds) == 5


@pytest.mark.parametrize(
    "text",
    ["👗👠", "\u200b\u2060", "```\ncode\n```", "@everyone", "ドレスをください", "x" * 4000, "!!!"],
)
async def test_odd_input_gets_a_kind_answer_and_pings_nobody(tmp_path: Path, text: str) -> None:
    async with shop(tmp_path, FakeRecommender()) as made:
        result = await made.alice.slash(made.channel, "recommend", query=text)

        assert result.response is not None
        assert result.response.content.strip()
        assert "went wrong" not in result.response.content
        assert not result.response.message.mention_everyone


async def test_forget_me_and_index_status_speak_for_the_real_assistant(tmp_path: Path) -> None:
    async with shop(tmp_path, FakeRecommender()) as made:
        question = await made.alice.slash(made.channel, "forget-me")
        assert question.response is not None
        await made.alice.click(question.response, label="Forget me")
        assert "erased" in question.response.content

        told = await said(made, "help")
        assert "black dress" in told
        for command in ("outfit", "profile", "my-data", "forget-me"):
            assert f"**/{command}**" in told
        choices = await made.alice.autocomplete(made.channel, "recommend", "colour", "bl")
        assert next(choice["value"] for choice in choices) == "Black"


async def test_what_a_person_tells_is_kept_and_explained_and_erased_for_them_alone(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path, FakeRecommender()) as made:
        bob = made.env.guild.add_member(made.env.create_user("bob"))
        form = await made.alice.slash(made.channel, "profile")
        await made.alice.submit_modal(form, {"wearer": "women", "likes": "red, tweed"})
        await made.alice.slash(made.channel, "recommend", query="a dress", count=3)
        message = last(made)
        await made.alice.click(await opened(made, message, 1), label="👍 I like it")
        await made.alice.click(await opened(made, message, 2), label="Not this kind")

        hers, his = await opened(made, message, 3), await opened(made, message, 3, bob)
        await made.alice.click(hers, label="Why this?")
        await bob.click(his, label="Why this?")
        assert "you like **red, tweed**" in hers.content
        assert "Model 2" in his.content
        assert "tweed" not in his.content
        assert "tweed" not in str([each.to_dict() for each in message.embeds]) + message.content

        kept = await exported(made, made.alice)
        assert "red, tweed" in str(kept["profiles"])
        assert [each["article_id"] for each in kept["opinions"]] == ["000"]
        assert "tweed" not in str(await exported(made, bob))

        question = await made.alice.slash(made.channel, "forget-me")
        await made.alice.click(question.response, label="Forget me")
        emptied = await made.alice.slash(made.channel, "profile")
        assert "tweed" not in str(await exported(made, made.alice))
        assert "tweed" not in str(emptied.modal)


async def test_an_outfit_comes_for_a_wish_and_for_an_article(tmp_path: Path) -> None:
    fake = FakeRecommender()
    async with shop(tmp_path, fake) as made:
        await made.alice.slash(made.channel, "outfit", wish="a wedding")
        wished = last(made)
        await made.alice.click(await opened(made, wished, 1), label="Complete the outfit")
        completed = last(made)

        assert wished.embeds
        assert completed.embeds
        assert completed.id != wished.id
        assert completed.content.startswith("These go with **Model")


async def exported(made: World, who: simcord.MemberActor) -> Any:
    """Return what the file holds that `/my-data` gives a person."""
    result = await who.slash(made.channel, "my-data")
    assert result.response is not None
    assert result.response.ephemeral
    (file,) = result.response.attachments
    with made.env._bot_scope():
        return json.loads(await file.read())


async def opened(
    made: World, message: discord.Message, number: int, who: simcord.MemberActor | None = None
) -> simcord.ResponseMessage:
    """Press an article's number and return the message with its own buttons."""
    result = await (who or made.alice).click(message, label=str(number))
    assert result.response is not None
    return result.response


async def said(made: World, command: str) -> str:
    result = await made.alice.slash(made.channel, command)
    assert result.response is not None
    return result.response.content
