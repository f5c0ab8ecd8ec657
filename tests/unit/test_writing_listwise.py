"""Reading the list that a model writes to the paper's prompts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import Article
from pipeline.writing.listwise import parse_list


def article(number: int, name: str) -> Article:
    return Article(
        id=f"{number:010d}", product_code=f"{number:07d}", name=name, product_type="Dress"
    )


ARTICLES = [article(101, "Solveig dress"), article(102, "Mo"), article(103, "Solveig dress long")]
A, B, C = ARTICLES

SHAPES = {
    "numbered": "1. Solveig dress - Airy and pink.\n2. Mo - A calm top.",
    "numbered with brackets": "1) Solveig dress - Airy and pink.\n2) Mo - A calm top.",
    "numbers in brackets": "(1) Solveig dress: Airy and pink.\n(2) Mo: A calm top.",
    "numbers in square brackets": "[1] Solveig dress: Airy and pink.\n[2] Mo: A calm top.",
    "colon": "1. Solveig dress: Airy and pink.\n2. Mo: A calm top.",
    "bold numbers": "**1.** Solveig dress - Airy and pink.\n**2.** Mo - A calm top.",
    "bold numbers with brackets": "**1)** Solveig dress - Airy and pink.\n**2)** Mo - A calm top.",
    "bold lines": "**1. Solveig dress** - Airy and pink.\n**2. Mo** - A calm top.",
    "bold names": "1. **Solveig dress**: Airy and pink.\n2. **Mo**: A calm top.",
    "headings": "### 1. Solveig dress\nAiry and pink.\n\n### 2. Mo\nA calm top.",
    "dashes": "- Solveig dress: Airy and pink.\n- Mo: A calm top.",
    "stars": "* Solveig dress: Airy and pink.\n* Mo: A calm top.",
    "dots": "• Solveig dress \u2013 Airy and pink.\n• Mo \u2013 A calm top.",
    "em dashes": "1. Solveig dress — Airy and pink.\n2. Mo — A calm top.",
    "item labels": "Item 1: Solveig dress - Airy and pink.\nItem 2: Mo - A calm top.",
    "no marks": "Solveig dress - Airy and pink.\nMo - A calm top.",
    "paragraphs": "Solveig dress - Airy and pink.\n\nMo - A calm top.",
    "talk before": "Here are two for you:\n\n"
    "1. Solveig dress - Airy and pink.\n2. Mo - A calm top.",
    "capitals": "1. SOLVEIG DRESS - Airy and pink.\n2. MO - A calm top.",
    "quoted names": '1. "Solveig dress" - Airy and pink.\n2. "Mo" - A calm top.',
    "ids": "1. 0000000101 - Airy and pink.\n2. 0000000102 - A calm top.",
    "ids in brackets": "1. [0000000101] Airy and pink.\n2. [0000000102] A calm top.",
    "ids and names": "1. Solveig dress (0000000101) - Airy and pink.\n"
    "2. Mo (0000000102) - A calm top.",
    "labelled ids": "1. ID: 0000000101 - Airy and pink.\n2. ID: 0000000102 - A calm top.",
    "wrapped lines": "1. Solveig dress - Airy\n   and pink.\n2. Mo - A calm\n   top.",
    "windows line ends": "1. Solveig dress - Airy and pink.\r\n2. Mo - A calm top.\r\n",
    "json list": json.dumps(
        [{"id": A.id, "introduction": "Airy and pink."}, {"id": B.id, "text": "A calm top."}]
    ),
    "json object": json.dumps({"Solveig dress": "Airy and pink.", "Mo": "A calm top."}),
    "json in talk": "Sure:\n"
    + json.dumps({"items": [{"name": A.name, "text": "Airy and pink."}]})
    + "\nand\n"
    + json.dumps({"name": "Mo", "text": "A calm top."}),
    "json cut off": '[{"id": "0000000101", "text": "Airy and pink."}, '
    '{"id": "0000000102", "text": "A calm top."}, {"id": "00000',
}


@pytest.mark.parametrize("reply", SHAPES.values(), ids=SHAPES.keys())
def test_every_usual_shape_of_a_list_is_read(reply: str) -> None:
    assert parse_list(reply, ARTICLES, 2) == [(A, "Airy and pink."), (B, "A calm top.")]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   \n ",
        "I cannot help with that.",
        "1.",
        "{",
        "[[[[",
        "1. \n2. \n3. ",
        "\x00\x01",
        "{}",
    ],
)
def test_garbage_leaves_the_base_order_without_texts(reply: str) -> None:
    assert parse_list(reply, ARTICLES, 3) == [(A, ""), (B, ""), (C, "")]


def test_the_order_of_the_reply_is_kept_and_topped_up_from_the_base_order() -> None:
    assert parse_list("1. Solveig dress long - Flowing.", ARTICLES, 3) == [
        (C, "Flowing."),
        (A, ""),
        (B, ""),
    ]


def test_the_longest_name_is_the_one_meant() -> None:
    reply = "1. Solveig dress long - Flowing.\n2. Solveig dress - Airy."
    assert parse_list(reply, ARTICLES, 2) == [(C, "Flowing."), (A, "Airy.")]


def test_unknown_articles_are_dropped() -> None:
    reply = "1. Golden gown - Shiny.\n2. 0000000999 - Other.\n3. Mo - A calm top."
    assert parse_list(reply, ARTICLES, 1) == [(B, "A calm top.")]


def test_a_second_mention_is_dropped() -> None:
    reply = "1. Mo - A calm top.\n2. Mo - Again.\n3. 0000000102 - And again."
    assert parse_list(reply, ARTICLES, 3) == [(B, "A calm top."), (A, ""), (C, "")]


def test_colour_variants_of_one_name_are_told_one_after_the_other() -> None:
    twins = [article(1, "Mo"), article(2, "Mo")]
    assert parse_list("1. Mo - First.\n2. Mo - Second.", twins, 2) == [
        (twins[0], "First."),
        (twins[1], "Second."),
    ]


def test_a_list_cut_off_keeps_what_is_there() -> None:
    reply = "1. Mo - A calm top.\n2. Solveig dress - Airy and"
    assert parse_list(reply, ARTICLES, 2) == [(B, "A calm top."), (A, "Airy and")]


def test_a_hundred_items_are_read() -> None:
    many = [article(number, f"Piece {number}") for number in range(1, 101)]
    reply = "\n".join(f"{n}. {a.name} - Text {n}." for n, a in enumerate(reversed(many), 1))
    parsed = parse_list(reply, many, 100)
    assert [a.id for a, _ in parsed] == [a.id for a in reversed(many)]
    assert parsed[9][1] == "Text 10."


def test_fewer_articles_than_asked_for_are_all_there_is() -> None:
    assert parse_list("1. Mo - A calm top.", [B], 5) == [(B, "A calm top.")]


@given(st.text(max_size=400), st.integers(0, 5))
def test_any_reply_gives_exactly_so_many_distinct_articles(reply: str, count: int) -> None:
    parsed = parse_list(reply, ARTICLES, count)
    assert len(parsed) == min(count, len(ARTICLES))
    assert len({a.id for a, _ in parsed}) == len(parsed)
