"""A Google Merchant feed: taxonomy paths for types, gender and age in attributes of their own."""

from pathlib import Path

import pytest

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues import Quarantine, open_catalogue
from pipeline.understanding import Understander, Vocabulary
from pipeline.understanding.features import tag

COLUMNS = (
    *("id", "title", "description", "link", "image_link", "availability", "price", "color"),
    *("gender", "age_group", "product_type", "google_product_category"),
)


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> list[Article]:
    path: Path = tmp_path_factory.mktemp("feed") / "feed.tsv"
    lines = ["\t".join(COLUMNS)]
    table = Path(__file__).with_name("understanding_feed.txt").read_text(encoding="utf-8")
    for number, line in enumerate(table.splitlines()[1:]):
        title, text, price, colour, gender, age, kind = line.split("|")
        kind, _, taxonomy = kind.partition(">>")
        link = f"https://shop.example/{number}"
        cells = (str(number), title, text, link, f"{link}.jpg", "in stock", price, colour)
        lines.append("\t".join((*cells, gender, age, kind, taxonomy)))
    path.write_text("\n".join(lines), encoding="utf-8")
    return list(open_catalogue(CatalogueSettings(path=path)).articles(Quarantine()))


@pytest.fixture(scope="module")
def understander(articles: list[Article]) -> Understander:
    return Understander(Vocabulary.learn(articles))


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("dresses", {"Aria", "Noor", "Beach Days"}),
        ("a midi dress", {"Aria"}),
        ("floral dress", {"Aria"}),
        ("green dress", {"Noor"}),
        ("dress or skirt under 40 euros", {"Beach Days", "Office Tube"}),
        ("a wool coat", {"City Coat"}),
        ("waterproof jacket for men", {"Trail Shell"}),
        ("shirts", {"Lumber"}),
        ("t-shirts in navy", {"Crew"}),
        ("jumper for my husband", {"Fisher"}),
        ("jeans", {"Slim Fit 5-Pocket"}),
        ("chinos", {"Weekend Chino"}),
        ("sneakers", {"Dash"}),
        ("wellies for a toddler", {"Puddle Boots"}),
        ("pyjamas for my 7 year old daughter", {"Moon Pyjamas"}),
        ("romper for a newborn", {"Bear Suit"}),
        ("tote bag", {"Tote One"}),
        ("sunglasses", {"Pilot"}),
        ("bobble hat", {"Snug"}),
        ("mustard beanie", {"Snug"}),
        ("something cheap for a man", {"Crew", "Pilot", "Snug"}),
    ],
)
def test_a_wish_leaves_exactly_the_products_that_fit(
    message: str, names: set[str], articles: list[Article], understander: Understander
) -> None:
    constraints = understander.understand(message)
    assert constraints.outcome == "recommend"
    left = {
        article.name
        for article in articles
        if constraints.allows({**article.to_document().meta, "features": tag(article)})
    }
    assert left == names
