"""Rows by their key."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, insert, update


def same(table: Table, key: Mapping[str, Any]) -> ColumnElement[bool]:
    """Return the condition that a row has this key."""
    return and_(*(table.c[name] == value for name, value in key.items()))


def put(
    connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Update the row with this key, or insert it."""
    if not connection.execute(update(table).where(same(table, key)).values(**values)).rowcount:
        connection.execute(insert(table).values(**key, **values))
