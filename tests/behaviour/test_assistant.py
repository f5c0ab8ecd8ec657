"""The assistant as adapters use it, over a recommender without models."""

import asyncio
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import phrases
from bot.assistant.assistant import RESUMABLE_S, Assistant
from bot.assistant.messages import LONGEST
from bot.assistant.replies import AnswerReply, Notice
from bot.assistant.requests import Conversation, Request
from bot.state import StateError
from pipeline.index import IndexStateError
from pipeline.models import ModelError
from pipeline.recommending import ArticleGoneError
from pipeline.writing.generator import PLAIN_DESCRIPTIONS_NOTE
from tests.assistant_chat import (
    ANN,
    BOB,
    THREAD,
    Clock,
    RecordingDelivery,
    ask,
    chat_settings,
    request,
    running,
)
from tests.fake_recommender import FakeRecommender, articles

OTHER = Conversation("slack", "T1", "C2", "200.2")
DIRECT = Conversation("slack", "T1", "D1", "")


@pytest.fixture
def fake() -> FakeRecommender:
    return FakeRecommender()


async def begun(fake: FakeRecommender, count: int = 1) -> None:
    """Wait until so many answers are being written."""
    for _ in range(count):
        await asyncio.to_thread(fake.entered.acquire)


async def until(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110 - what is waited for sets no event
        await asyncio.sleep(0.001)


def stored(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())


def count(assistant: Assistant, name: str, **labels: str) -> float:
    return assistant.metrics.registry.get_sample_value(f"lookbook_{name}", labels) or 0.0


# --- one request ---


async def test_articles_come_first_and_the_answer_after(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    fake.gate.clear()
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = RecordingDelivery()
        await assistant.submit(request("three red dresses"), delivery)
        await begun(fake)
        await until(lambda: delivery.shown)
        [early] = delivery.shown
        assert isinstance(early, AnswerReply)
        assert early.writing
        assert early.answer_id == ""
        assert [card.introduction for card in early.cards] == ["", "", ""]
        fake.gate.set()
        await assistant.idle()
    answer = delivery.answer
    assert not answer.writing
    assert [card.article_id for card in answer.cards] == ["000", "003", "006"]
    assert answer.headline == early.headline == "I looked for *three dresses* in *red*."
    first = answer.cards[0]
    assert (first.title, first.facts, first.why) == ("Model 0", "Dress · Red · Ladieswear", "red")
    assert first.introduction == "A dress to dance in."
    assert first.url == "https://shop.example/000"
    assert answer.answer_id.isalnum()
    assert [kind for _, kind in delivery.log] == ["open", "show", "finish"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", phrases.ASK),
        ("👗👠✨", phrases.ASK),
        ("\u200b\u200d", phrases.ASK),
        ("<@U1><@U2><!channel> @everyone", phrases.ASK),
        ("```\nrm -rf /\n```", phrases.ASK),
        ("我想要一件红色连衣裙", phrases.ENGLISH),
        ("\u202bفستان\u202c", phrases.ENGLISH),  # noqa: RUF001 - right to left
    ],
)
async def test_what_cannot_be_read_gets_a_kind_short_answer(
    tmp_path: Path, fake: FakeRecommender, text: str, told: str
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = await ask(assistant, request(text))
    assert delivery.notice == Notice("info", told)
    assert fake.calls == []


async def test_four_thousand_characters_are_cut_and_that_is_told(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = await ask(assistant, request("a red dress " * 340))
    assert len(fake.calls[0]) <= LONGEST
    assert phrases.cut(LONGEST) in delivery.answer.closing


async def test_small_talk_is_answered_without_articles(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = await ask(assistant, request("hello"))
        assert count(
            assistant,
            "requests_total",
            platform="slack",
            action="recommend",
            outcome="off_topic",
        )
    assert delivery.answer.headline == phrases.FRIENDLY
    assert delivery.answer.answer_id == ""
    assert delivery.answer.cards == ()


async def test_the_fields_of_a_command_are_honoured(tmp_path: Path, fake: FakeRecommender) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        asked = request("", options={"type": "Dress", "colour": "dark blue"}, count=3, anew=True)
        delivery = await ask(assistant, asked)
    assert [card.article_id for card in delivery.answer.cards] == ["002", "005", "008"]


async def test_a_field_that_names_nothing_is_answered_with_the_nearest(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = await ask(assistant, request("a dress", options={"section": "Wonderwear"}))
    assert delivery.notice.kind == "info"
    assert "I know no section called *Wonderwear*" in delivery.notice.text


async def test_the_platforms_refusal_of_the_last_word_is_counted(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = RecordingDelivery()
        delivery.takes = False
        await assistant.submit(request(), delivery)
        await assistant.idle()
        assert len(delivery.finished) == 1
        assert count(assistant, "undelivered_total", platform="slack") == 1


# --- duplicates ---


async def test_four_deliveries_of_one_message_make_one_answer_even_across_a_restart(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    settings = chat_settings(tmp_path)
    storm = [RecordingDelivery() for _ in range(8)]
    asked = request(key="slack:T1:C1:42.1")
    async with running(settings, fake) as assistant:
        await asyncio.gather(*(assistant.submit(asked, delivery) for delivery in storm[:4]))
        await assistant.idle()
        assert count(assistant, "duplicates_total", platform="slack") == 3
    async with running(settings, fake) as assistant:
        await assistant.resume(lambda _: RecordingDelivery())
        await asyncio.gather(*(assistant.submit(asked, delivery) for delivery in storm[4:]))
        await assistant.idle()
        assert count(assistant, "duplicates_total", platform="slack") == 4
    assert sum(len(delivery.finished) for delivery in storm) == 1
    assert sum(delivery.opened for delivery in storm) == 1
    assert fake.calls == ["a dress"]


async def test_a_duplicate_is_no_reason_to_slow_down_its_shopper(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    clock = Clock()
    async with running(chat_settings(tmp_path, cooldown_s=2), fake, clock=clock) as assistant:
        first = await ask(assistant, request(key="k"))
        clock.now += 60
        again = await ask(assistant, request(key="k"))
        clock.now += 1
        next_one = await ask(assistant, request())
    assert first.answer
    assert again.finished == []
    assert next_one.answer


# --- the line ---


async def test_the_same_thread_is_answered_in_order_and_others_at_the_same_time(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    fake.gate.clear()
    log: list[tuple[str, Any]] = []
    async with running(chat_settings(tmp_path, workers=2), fake) as assistant:
        for name, where in (("first", THREAD), ("second", THREAD), ("other", OTHER)):
            await assistant.submit(
                request(f"{name} dress", conversation=where), RecordingDelivery(name, log)
            )
        await begun(fake, 2)
        assert sorted(fake.calls) == ["first dress", "other dress"]
        fake.gate.set()
        await assistant.idle()
    finishes = [name for name, kind in log if kind == "finish"]
    assert finishes.index("first") < finishes.index("second")
    assert fake.calls[2] == "second dress"


async def test_who_has_to_wait_is_told_the_place_in_line(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    fake.gate.clear()
    deliveries = [RecordingDelivery() for _ in range(4)]
    async with running(chat_settings(tmp_path, workers=1), fake) as assistant:
        for number, delivery in enumerate(deliveries):
            where = replace(THREAD, thread=f"{number}")
            await assistant.submit(request(conversation=where), delivery)
        await begun(fake)
        await until(lambda: deliveries[3].shown)
        assert deliveries[3].shown == [Notice("waiting", "You're third in line.")]
        fake.gate.set()
        await assistant.idle()
    assert all(delivery.answer for delivery in deliveries)
    assert [n for n in deliveries[3].shown if isinstance(n, Notice)] == [
        Notice("waiting", "You're third in line."),
        Notice("waiting", "You're next in line."),
    ]


async def test_one_slow_answer_does_not_hold_up_the_next_worker(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    slow = threading.Event()
    answer = fake.recommend

    def recommend(message: str, **arguments: Any) -> Any:
        if "slow" in message:
            slow.wait()
        return answer(message, **arguments)

    fake.recommend = recommend  # type: ignore[method-assign]
    late, quick = RecordingDelivery(), [RecordingDelivery() for _ in range(5)]
    async with running(chat_settings(tmp_path, workers=2), fake) as assistant:
        await assistant.submit(request("slow dress"), late)
        for number, delivery in enumerate(quick):
            await assistant.submit(
                request(conversation=replace(OTHER, thread=f"{number}")), delivery
            )
        await until(lambda: all(delivery.finished for delivery in quick))
        assert late.finished == []
        slow.set()
        await assistant.idle()
    assert late.answer


async def test_a_full_line_refuses_kindly_and_takes_the_next_one_again(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    fake.gate.clear()
    async with running(chat_settings(tmp_path, workers=1, queue=1), fake) as assistant:
        taken = [RecordingDelivery() for _ in range(2)]
        for number, delivery in enumerate(taken):
            where = replace(THREAD, thread=f"{number}")
            await assistant.submit(request(conversation=where), delivery)
        refused = RecordingDelivery()
        await assistant.submit(request(conversation=OTHER), refused)
        assert refused.notice == Notice("refused", phrases.BUSY)
        assert refused.opened == 0
        fake.gate.set()
        await assistant.idle()
        assert (await ask(assistant, request())).answer
    assert all(delivery.answer for delivery in taken)


async def test_a_shopper_may_ask_again_after_the_cooldown_and_others_at_once(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    clock = Clock()
    async with running(chat_settings(tmp_path, cooldown_s=3), fake, clock=clock) as assistant:
        assert (await ask(assistant, request())).answer
        clock.now += 1.5
        refused = await ask(assistant, request())
        assert refused.notice == Notice("refused", phrases.too_soon(2))
        assert (await ask(assistant, request(shopper=BOB))).answer
        clock.now += 1.5
        assert (await ask(assistant, request())).answer


async def test_a_workspace_has_its_requests_of_the_day_and_refused_ones_do_not_count(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    clock = Clock()
    settings = chat_settings(tmp_path, daily_limit=2)
    async with running(settings, fake, clock=clock) as assistant:
        assert (await ask(assistant, request())).answer
        assert (await ask(assistant, request())).answer
    async with running(settings, fake, clock=clock) as assistant:  # a restart does not help
        refused = await ask(assistant, request(shopper=BOB))
        assert refused.notice == Notice("refused", phrases.used_up(2))
        elsewhere = replace(ANN, workspace="T2")
        assert (await ask(assistant, request(shopper=elsewhere))).answer
        clock.now += 86_400
        assert (await ask(assistant, request())).answer


# --- failures ---


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (IndexStateError("There is no index.", "Build it."), "shelves"),
        (ModelError("The embedder is gone.", "Fetch it."), "missing just now"),
        (RuntimeError("hunter2 in a traceback"), "Something went wrong"),
    ],
)
async def test_a_failure_is_one_sentence_and_a_reference_that_the_log_has_too(
    tmp_path: Path,
    fake: FakeRecommender,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    told: str,
) -> None:
    caplog.set_level(logging.INFO)
    fake.error = error
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = await ask(assistant, request("a pink elephant dress"))
        fake.error = None
        assert (await ask(assistant, request())).answer
    notice = delivery.notice
    assert notice.kind == "failed"
    assert told in notice.text
    assert str(error) not in notice.text
    assert len(notice.reference) == 8
    [line] = [r for r in caplog.records if getattr(r, "reference", "") == notice.reference]
    assert line.request_id  # type: ignore[attr-defined]
    assert notice.reference in line.getMessage()
    assert "hunter2" not in caplog.text
    assert "elephant" not in caplog.text


async def test_an_article_that_left_the_shop_is_no_failure(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        first = await ask(assistant, request())
        fake.error = ArticleGoneError("The article 000 is gone.", "Ask for something new.")
        asked = request(action="similar", answer_id=first.answer.answer_id)
        assert (await ask(assistant, asked)).notice == Notice("info", phrases.GONE)


async def test_without_an_index_requests_are_answered_and_the_first_one_is_taken(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    missing = IndexStateError("There is no index.", "Build it.")
    there = False

    def opened(_: Any) -> FakeRecommender:
        if not there:
            raise missing
        return fake

    assistant = Assistant(chat_settings(tmp_path), open_recommender=opened, clock=Clock())  # type: ignore[arg-type]
    await assistant.start()
    assert assistant.live.problem is missing
    assert (await ask(assistant, request())).notice.kind == "failed"
    assert assistant.suggestions("type", "d") == []
    there = True
    await assistant.live.refresh()
    assert assistant.live.problem is None
    assert (await ask(assistant, request())).answer
    await assistant.stop()


async def test_at_the_deadline_the_articles_are_answer_enough(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    fake.gate.clear()
    answer = fake.recommend

    def deaf(message: str, **arguments: Any) -> Any:
        arguments["stop"] = None  # a writer that hangs
        return answer(message, **arguments)

    fake.recommend = deaf  # type: ignore[method-assign]
    async with running(chat_settings(tmp_path, deadline_s=0.2), fake) as assistant:
        delivery = await ask(assistant, request())
        assert PLAIN_DESCRIPTIONS_NOTE in delivery.answer.closing
        assert delivery.answer.cards
        assert delivery.answer.answer_id
        fake.gate.set()


async def test_a_writer_that_listens_ends_at_the_deadline(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    fake.gate.clear()
    async with running(chat_settings(tmp_path, deadline_s=0.5), fake) as assistant:
        delivery = await ask(assistant, request())
    assert [card.introduction for card in delivery.answer.cards] == ["A dress to dance in."] * 5


async def test_hanging_before_there_are_articles_is_a_failure_and_costs_no_worker(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    hanging = threading.Event()
    answer = fake.recommend

    def recommend(message: str, **arguments: Any) -> Any:
        if "hang" in message:
            hanging.wait()
        return answer(message, **arguments)

    fake.recommend = recommend  # type: ignore[method-assign]
    async with running(chat_settings(tmp_path, workers=1, deadline_s=0.1), fake) as assistant:
        failed = await ask(assistant, request("hang a dress"))
        assert failed.notice.kind == "failed"
        assert "too long" in failed.notice.text
        assert (await ask(assistant, request())).answer
        hanging.set()


async def test_a_state_that_breaks_costs_the_buttons_but_not_the_answer(
    tmp_path: Path, fake: FakeRecommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise StateError("The state is damaged.", "Put a backup in its place.")

    async with running(chat_settings(tmp_path), fake) as assistant:
        monkeypatch.setattr("bot.state.State.decide", broken)
        delivery = await ask(assistant, request())
        assert delivery.answer.cards
        assert delivery.answer.answer_id == ""
        monkeypatch.setattr("bot.state.State.claim", broken)
        delivery = await ask(assistant, request())
        assert delivery.notice.kind == "failed"
        assert "notebook" in delivery.notice.text
        monkeypatch.setattr("bot.state.State.answer", broken)
        assert (await assistant.page(ANN, "A1", 0)).kind == "failed"  # type: ignore[union-attr]
        assert (await assistant.feedback(ANN, "A1", 0, True)).kind == "failed"


async def test_a_delivery_that_breaks_its_promise_is_not_finished_twice(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    class Broken(RecordingDelivery):
        async def finish(self, reply: Any) -> bool:
            await super().finish(reply)
            raise RuntimeError("the platform is gone")

    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = Broken()
        await assistant.submit(request(), delivery)
        await assistant.idle()
        assert len(delivery.finished) == 1
        assert count(assistant, "undelivered_total", platform="slack") == 1


# --- cancelling, forgetting ---


async def test_a_cancelled_request_says_so_and_frees_its_place(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    fake.gate.clear()
    async with running(chat_settings(tmp_path, workers=1), fake) as assistant:
        first, second = RecordingDelivery(), RecordingDelivery()
        await assistant.submit(request(key="k1"), first)
        await assistant.submit(request(key="k2"), second)
        await begun(fake)
        assert await assistant.cancel("k2")
        assert second.notice == Notice("done", phrases.STOPPED)
        assert await assistant.cancel("k1")
        assert first.notice == Notice("done", phrases.STOPPED)
        assert not await assistant.cancel("k1")
        fake.gate.set()
        assert (await ask(assistant, request())).answer
    assert len(first.finished) == len(second.finished) == 1


async def test_a_request_is_cancelled_right_after_it_was_taken_on(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = RecordingDelivery()
        await assistant.submit(request(key="k"), delivery)
        assert await assistant.cancel("k")
    assert delivery.notice.text == phrases.STOPPED


async def test_forgetting_ends_what_is_being_answered_and_erases_the_rest(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        old = await ask(assistant, request(conversation=DIRECT))
        await assistant.feedback(ANN, old.answer.answer_id, 0, True)
        fake.gate.clear()
        hers, his = RecordingDelivery(), RecordingDelivery()
        await assistant.submit(request(), hers)
        await assistant.submit(request(shopper=BOB, conversation=OTHER), his)
        await begun(fake, 2)
        assert await assistant.forget(ANN) == Notice("done", phrases.FORGOTTEN)
        assert hers.notice == Notice("done", phrases.FORGOTTEN)
        fake.gate.set()
        await assistant.idle()
        assert his.answer
        gone = await assistant.page(ANN, old.answer.answer_id, 0)
        assert gone == Notice("info", phrases.EXPIRED)
        assert not await assistant.knows(DIRECT)
    assert ANN.user.encode() not in stored(tmp_path)
    assert BOB.user.encode() in stored(tmp_path)


async def test_forgetting_right_after_asking_leaves_nothing_behind(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    class Slow(RecordingDelivery):
        async def open(self) -> Any:
            await assistant._state(lambda state: state.forget(ANN))
            return await super().open()

    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = Slow()
        await assistant.submit(request(), delivery)
        await assistant.idle()
        assert len(delivery.finished) == 1
        assert not await assistant.knows(THREAD)
    assert ANN.user.encode() not in stored(tmp_path)


# --- conversations ---


async def test_messages_of_a_thread_build_on_each_other_even_across_a_restart(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    settings = chat_settings(tmp_path)
    async with running(settings, fake) as assistant:
        await ask(assistant, request("a dress"))
    async with running(settings, fake) as assistant:
        merged = await ask(assistant, request("in red", shopper=BOB))
        elsewhere = await ask(assistant, request("in black", conversation=OTHER))
    assert merged.answer.headline == "I looked for *dresses* in *red*."
    assert "dresses" not in elsewhere.answer.headline


async def test_a_command_begins_anew(tmp_path: Path, fake: FakeRecommender) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await ask(assistant, request("a red dress", anew=True))
        await ask(assistant, request("something black", anew=True))
    assert [c.slot for c in fake.seen[1].required] == ["colour"]
    assert fake.seen[1].kinds == ()


async def test_what_is_kept_of_a_message_is_its_wishes(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await ask(assistant, request("Could you please show me a soft red dress?"))
        assert await assistant.knows(THREAD)
    assert b"soft" in stored(tmp_path)
    assert b"Could you" not in stored(tmp_path)


async def test_small_talk_leaves_the_memory_as_it_was(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await ask(assistant, request("a dress"))
        await ask(assistant, request("thank you!"))
        merged = await ask(assistant, request("in red"))
    assert merged.answer.headline == "I looked for *dresses* in *red*."


async def test_a_conversation_is_forgotten_after_its_time(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    clock = Clock()
    async with running(chat_settings(tmp_path), fake, clock=clock) as assistant:
        await ask(assistant, request("a red dress"))
        assert await assistant.knows(THREAD)
        assert not await assistant.knows(OTHER)
        clock.now += 86_401
        assert not await assistant.knows(THREAD)
        await ask(assistant, request("something soft"))
    assert fake.seen[1].kinds == ()


async def test_a_thread_that_was_only_joined_does_not_go_on_without_a_mention(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await ask(assistant, request("a dress", joined=True))
        assert not await assistant.knows(THREAD)
        merged = await ask(assistant, request("in red", joined=True))
    assert merged.answer.headline == "I looked for *dresses* in *red*."


async def test_a_long_conversation_does_not_grow_without_end(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        for number in range(12):
            words = " ".join(f"soft{number}x{place}" for place in range(60))
            await ask(assistant, request(f"a dress {words}"))
    assert len(fake.seen[-1].message) < 2_000
    assert len(fake.seen[-1].free_text.split()) < 120


# --- more, similar, pages, opinions ---


async def test_more_shows_the_next_articles_until_there_are_none(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    fake = FakeRecommender(articles(12))
    async with running(chat_settings(tmp_path), fake) as assistant:
        seen: list[str] = []
        delivery = await ask(assistant, request("a dress"))
        for _ in range(2):
            seen += [card.article_id for card in delivery.answer.cards]
            asked = request("", action="more", answer_id=delivery.answer.answer_id)
            delivery = await ask(assistant, asked)
        seen += [card.article_id for card in delivery.answer.cards]
        assert seen == [article.id for article in fake.shelf]
        last = await ask(assistant, request("", action="more", answer_id=delivery.answer.answer_id))
    assert last.notice == Notice("info", phrases.ALL_SHOWN)


async def test_more_is_also_a_word(tmp_path: Path, fake: FakeRecommender) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        first = await ask(assistant, request("two dresses", conversation=DIRECT))
        more = await ask(assistant, request("show me more", conversation=DIRECT))
        again = await ask(assistant, request("more please", conversation=DIRECT))
        alone = await ask(assistant, request("more", conversation=OTHER))
    found = [[c.article_id for c in d.answer.cards] for d in (first, more, again)]
    assert found == [["000", "001"], ["002", "003"], ["004", "005"]]
    assert alone.answer.cards == ()


async def test_similar_shows_others_than_those_already_shown(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        first = await ask(assistant, request("three dresses"))
        answer_id = first.answer.answer_id
        like = await ask(assistant, request("", action="similar", answer_id=answer_id, position=1))
        nothing = await ask(
            assistant, request("", action="similar", answer_id=answer_id, position=7)
        )
    assert like.answer.headline == phrases.alike("Model 1")
    assert like.answer.cards[0].article_id == "003"
    assert nothing.notice == Notice("info", phrases.EXPIRED)


@pytest.mark.parametrize("action", ["more", "similar"])
async def test_buttons_of_an_answer_that_is_gone_say_so(
    tmp_path: Path, fake: FakeRecommender, action: Any
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        delivery = await ask(assistant, request("", action=action, answer_id="gone"))
        opinion = await assistant.feedback(ANN, "gone", 0, True)
    assert delivery.notice == Notice("info", phrases.EXPIRED)
    assert opinion == Notice("info", phrases.EXPIRED)


async def test_pages_are_turned_after_a_restart_with_another_index(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    settings = chat_settings(tmp_path, page_size=2)
    async with running(settings, fake) as assistant:
        answer = (await ask(assistant, request("five dresses"))).answer
        assert (len(answer.cards), answer.page, answer.pages) == (2, 0, 3)
    async with running(settings, FakeRecommender([], version="v2")) as assistant:
        pages = [await assistant.page(BOB, answer.answer_id, page) for page in (0, 1, 2, 3, -1)]
    shown = [
        [card.position for card in page.cards] for page in pages if isinstance(page, AnswerReply)
    ]
    assert shown == [[0, 1], [2, 3], [4], [4], [0, 1]]
    assert pages[0] == answer


async def test_an_opinion_is_thanked_for_replaced_and_taken_back(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        answer_id = (await ask(assistant, request())).answer.answer_id
        told = [
            (await assistant.feedback(ANN, answer_id, 1, liked)).text
            for liked in (True, False, False)
        ]
    assert told == [
        phrases.opinion("Model 1", liked=True, holds=True),
        phrases.opinion("Model 1", liked=False, holds=True),
        phrases.opinion("Model 1", liked=False, holds=False),
    ]


# --- stopping and starting ---


async def test_a_stop_puts_off_what_is_unfinished_and_the_next_start_answers_it_once(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    settings = chat_settings(tmp_path, workers=1)
    fake.gate.clear()
    running_one, waiting_one = RecordingDelivery("a"), RecordingDelivery("b")
    assistant = Assistant(settings, open_recommender=fake.open, clock=Clock())  # type: ignore[arg-type]
    await assistant.start()
    await assistant.submit(request("a red dress", key="k1"), running_one)
    await assistant.submit(request("in black", key="k2"), waiting_one)
    await begun(fake)
    await assistant.stop()
    for delivery in (running_one, waiting_one):
        assert delivery.finished == []
        assert delivery.shown[-1] == Notice("waiting", phrases.RESTARTING)
    fake.gate.set()

    resumed: dict[str, RecordingDelivery] = {}

    def deliver(asked: Any) -> RecordingDelivery:
        return resumed.setdefault(asked.address["ts"], RecordingDelivery())

    async with running(settings, fake) as assistant:
        late = RecordingDelivery()
        await assistant.submit(request("a red dress", key="k1"), late)
        assert late.finished == []
        await assistant.resume(deliver)
        await assistant.idle()
    assert set(resumed) == {"ts-a", "ts-b"}
    assert [delivery.opened for delivery in resumed.values()] == [0, 0]
    assert resumed["ts-a"].answer.headline == "I looked for *dresses* in *red*."
    assert resumed["ts-b"].answer.headline == "I looked for *dresses* in *black*."
    async with running(settings, fake) as assistant:
        await assistant.resume(lambda _: pytest.fail("nothing was left"))


async def test_after_the_stop_questions_are_still_answered(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        pass
    delivery = RecordingDelivery()
    await assistant.submit(request(), delivery)
    assert delivery.notice.kind == "failed"
    assert not await assistant.knows(THREAD)
    assert (await assistant.forget(ANN)).kind == "failed"
    assert (await assistant.feedback(ANN, "A1", 0, True)).kind == "failed"


async def test_what_comes_while_stopping_is_kept_for_the_next_start(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    settings = chat_settings(tmp_path, drain_s=60.0)
    fake.gate.clear()
    assistant = Assistant(settings, open_recommender=fake.open, clock=Clock())  # type: ignore[arg-type]
    await assistant.start()
    drained, late = RecordingDelivery(), RecordingDelivery()
    await assistant.submit(request(), drained)
    stopping = asyncio.create_task(assistant.stop())
    await begun(fake)
    await assistant.submit(request("a late dress"), late)
    fake.gate.set()
    await stopping
    assert drained.answer
    assert late.finished == []
    assert late.shown == [Notice("waiting", phrases.RESTARTING)]
    again = RecordingDelivery()
    async with running(settings, fake) as assistant:
        await assistant.resume(lambda _: again)
        await assistant.idle()
    assert again.answer


@pytest.mark.parametrize("age", [RESUMABLE_S + 1, 3 * 86_400])
async def test_what_is_too_old_after_a_restart_is_said_kindly(
    tmp_path: Path, fake: FakeRecommender, age: float
) -> None:
    settings = chat_settings(tmp_path)
    clock = Clock()
    fake.gate.clear()
    assistant = Assistant(settings, open_recommender=fake.open, clock=clock)  # type: ignore[arg-type]
    await assistant.start()
    await assistant.submit(request(), RecordingDelivery())
    await begun(fake)
    await assistant.stop()
    clock.now += age
    late = RecordingDelivery()
    async with running(settings, fake, clock=clock) as assistant:
        await assistant.resume(lambda _: late)
        await assistant.idle()
    assert late.notice == Notice("info", phrases.RESTARTED)


async def test_a_platform_that_is_off_keeps_its_jobs_for_later(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    settings = chat_settings(tmp_path)
    fake.gate.clear()
    assistant = Assistant(settings, open_recommender=fake.open, clock=Clock())  # type: ignore[arg-type]
    await assistant.start()
    await assistant.submit(request(), RecordingDelivery())
    await begun(fake)
    await assistant.stop()
    fake.gate.set()
    async with running(settings, fake) as assistant:
        await assistant.resume(lambda _: None)
        await assistant.idle()
    delivery = RecordingDelivery()
    async with running(settings, fake) as assistant:
        await assistant.resume(lambda _: delivery)
        await assistant.idle()
    assert delivery.answer


# --- what is counted ---


async def test_stages_introductions_and_outcomes_are_counted(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await ask(assistant, request("three dresses"))
        fake.written = False
        await ask(assistant, request("two dresses"))
        assert count(assistant, "introductions_total", written_by="model") == 3
        assert count(assistant, "introductions_total", written_by="fallback") == 2
        assert count(assistant, "stage_seconds_count", stage="writer") == 2
        assert count(assistant, "stage_seconds_count", stage="wait") == 2
        assert count(assistant, "queue", state="running") == 0
        answered = {"platform": "slack", "action": "recommend", "outcome": "answered"}
        assert count(assistant, "requests_total", **answered) == 2
        assert b"lookbook_loop_lag_seconds" in assistant.metrics.exposition()


async def test_no_log_line_holds_what_was_asked(
    tmp_path: Path, fake: FakeRecommender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(chat_settings(tmp_path), fake) as assistant:
        await ask(assistant, request("a dress for zanzibar"))
        await ask(assistant, request("zanzibar", options={"colour": "zanzibar"}))
    assert "zanzibar" not in caplog.text
    assert ANN.user not in caplog.text


async def test_suggestions_come_from_the_live_vocabulary(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        assert assistant.suggestions("colour", "dark") == ["Dark Blue"]
        assert assistant.suggestions("section", "wom") == ["Womens Everyday Collection"]


# --- everything at once ---


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_each_request_gets_exactly_one_last_word(
    tmp_path: Path, fake: FakeRecommender, seed: int
) -> None:
    """Duplicates, cancels, failures, forgetting, a full line, and a restart in the middle."""
    dice = random.Random(seed)  # noqa: S311 - a test that repeats itself
    deliveries: dict[str, list[RecordingDelivery]] = {}
    settings = chat_settings(tmp_path, workers=2, queue=6)

    def deliver(asked: Request) -> RecordingDelivery:
        deliveries.setdefault(asked.key, []).append(RecordingDelivery())
        return deliveries[asked.key][-1]

    async def live_through(assistant: Assistant) -> None:
        for _ in range(60):
            key = f"k{dice.randrange(40)}"
            shopper = dice.choice((ANN, BOB))
            where = replace(THREAD, thread=f"{dice.randrange(4)}")
            asked = request(key=key, shopper=shopper, conversation=where)
            await assistant.submit(asked, deliver(asked))
            fake.error = RuntimeError("broken") if dice.random() < 0.1 else None
            if dice.random() < 0.1:
                await assistant.cancel(f"k{dice.randrange(40)}")
            if dice.random() < 0.03:
                await assistant.forget(shopper)
            if dice.random() < 0.3:
                fake.gate.set() if dice.random() < 0.5 else fake.gate.clear()
            await asyncio.sleep(0)
        fake.error = None

    first = Assistant(settings, open_recommender=fake.open, clock=Clock())  # type: ignore[arg-type]
    await first.start()
    await live_through(first)
    fake.gate.clear()
    await first.stop()
    fake.gate.set()
    async with running(settings, fake) as second:
        await second.resume(deliver)
        await live_through(second)
        fake.gate.set()
        await second.idle()
    last_words = {
        key: sum(len(delivery.finished) for delivery in made) for key, made in deliveries.items()
    }
    assert set(last_words.values()) == {1}
