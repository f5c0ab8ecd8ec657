"""Discord's limits and markup: what a catalogue, a model or a shopper wrote never breaks either.

Rows of the list of known complaints: 15 (texts over 2,000 characters), 16 (labels over their
limit), 17 (pings), 19 (a picture that Discord refuses).
"""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simcord.components import validate_components, validate_embeds, validate_modal

from bot.adapters.discord import limits
from bot.adapters.discord.controls import ALL, Control, confirmation, controls, panel
from bot.adapters.discord.forms import ProfileForm
from bot.adapters.discord.markup import escaped, formatted, web_address
from bot.adapters.discord.rendering import FORMS, payload, rendered
from bot.assistant.replies import AnswerReply, Card, Notice
from pipeline.personal import ShopperProfile
from pipeline.personal.profile import PARTS
from tests.discord_shop import answer, cards

PINGS = [
    "@everyone",
    "@here",
    "<@123456789012345678>",
    "<@!123456789012345678>",
    "<@&123456789012345678>",
    "<#123456789012345678>",
    "</recommend:123456789012345678>",
    "<id:customize>",
    "<t:1700000000:R>",
    "<a:wave:123456789012345678>",
]
MARKUP = ["**bold**", "__x__", "~~x~~", "||x||", "`x`", "# Title", "- item", "> quote"]

words = st.text(st.characters(codec="utf-8"), max_size=400)
long_words = st.one_of(words, words.map(lambda text: text * 30))
addresses = st.one_of(words, st.sampled_from(["", "https://shop.example/1", "ftp://x", "https://"]))
any_cards = st.lists(
    st.builds(
        Card,
        position=st.just(0),
        article_id=words,
        title=long_words,
        facts=long_words,
        introduction=long_words,
        why=long_words,
        url=addresses,
        image_url=addresses,
    ),
    max_size=10,
)
any_answers = st.builds(
    lambda headline, found, closing, page: AnswerReply(
        "abc123",
        headline,
        tuple(
            Card(**{**vars_of(card), "position": position}) for position, card in enumerate(found)
        ),
        closing=tuple(closing),
        page=min(page, 3),
        pages=4,
    ),
    long_words,
    any_cards,
    st.lists(long_words, max_size=2),
    st.integers(0, 3),
)


def vars_of(card: Card) -> dict[str, Any]:
    return {name: getattr(card, name) for name in Card.__dataclass_fields__}


def total(embeds: list[dict[str, Any]]) -> int:
    return sum(
        len(embed.get("title", ""))
        + len(embed.get("description", ""))
        + len(embed.get("footer", {}).get("text", ""))
        for embed in embeds
    )


# --- limits ---


@settings(max_examples=150, deadline=None)
@given(any_answers, st.sampled_from(FORMS))
def test_50035_2000_or_fewer_whatever_an_answer_holds(reply: AnswerReply, form: Any) -> None:
    sent = payload(reply, form)

    assert len(sent["content"]) <= 2000
    assert len(sent["embeds"]) <= 10
    assert total(sent["embeds"]) <= 6000
    validate_embeds(sent["embeds"])
    validate_components(sent["components"])


@pytest.mark.parametrize("count", [1, 2, 10])
def test_50035_embeds_of_one_long_card_or_many_are_cut(count: int) -> None:
    long = dict.fromkeys(("title", "facts", "introduction", "why"), "long words " * 1000)

    sent = payload(answer(count, cards=cards(count, **long)))

    validate_embeds(sent["embeds"])
    assert all(len(embed["description"]) <= limits.EMBED_DESCRIPTION for embed in sent["embeds"])
    assert total(sent["embeds"]) <= limits.EMBEDS_TOTAL


def test_a_long_text_is_split_where_reading_pauses() -> None:
    text = "\n\n".join(f"Paragraph {number} " + "word " * 60 for number in range(12))

    pieces = limits.split(text)

    assert len(pieces) > 1
    assert all(len(piece) <= 2000 for piece in pieces)
    assert all(piece.startswith("Paragraph") for piece in pieces)
    assert " ".join(" ".join(pieces).split()) == " ".join(text.split())


