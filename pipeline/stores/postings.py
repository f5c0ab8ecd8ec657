"""Which points hold which value: filters answered by arrays, before the engine is asked."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.stores.contract import FILTERABLE

POSTINGS = "postings.parquet"

_REMEMBERED = 256
"""Comparisons whose answer is kept, a byte for each point: a wish is searched under several filters
that have most of theirs in common."""

Mask = npt.NDArray[np.bool_]
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
}
_SCHEMA = pa.schema(
    [
        ("point", pa.uint64()),
        *(
            (name, pa.list_(pa.string()) if kind == "keyword" else pa.float64())
            for name, kind in FILTERABLE.items()
        ),
    ]
)


class _Keyword(NamedTuple):
    """A field's values, and for each the rows that hold it: `rows[starts[i]:starts[i + 1]]`."""

    codes: Mapping[str, int]
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]

    @classmethod
    def of(cls, column: pa.ListArray) -> Self:
        held = column.flatten().dictionary_encode()
        codes = held.indices.to_numpy()
        lengths = pc.list_value_length(column).to_numpy()
        rows = np.repeat(np.arange(len(column), dtype=np.int32), lengths)
        counts = np.bincount(codes, minlength=len(held.dictionary))
        return cls(
            {value: code for code, value in enumerate(held.dictionary.to_pylist())},
            np.concatenate([[0], np.cumsum(counts)]),
            rows[np.argsort(codes, kind="stable")],
        )

    def holding(self, values: Iterable[str], number: int) -> Mask:
        mask = np.zeros(number, dtype=np.bool_)
        for code in (self.codes[value] for value in values if value in self.codes):
            mask[self.rows[self.starts[code] : self.starts[code + 1]]] = True
        return mask


class Postings:
    """The postings lists of the filterable fields of one finished shard, some 20 MB per 100,000.

    The engine tells how many points pass several conditions at once only by trying them, for
    milliseconds, and each search under a filter tries them again; here it takes a fraction of one.
    """

    def __init__(self, table: pa.Table) -> None:
        columns = {name: table.column(name).combine_chunks() for name in _SCHEMA.names}
        self._numbers = columns.pop("point").to_numpy()
        self._keywords: dict[str, _Keyword] = {}
        self._holding = lru_cache(_REMEMBERED)(self._held)
        self._floats: dict[str, npt.NDArray[np.float64]] = {}
        for name, column in columns.items():
            if FILTERABLE[name] == "keyword":
                self._keywords[name] = _Keyword.of(column)
            else:
                self._floats[name] = column.to_numpy(zero_copy_only=False)

    @property
    def points(self) -> int:
        """Return the number of points."""
        return len(self._numbers)

    @classmethod
    def read(cls, directory: Path) -> Self | None:
        """Return what `write` left in a directory; None where there is nothing.

        Raises OSError and pyarrow's ArrowException for a damaged file.
        """
        path = directory / POSTINGS
        if not path.is_file():
            return None
        postings = cls(pq.read_table(path, schema=_SCHEMA))
        pa.default_memory_pool().release_unused()  # it would keep a hundred MB for a next table
        return postings

    @staticmethod
    def write(directory: Path, metas: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Write the postings of points, given by their numbers and metadata."""
        points: list[int] = []
        held: dict[str, list[Any]] = {name: [] for name in FILTERABLE}
        ends: dict[str, list[int]] = {name: [0] for name in FILTERABLE}
        for point, meta in metas:
            points.append(point)
            for name, kind in FILTERABLE.items():
                value, column = meta.get(name), held[name]
                if kind == "float":
                    column.append(value if _is_number(value) else None)
                elif isinstance(value, list):
                    column += [one for one in value if isinstance(one, str)]
                elif isinstance(value, str):
                    column.append(value)
                ends[name].append(len(column))
        columns = {
            # Lists of lists would take arrow four times as long.
            name: pa.ListArray.from_arrays(ends[name], pa.array(held[name], pa.string()))
            if kind == "keyword"
            else pa.array(held[name], pa.float64())
            for name, kind in FILTERABLE.items()
        }
        table = pa.table({"point": pa.array(points, pa.uint64()), **columns}, schema=_SCHEMA)
        pq.write_table(table, directory / POSTINGS)

    def parts(self, size: int) -> Iterator[list[int]]:
        """Yield all points, at most `size` at a time."""
        for start in range(0, len(self._numbers), size):
            yield self._numbers[start : start + size].tolist()

    def matching(self, filters: object) -> list[int] | None:
        """Return the points that pass a Haystack filter, None if it asks for what is not known."""
        mask = self._mask(filters)
        if mask is None:
            return None
        points: list[int] = self._numbers[mask].tolist()
        return points

    def _mask(self, filters: object) -> Mask | None:
        if not isinstance(filters, Mapping):  # Qdrant's own
            return None
        operator = filters.get("operator")
        if operator not in ("AND", "OR", "NOT"):
            return self._compared(filters)
        masks = [self._mask(condition) for condition in filters.get("conditions") or ()]
        known = [mask for mask in masks if mask is not None]
        if not masks or len(known) < len(masks):
            return None
        mask = reduce(np.logical_or if operator == "OR" else np.logical_and, known)
        return ~mask if operator == "NOT" else mask

    def _held(self, name: str, values: tuple[str, ...]) -> Mask:
        mask = self._keywords[name].holding(values, len(self._numbers))
        mask.setflags(write=False)  # it is remembered
        return mask

    def _compared(self, comparison: Mapping[str, Any]) -> Mask | None:
        operator, value = comparison.get("operator", ""), comparison.get("value")
        prefix, _, name = comparison.get("field", "").partition(".")
        if prefix != "meta":
            return None
        if name in self._floats and operator in _COMPARED and _is_number(value):
            mask: Mask = _COMPARED[operator](self._floats[name], value)
            return mask
        if name not in self._keywords or operator not in ("==", "!=", "in", "not in"):
            return None
        values = [value] if operator in ("==", "!=") else value
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            return None
        held = self._holding(name, tuple(values))
        return ~held if operator in ("!=", "not in") else held


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
