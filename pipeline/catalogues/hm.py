"""H&M's `articles.csv`, as Kaggle ships it, and the same table as parquet."""

from collections.abc import Mapping

from pipeline.article import Article
from pipeline.catalogues.building import Doubt, build_article

MAPPING = {
    "id": "article_id",
    "product_code": "product_code",
    "name": "prod_name",
    "product_type": "product_type_name",
    "colour": "colour_group_name",
    "index_name": "index_name",
    "description": "detail_desc",
    "colour_family": "perceived_colour_master_name",
    "product_group": "product_group_name",
    "pattern": "graphical_appearance_name",
    "index_group": "index_group_name",
    "section": "section_name",
    "garment_group": "garment_group_name",
    "department": "department_name",
}
"""Article field -> column."""
REQUIRED_COLUMNS = tuple(
    MAPPING[name] for name in ("id", "product_code", "name", "product_type", "colour", "index_name")
) + ("detail_desc",)
_ID_DIGITS = 10
_PRODUCT_DIGITS = 7


def to_article(values: Mapping[str, str], currency: str, doubt: Doubt) -> Article:
    """Return the article of one row.

    Both numbers are fixed in length ("0108775015" and "0108775"); tools that took them for
    integers have dropped the leading zero, which is put back.
    """
    raw = {name: values.get(column, "") for name, column in MAPPING.items()}
    for name, digits in (("id", _ID_DIGITS), ("product_code", _PRODUCT_DIGITS)):
        if raw[name].strip().isdecimal():
            raw[name] = raw[name].strip().zfill(digits)
    return build_article(raw, {}, currency, doubt)
