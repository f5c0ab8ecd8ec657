"""Tags say what an article's own words say, and not what they deny."""

import pytest

from pipeline.article import Article
from pipeline.understanding.features import KIND, tag


def tags(text: str = "", **fields: str) -> set[str]:
    article = Article(
        id="1",
        product_code="1",
        description=text,
        **{"name": "Nova", "product_type": "X", **fields},
    )
    return set(tag(article))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Jacket with a detachable hood.", "hooded"),
        ("Parka in water-repellent fabric.", "waterproof"),
        ("Trousers with a high, elasticated waist.", "high_waist"),
        ("Trousers with wide, straight legs.", "wide_leg"),
        ("Boots in leather with a zip.", "leather"),
        ("Bag in imitation leather.", "faux_leather"),
        ("Dress in a linen blend.", "linen"),
        ("Socks in a 5-pack.", "multipack"),
    ],
)
def test_what_the_text_tells_is_tagged(text: str, name: str) -> None:
    assert name in tags(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Coat without a hood.", "hooded"),
        ("Bag in imitation leather.", "leather"),
        ("Boots in canvas. Leather insoles.", "leather"),
        ("Jacket. Unlined.", "lined"),
        ("Bra with no underwire.", "underwired"),
        ("Top with press-studs down the front.", "studs"),
        ("Jacket in nylon with a fleece lining.", "fleece"),
        ("Coat with non-waterproof seams.", "waterproof"),
    ],
)
def test_what_the_text_denies_is_not(text: str, name: str) -> None:
    assert name not in tags(text)


def test_a_kind_is_read_from_the_first_words_of_the_description() -> None:
    assert KIND + "coat" in tags("Double-breasted coat in felted wool with a belt.")
    assert KIND + "belt" not in tags("Double-breasted coat in felted wool with a belt.")


def test_the_pattern_field_outweighs_a_mention() -> None:
    assert "striped" not in tags("Top with a striped trim.", pattern="Solid")
    assert "striped" in tags("Top in jersey.", pattern="Stripe")


@pytest.mark.parametrize(
    ("fields", "whom"),
    [
        ({"section": "Womens Casual"}, {"women", "adults"}),
        ({"index_group": "Menswear"}, {"men", "adults"}),
        (
            {"index_name": "Children Sizes 92-140", "department": "Kids Girl Dresses"},
            {"children", "girls", "kids"},
        ),
        (
            {"index_name": "Children Sizes 134-170", "section": "Young Boy"},
            {"children", "boys", "teens"},
        ),
        ({"index_name": "Baby Sizes 50-98"}, {"children", "baby", "girls", "boys"}),
        ({"section": "Boys 2-6 years"}, {"children", "boys", "kids"}),
        ({"product_type": "Women's Tees"}, {"women", "adults"}),
        ({}, {"adults"}),
    ],
)
def test_whom_it_is_for_is_read_from_the_shops_own_sections(
    fields: dict[str, str], whom: set[str]
) -> None:
    every = {"women", "men", "adults", "children", "girls", "boys", "kids", "teens", "baby"}
    assert tags("", **fields) & every == whom
