"""Google Merchant feeds as TSV, RSS and Atom."""

import gzip
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues import CatalogueError, Quarantine, open_catalogue
from pipeline.catalogues.rows import TOO_LONG

ITEM = {
    "id": "SKU-1",
    "title": "Midi Dress",
    "description": "Soft <b>viscose</b>; fine &amp; light.",
    "link": "https://shop.example/p/1",
    "image_link": "https://shop.example/p/1.jpg",
    "availability": "in stock",
    "price": "1,019.99 USD",
    "item_group_id": "G1",
    "color": "Red/Blue",
    "gender": "female",
    "age_group": "adult",
    "product_type": "Clothing > Dresses > Midi",
    "material": "viscose",
    "pattern": "Striped",
    "size": "M",
    "brand": "Acme",
}
ARTICLE = Article(
    id="SKU-1",
    product_code="G1",
    name="Midi Dress",
    product_type="Midi",
    product_group="Dresses",
    colour="Red/Blue",
    colour_family="Red",
    index_name="Women",
    index_group="Women",
    description="Soft viscose; fine & light.",
    pattern="Striped",
    price=1019.99,
    currency="USD",
    availability="in_stock",
    url="https://shop.example/p/1",
    image_url="https://shop.example/p/1.jpg",
    extra={"brand": "Acme", "material": "viscose", "size": "M"},
)


def tsv(*items: dict[str, str], prefix: str = "", space: str = "_") -> str:
    names = list(dict.fromkeys(name for item in items for name in item))
    header = "\t".join(prefix + name.replace("_", space) for name in names)
    return "\n".join([header, *("\t".join(i.get(name, "") for name in names) for i in items)])


def elements(item: dict[str, str]) -> str:
    return "".join(f"<g:{name}>{escape(value)}</g:{name}>" for name, value in item.items())


def rss(*items: dict[str, str]) -> str:
    body = "\n".join(f"<item>{elements(item)}</item>" for item in items)
    return (
        '<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">'
        f"<channel><title>Shop</title><link>https://shop.example</link>{body}</channel></rss>"
    )


def read(path: Path, content: str | bytes) -> tuple[list[Article], Quarantine]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    catalogue = open_catalogue(CatalogueSettings(path=path))
    assert catalogue.format == "google"
    quarantine = Quarantine()
    return list(catalogue.articles(quarantine)), quarantine


@pytest.mark.parametrize(("prefix", "space"), [("", "_"), ("", " "), ("g:", "_")])
def test_a_tsv_row_becomes_an_article(tmp_path: Path, prefix: str, space: str) -> None:
    articles, _ = read(tmp_path / "feed.tsv", tsv(ITEM, prefix=prefix, space=space))
    assert articles == [ARTICLE]


def test_an_rss_item_becomes_the_same_article(tmp_path: Path) -> None:
    articles, _ = read(tmp_path / "feed.xml", rss(ITEM))
    assert articles == [ARTICLE]


def test_an_atom_entry_becomes_the_same_article(tmp_path: Path) -> None:
    own = {name: ITEM[name] for name in ITEM if name not in ("title", "link")}
    articles, _ = read(
        tmp_path / "feed",
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">'
        "<title>Shop</title><entry><title>Midi Dress</title>"
        f'<link href="https://shop.example/p/1"/>{elements(own)}</entry></feed>',
    )
    assert articles == [ARTICLE]


def test_googles_elements_go_before_rsss_own(tmp_path: Path) -> None:
    feed = rss(ITEM).replace("<item>", "<item><title>RSS title</title><link>https://x</link>")
    articles, _ = read(tmp_path / "feed.xml", feed)
    assert articles == [ARTICLE]


def test_a_packed_feed_is_read(tmp_path: Path) -> None:
    articles, _ = read(tmp_path / "feed.xml.gz", gzip.compress(rss(ITEM).encode()))
    assert articles == [ARTICLE]


def test_an_xml_feed_in_another_declared_encoding_is_read(tmp_path: Path) -> None:
    feed = rss(ITEM | {"title": "\u00c9t\u00e9"}).replace('"1.0"?', '"1.0" encoding="iso-8859-1"?')
    (article,), _ = read(tmp_path / "feed.xml", feed.encode("latin-1"))
    assert article.name == "\u00c9t\u00e9"


