"""Vocabularies the understanding tests share: the sample catalogue, and shops of other words."""

import csv
import re
import tempfile
from functools import cache
from pathlib import Path

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues import Quarantine, open_catalogue
from pipeline.understanding import Understander, Vocabulary

# (product type, name, description, colour): type names unlike H&M's, no sections, no patterns.
_SHOP = [
    ("Women's Tees", "Breton Tee", "Striped tee in organic cotton.", "Navy"),
    ("Women's Tees", "Boxy Tee", "Boxy tee in heavy cotton.", "White"),
    ("Men's Tees", "Pocket Tee", "Tee with a chest pocket.", "Black"),
    ("Jumpers & Knitwear", "Aran Jumper", "Cable knit jumper in pure wool.", "Cream"),
    ("Jumpers & Knitwear", "Lambswool Crew", "Crew neck jumper in lambswool.", "Burgundy"),
    ("Bottoms", "Wide Leg Trousers", "Wide leg trousers in linen.", "Sage Green"),
    ("Bottoms", "Cargo Shorts", "Cotton shorts with cargo pockets.", "Olive"),
    ("Bottoms", "Pleated Skirt", "Midi skirt with pleats.", "Black"),
    ("Denim", "Straight Jeans", "Straight jeans in rigid denim.", "Indigo Blue"),
    ("Coats & Jackets", "Storm Parka", "Waterproof parka with a hood.", "Forest Green"),
    ("Coats & Jackets", "Quilted Gilet", "Quilted gilet.", "Navy"),
    ("Coats & Jackets", "Wool Overcoat", "Overcoat in a wool blend.", "Camel"),
    ("Frocks", "Tea Frock", "Floral frock with short sleeves.", "Pale Pink"),
    ("Women's Footwear", "Chelsea Boots", "Chelsea boots in leather.", "Tan"),
    ("Women's Footwear", "Canvas Trainers", "Trainers in canvas.", "White"),
    ("Candles", "Cedar Candle", "Scented candle in a tin.", "White"),
]


@cache
def sample() -> Understander:
    """Return an understander of the sample catalogue."""
    return Understander(
        Vocabulary.learn(open_catalogue(CatalogueSettings()).articles(Quarantine()))
    )


def shop_articles() -> list[Article]:
    """Return the articles of the shop of other words, priced 10, 15, 20 ..."""
    return [
        Article(
            id=str(number),
            product_code=str(number),
            name=name,
            product_type=kind,
            colour=colour,
            description=text,
            price=10.0 + 5 * number,
            currency="GBP",
        )
        for number, (kind, name, text, colour) in enumerate(_SHOP)
    ]


@cache
def shop() -> Understander:
    """Return an understander of the shop of other words."""
    return Understander(Vocabulary.learn(shop_articles()))


@cache
def boutique_articles() -> tuple[Article, ...]:
    """Return the boutique of understanding_boutique.txt, read from a Shopify export of it."""
    lines = Path(__file__).with_name("understanding_boutique.txt").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "export.csv")
        with path.open("w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream)
            rows.writerow(_SHOPIFY)
            for line in lines.splitlines():
                if not line.startswith("#"):
                    rows.writerows(_rows([cell.strip() for cell in line.split("|")]))
        settings = CatalogueSettings(path=path, currency="GBP")
        return tuple(open_catalogue(settings).articles(Quarantine()))


@cache
def boutique() -> Understander:
    """Return an understander of the boutique."""
    return Understander(Vocabulary.learn(boutique_articles()))


_SHOPIFY = [
    *("Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published"),
    *("Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value"),
    *("Variant Inventory Tracker", "Variant Inventory Qty", "Variant Price", "Status"),
]


def _rows(cells: list[str]) -> list[list[str]]:
    kind, whom, title, colours, price, text = cells
    handle = re.sub(r"\W+", "-", title.lower())
    shared = [handle, title, f"<p>{text}</p>", "Fairweather", kind, f"{whom}, new in", "true"]
    return [
        [*shared, "Color", colour.strip(), "Size", size, "shopify", "3", price, "active"]
        for colour in colours.split(",")
        for size in _sizes(kind, whom)
    ]


def _sizes(kind: str, whom: str) -> tuple[str, ...]:
    if kind == "Shoes":
        return ("UK 6", "UK 8")
    if kind in ("Bags & Purses", "Gift Cards", "Hats, Scarves & Gloves", "Home Fragrance"):
        return ("One size",)
    if whom in ("kids", "girls"):
        return ("4-6 Y", "6-8 Y")
    return ("M", "L", "2XL") if whom == "men" else ("XS", "S", "Medium")
