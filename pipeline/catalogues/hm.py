"""H&M's `articles.csv`, as Kaggle ships it, and the same table as parquet."""

from collections.abc import Iterator

from pipeline.catalogues.formats import Draft, Format
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.rows import Row

_PAPER = {
    "id": "article_id",
    "product_code": "product_code",
    "name": "prod_name",
    "product_type": "product_type_name",
    "colour": "colour_group_name",
    "index_name": "index_name",
    "description": "detail_desc",
}
_MAPPING = _PAPER | {
    "colour_family": "perceived_colour_master_name",
    "product_group": "product_group_name",
    "pattern": "graphical_appearance_name",
    "index_group": "index_group_name",
    "section": "section_name",
    "garment_group": "garment_group_name",
    "department": "department_name",
}
_DIGITS = {"id": 10, "product_code": 7}


def _drafts(rows: Iterator[Row], quarantine: Quarantine) -> Iterator[Draft]:  # noqa: ARG001
    """Yield one draft per row.

    Both numbers are fixed in length ("0108775015" and "0108775"); tools that took them for
    integers have dropped the leading zero, which is put back.
    """
    for row in rows:
        fields = {name: row.values.get(column, "") for name, column in _MAPPING.items()}
        for name, digits in _DIGITS.items():
            number = fields[name].strip()
            if number.isdecimal():
                fields[name] = number.zfill(digits)
        yield Draft(row, fields, {})


HM = Format(
    name="hm",
    needed={name: (column,) for name, column in _PAPER.items()},
    signature=frozenset(_PAPER.values()),
    uses=frozenset(_MAPPING.values()),
    drafts=_drafts,
)
"""The paper's columns (and the two numbers) are needed; the others are used where present."""
