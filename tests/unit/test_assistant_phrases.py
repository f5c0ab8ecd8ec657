"""What the assistant says, in its own words."""

import pytest

from bot import phrases
from bot.assistant.answers import answer_reply, page_of
from pipeline.index import Progress
from pipeline.recommendation import Recommendation, RecommendedArticle
from pipeline.understanding import Understander, Vocabulary
from tests.fake_recommender import articles


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (1, "You're next in line."),
        (3, "You're third in line."),
        (9, "You're ninth in line."),
        (10, "You're number 10 in line."),
    ],
)
def test_a_place_in_line_is_told_as_people_say_it(place: int, told: str) -> None:
    assert phrases.in_line(place) == told


def test_seconds_are_counted_properly() -> None:
    assert "1 second." in phrases.too_soon(1)
    assert "2 seconds." in phrases.too_soon(2)


@pytest.mark.parametrize(
    ("count", "shown", "which"),
    [(1, 1, "this one"), (5, 5, "all of these"), (1, 5, "the last one"), (2, 5, "the last 2")],
)
def test_what_fills_an_answer_up_is_named(count: int, shown: int, which: str) -> None:
    told = f"You have seen {which} before; nothing else matches."
    assert phrases.repeats(count, shown) == told


@pytest.mark.parametrize(
    ("why", "reason", "told"),
    [
        ("red · soft", "you like *linen*", "*Hat*: red · soft; you like *linen*."),
        ("", "you like *linen*", "*Hat*: you like *linen*."),
        ("red", "", "*Hat*: red."),
        ("", "", "*Hat*: it comes closest to what was asked for."),
    ],
)
def test_an_article_is_explained_in_one_line(why: str, reason: str, told: str) -> None:
    assert phrases.because("Hat", why, reason) == told


def test_a_build_step_names_its_stage_and_how_far_it_is() -> None:
    assert phrases.build_step(Progress("embedding", 1_200, 105_542, 9.0, None)) == (
        "Step 2 of 6, embedding: 1,200 of 105,542."
    )
    assert phrases.build_step(Progress("reading", 1_200, 0, 9.0, None)) == (
        "Step 1 of 6, reading: 1,200."
    )


def shown_why(message: str) -> list[str]:
    shelf = articles(3)
    constraints = Understander(Vocabulary.learn(shelf)).understand(message)
    found = Recommendation(constraints, 3, tuple(RecommendedArticle(a, 1.0) for a in shelf))
    return [card.why for card in answer_reply(found).cards]


def test_a_card_says_which_wishes_it_meets_and_no_others() -> None:
    assert shown_why("a soft red dress for my wife") == [
        "red · for women · soft",
        "for women · soft",
        "for women · soft",
    ]
    assert shown_why("a dress") == ["", "", ""]


def test_pages_hold_every_card_once() -> None:
    shelf = articles(7)
    constraints = Understander(Vocabulary.learn(shelf)).understand("a dress")
    found = Recommendation(constraints, 7, tuple(RecommendedArticle(a, 1.0) for a in shelf))
    whole = answer_reply(found, answer_id="A1")
    pages = [page_of(whole, page, 3) for page in range(3)]
    assert [len(page.cards) for page in pages] == [3, 3, 1]
    assert [card for page in pages for card in page.cards] == list(whole.cards)
    assert all((page.pages, page.page) == (3, n) for n, page in enumerate(pages))
    nothing = page_of(answer_reply(Recommendation(constraints)), 0, 3)
    assert (nothing.pages, nothing.cards) == (1, ())
