"""Any table or JSON Lines file, by the operator's mapping of article fields to columns."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from pipeline.catalogues.building import FIELDS, REQUIRED
from pipeline.catalogues.errors import CatalogueError
from pipeline.catalogues.formats import Draft, Format
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.rows import Row

EXTRA = "extra."
"""Prefix of mapping keys for what Lookbook has no field for: `extra.material: fabric`."""


def mapped_format(mapping: Mapping[str, str]) -> Format:
    """Return the format that a mapping of article fields to columns (or dotted JSON keys) makes.

    Raises CatalogueError for a field that articles do not have, and for a required one that is
    not mapped.
    """
    for name in mapping:
        if name not in FIELDS and not name.startswith(EXTRA):
            near = get_close_matches(name, FIELDS, n=1)
            raise CatalogueError(
                f"The setting catalogue.mapping.{name} maps no field of an article.",
                f"Did you mean {near[0]}?"
                if near
                else f"The fields are {', '.join(FIELDS)}, and {EXTRA}<name> for anything else.",
            )
    for name in REQUIRED:
        if name not in mapping:
            raise CatalogueError(
                f"The setting catalogue.mapping.{name} is missing, and articles need it.",
                f"Set catalogue.mapping.{name} to the column that holds it.",
            )
    fields = {name: column for name, column in mapping.items() if name in FIELDS}
    extra = {
        name.removeprefix(EXTRA): column for name, column in mapping.items() if name not in fields
    }

    def drafts(rows: Iterator[Row], quarantine: Quarantine) -> Iterator[Draft]:  # noqa: ARG001
        for row in rows:
            yield Draft(
                row,
                {name: row.values.get(column, "") for name, column in fields.items()},
                {name: row.values.get(column, "") for name, column in extra.items()},
            )

    return Format(
        name="mapped",
        needed={name: (column,) for name, column in mapping.items()},
        uses=frozenset(mapping.values()),
        drafts=drafts,
    )