@pytest.mark.parametrize(
    ("change", "product_type", "product_group"),
    [
        ({"product_type": "Dresses"}, "Dresses", ""),
        (
            {"product_type": "", "google_product_category": "Apparel > Clothing > Skirts"},
            "Skirts",
            "Clothing",
        ),
        (
            {"product_type": "2271", "google_product_category": "Clothing > Shorts"},
            "Shorts",
            "Clothing",
        ),
    ],
)
def test_the_narrowest_category_is_the_product_type(
    tmp_path: Path, change: dict[str, str], product_type: str, product_group: str
) -> None:
    (article,), _ = read(tmp_path / "feed.xml", rss(ITEM | change))
    assert (article.product_type, article.product_group) == (product_type, product_group)


def test_a_bare_category_number_is_no_product_type(tmp_path: Path) -> None:
    bare = ITEM | {"product_type": "", "google_product_category": "2271", "id": "2"}
    articles, quarantine = read(tmp_path / "feed.xml", rss(bare, ITEM))
    assert articles == [ARTICLE]
    assert quarantine.reasons == {"It has no product type.": 1}


NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("sale", "period", "price"),
    [
        ("10.00 USD", "", 10.0),
        ("10.00 USD", f"{NOW - DAY:%Y-%m-%dT%H:%M%z}/{NOW + DAY:%Y-%m-%dT%H:%M%z}", 10.0),
        ("10.00 USD", f"{NOW - DAY:%Y-%m-%d}/{NOW + DAY:%Y-%m-%d}", 10.0),
        ("10.00 USD", f"{NOW - 3 * DAY:%Y-%m-%d}/{NOW - 2 * DAY:%Y-%m-%d}", 1019.99),
        ("10.00 USD", f"{NOW + DAY:%Y-%m-%dT%H:%MZ}/{NOW + 2 * DAY:%Y-%m-%dT%H:%MZ}", 1019.99),
        ("10.00 USD", "next week", 1019.99),
        ("soon", "", 1019.99),
        ("", "", 1019.99),
    ],
)
def test_a_sale_price_counts_while_its_period_lasts(
    tmp_path: Path, sale: str, period: str, price: float
) -> None:
    change = {"sale_price": sale, "sale_price_effective_date": period}
    (article,), _ = read(tmp_path / "feed.xml", rss(ITEM | change))
    assert article.price == price


def test_an_attribute_that_only_late_items_have_is_read(tmp_path: Path) -> None:
    feed = rss(*[ITEM] * 1_200, ITEM | {"sale_price": "5 USD"})
    articles, _ = read(tmp_path / "feed.xml", feed)
    assert articles[-1].price == 5.0


def test_bad_items_are_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    articles, quarantine = read(
        tmp_path / "feed.xml",
        rss(
            ITEM | {"id": ""}, ITEM | {"description": "x" * 1_100_000}, ITEM, ITEM | {"title": " "}
        ),
    )
    assert articles == [ARTICLE]
    assert quarantine.reasons == {"It has no id.": 1, TOO_LONG: 1, "It has no name.": 1}


def test_a_feed_that_breaks_off_is_refused_with_the_place(tmp_path: Path) -> None:
    whole = rss(*[ITEM] * 5_000)
    with pytest.raises(CatalogueError, match=r"not well-formed XML at line \d+, column \d+"):
        read(tmp_path / "feed.xml", whole[: len(whole) // 2])


def test_a_packed_feed_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(rss(*[ITEM | {"id": str(n * 7919)} for n in range(9_000)]).encode())
    path = tmp_path / "feed.xml.gz"
    with pytest.raises(CatalogueError, match="ends early"):
        read(path, whole[: len(whole) - 20])


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE rss [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "https://shop.example/rss.dtd">',
    ],
    ids=["billion laughs", "file entity", "outer document type"],
)
def test_an_xml_bomb_is_refused(tmp_path: Path, declaration: str) -> None:
    feed = rss(ITEM).replace("<rss", f"{declaration}<rss", 1)
    with pytest.raises(CatalogueError, match="declares a document type or entities"):
        read(tmp_path / "feed.xml", feed)


def test_an_endless_item_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    feed = rss(ITEM | {"description": "x" * 40_000_000})
    with pytest.raises(CatalogueError, match="item longer than"):
        read(tmp_path / "feed.xml", feed)


def test_xml_that_is_no_feed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"no RSS or Atom feed \(its root is <html>\)"):
        read(tmp_path / "feed.xml", "<html><item>1</item></html>")


def test_a_feed_without_items_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(rss())
    with pytest.raises(CatalogueError, match="has no items"):
        open_catalogue(CatalogueSettings(path=path))


def test_reading_takes_a_fraction_of_the_feeds_size_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(rss(*[ITEM | {"description": "soft wool " * 300}] * 3_000))
    catalogue = open_catalogue(CatalogueSettings(path=path))
    tracemalloc.start()
    assert sum(1 for _ in catalogue.articles(Quarantine())) == 3_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 4
