"""The profile's form, somebody's data and forgetting, in commands and on the App Home."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.assistant.replies import Notice
from pipeline.personal import ShopperProfile
from tests.slack_server import SlackServer
from tests.slack_server.modals import Modal
from tests.slack_server.world import TEAM
from tests.wire.slack_shop import Shop, open_shop

LINEN = ShopperProfile(wearer="women", likes="navy, linen", firm=frozenset({"wearer"}))
ME, ANOTHER = f"slack:{TEAM}:U1", f"slack:{TEAM}:U2"
FIRM = "What must always hold?"


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with SlackServer() as slack, open_shop(slack) as opened:
        opened.assistant.profiles[ME] = LINEN
        yield opened


async def form(shop: Shop, user: str = "U1") -> Modal:
    """Return the form that a person sees, once it is open."""
    found: Modal = await shop.slack.until(lambda: shop.slack.api.modals.open_for.get(user))
    return found


async def told(shop: Shop, words: str, user: str = "U1") -> None:
    """Return once somebody has read this for themselves."""
    await shop.slack.until(
        lambda: any(words in m.words for m in shop.slack.world.seen_only_by(user))
    )


async def at_home(shop: Shop, words: str, user: str = "U1") -> None:
    """Return once somebody's App Home says this."""
    await shop.slack.until(lambda: words in str(shop.slack.world.homes.get(user)))


async def test_the_command_opens_a_form_that_is_filled_in_with_what_is_known(shop: Shop) -> None:
    handed = await shop.slack.command("/profile")
    assert (handed.acknowledged, handed.answer) == (True, {})
    assert (await form(shop)).filled == {
        "Who do you shop for?": "women",
        "What do you like?": "navy, linen",
        "What do you not want?": "",
        "Budget and sizes": "",
        FIRM: ["Whom I shop for"],
    }
    assert shop.slack.world.seen_only_by("U1") == []


async def test_what_is_sent_in_is_kept_and_answered_for_its_sender_alone(shop: Shop) -> None:
    await shop.slack.command("/profile", user="U2", channel="CAWAY")
    await form(shop, "U2")
    handed = await shop.slack.submit(
        {
            "What do you like?": "<!channel> *linen* & \u202esilk",
            "Budget and sizes": "up to 50",
            FIRM: ["My budget and sizes", "What I do not want"],
        },
        user="U2",
    )
    assert handed.acknowledged
    assert "U2" not in shop.slack.api.modals.open_for
    await told(shop, "I look for linen first.", "U2")
    assert shop.assistant.profiles == {
        ME: LINEN,
        ANOTHER: ShopperProfile(
            likes="*linen* & silk", limits="up to 50", firm=frozenset({"limits"})
        ),
    }
    assert shop.slack.world.by_bot("CAWAY") == []
    await at_home(shop, "up to 50", "U2")


async def test_a_form_can_be_emptied(shop: Shop) -> None:
    await shop.slack.command("/profile")
    await form(shop)
    await shop.slack.submit({"Who do you shop for?": "", "What do you like?": "", FIRM: []})
    await told(shop, "Noted.")
    assert shop.assistant.profiles[ME] == ShopperProfile()


async def test_the_app_home_shows_the_profile_and_changes_it_in_the_same_form(shop: Shop) -> None:
    await shop.slack.open_home()
    await at_home(shop, "Who do you shop for? *women* (always)")
    assert (await shop.slack.press_at_home("lookbook_profile")).acknowledged
    await form(shop)
    await shop.slack.submit({"What do you not want?": "<@U2> yellow"})
    await at_home(shop, "I look for linen first.")
    await at_home(shop, "What do you not want? *yellow*")
    assert shop.slack.world.seen_only_by("U1") == []


async def test_a_form_that_was_open_through_a_restart_is_kept(shop: Shop) -> None:
    await shop.slack.command("/profile")
    await form(shop)
    await shop.adapter.close()
    async with open_shop(shop.slack) as fresh:
        await shop.slack.submit({"What do you like?": "silk"})
        await told(shop, "Noted.")
        assert fresh.assistant.profiles[ME].likes == "silk"


