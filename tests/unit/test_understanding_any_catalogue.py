"""Nothing is wired to one catalogue: a shop with other type names, no sections and no patterns."""

import pytest

from pipeline.understanding.features import tag
from tests.unit.understanding_catalogues import shop, shop_articles


def found(message: str) -> set[str]:
    constraints = shop().understand(message)
    assert constraints.outcome == "recommend", constraints.outcome
    return {
        article.name
        for article in shop_articles()
        if constraints.allows({**article.to_document().meta, "features": tag(article)})
    }


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("t-shirts", {"Breton Tee", "Boxy Tee", "Pocket Tee"}),
        ("womens t-shirts", {"Breton Tee", "Boxy Tee"}),
        ("tees for men", {"Pocket Tee"}),
        ("a wool jumper", {"Aran Jumper", "Lambswool Crew"}),
        ("trousers", {"Wide Leg Trousers"}),
        ("a skirt", {"Pleated Skirt"}),
        ("shorts", {"Cargo Shorts"}),
        ("bottoms", {"Wide Leg Trousers", "Cargo Shorts", "Pleated Skirt"}),
        ("jeans", {"Straight Jeans"}),
        ("something waterproof with a hood", {"Storm Parka"}),
        ("dress", {"Tea Frock"}),
        ("boots", {"Chelsea Boots"}),
        ("trainers", {"Canvas Trainers"}),
        ("a candle", {"Cedar Candle"}),
        ("burgundy pullover", {"Lambswool Crew"}),
        ("navy tee", {"Breton Tee"}),
        ("tees under £16", {"Breton Tee", "Boxy Tee"}),
        ("tee, nothing striped", {"Boxy Tee", "Pocket Tee"}),
    ],
)
def test_requests_reach_the_right_articles(message: str, names: set[str]) -> None:
    assert found(message) == names


@pytest.mark.parametrize(
    "message", ["a laptop", "ski boots", "swimsuits", "a bra", "shirts for my 6 year old boy"]
)
def test_what_the_shop_has_not_got_is_said(message: str) -> None:
    constraints = shop().understand(message)
    assert constraints.outcome == "not_carried"
    assert constraints.subject
