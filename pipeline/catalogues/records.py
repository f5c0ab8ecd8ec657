"""Parquet and JSON Lines as rows: values become text, nested ones get dotted names."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from math import isfinite
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.catalogues.errors import CatalogueError
from pipeline.catalogues.quarantine import RAW_LIMIT, Quarantine
from pipeline.catalogues.rows import (
    COLUMN_SAMPLE,
    NOT_TEXT,
    ROW_LIMIT,
    ROW_TOO_LONG,
    Row,
    fault_of,
)
from pipeline.catalogues.source import Source, Text

_BATCH_ROWS = 1_024
_NO_OBJECT = "It is not a JSON object."


class ParquetRows:
    """Rows of a parquet file, a batch at a time; they are numbered from 1."""

    def __init__(self, source: Source) -> None:
        self._source = source
        with self._reading():
            schema = pq.read_schema(source.path)
        self.columns = [name for field in schema for name in _leaves(field)]

    def read(self, quarantine: Quarantine, wanted: Collection[str]) -> Iterator[Row]:
        """Yield the rows whose wanted cells can be used; no other column is read."""
        path = self._source.path
        columns = [name for name in self.columns if name in wanted]
        number = 0
        with self._reading(), pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
                for values in _text_records(batch):
                    number += 1
                    if fault := fault_of(values) if values else NOT_TEXT:
                        shown = {name: value[:RAW_LIMIT] for name, value in values.items()}
                        quarantine.reject(path, number, fault, shown)
                    else:
                        yield Row(number, values)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise CatalogueError(
                f"The catalogue {self._source.path} is not a sound parquet file "
                f"({str(error).splitlines()[0].rstrip('.')}).",
                "Give a whole parquet file, not a packed one: copy or export it again.",
            ) from None


class JsonLinesRows:
    """Rows of a file with one JSON object per line; a row's number is its line."""

    def __init__(self, text: Text) -> None:
        self._text = text
        sample = islice(self.read(Quarantine(), ()), COLUMN_SAMPLE)
        self.columns = list(dict.fromkeys(name for row in sample for name in row.values))
        if not self.columns:
            raise CatalogueError(
                f"The catalogue {text.source.path} has no line that is a usable JSON object.",
                "Export JSON Lines: one object per line.",
            )

    def read(
        self,
        quarantine: Quarantine,
        wanted: Collection[str],  # noqa: ARG002 - the whole line has to be parsed anyway
    ) -> Iterator[Row]:
        """Yield the lines that are objects whose values can be used."""
        source = self._text.source
        with source.reading(), self._text.open() as stream:
            number = 0
            while line := stream.readline(ROW_LIMIT):
                number += 1
                if line.isspace():
                    continue
                if len(line) < ROW_LIMIT:
                    values, fault = _parsed(line)
                else:
                    values, fault = {}, ROW_TOO_LONG
                    rest = line
                    while rest and not rest.endswith("\n"):
                        rest = stream.readline(ROW_LIMIT)
                if fault:
                    quarantine.reject(source.path, number, fault, line)
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
    match value:
        case str():
            text = value
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case float() if value.is_integer():
            text = str(int(value))
        case float() if not isfinite(value):
            text = ""
        case list():
            text = ", ".join(map(_as_text, value))
        case dict():
            text = json.dumps(value, ensure_ascii=False, default=str)
        case bytes():
            text = value.decode(errors="surrogateescape")
        case _:
            text = str(value)
    return text


def _parsed(line: str) -> tuple[dict[str, str], str]:
    try:
        record = json.loads(line)
        if not isinstance(record, dict):
            return {}, _NO_OBJECT
        values = flatten(record)
    except (ValueError, RecursionError):
        return {}, _NO_OBJECT
    return values, fault_of(values)


def _text_records(batch: pa.RecordBatch) -> Iterator[dict[str, str]]:
    """Yield the batch's rows as text, an empty one for a row whose bytes are no text."""
    table = pa.Table.from_batches([batch])
    while any(map(pa.types.is_struct, table.schema.types)):
        table = table.flatten()
    try:
        columns = [_text_cells(column) for column in table.columns]
    except UnicodeDecodeError:
        if batch.num_rows == 1:
            yield {}
        else:
            for start in range(batch.num_rows):
                yield from _text_records(batch.slice(start, 1))
        return
    names = table.column_names
    for cells in zip(*columns, strict=True):
        yield dict(zip(names, cells, strict=True))


def _text_cells(column: pa.ChunkedArray) -> list[str]:
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts: list[str] = column.fill_null("").to_pylist()
        return texts
    return [_as_text(value) for value in column.to_pylist()]


def _leaves(field: pa.Field) -> list[str]:
    if not pa.types.is_struct(field.type):
        return [field.name]
    return [f"{field.name}.{name}" for child in field.type for name in _leaves(child)]
