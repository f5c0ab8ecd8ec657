"""Sizes asked for in a message, where the catalogue knows sizes, and where it does not."""

import pytest

from pipeline.article import Article
from pipeline.understanding import Understander
from pipeline.understanding.features import tag
from tests.unit.understanding_catalogues import boutique, boutique_articles, sample


def asked(message: str, understander: Understander | None = None) -> list[tuple[str, bool]]:
    found = (understander or boutique()).understand(message)
    return [(c.words, c.absent) for c in found.required if c.slot == "size"]


def fitting(message: str) -> list[set[str]]:
    """Return the sizes of each article that passes a message's filters."""
    wish = boutique().understand(message)
    tags = [(a, tag(a)) for a in boutique_articles()]
    return [
        {name for name in tags if name.startswith("size:")}
        for a, tags in tags
        if wish.allows({**a.to_document().meta, "features": tags})
    ]


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        ({"sizes": "S, M"}, {"size:s", "size:m"}),
        ({"size": "Medium"}, {"size:m"}),
        ({"sizes": "X-Large, 2XL"}, {"size:xl", "size:xxl"}),
        ({"size": "UK 10 / EU 38"}, {"size:uk 10", "size:eu 38"}),
        ({"size": "6-8 Years"}, {"size:6 to 8 years"}),
        ({"size": "One Size"}, set()),
        ({"size": "O/S"}, set()),
        ({"size": "N/A"}, set()),
        ({}, set()),
    ],
)
def test_sizes_are_known_by_one_name_however_a_shop_writes_them(listed, names) -> None:
    article = Article("1", "1", "Tee", "T-shirt", extra=listed)
    assert {name for name in tag(article) if name.startswith("size:")} == names


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("a black jumper in size M", "size M"),
        ("a black jumper, size medium", "size M"),
        ("jeans size L or 2XL", "size L or size XXL"),
        ("an xs dress", "size XS"),
        ("boots in a UK 8", "size UK 8"),
        ("boots in size 8", "size 8"),
        ("a jumper size 6-8 y", "size 6 to 8 y"),
    ],
)
def test_a_size_is_read(message: str, words: str) -> None:
    assert asked(message) == [(words, False)]


@pytest.mark.parametrize(
    ("message", "wanted", "unsized"),
    [
        ("jumpers for men in size L", "size:l", "jumpers for men"),
        ("shoes in size 8", "size:uk 8", "shoes"),
        ("XS dresses for women", "size:xs", "dresses"),
    ],
)
def test_only_what_comes_in_the_size_is_found(message: str, wanted: str, unsized: str) -> None:
    found = fitting(message)
    assert found
    assert all(wanted in sizes for sizes in found)
    assert len(found) <= len(fitting(unsized))


@pytest.mark.parametrize(
    "message", ["a small bag", "a large tote", "8 boots", "medium blue jeans", "a red dress"]
)
def test_words_that_are_no_sizes_are_left_alone(message: str) -> None:
    assert asked(message) == []


def test_a_size_is_no_number_of_articles() -> None:
    assert boutique().understand("boots in size 6 or 8").count is None
    assert boutique().understand("3 boots in size 8").count == 3


def test_a_size_that_nothing_comes_in_is_told() -> None:
    assert asked("a dress in size 44") == [("size 44", True)]
    wish = boutique().understand("a dress in size 44")
    (_, told), *_ = wish.relaxations()
    assert told == "Nothing here comes in *size 44*, so I left that wish out."


def test_it_is_said_with_the_wish() -> None:
    wish = boutique().understand("a black jumper in size M or L")
    assert wish.said() == "I looked for *jumpers* in *black* in *size M* or *size L*."


def test_another_size_replaces_it_in_a_conversation() -> None:
    first = boutique().understand("jumpers in size M")
    then = boutique().understand("rather in size L", first)
    assert [c.words for c in then.required if c.slot == "size"] == ["size L"]


def test_a_catalogue_without_sizes_reads_none() -> None:
    assert asked("a black jumper in size M", sample()) == []
