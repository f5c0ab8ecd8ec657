"""Parquet and JSON Lines as rows: values become text, nested ones get dotted names."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.catalogues.errors import CatalogueError
from pipeline.catalogues.quarantine import RAW_LIMIT, Quarantine
from pipeline.catalogues.rows import CELL_LIMIT, NUL_BYTE, TOO_LONG, Row
from pipeline.catalogues.source import Source, Text

LINE_LIMIT = 8 * CELL_LIMIT
"""Characters of one JSON line."""
_BATCH_ROWS = 1_024
_LINES_FOR_COLUMNS = 100
_NO_OBJECT = "It is not a JSON object."
_LINE_TOO_LONG = "The line is longer than 8,000,000 characters."


class ParquetRows:
    """Rows of a parquet file, read a batch at a time; they are numbered from 1."""

    def __init__(self, source: Source) -> None:
        self._source = source
        with self._reading():
            schema = pq.read_schema(source.path)
        self.columns = [name for field in schema for name in _leaves(field)]

    def read(self, quarantine: Quarantine) -> Iterator[Row]:
        """Yield every row whose cells can be used."""
        number = 0
        with self._reading(), pq.ParquetFile(self._source.path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for record in batch.to_pylist():
                    number += 1
                    values = flatten(record)
                    if fault := _fault(values):
                        quarantine.reject(self._source.path, number, fault, _shortened(values))
                    else:
                        yield Row(number, values)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise CatalogueError(
                f"The catalogue {self._source.path} is not a sound parquet file "
                f"({str(error).splitlines()[0]}).",
                "Copy or export it again.",
            ) from None


class JsonLinesRows:
    """Rows of a file with one JSON object per line; a row's number is its line."""

    def __init__(self, text: Text) -> None:
        self._text = text
        first = islice(self.read(Quarantine()), _LINES_FOR_COLUMNS)
        self.columns = list(dict.fromkeys(name for row in first for name in row.values))

    def read(self, quarantine: Quarantine) -> Iterator[Row]:
        """Yield every line that is an object whose values can be used."""
        path = self._text.source.path
        with self._text.source.reading(), self._text.open() as stream:
            number = 0
            while line := stream.readline(LINE_LIMIT):
                number += 1
                if line.isspace():
                    continue
                values, fault = {}, _LINE_TOO_LONG
                if len(line) < LINE_LIMIT:
                    values, fault = _parsed(line)
                rest = line
                while len(rest) == LINE_LIMIT and not rest.endswith("\n"):
                    rest = stream.readline(LINE_LIMIT)
                if fault:
                    quarantine.reject(path, number, fault, line)
                else:
                    yield Row(number, values)


def flatten(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the record's values as text: nested keys joined by ".", lists by ", "."""
    values: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            values.update((f"{key}.{name}", text) for name, text in flatten(value).items())
        else:
            values[key] = _as_text(value)
    return values


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value != value:  # noqa: PLR0124 - a float that is not a number
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(_as_text(item) for item in value)
    return json.dumps(value) if isinstance(value, Mapping) else str(value)


def _parsed(line: str) -> tuple[dict[str, str], str]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}, _NO_OBJECT
    if not isinstance(record, dict):
        return {}, _NO_OBJECT
    try:
        values = flatten(record)
    except RecursionError:
        return {}, _NO_OBJECT
    return values, _fault(values)


def _fault(values: Mapping[str, str]) -> str:
    for value in values.values():
        if len(value) > CELL_LIMIT:
            return TOO_LONG
        if "\0" in value:
            return NUL_BYTE
    return ""


def _shortened(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value[:RAW_LIMIT] for name, value in values.items()}


def _leaves(field: "pa.Field[Any]") -> list[str]:
    if not pa.types.is_struct(field.type):
        return [field.name]
    return [f"{field.name}.{name}" for child in field.type for name in _leaves(child)]
