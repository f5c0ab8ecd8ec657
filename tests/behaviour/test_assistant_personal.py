"""What the assistant learns of a shopper, what comes of it, and what nobody else gets to see."""

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import phrases
from bot.assistant.assistant import Assistant
from bot.assistant.profile_form import FIELDS, FIRM_OPTIONS, filled
from bot.assistant.replies import AnswerReply, Notice
from bot.assistant.requests import Conversation, Shopper
from config.settings import PersonalSettings
from pipeline.index import IndexStateError
from pipeline.personal import ShopperProfile, Taste
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

DIRECT = Conversation("slack", "T1", "D1", "")
SECRET = ShopperProfile(wearer="my zanzibar", likes="red", firm=frozenset(["likes"]))
DAY = 86_400.0


@pytest.fixture
def fake() -> FakeRecommender:
    return FakeRecommender()


def ids(delivery: RecordingDelivery) -> list[str]:
    return [card.article_id for card in delivery.answer.cards]


def stored(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())


async def kept(assistant: Assistant, shopper: Shopper) -> dict[str, Any]:
    data = await assistant.my_data(shopper)
    assert isinstance(data, dict)
    return data


# --- the profile ---


async def test_a_newcomer_is_asked_nothing_and_gets_an_answer(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        assert await assistant.profile(ANN) == ShopperProfile()
        delivery = await ask(assistant, request("two dresses"))
        why = await assistant.why(ANN, delivery.answer.answer_id, 0)
    assert ids(delivery) == ["000", "001"]
    assert not fake.tastes[0].profile
    assert why == Notice("info", "*Model 0*: it comes closest to what was asked for.")


async def test_a_profile_is_kept_told_back_and_in_every_answer_from_then_on(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    settings = chat_settings(tmp_path)
    async with running(settings, fake) as assistant:
        told = await assistant.set_profile(ANN, ShopperProfile(likes="red, flurgle"))
        first = await ask(assistant, request())
        answer_id = first.answer.answer_id
        await ask(assistant, request("", action="more", answer_id=answer_id))
        await ask(assistant, request("", action="similar", answer_id=answer_id))
        await ask(assistant, request("", action="outfit", answer_id=answer_id))
        await ask(assistant, request("for a wedding", action="outfit"))
        await ask(assistant, request("", options={"colour": "Black"}))
    assert told.kind == "done"
    assert "*red*" in told.text
    assert "I can't do anything with *flurgle*" in told.text
    async with running(settings, fake) as assistant:  # a restart changes nothing
        await ask(assistant, request())
        assert await assistant.profile(ANN) == ShopperProfile(likes="red, flurgle")
    assert [taste.profile.likes for taste in fake.tastes] == ["red, flurgle"] * 7


async def test_an_emptied_profile_is_gone(tmp_path: Path, fake: FakeRecommender) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, SECRET)
        told = await assistant.set_profile(ANN, ShopperProfile(likes=" \u200b "))
        assert told == Notice("done", phrases.NO_PROFILE)
        assert (await kept(assistant, ANN))["profiles"] == []


async def test_a_profile_is_kept_while_the_shop_is_closed(tmp_path: Path) -> None:
    def closed(_: Any) -> FakeRecommender:
        raise IndexStateError("There is no index.", "Build it.")

    assistant = Assistant(chat_settings(tmp_path), open_recommender=closed, clock=Clock())  # type: ignore[arg-type]
    await assistant.start()
    assert await assistant.set_profile(ANN, SECRET) == Notice("done", phrases.profile_kept(None))
    assert await assistant.profile(ANN) == SECRET
    await assistant.stop()
    for failed in (await assistant.profile(ANN), await assistant.my_data(ANN)):
        assert isinstance(failed, Notice)
        assert failed.kind == "failed"


def test_a_filled_in_form_is_cleaned_and_only_what_has_words_can_be_firm() -> None:
    texts = {"likes": "<@U1> navy\u200b  `x` linen", "dislikes": "x" * 5_000, "wearer": ""}
    profile = filled(texts, ["likes", "wearer", "nonsense"])
    assert profile.likes == "navy linen"
    assert profile.firm == {"likes"}
    assert profile.wearer == profile.limits == ""
    assert len(profile.dislikes) <= max(field.longest for field in FIELDS)
    assert {field.part for field in FIELDS} == set(FIRM_OPTIONS)


# --- opinions and what was seen ---


async def test_opinions_are_in_the_very_next_answer_whoever_asked_for_the_card(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    clock = Clock()
    async with running(chat_settings(tmp_path), fake, clock=clock) as assistant:
        answer_id = (await ask(assistant, request())).answer.answer_id
        await assistant.feedback(BOB, answer_id, 1, True)
        clock.now += 5
        await assistant.feedback(BOB, answer_id, 2, False)
        told = await assistant.not_this_kind(BOB, answer_id, 0)
        await ask(assistant, request(shopper=BOB))
        await ask(assistant, request())
        again = await assistant.not_this_kind(BOB, answer_id, 0)
        counted = assistant.metrics.registry.get_sample_value
        assert [
            counted("lookbook_opinions_total", {"platform": "slack", "opinion": opinion})
            for opinion in ("like", "dislike", "not this kind", "taken back")
        ] == [1, 1, 1, 1]
    bobs, anns = fake.tastes[1:]
    assert [(o.article_id, o.product_type, o.liked) for o in bobs.opinions] == [
        ("001", "Dress", True),
        ("002", "Dress", False),
    ]
    assert bobs.opinions[0].at == bobs.now - 5
    assert dict(bobs.unwanted_types) == {"Dress": clock.now}
    assert anns.opinions == ()
    assert told == Notice("done", phrases.kind_refused("Dress", holds=True))
    assert again == Notice("done", phrases.kind_refused("Dress", holds=False))


async def test_an_opinion_outlives_the_answer_that_it_was_about(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    clock = Clock()
    settings = chat_settings(tmp_path)
    async with running(settings, fake, clock=clock) as assistant:
        answer_id = (await ask(assistant, request())).answer.answer_id
        await assistant.feedback(ANN, answer_id, 1, True)
    clock.now += 40 * DAY
    async with running(settings, fake, clock=clock) as assistant:
        assert await assistant.why(ANN, answer_id, 1) == Notice("info", phrases.EXPIRED)
        assert await assistant.not_this_kind(ANN, answer_id, 1) == Notice("info", phrases.EXPIRED)
        await ask(assistant, request())
    assert [opinion.article_id for opinion in fake.tastes[-1].opinions] == ["001"]
    assert fake.tastes[-1].now - fake.tastes[-1].opinions[0].at == 40 * DAY


async def test_what_was_seen_comes_after_what_is_new_in_any_conversation(tmp_path: Path) -> None:
    fake = FakeRecommender(articles(5))
    async with running(chat_settings(tmp_path), fake) as assistant:
        first = await ask(assistant, request("three dresses"))
        second = await ask(assistant, request("three dresses", conversation=DIRECT))
        third = await ask(assistant, request("three dresses", conversation=DIRECT))
        bobs = await ask(assistant, request("three dresses", shopper=BOB))
    assert ids(first) == ids(bobs) == ["000", "001", "002"]
    assert ids(second) == ["003", "004", "000"]
    assert phrases.repeats(1, 3) in second.answer.closing
    assert third.answer.closing == (phrases.repeats(3, 3),)
    assert first.answer.closing == bobs.answer.closing == ()


async def test_what_was_seen_long_ago_is_new_again(tmp_path: Path, fake: FakeRecommender) -> None:
    clock = Clock()
    personal = PersonalSettings(seen_days=2)
    settings = chat_settings(tmp_path).model_copy(update={"personal": personal})
    async with running(settings, fake, clock=clock) as assistant:
        first = await ask(assistant, request("three dresses"))
        clock.now += 2 * DAY + 1
        later = await ask(assistant, request("three dresses"))
    assert ids(first) == ids(later)


async def test_the_last_answer_is_shown_again_as_it_was(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    clock = Clock()
    async with running(chat_settings(tmp_path), fake, clock=clock) as assistant:
        await ask(assistant, request("three dresses"))
        clock.now += 1
        more = await ask(assistant, request("more please"))
        clock.now += 1
        again = await ask(assistant, request("show me those again"))
        calls = len(fake.calls)
        elsewhere = await ask(assistant, request("show me those again", conversation=DIRECT))
    assert again.answer == more.answer
    assert calls == 2
    assert elsewhere.notice == Notice("info", phrases.EXPIRED)


# --- why this ---


async def test_why_names_the_wish_to_all_and_the_taste_only_to_the_one_who_asked(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, replace(SECRET, likes="zanzibar"))
        delivery = await ask(assistant, request("a soft red dress"))
        answer_id = delivery.answer.answer_id
        mine = await assistant.why(ANN, answer_id, 0)
        others = [
            await assistant.why(shopper, answer_id, 0)
            for shopper in (BOB, replace(ANN, workspace="T2"), replace(ANN, platform="discord"))
        ]
        page = await assistant.page(BOB, answer_id, 0)
        gone = await assistant.why(ANN, answer_id, 70)
    assert mine == Notice("info", "*Model 0*: red · soft; you like *zanzibar*.")
    assert others == [Notice("info", "*Model 0*: red · soft.")] * 3
    assert gone == Notice("info", phrases.EXPIRED)
    for shown in (*delivery.shown, *delivery.finished, page):
        assert isinstance(shown, AnswerReply)
        assert "zanzibar" not in repr(shown)


@pytest.mark.parametrize("options", [{}, {"type": "Dress"}])
async def test_what_a_profile_insists_on_in_vain_is_not_named_where_others_may_read(
    tmp_path: Path, fake: FakeRecommender, options: dict[str, str]
) -> None:
    said, own = "Nothing for *women* matched.", "Nothing in *red* matched, so I left that wish out."
    black = "Nothing in *black* matched, so I left that wish out."
    fake.relaxations = (said, own, black)
    profile = ShopperProfile(likes="red", firm=frozenset(["likes"]))
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, profile)
        fake.gate.clear()
        delivery = RecordingDelivery()
        await assistant.submit(request("a dress", options=options), delivery)
        await asyncio.to_thread(fake.entered.acquire)
        while not delivery.shown:  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)
        fake.gate.set()
        await assistant.idle()
        named = await ask(assistant, request("a red dress", options=options))
    for shown in (*delivery.shown, *delivery.finished):
        assert isinstance(shown, AnswerReply)
        assert shown.relaxations == (said, phrases.BEYOND_PROFILE, black)
    assert named.answer.relaxations == fake.relaxations  # said aloud, it is no secret


async def test_a_button_goes_by_the_taste_of_whoever_presses_it(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, replace(SECRET, likes="zanzibar"))
        answer_id = (await ask(assistant, request())).answer.answer_id
        for action in ("more", "similar", "outfit"):
            pressed = request("", action=action, answer_id=answer_id, shopper=BOB)  # type: ignore[arg-type]
            found = await ask(assistant, pressed)
            told = await assistant.why(BOB, found.answer.answer_id, 0)
            assert "zanzibar" not in told.text
            overheard = await assistant.why(ANN, found.answer.answer_id, 0)
            assert "zanzibar" not in overheard.text
    assert not any(taste.profile for taste in fake.tastes[1:])


# --- outfits ---


async def test_an_outfit_goes_with_an_article_and_leaves_the_conversation_as_it_was(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        answer_id = (await ask(assistant, request("two red dresses"))).answer.answer_id
        pressed = request("", action="outfit", answer_id=answer_id, position=1)
        outfit = await ask(assistant, pressed)
        gone = await ask(assistant, replace(pressed, key="k2", position=9))
        await ask(assistant, request("in black"))
    assert outfit.answer.headline == phrases.goes_with("Model 3")
    assert "003" not in ids(outfit)
    assert gone.notice == Notice("info", phrases.EXPIRED)
    assert fake.calls == ["two red dresses", "<outfit>", "in black"]
    assert "Dress" in repr(fake.seen[-1].kinds)


async def test_an_outfit_for_a_wish_needs_words(tmp_path: Path, fake: FakeRecommender) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        nothing = await ask(assistant, request("", action="outfit"))
        outfit = await ask(assistant, request("a red dress", action="outfit"))
        gone = await ask(assistant, request("", action="outfit", answer_id="gone"))
        chat = await ask(assistant, request("hello", action="outfit"))
    assert chat.answer.headline == phrases.FRIENDLY
    assert outfit.answer.headline == phrases.OUTFIT
    assert nothing.notice == Notice("info", phrases.ASK)
    assert ids(outfit)
    assert gone.notice == Notice("info", phrases.EXPIRED)


async def test_a_piece_says_to_all_what_it_goes_with_and_its_taste_to_the_asker(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, ShopperProfile(likes="zanzibar"))
        outfit = await ask(assistant, request("a dress", action="outfit"))
        answer_id = outfit.answer.answer_id
        told = [(await assistant.why(who, answer_id, 0)).text for who in (ANN, BOB)]
    assert {card.why for card in outfit.answer.cards} == {"calm beside it"}
    assert told == [
        "*Model 0*: calm beside it; you like *zanzibar*.",
        "*Model 0*: calm beside it.",
    ]


# --- nothing leaks, nothing stays ---


async def test_the_same_user_elsewhere_is_somebody_else(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    strangers = (
        replace(ANN, workspace="T2"),
        replace(ANN, platform="discord"),
        replace(ANN, user="U-an"),
        BOB,
    )
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, SECRET)
        answer_id = (await ask(assistant, request())).answer.answer_id
        await assistant.feedback(ANN, answer_id, 0, True)
        await assistant.not_this_kind(ANN, answer_id, 0)
        for number, stranger in enumerate(strangers):
            assert await assistant.profile(stranger) == ShopperProfile()
            assert not any((await kept(assistant, stranger)).values())
            where = replace(THREAD, thread=f"{number}")
            await ask(assistant, request(shopper=stranger, conversation=where))
            await assistant.forget(stranger)
        assert await assistant.profile(ANN) == SECRET
    for taste in fake.tastes[1:]:
        assert taste == Taste(now=taste.now)


async def test_what_is_in_a_conversation_with_others_is_what_was_said_there(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, SECRET)
        await ask(assistant, request("two dresses"))
        await ask(assistant, request("in black", shopper=BOB))
    assert "zanzibar" not in repr(fake.seen[-1])
    assert not fake.tastes[-1].profile


async def test_my_data_is_all_of_it_and_nothing_of_anybody_else(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, SECRET)
        await assistant.set_profile(BOB, ShopperProfile(likes="timbuktu"))
        delivery = await ask(assistant, request("a dress for kilimanjaro"))
        await assistant.feedback(ANN, delivery.answer.answer_id, 0, True)
        await assistant.not_this_kind(ANN, delivery.answer.answer_id, 0)
        data = await kept(assistant, ANN)
    told = json.dumps(data)
    assert data["profiles"][0]["profile"] == SECRET.to_dict()
    assert data["opinions"][0]["article_id"] == "000"
    assert data["unwanted_types"][0]["product_type"] == "Dress"
    assert data["answers"][0]["id"] == delivery.answer.answer_id
    assert "kilimanjaro" in json.dumps(data["conversations"])
    assert "timbuktu" not in told
    assert BOB.user not in told


async def test_forgetting_erases_the_profile_and_all_that_was_learnt(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, SECRET)
        answer_id = (await ask(assistant, request("a zanzibar dress"))).answer.answer_id
        await assistant.feedback(ANN, answer_id, 0, True)
        await assistant.not_this_kind(ANN, answer_id, 0)
        assert await assistant.forget(ANN) == Notice("done", phrases.FORGOTTEN)
        files = stored(tmp_path)
        assert not any((await kept(assistant, ANN)).values())
        await ask(assistant, request())
    assert b"zanzibar" not in files
    assert ANN.user.encode() not in files
    assert fake.tastes[-1] == Taste(now=fake.tastes[-1].now)


async def test_who_forgets_a_wish_while_another_builds_on_it_leaves_nothing(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    async with running(chat_settings(tmp_path), fake) as assistant:
        answer_id = (await ask(assistant, request("a zanzibar dress"))).answer.answer_id
        fake.gate.clear()
        pressed, spoken = RecordingDelivery(), RecordingDelivery()
        elsewhere = replace(THREAD, thread="2.2")
        more = request("", action="more", answer_id=answer_id, shopper=BOB, conversation=elsewhere)
        await assistant.submit(more, pressed)
        await assistant.submit(request("in black", shopper=BOB), spoken)
        for _ in range(3):
            await asyncio.to_thread(fake.entered.acquire)
        await assistant.forget(ANN)
        fake.gate.set()
        await assistant.idle()
        assert pressed.answer.cards
        assert spoken.answer.cards
        files = stored(tmp_path)
    assert b"zanzibar" not in files


async def test_a_wish_that_found_nothing_is_forgotten_with_its_shopper(
    tmp_path: Path, fake: FakeRecommender
) -> None:
    shelf, fake.shelf = fake.shelf, []
    async with running(chat_settings(tmp_path), fake) as assistant:
        nothing = await ask(assistant, request("a zanzibar dress"))
        assert nothing.answer.answer_id == ""
        fake.shelf = shelf
        assert (await ask(assistant, request("in red", shopper=BOB))).answer.cards
        await assistant.forget(ANN)
        files = stored(tmp_path)
    assert b"zanzibar" not in files


async def test_no_log_line_holds_what_a_shopper_prefers(
    tmp_path: Path, fake: FakeRecommender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(chat_settings(tmp_path), fake) as assistant:
        await assistant.set_profile(ANN, SECRET)
        fake.error = RuntimeError("zanzibar")
        await ask(assistant, request())
        fake.error = None
        answer_id = (await ask(assistant, request())).answer.answer_id
        await assistant.feedback(ANN, answer_id, 0, True)
        await assistant.why(ANN, answer_id, 0)
        await assistant.my_data(ANN)
        await assistant.forget(ANN)
    assert (await assistant.set_profile(ANN, SECRET)).kind == "failed"
    assert "zanzibar" not in caplog.text
    assert ANN.user not in caplog.text
