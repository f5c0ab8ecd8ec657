"""Shopify's product export."""

import csv
from pathlib import Path

import pytest

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues import CatalogueError, Quarantine, open_catalogue

OLD_NAMES = {
    "handle": "Handle",
    "title": "Title",
    "body": "Body (HTML)",
    "vendor": "Vendor",
    "category": "Product Category",
    "type": "Type",
    "tags": "Tags",
    "published": "Published",
    "option1": "Option1 Name",
    "value1": "Option1 Value",
    "option2": "Option2 Name",
    "value2": "Option2 Value",
    "sku": "Variant SKU",
    "tracker": "Variant Inventory Tracker",
    "quantity": "Variant Inventory Qty",
    "policy": "Variant Inventory Policy",
    "price": "Variant Price",
    "image": "Image Src",
    "gender": "Google Shopping / Gender",
    "age": "Google Shopping / Age Group",
    "pattern": "Color (product.metafields.shopify.color-pattern)",
    "variant_image": "Variant Image",
    "status": "Status",
}
NEW_NAMES = OLD_NAMES | {
    "handle": "URL handle",
    "body": "Description",
    "category": "Product category",
    "published": "Published on online store",
    "option1": "Option1 name",
    "value1": "Option1 value",
    "option2": "Option2 name",
    "value2": "Option2 value",
    "sku": "SKU",
    "tracker": "Inventory tracker",
    "quantity": "Inventory quantity",
    "policy": "Continue selling when out of stock",
    "price": "Price",
    "image": "Product image URL",
    "age": "Google Shopping / Age group",
    "pattern": "Farbe (product.metafields.shopify.color-pattern)",
    "variant_image": "Variant image URL",
}
DRESS = {
    "handle": "summer-dress",
    "title": "Summer Dress",
    "body": "<p>Light &amp; airy.</p><p>Lined.</p>",
    "vendor": "Acme",
    "type": "Dresses",
    "tags": "new, linen",
    "published": "true",
    "option1": "Color",
    "value1": "Sky Blue",
    "option2": "Size",
    "value2": "S",
    "tracker": "shopify",
    "quantity": "0",
    "policy": "deny",
    "price": "49.90",
    "image": "https://img.example/1.jpg",
    "gender": "Female",
    "age": "Adult",
    "status": "active",
}


def more(handle: str, **cells: str) -> dict[str, str]:
    stock = {"tracker": "shopify", "quantity": "0", "policy": "deny"}
    return {"handle": handle, **stock, **cells}


def read(
    path: Path, *rows: dict[str, str], names: dict[str, str] = OLD_NAMES
) -> tuple[list[Article], Quarantine]:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names.values())
        writer.writerows([row.get(key, "") for key in names] for row in rows)
    catalogue = open_catalogue(CatalogueSettings(path=path, currency="EUR"))
    assert catalogue.format == "shopify"
    quarantine = Quarantine()
    return list(catalogue.articles(quarantine)), quarantine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "products_export.csv"


@pytest.mark.parametrize("names", [OLD_NAMES, NEW_NAMES], ids=["older names", "newer names"])
def test_a_product_becomes_one_article_per_colour_with_its_sizes(
    path: Path, names: dict[str, str]
) -> None:
    articles, quarantine = read(
        path,
        DRESS,
        more("summer-dress", value1="Sky Blue", value2="M", price="45.00", quantity="3"),
        more(
            "summer-dress",
            value1="Black/White",
            value2="S",
            price="55",
            variant_image="https://img.example/black.jpg",
        ),
        more("summer-dress", image="https://img.example/2.jpg"),
        names=names,
    )
    blue, black = articles
    assert blue == Article(
        id="summer-dress--sky-blue",
        product_code="summer-dress",
        name="Summer Dress",
        product_type="Dresses",
        colour="Sky Blue",
        colour_family="Sky Blue",
        index_name="Women",
        index_group="Women",
        description="Light & airy. Lined.",
        price=45.0,
        currency="EUR",
        availability="in_stock",
        image_url="https://img.example/1.jpg",
        extra={"vendor": "Acme", "tags": "new, linen", "sizes": "S, M"},
    )
    assert (black.id, black.colour, black.colour_family) == (
        "summer-dress--black-white",
        "Black/White",
        "Black",
    )
    assert (black.price, black.availability) == (55.0, "out_of_stock")
    assert black.image_url == "https://img.example/black.jpg"
    assert black.url == ""
    assert quarantine.count == 0


