"""Google Merchant feeds, whether TSV or XML."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from pipeline.catalogues.audience import audience, audience_group
from pipeline.catalogues.cleaning import parse_price
from pipeline.catalogues.formats import Draft, Format
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.rows import Row
from pipeline.catalogues.taxonomy import category, main_colour

_MAPPING = {
    "id": "id",
    "product_code": "item_group_id",
    "name": "title",
    "description": "description",
    "colour": "color",
    "pattern": "pattern",
    "url": "link",
    "image_url": "image_link",
}
_EXTRA = ("brand", "material", "size")
_OTHERS = (
    "availability",
    "price",
    "sale_price",
    "sale_price_effective_date",
    "gender",
    "age_group",
    "product_type",
    "google_product_category",
)


def _canonical(column: str) -> str:
    return column.strip().lower().removeprefix("g:").replace(" ", "_")


def _drafts(rows: Iterator[Row], quarantine: Quarantine) -> Iterator[Draft]:  # noqa: ARG001
    now = datetime.now(UTC)
    for row in rows:
        values = row.values
        fields = {name: values.get(column, "") for name, column in _MAPPING.items()}
        found = category(values.get("product_type", ""), values.get("google_product_category", ""))
        for_whom = audience(values.get("gender", ""), values.get("age_group", ""))
        fields |= {
            "product_type": found.product_type,
            "product_group": found.product_group,
            "colour_family": main_colour(fields["colour"]),
            "index_name": for_whom,
            "index_group": audience_group(for_whom),
            "price": _price(values, now),
            "availability": values.get("availability", "").strip().lower().replace(" ", "_"),
        }
        yield Draft(row, fields, {name: values.get(name, "") for name in _EXTRA})


def _price(values: Mapping[str, str], now: datetime) -> str:
    sale = values.get("sale_price", "")
    if parse_price(sale) and _covers(values.get("sale_price_effective_date", ""), now):
        return sale
    return values.get("price", "")


def _covers(period: str, now: datetime) -> bool:
    """Tell whether a period "<ISO start>/<ISO end>" holds now; none at all always does."""
    if not period.strip():
        return True
    try:
        start, end = (_moment(text.strip()) for text in period.split("/"))
    except ValueError:
        return False
    if "T" not in period:
        end += timedelta(days=1)
    return start <= now < end


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


GOOGLE = Format(
    name="google",
    needed={
        "id": ("id",),
        "name": ("title",),
        "product_type": ("product_type", "google_product_category"),
    },
    signature=frozenset(
        ("id", "title", "description", "link", "image_link", "availability", "price")
    ),
    uses=frozenset((*_MAPPING.values(), *_EXTRA, *_OTHERS)),
    drafts=_drafts,
    canonical=_canonical,
)
"""Column names may be written with spaces, capitals or the prefix "g:". A sale price counts while
its period lasts."""
