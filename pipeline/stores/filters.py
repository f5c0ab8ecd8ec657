"""Haystack filters for Qdrant: one meaning, in the words of the server and of Edge.

The comparisons are translated by `haystack_integrations`. What its translation loses of Haystack's
meaning is kept here: NOT denies the conjunction of its conditions (not each of them), None stands
for an absent field, and nothing is in an empty list (Qdrant takes an empty list for no condition).
"""

from typing import Any

import numpy as np
import qdrant_edge as edge
from haystack.errors import FilterError
from haystack_integrations.document_stores.qdrant.filters import convert_filters_to_qdrant
from pydantic import ValidationError
from qdrant_client import models

from pipeline.stores.edge_points import number_of

Filters = dict[str, Any] | models.Filter
"""A Haystack filter, or Qdrant's own for what Haystack cannot say, such as words in the content."""

_NOTHING = models.Filter(must=[models.HasIdCondition(has_id=[])])


def to_qdrant_filter(filters: Filters | None) -> models.Filter | None:
    """Return the Qdrant filter of a Haystack filter; None for no filter.

    Raises haystack's FilterError for malformed filters.
    """
    if isinstance(filters, models.Filter):
        return filters
    if not filters:
        return None
    operator = filters.get("operator")
    if operator in ("AND", "OR", "NOT"):
        return _logical(operator, filters.get("conditions"))
    if "value" in filters and "field" in filters:
        if filters["value"] is None:
            return _absence(operator, filters["field"])
        if filters["value"] == [] and operator in ("in", "not in"):
            return _NOTHING if operator == "in" else models.Filter(must_not=[_NOTHING])
    try:
        return convert_filters_to_qdrant(filters)
    except ValidationError as error:
        raise FilterError(
            f"Values are compared for equality as text, whole number or truth value; "
            f"{error.errors()[0]['input']!r} is none. Use >= and <= for other numbers."
        ) from None


def _logical(operator: str, items: list[dict[str, Any]] | None) -> models.Filter:
    if not items:
        raise FilterError(f"The operator {operator} has no 'conditions'.")
    conditions: list[models.Condition] = []
    for item in items:
        condition = to_qdrant_filter(item)
        if condition is None:
            raise FilterError(f"The operator {operator} has an empty condition.")
        conditions.append(condition)
    if operator == "OR":
        return models.Filter(should=conditions)
    conjunction = models.Filter(must=conditions)
    return conjunction if operator == "AND" else models.Filter(must_not=[conjunction])


def _absence(operator: str | None, field: str) -> models.Filter:
    absent = models.IsEmptyCondition(is_empty=models.PayloadField(key=field))
    match operator:
        case "==":
            return models.Filter(must=[absent])
        case "!=":
            return models.Filter(must_not=[absent])
        case ">" | ">=" | "<" | "<=":
            return _NOTHING
    raise FilterError(f"The operator {operator!r} cannot be used with None.")


def to_edge_filter(filters: Filters | None) -> edge.Filter | None:
    """Return the Edge filter of a Haystack or Qdrant filter; None for no filter.

    Raises haystack's FilterError for malformed filters and for conditions Edge is not given.
    """
    converted = to_qdrant_filter(filters)
    return None if converted is None else _filter(converted)


def _filter(source: models.Filter) -> edge.Filter:
    minimum = source.min_should
    return edge.Filter(
        must=_conditions(source.must),
        should=_conditions(source.should),
        must_not=_conditions(source.must_not),
        min_should=None
        if minimum is None
        else edge.MinShould(_conditions(minimum.conditions) or [], minimum.min_count),
    )


def _conditions(source: list[models.Condition] | models.Condition | None) -> list[Any] | None:
    if source is None:
        return None
    return [_condition(one) for one in (source if isinstance(source, list) else [source])]


def _condition(source: models.Condition) -> Any:
    match source:
        case models.Filter():
            return _filter(source)
        case models.FieldCondition():
            return _field_condition(source)
        case models.IsEmptyCondition():
            return edge.IsEmptyCondition(source.is_empty.key)
        case models.IsNullCondition():
            return edge.IsNullCondition(source.is_null.key)
        case models.HasIdCondition():
            return edge.HasIdCondition({number_of(str(one)) for one in source.has_id})
    raise FilterError(f"Qdrant Edge is not given {type(source).__name__} filters.")


def _field_condition(source: models.FieldCondition) -> edge.FieldCondition:
    asked = source.model_dump(exclude_none=True).keys() - {"key"}
    if not asked <= {"match", "range", "is_empty", "is_null"}:
        raise FilterError(f"Qdrant Edge is not given conditions on {', '.join(sorted(asked))}.")
    return edge.FieldCondition(
        key=source.key,
        match=None if source.match is None else _match(source.match),
        range=None if source.range is None else _range(source.range),
        is_empty=source.is_empty,
        is_null=source.is_null,
    )


def _match(source: models.Match) -> Any:
    if isinstance(source, models.MatchValue) and isinstance(source.value, bool):
        # The binding tries int before bool, and True is an int; a NumPy bool is none.
        return edge.MatchValue(np.bool_(source.value))  # type: ignore[arg-type]
    kind = getattr(edge, type(source).__name__, None)
    if kind is None:
        raise FilterError(f"Qdrant Edge has no {type(source).__name__} condition.")
    # The classes are namesakes, and each takes its one field.
    return kind(*source.model_dump().values())


def _range(source: models.Range | models.DatetimeRange) -> edge.RangeFloat | edge.RangeDateTime:
    bounds = source.model_dump(exclude_none=True)
    if isinstance(source, models.DatetimeRange):
        return edge.RangeDateTime(**{name: value.isoformat() for name, value in bounds.items()})
    return edge.RangeFloat(**bounds)