def test_a_product_without_a_colour_option_keeps_its_handle_as_id(path: Path) -> None:
    plain = DRESS | {"option1": "Title", "value1": "Default Title", "option2": "", "value2": ""}
    (article,), _ = read(path, plain)
    assert (article.id, article.product_code, article.colour) == ("summer-dress",) * 2 + ("",)
    assert "sizes" not in article.extra


def test_a_colour_metafield_serves_where_no_option_is_a_colour(path: Path) -> None:
    plain = DRESS | {"option1": "Size", "value1": "S", "option2": "", "pattern": "navy-blue"}
    (article,), _ = read(path, plain)
    assert (article.id, article.colour) == ("summer-dress", "Navy Blue")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "draft"}, "It is a draft."),
        ({"status": "Archived"}, "It is archived."),
        ({"status": "unlisted"}, "It is unlisted."),
        ({"published": "FALSE"}, "It is not published."),
    ],
)
def test_what_the_shop_does_not_sell_is_skipped_and_counted(
    path: Path, change: dict[str, str], reason: str
) -> None:
    articles, quarantine = read(
        path,
        DRESS | change,
        more("summer-dress", value1="Red", value2="S", price="1"),
        DRESS | {"handle": "other"},
    )
    assert [article.product_code for article in articles] == ["other"]
    assert quarantine.skipped == {reason: 1}
    assert quarantine.count == 0


def test_a_shop_with_nothing_on_sale_is_told_so(path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no product on sale.*\(1 of 1 products\).*draft"):
        read(path, DRESS | {"status": "draft"})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"tracker": ""}, "in_stock"),
        ({"policy": "continue"}, "in_stock"),
        ({"quantity": "2"}, "in_stock"),
        ({"quantity": "-1"}, "out_of_stock"),
        ({"quantity": ""}, "out_of_stock"),
        ({"quantity": "some"}, "out_of_stock"),
    ],
)
def test_stock_follows_the_tracker_and_the_policy(
    path: Path, change: dict[str, str], expected: str
) -> None:
    (article,), _ = read(path, DRESS | change)
    assert article.availability == expected


@pytest.mark.parametrize(
    ("gender", "age", "tags", "audience"),
    [
        ("Male", "adult", "", ("Men", "Men")),
        ("Unisex", "", "", ("Unisex", "Unisex")),
        ("Female", "kids", "", ("Girls", "Kids")),
        ("Male", "toddler", "", ("Boys", "Kids")),
        ("", "kids", "", ("Kids", "Kids")),
        ("Female", "infant", "", ("Baby", "Kids")),
        ("", "", "sale, Women's", ("Women", "Women")),
        ("", "", "gender:men", ("Men", "Men")),
        ("", "", "Kids", ("Kids", "Kids")),
        ("", "", "men, women", ("", "")),
        ("", "", "womenswear sale", ("", "")),
        ("", "", "", ("", "")),
    ],
)
def test_the_audience_comes_from_gender_and_age_or_else_from_tags(
    path: Path, gender: str, age: str, tags: str, audience: tuple[str, str]
) -> None:
    (article,), _ = read(path, DRESS | {"gender": gender, "age": age, "tags": tags})
    assert (article.index_name, article.index_group) == audience


def test_the_category_serves_where_the_type_is_empty(path: Path) -> None:
    category = "Apparel & Accessories > Clothing > Dresses"
    (article,), _ = read(path, DRESS | {"type": "", "category": category})
    assert (article.product_type, article.product_group) == ("Dresses", "Clothing")


def test_unusable_products_are_rejected_and_the_rest_goes_on(path: Path) -> None:
    articles, quarantine = read(
        path,
        DRESS | {"handle": "no-title", "title": ""},
        DRESS | {"handle": "", "title": "No handle"},
        DRESS | {"handle": "no-type", "type": ""},
        DRESS,
    )
    assert [article.product_code for article in articles] == ["summer-dress"]
    assert quarantine.reasons == {
        "It has no name.": 1,
        "It has no id.": 1,
        "It has no product type.": 1,
    }


def test_the_lowest_readable_price_counts(path: Path) -> None:
    (article,), quarantine = read(
        path, DRESS | {"price": "on request"}, more("summer-dress", value1="Sky Blue", price="9.5")
    )
    assert article.price == 9.5
    assert quarantine.warnings.total() == 0


def test_a_product_whose_prices_cannot_be_read_is_kept_without_one(path: Path) -> None:
    (article,), quarantine = read(path, DRESS | {"price": "on request"})
    assert (article.price, article.currency) == (None, "")
    assert quarantine.warnings == {"Its price cannot be read; the article has none.": 1}
