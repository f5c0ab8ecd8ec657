"""One article out of the raw text of its fields, the same for every format."""

from collections.abc import Callable, Mapping
from dataclasses import fields

from pipeline.article import Article
from pipeline.catalogues.cleaning import clean_text, parse_price, plain_text
from pipeline.catalogues.errors import BadRowError

REQUIRED = {
    "id": "It has no id.",
    "name": "It has no name.",
    "product_type": "It has no product type.",
}
"""Fields that an article cannot be without, and what is said of a row that lacks one."""
FIELDS = tuple(field.name for field in fields(Article) if field.name != "extra")
_NO_PRICE = "Its price cannot be read; the article has none."
_CLEANED = tuple(name for name in FIELDS if name not in ("description", "price", "currency"))

Doubt = Callable[[str], None]
"""Called with what an article had to be left without."""


def article_id(raw: Mapping[str, str]) -> str:
    """Return the id that `build_article` gives; raises BadRowError where that does."""
    for name, fault in REQUIRED.items():
        if not clean_text(raw.get(name, "")):
            raise BadRowError(fault)
    return clean_text(raw["id"])


def build_article(
    raw: Mapping[str, str], extra: Mapping[str, str], currency: str, doubt: Doubt
) -> Article:
    """Return the article of raw field texts; `currency` holds where the price names none.

    Raises BadRowError if a required field is empty once cleaned. A price that cannot be read is
    left out and told to `doubt`.
    """
    identity = article_id(raw)
    clean = {name: clean_text(raw[name]) for name in _CLEANED if name in raw}
    clean["product_code"] = clean.get("product_code") or identity
    amount = None
    price_text = clean_text(raw.get("price", ""))
    if price_text:
        price = parse_price(price_text)
        if price is None:
            doubt(_NO_PRICE)
        else:
            amount = price.amount
            currency = price.currency or clean_text(raw.get("currency", "")) or currency
    return Article(
        **clean,
        description=plain_text(raw.get("description", "")),
        price=amount,
        currency=currency if amount is not None else "",
        extra={name: text for name, value in extra.items() if (text := clean_text(value))},
    )
