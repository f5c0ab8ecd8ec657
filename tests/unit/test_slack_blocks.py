"""Replies as Block Kit: within every limit that Slack's own rules name, whatever is in them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.blocks import (
    image_address,
    message,
    names_of,
    waiting,
    without_blocks,
    without_images,
)
from bot.adapters.slack.buttons import CARD_MENU, Target, pressed
from bot.adapters.slack.places import RESPONSE_SHOWS, RESPONSE_USES, UPDATE_SPACING_S
from bot.assistant.replies import AnswerReply, Card, Notice
from tests.slack_server.rules import fault_of_message, pings

TEXT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["", "<!channel>", "👗" * 4000, "&" * 4000, "word " * 1500, "*" * 3001, "\n" * 50]
    ),
)
CARDS = st.builds(
    Card,
    position=st.integers(0, 99),
    article_id=TEXT,
    title=TEXT,
    facts=TEXT,
    introduction=TEXT,
    why=TEXT,
    url=TEXT | TEXT.map(lambda text: f"https://shop.example/{text}"),
    image_url=TEXT | st.just("https://img.example/1.jpg"),
)
ANSWERS = st.builds(
    AnswerReply,
    answer_id=st.sampled_from(["", "Ab12", "A" * 16]),
    headline=TEXT,
    cards=st.lists(CARDS, max_size=12, unique_by=lambda card: card.position).map(tuple),
    relaxations=st.lists(TEXT, max_size=4).map(tuple),
    closing=st.lists(TEXT, max_size=4).map(tuple),
    page=st.integers(0, 5),
    pages=st.integers(1, 6),
    writing=st.booleans(),
)
NOTICES = st.builds(
    Notice,
    kind=st.sampled_from(["waiting", "info", "refused", "failed", "progress", "done"]),
    text=TEXT,
    reference=st.sampled_from(["", "AB12CD34"]),
    fraction=st.none() | st.floats(-1, 2),
)


@given(ANSWERS | NOTICES, st.booleans(), TEXT)
def test_every_reply_is_a_message_that_slack_takes_c13_c14_c16(
    reply: AnswerReply | Notice, private: bool, note: str
) -> None:
    """C13, C14, C16: no block, label or sum is beyond a limit, and no builder raises."""
    whole = message(reply, private=private, note=note)
    early = message(names_of(reply), private=private)
    for form in (whole, without_images(whole), without_blocks(whole), early):
        assert fault_of_message(form, update=True) == ("", "")
        assert pings(form) == []


def full(**values: Any) -> AnswerReply:
    given_cards = tuple(
        Card(
            position=n,
            article_id=f"{n}",
            title=f"Dress {n}",
            facts="Dress · Red",
            introduction="Light and airy.",
            why="red",
            url=f"https://shop.example/{n}",
            image_url=f"https://img.example/{n}.jpg",
        )
        for n in range(5)
    )
    return AnswerReply(
        **{"answer_id": "Ab12", "headline": "Red dresses.", "cards": given_cards, **values}
    )


def buttons(whole: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (element["action_id"].removeprefix("lookbook_"), element["value"])
        for block in whole["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "button"
    ]


def test_a_card_shows_its_name_as_a_link_its_facts_its_words_and_its_picture() -> None:
    section = message(full())["blocks"][1]
    assert section["text"]["text"] == (
        "*<https://shop.example/0|Dress 0>*\nDress · Red\nLight and airy.\n_red_"
    )
    assert section["accessory"] == {
        "type": "image",
        "image_url": "https://img.example/0.jpg",
        "alt_text": "Dress 0",
    }


def test_an_answer_that_is_still_written_has_nothing_to_press() -> None:
    whole = message(full(writing=True))
    assert buttons(whole) == []
    assert "Still writing" in str(whole["blocks"][-1])


def test_a_page_in_the_middle_turns_both_ways() -> None:
    pressed = buttons(message(full(page=1, pages=3), private=True))
    assert pressed[-4:] == [
        ("back", "Ab12:0"),
        ("next", "Ab12:2"),
        ("more", "Ab12:0"),
        ("share", "Ab12:1"),
    ]
    assert pressed[:3] == [("like", "Ab12:0"), ("dislike", "Ab12:0"), ("similar", "Ab12:0")]


def test_what_is_only_a_picture_has_words_for_screen_readers() -> None:
    (first, *_) = (b for b in message(full())["blocks"] if b["type"] == "actions")
    spoken = [element.get("accessibility_label") for element in first["elements"]]
    assert spoken == ["I like it", "Not for me", None, None]


def test_a_public_answer_has_nothing_to_share_and_one_page_nothing_to_turn() -> None:
    names = {name for name, _ in buttons(message(full()))}
    assert names == {"like", "dislike", "similar", "more"}


def test_the_menu_of_a_card_explains_it_turns_its_kind_down_and_completes_the_outfit() -> None:
    menus = [
        element
        for block in message(full())["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == "overflow"
    ]
    assert len(menus) == 5
    labels = [option["text"]["text"] for option in menus[2]["options"]]
    assert labels == ["Why this?", "Not this kind", "Complete the outfit"]
    chosen = [
        pressed({"type": "overflow", "action_id": menus[2]["action_id"], "selected_option": option})
        for option in menus[2]["options"]
    ]
    assert chosen == [(action, Target("Ab12", 2)) for action in CARD_MENU]


def test_what_an_answer_owes_to_its_askers_taste_is_in_no_message() -> None:
    """Whoever shares a channel reads it, and whoever it is shared with."""
    told = full(cards=(Card(0, "0", "Dress", "Dress · Red", reason="you like *linen*"),))
    for private in (True, False):
        assert "linen" not in str(message(told, private=private))


def test_an_answer_without_articles_has_no_buttons() -> None:
    assert buttons(message(full(cards=()))) == []


def test_plain_text_keeps_every_article() -> None:
    text = without_blocks(message(full()))["text"]
    assert all(f"Dress {n}" in text for n in range(5))


def test_progress_is_drawn() -> None:
    whole = message(Notice("progress", "Embedding.", fraction=0.5))
    assert "50%" in str(whole["blocks"][-1])
    assert "▰▰▰▰▰▰▱▱▱▱▱▱" in str(whole["blocks"][-1])


def test_the_first_sign_of_life_is_text_and_blocks() -> None:
    assert waiting()["text"]
    assert waiting()["blocks"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://img.example/a.jpg",
        "https://img.example/a.webp",
        "https://img.example/a",
        "https://img.example/a.svg",
        "https://localhost/a.jpg",
        "https://img.example/a b.jpg",
        "https://img.example/ä.jpg",
        "https://[bad/a.jpg",
        "https://img.example/" + "a" * 3000 + ".jpg",
        "data:image/png;base64,AAAA",
    ],
)
def test_pictures_that_slack_may_refuse_are_left_out_c19(url: str) -> None:
    """C19: https and an extension that Slack shows; a webp picture kills the message."""
    assert image_address(url) == ""


def test_pictures_with_a_query_are_shown() -> None:
    assert image_address("https://img.example/A.JPG?w=300") == "https://img.example/A.JPG?w=300"


@given(st.from_regex(r"\A[A-Za-z0-9]{1,16}\Z"), st.integers(0, 10_000))
def test_a_button_carries_its_answer_and_number(answer_id: str, number: int) -> None:
    assert Target.read(Target(answer_id, number).value) == Target(answer_id, number)


@pytest.mark.parametrize(
    "value", ["", ":", "Ab12", "Ab12:", ":1", "Ab12:x", "a b:1", "Ä:1", "A:-1"]
)
def test_values_that_no_button_of_ours_carries_are_not_read(value: str) -> None:
    assert Target.read(value) is None


def test_the_pace_is_within_slacks_rules() -> None:
    assert UPDATE_SPACING_S >= 60 / 50  # chat.update, Tier 3
    assert RESPONSE_SHOWS + 2 < RESPONSE_USES  # an answer in two forms, one use for an error
