"""Shopify's product export: rows of one handle make a product, its colours make articles."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, groupby

from pipeline.catalogues.audience import audience, audience_group, tagged_audience
from pipeline.catalogues.cleaning import clean_text, parse_price
from pipeline.catalogues.formats import Draft, Format
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.rows import Row
from pipeline.catalogues.taxonomy import category, main_colour

_FIRST_ROW = (
    "handle",
    "title",
    "body (html)",
    "vendor",
    "product category",
    "type",
    "tags",
    "published",
    "status",
    "google shopping / google product category",
    "google shopping / gender",
    "google shopping / age group",
    "color-pattern",
    "target-gender",
    "age-group",
)
_EVERY_ROW = (
    "option1 value",
    "option2 value",
    "option3 value",
    "variant price",
    "variant inventory tracker",
    "variant inventory qty",
    "variant inventory policy",
    "image src",
    "variant image",
)
_OPTION_NAMES = ("option1 name", "option2 name", "option3 name")
# Shopify has renamed its columns; exports with either names are about. Right: the older name.
_RENAMED = {
    "url handle": "handle",
    "description": "body (html)",
    "published on online store": "published",
    "price": "variant price",
    "inventory tracker": "variant inventory tracker",
    "inventory quantity": "variant inventory qty",
    "continue selling when out of stock": "variant inventory policy",
    "product image url": "image src",
    "variant image url": "variant image",
}
# A metafield's heading is in the shop's language; the key in its brackets is always the same.
_METAFIELD = re.compile(
    r"\(product\.metafields\.shopify\.(color-pattern|target-gender|age-group)\)$"
)
_NOT_SOLD = {
    "draft": "It is a draft.",
    "archived": "It is archived.",
    "unlisted": "It is unlisted.",
}
_UNPUBLISHED = "It is not published."


@dataclass
class _Colour:
    """The variants of one product in one colour; sizes and the rest are collapsed."""

    name: str
    sizes: dict[str, None] = field(default_factory=dict)
    prices: list[str] = field(default_factory=list)
    image: str = ""
    in_stock: list[bool] = field(default_factory=list)


def _canonical(column: str) -> str:
    name = column.strip().lower()
    if metafield := _METAFIELD.search(name):
        return metafield[1]
    return _RENAMED.get(name, name)


def _drafts(rows: Iterator[Row], quarantine: Quarantine) -> Iterator[Draft]:
    for handle, group in groupby(rows, key=lambda row: row.values.get("handle", "").strip()):
        if handle:
            yield from _product(handle, group, quarantine)
        else:
            yield from (Draft(row, {}, {}) for row in group)


def _not_sold(product: Mapping[str, str]) -> str:
    if product.get("published", "").strip().lower() == "false":
        return _UNPUBLISHED
    return _NOT_SOLD.get(product.get("status", "").strip().lower(), "")


def _product(handle: str, rows: Iterator[Row], quarantine: Quarantine) -> Iterator[Draft]:
    """Yield one draft per colour, once all rows of the product are read."""
    first = next(rows)
    product = first.values
    if reason := _not_sold(product):
        quarantine.skip(reason)
        return
    options = [product.get(name, "").strip().lower() for name in _OPTION_NAMES]
    colours: dict[str, _Colour] = {}
    image = ""
    for values in chain([product], (row.values for row in rows)):
        image = image or values.get("image src", "")
        if _is_variant(values):
            _add_variant(colours, options, values)
    if not colours:
        colours[""] = _Colour("")
    tags = product.get("tags", "")
    found = category(
        product.get("type", ""),
        product.get("product category", ""),
        product.get("google shopping / google product category", ""),
    )
    for_whom = audience(
        product.get("google shopping / gender", "") or product.get("target-gender", ""),
        product.get("google shopping / age group", "") or product.get("age-group", ""),
    ) or tagged_audience(tags.split(","))
    shared = {
        "product_code": handle,
        "name": product.get("title", ""),
        "description": product.get("body (html)", ""),
        "product_type": found.product_type,
        "product_group": found.product_group,
        "index_name": for_whom,
        "index_group": audience_group(for_whom),
    }
    for slug, colour in colours.items():
        name = colour.name or _pattern_colour(product.get("color-pattern", ""))
        fields = {
            "id": f"{handle}--{slug}" if slug else handle,
            "colour": name,
            "colour_family": main_colour(name),
            "price": _lowest(colour.prices),
            "availability": _availability(colour.in_stock),
            "image_url": colour.image or image,
        }
        extra = {"vendor": product.get("vendor", ""), "tags": tags}
        yield Draft(first, shared | fields, extra | {"sizes": ", ".join(colour.sizes)})


def _is_variant(values: Mapping[str, str]) -> bool:
    """Tell a variant from a row that only brings one more picture."""
    return bool(values.get("option1 value", "").strip() or values.get("variant price", "").strip())


def _add_variant(
    colours: dict[str, _Colour], options: list[str], values: Mapping[str, str]
) -> None:
    name = size = ""
    for number, option in enumerate(options, start=1):
        value = clean_text(values.get(f"option{number} value", ""))
        if option in ("color", "colour"):
            name = value
        elif "size" in option:
            size = value
    slug = re.sub(r"[\W_]+", "-", name.casefold()).strip("-")
    colour = colours.setdefault(slug, _Colour(name))
    if size:
        colour.sizes[size] = None
    if price := values.get("variant price", "").strip():
        colour.prices.append(price)
    colour.image = colour.image or values.get("variant image", "")
    if "variant inventory qty" in values:
        colour.in_stock.append(_in_stock(values))


def _in_stock(values: Mapping[str, str]) -> bool:
    tracked = values.get("variant inventory tracker", "shopify").strip()
    if not tracked or values.get("variant inventory policy", "").strip().lower() == "continue":
        return True
    try:
        return float(values["variant inventory qty"] or 0) > 0
    except ValueError:
        return False


def _availability(in_stock: list[bool]) -> str:
    if not in_stock:
        return ""
    return "in_stock" if any(in_stock) else "out_of_stock"


def _lowest(prices: list[str]) -> str:
    readable = [(price.amount, text) for text in prices if (price := parse_price(text))]
    return min(readable)[1] if readable else next(iter(prices), "")


def _pattern_colour(entries: str) -> str:
    """Return the colour of a metafield such as "navy-blue", "" if it names several."""
    return "" if ";" in entries else entries.strip().replace("-", " ").title()


SHOPIFY = Format(
    name="shopify",
    needed={
        "id": ("handle",),
        "name": ("title",),
        "product_type": ("type", "product category"),
    },
    signature=frozenset(
        (
            *("handle", "title", "body (html)", "vendor", "type", "tags", "published"),
            *("option1 name", "option1 value", "variant price"),
        )
    ),
    uses=frozenset((*_FIRST_ROW, *_OPTION_NAMES, *_EVERY_ROW)),
    drafts=_drafts,
    canonical=_canonical,
)
"""Ids are `<handle>--<colour>`, or the handle for a product without a colour option; an export has
no shop address, so articles have no URL."""