def test_a_split_code_block_is_closed_and_opened_again() -> None:
    text = "Look:\n```python\n" + "x = 1\n" * 800 + "```\nDone."

    pieces = limits.split(text)

    assert len(pieces) > 2
    assert all(piece.count("```") % 2 == 0 for piece in pieces)
    assert all(piece.startswith("```python\n") for piece in pieces[1:-1])
    assert pieces[-1].endswith("Done.")


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab `\n.*"), max_size=3000), st.integers(40, 200))
def test_no_piece_is_longer_than_the_limit(text: str, limit: int) -> None:
    assert all(0 < len(piece) <= limit for piece in limits.split(text, limit))


@pytest.mark.parametrize(
    "view",
    [
        lambda: controls(answer(10, page=9998, pages=9999)),
        lambda: panel("abc123DEF456gh78", 9999, private=True),
        confirmation,
    ],
)
async def test_button_label_80_and_custom_id_100_hold(view: Any) -> None:
    rows = view().to_components()

    validate_components(rows)
    buttons = [button for row in rows for button in row["components"]]
    assert all(0 < len(button["label"]) <= limits.BUTTON_LABEL for button in buttons)
    assert all(len(button["custom_id"]) <= limits.CUSTOM_ID for button in buttons)


async def test_the_form_of_a_profile_keeps_to_the_limits_whatever_was_kept() -> None:
    profile = ShopperProfile(*["long words " * 500] * 4, firm=frozenset(PARTS))

    form = ProfileForm(profile).to_dict()

    validate_modal(form)
    assert len(form["title"]) <= limits.MODAL_TITLE
    assert len(form["components"]) == limits.MODAL_INPUTS
    for label in form["components"]:
        field = label["component"]
        assert len(label["label"]) <= limits.MODAL_LABEL
        assert len(field.get("value", "")) <= field.get("max_length", 0)
        assert len(field["placeholder"]) <= limits.MODAL_PLACEHOLDER


def test_ten_cards_fit_one_message_with_all_controls() -> None:
    sent = payload(answer(10, pages=3, page=1))

    assert len(sent["embeds"]) == 10
    assert [len(row["components"]) for row in sent["components"]] == [5, 5, 4]


def test_a_page_numbers_its_articles_as_the_answer_does() -> None:
    sent = payload(answer(2, cards=cards(7)[5:], pages=2, page=1))

    assert [each["label"] for each in sent["components"][0]["components"]] == ["6", "7"]
    assert [each["title"][:2] for each in sent["embeds"]] == ["6 ", "7 "]


def test_no_reason_of_a_taste_is_shown_where_others_read() -> None:
    for form in FORMS:
        sent = payload(answer(2, cards=cards(2, reason="you like *tweed*")), form)
        assert "tweed" not in str(sent)


async def test_every_control_finds_its_own_ids_again() -> None:
    views = [controls(answer(10, pages=3)), panel("abc123", 3, private=False), confirmation()]
    made = [control for view in views if view for control in view.children]

    assert {type(control) for control in made} == set(ALL)
    for control in made:
        assert isinstance(control, Control)
        (kind, match) = next(iter(_kinds(control.custom_id)))
        again = await kind.from_custom_id(None, None, match)
        assert type(again) is type(control)
        assert again.custom_id == control.custom_id
        assert len(_kinds(control.custom_id)) == 1


def _kinds(custom_id: str) -> list[tuple[type[Control], re.Match[str]]]:
    found = [(kind, kind.__discord_ui_compiled_template__.fullmatch(custom_id)) for kind in ALL]
    return [(kind, match) for kind, match in found if match]


# --- markup ---


@pytest.mark.parametrize("ping", PINGS)
def test_everyone_ping_by_a_model_or_a_catalogue_is_defanged(ping: str) -> None:
    reply = answer(
        1,
        headline=f"You said {ping}.",
        cards=cards(1, title=ping, facts=ping, introduction=ping),
        relaxations=(f"Nothing in {ping}.",),
        closing=(ping,),
    )

    for form in FORMS:
        sent = payload(reply, form)
        assert ping not in sent["content"]
        assert not any(ping in embed["title"] + embed["description"] for embed in sent["embeds"])


@pytest.mark.parametrize("markup", MARKUP)
def test_markup_in_a_catalogue_is_shown_as_it_stands(markup: str) -> None:
    assert escaped(markup) != markup
    assert escaped(markup).replace("\\", "") == markup


def test_links_in_a_text_lead_nowhere() -> None:
    shown = escaped("see [our shop](https://evil.example/x) or https://evil.example")

    assert "https://" not in shown
    assert "\\[our shop]" in shown


def test_starred_words_are_bold_and_stray_stars_are_stars() -> None:
    assert formatted("You'd like *linen_shirts*.") == "You'd like **linen\\_shirts**."
    assert formatted("5 * 3") == "5 \\* 3"


def test_a_code_block_is_kept_as_it_is() -> None:
    assert formatted("*Run* this:\n```\na_b\n```") == "**Run** this:\n```\na_b\n```"


def test_text_that_turns_the_reading_direction_cannot_turn_ours() -> None:
    sent = payload(answer(1, cards=cards(1, title="abc\u202edef\u2066", why="\u202ex")))

    assert sent["embeds"][0]["title"] == "1 · abcdef"
    assert sent["embeds"][0]["footer"] == {"text": "x"}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "ftp://shop.example/1.jpg",
        "//shop.example/1.jpg",
        "https://",
        "https://[broken",
        "https://shop.example/a b.jpg",
        "https://shop.example/" + "a" * 2048,
        "https://shop.example/\n1.jpg",
    ],
)
def test_an_address_that_discord_refuses_is_left_out(address: str) -> None:
    assert web_address(address) == ""


# --- cards ---


def test_articles_that_share_a_page_keep_their_own_embeds() -> None:
    page = "https://shop.example/shirt"
    sent = payload(answer(3, cards=cards(3, url=page)))

    links = [embed["url"] for embed in sent["embeds"]]
    assert len(set(links)) == 3
    assert all(link.split("#")[0] == page for link in links)


def test_a_bare_answer_has_neither_links_nor_pictures() -> None:
    sent = payload(answer(2), "bare")

    assert all("url" not in embed and "thumbnail" not in embed for embed in sent["embeds"])
    assert sent["components"] == payload(answer(2))["components"]


def test_a_plain_answer_holds_all_that_a_card_says() -> None:
    sent = payload(answer(1), "plain")

    assert sent["embeds"] == []
    for part in ("Linen shirt 0", "39.00 EUR", "warm days", "linen, white"):
        assert part in sent["content"]
    assert "<https://shop.example/shirts/0>" in sent["content"]


def test_an_answer_without_an_id_has_nothing_to_press() -> None:
    assert payload(answer(1, answer_id=""))["components"] == []


def test_an_answer_without_articles_is_its_sentence() -> None:
    sent = payload(AnswerReply("", "We don't carry *cars*, sorry."))

    assert sent == {"content": "We don't carry **cars**, sorry.", "embeds": [], "components": []}


# --- notices ---


def test_a_failure_names_its_reference() -> None:
    assert "Reference AB12CD34" in rendered(Notice("failed", "Sorry.", "AB12CD34")).content


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [(0.0, "▱▱▱▱▱▱▱▱▱▱ 0%"), (0.5, "▰▰▰▰▰▱▱▱▱▱ 50%"), (1.7, "▰▰▰▰▰▰▰▰▰▰ 100%")],
)
def test_progress_is_a_bar(fraction: float, bar: str) -> None:
    assert bar in rendered(Notice("progress", "Embedding", fraction=fraction)).content


def test_progress_of_unknown_length_has_no_bar() -> None:
    assert rendered(Notice("progress", "Reading")).content == "Reading"
