"""What the catalogue has nothing of, or nothing left of, is told or left out, never passed over."""

from dataclasses import replace

import pytest
from haystack_integrations.document_stores.qdrant.filters import convert_filters_to_qdrant

from pipeline.understanding import QueryConstraints, Understander, Vocabulary
from tests.unit.test_retriever import ShelfStore, retrieve
from tests.unit.understanding_catalogues import shop, shop_articles


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("a chiffon jumper", "Nothing here is *chiffon*, so I left that wish out."),
        ("a cashmere jumper", "Nothing in *cashmere* matched, so I took *wool*."),
        ("a dress with sequins", "Nothing here has *sequins*, so I left that wish out."),
        ("jeans in turquoise", "Nothing here comes in *turquoise*, so I left that wish out."),
    ],
)
def test_a_wish_that_no_article_meets_is_told(message: str, told: str) -> None:
    constraints = shop().understand(message)
    assert constraints.outcome == "recommend"
    assert next(constraints.relaxations())[1] == told
    assert "cashmere" not in constraints.said()
    assert "chiffon" not in constraints.said()


def test_what_no_article_has_is_given_up_before_what_some_have() -> None:
    steps = shop().understand("chiffon cable knit jumper").relaxations()
    relaxed, told = next(steps)
    assert told == "Nothing here is *chiffon*, so I left that wish out."
    assert [c.name for c in relaxed.required] == ["cable_knit"]


def test_what_comes_near_is_taken_before_a_wish_is_given_up() -> None:
    steps = list(shop().understand("a cable knit cashmere jumper").relaxations())
    assert [[c.name for c in relaxed.required] for relaxed, _ in steps] == [
        ["cable_knit", "wool"],
        ["cable_knit"],
        [],
    ]
    assert [told for _, told in steps] == [
        "Nothing in *cashmere* matched, so I took *wool*.",
        "Nothing in *wool* matched, so I left that wish out.",
        "Nothing *cable knit* matched, so I left that wish out.",
    ]


@pytest.mark.haystack
def test_the_retriever_tells_it_and_finds_the_rest() -> None:
    store = ShelfStore([replace(a.to_document(), score=0.5) for a in shop_articles()])
    found = retrieve(store, shop().understand("a chiffon skirt, or a candle"))
    assert found["relaxations"] == ["Nothing here is *chiffon*, so I left that wish out."]
    assert found["documents"]


def test_it_is_told_once_in_a_conversation() -> None:
    first = shop().understand("a cashmere jumper")
    second = shop().understand("in burgundy", first)
    told = [sentence for _, sentence in second.relaxations()]
    assert all("cashmere" not in sentence for sentence in told)


def test_it_survives_json() -> None:
    constraints = shop().understand("a cashmere jumper")
    assert QueryConstraints.from_dict(constraints.to_dict()) == constraints


@pytest.mark.parametrize(
    "gone",
    [
        "out of stock",
        "out_of_stock",
        "Out Of Stock",
        "OutOfStock",
        "https://schema.org/OutOfStock",
        "discontinued",
        "sold out",
    ],
)
def test_what_cannot_be_bought_is_never_recommended(gone: str) -> None:
    on_sale, sold = (replace(a, availability="in stock") for a in shop_articles()[:2])
    sold = replace(sold, availability=gone)
    constraints = Understander(Vocabulary.learn([on_sale, sold])).understand("tees")
    assert constraints.allows({**on_sale.to_document().meta, "features": []})
    assert not constraints.allows({**sold.to_document().meta, "features": []})
    assert f"'{gone}'" in str(constraints.filters())
    assert convert_filters_to_qdrant(constraints.filters()) is not None


@pytest.mark.parametrize("held", ["in stock", "in_stock", "preorder", "backorder", ""])
def test_what_can_be_bought_is_recommended(held: str) -> None:
    articles = [replace(a, availability=held) for a in shop_articles()]
    constraints = Understander(Vocabulary.learn(articles)).understand("tees")
    assert constraints.unavailable == ()
    assert "availability" not in str(constraints.filters())
