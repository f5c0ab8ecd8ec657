"""Details in words that no list has, learnt from the catalogue itself."""

import pytest

from pipeline.article import Article
from pipeline.understanding import QueryConstraints, Understander, Vocabulary
from pipeline.understanding.features import WORD, singular, tag


def _bags(number: int, name: str, description: str) -> list[Article]:
    """Return bags that are alike but for their ids."""
    return [
        Article(
            id=f"{name}{i}",
            product_code=f"{name}{i}",
            name=name,
            description=description,
            product_type="Bag",
        )
        for i in range(number)
    ]


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander(
        Vocabulary.learn(
            [
                *_bags(4, "Opera", "Bag with a zirconia clasp and a hummingbird badge."),
                *_bags(3, "Aria", "Bag with a zirconia clasp."),
                *_bags(20, "Mono", "Bag in canvas."),
            ]
        )
    )


def _words(constraints: QueryConstraints) -> list[str]:
    return [c.name for c in constraints.preferred if c.name.startswith(WORD)]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (["a bag with a zirconia clasp"], ["word:zirconia clasp", "word:zirconia"]),
        (["a hummingbird bag"], ["word:hummingbird"]),
        (["bags", "zirconia please"], ["word:zirconia"]),
        (["bags", "with hummingbirds"], ["word:hummingbird"]),
    ],
)
def test_details_of_a_wish_are_preferred(
    understander: Understander, ask: list[str], words: list[str]
) -> None:
    held: QueryConstraints | None = None
    for message in ask:
        held = understander.understand(message, held)
    assert held is not None
    assert _words(held)[0] == words[0]
    assert set(_words(held)) <= set(words)
    assert held.allows({"product_type": "Bag", "features": []})  # They rank, and filter nothing.
    assert "zirconia" in held.search_text or "hummingbird" in held.search_text


@pytest.mark.parametrize(
    "ask",
    [
        "a bag, I saw a hummingbird today",  # told in passing
        "a bag without zirconia",
        "a bag with a gargoyle",  # the catalogue has none
        "a mono bag",  # most are
        "thanks, a bag",
    ],
)
def test_what_is_no_detail_of_a_wish_is_left(understander: Understander, ask: str) -> None:
    assert _words(understander.understand(ask)) == []


def test_articles_carry_the_words_no_list_has() -> None:
    told = tag(_bags(1, "Opera", "Red leather bags with hummingbirds and a clasp.")[0])
    assert {"word:opera", "word:hummingbird", "word:clasp"} <= set(told)
    assert not {"word:red", "word:leather", "word:with"} & set(told)


@pytest.mark.parametrize(
    ("word", "one"), [("claws", "claw"), ("glass", "glass"), ("lotus", "lotus"), ("iris", "iris")]
)
def test_several_are_one(word: str, one: str) -> None:
    assert singular(word) == one