async def test_who_takes_longer_than_a_response_url_lasts_is_answered_directly(shop: Shop) -> None:
    await shop.slack.command("/profile")
    await form(shop)
    shop.slack.world.advance(31 * 60)
    await shop.slack.submit({"What do you like?": "silk"})
    (message,) = await shop.slack.until(lambda: shop.slack.world.by_bot("DU1"))
    assert "Noted." in message.words


@pytest.mark.parametrize("error", ["expired_trigger_id", "exchanged_trigger_id", "internal_error"])
async def test_a_form_that_does_not_open_is_apologised_for(shop: Shop, error: str) -> None:
    shop.slack.fail("views.open", kind="error", error=error, times=2)
    await shop.slack.command("/profile")
    await told(shop, "couldn't open the form")
    await shop.slack.open_home()
    await at_home(shop, "Your profile")
    await shop.slack.press_at_home("lookbook_profile")
    await at_home(shop, "couldn't open the form")


async def test_a_trigger_that_slack_had_to_wait_for_opens_nothing(shop: Shop) -> None:
    shop.slack.fail("views.open", kind="status", status=429, retry_after=3)
    await shop.slack.command("/profile")
    await told(shop, "couldn't open the form")
    assert shop.slack.api.modals.open_for == {}


async def test_a_profile_that_cannot_be_read_is_not_written_over(shop: Shop) -> None:
    shop.assistant.unreadable = Notice("failed", "I can't get at my notes.", reference="AB12CD34")
    await shop.slack.command("/profile")
    await told(shop, "AB12CD34")
    assert shop.slack.api.made("views.open") == []
    await shop.slack.open_home()
    await at_home(shop, "can't get at my notes")
    await shop.slack.press_at_home("lookbook_my_data")
    await shop.slack.until(lambda: len(shop.slack.api.made("views.publish")) == 2)
    assert shop.slack.world.by_bot("DU1") == []


@pytest.mark.parametrize("way", ["command", "home"])
async def test_all_that_is_kept_comes_as_a_file_in_direct_messages(shop: Shop, way: str) -> None:
    if way == "command":
        await shop.slack.command("/my-data", channel="C1")
        await told(shop, "in our direct messages")
    else:
        await shop.slack.open_home()
        await at_home(shop, "Your profile")
        await shop.slack.press_at_home("lookbook_my_data")
        await at_home(shop, "in our direct messages")
    said, shared = shop.slack.world.by_bot("DU1")
    assert "all that I keep about you" in said.words
    ((name, content),) = shared.files.items()
    assert name.endswith(".json")
    data = json.loads(content)
    assert data["profiles"] == [LINEN.to_dict()]
    assert len(data["answers"][0]) > 100_000  # much more than messages hold
    assert shop.slack.world.by_bot("C1") == []


@pytest.mark.parametrize(
    "call", ["chat.postMessage", "files.getUploadURLExternal", "files.completeUploadExternal"]
)
async def test_data_that_cannot_be_sent_is_apologised_for(shop: Shop, call: str) -> None:
    shop.slack.fail(call, kind="error", error="file_uploads_disabled")
    await shop.slack.command("/my-data")
    await told(shop, "couldn't send you your data")


async def test_an_upload_that_breaks_off_is_apologised_for(shop: Shop) -> None:
    shop.slack.api.files.broken = True
    await shop.slack.command("/my-data")
    await told(shop, "couldn't send you your data")


async def test_forgetting_is_asked_about_and_takes_the_home_with_it(shop: Shop) -> None:
    await shop.slack.open_home()
    await at_home(shop, "navy, linen")
    handed = await shop.slack.command("/forget-me")
    assert "no way back" in handed.answer["text"]
    assert shop.assistant.forgotten == []

    (question,) = shop.slack.world.seen_only_by("U1")
    assert (await shop.slack.press(question, "lookbook_forget")).acknowledged
    await shop.slack.until(lambda: question.words == "All forgotten.")
    (shopper,) = shop.assistant.forgotten
    assert shopper.key == ME
    await shop.slack.until(lambda: "navy, linen" not in str(shop.slack.world.homes["U1"]))


async def test_forms_of_others_and_of_tomorrow_are_acknowledged(shop: Shop) -> None:
    await shop.slack.command("/profile")
    modal = await form(shop)
    modal.view["callback_id"] = "of_tomorrow"
    assert (await shop.slack.submit()).acknowledged
    assert shop.assistant.profiles == {ME: LINEN}
