"""Labelled queries: what shoppers ask, and which articles any sensible judge would accept."""

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.evaluation.errors import LabelError

SAMPLE_QUERIES = Path(__file__).parent / "queries" / "sample.jsonl"
"""The product's own queries, for the sample catalogue."""

FIELDS = {
    "product_type_name": "product_type",
    "colour_master": "colour_family",
    "colour_group": "colour",
    "index_group": "index_group",
    "index": "index_name",
    "section": "section",
    "department": "department",
    "garment_group": "garment_group",
    "graphical_appearance": "pattern",
}
"""Key of a label -> field of an article. The keys are H&M's columns."""

Half = Literal["tune", "report"]


def _known_keys(conditions: dict[str, list[str]]) -> dict[str, list[str]]:
    for key in conditions:
        if key not in FIELDS:
            raise ValueError(f"{key} is none of {', '.join(FIELDS)}")
    return conditions


def _compilable(patterns: list[str]) -> list[str]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression") from error
    return patterns


Conditions = Annotated[dict[str, list[str]], AfterValidator(_known_keys)]
"""Every key must have one of its values."""

Patterns = Annotated[list[str], AfterValidator(_compilable)]
"""Regular expressions, searched in name and description of an article, ignoring case."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Clause(_Record):
    """One way to meet a turn: the conditions, and one of the patterns if there are any."""

    conditions: Conditions = {}
    text_any: Patterns = []

    @model_validator(mode="before")
    @classmethod
    def _from_line(cls, line: dict[str, Any]) -> dict[str, Any]:
        conditions = {key: values for key, values in line.items() if key != "text_any"}
        return {"conditions": conditions, "text_any": line.get("text_any", [])}


class Turn(_Record):
    """One message, and what holds after it: a later turn repeats what earlier ones still ask.

    `hard` and `not` say what any judge would insist on, `soft` the rest; `hard_any` needs one of
    its clauses, `*_text_any` one of its patterns. `expect` "none" means that nothing may be shown.
    """

    text: str
    count: int | None = Field(None, ge=1)
    expect: Literal["items", "none"]
    hard: Conditions = {}
    hard_any: list[Clause] = []
    hard_text_any: Patterns = []
    excluded: Conditions = Field({}, alias="not")
    not_text: Patterns = []
    soft: Conditions = {}
    soft_text_any: Patterns = []
    min_types: int | None = Field(None, ge=1)


class Query(_Record):
    """A message or a conversation, and the category its numbers are counted in."""

    id: str
    category: str
    turns: list[Turn] = Field(min_length=1)

    @property
    def half(self) -> Half:
        """Return the half it belongs to, for good: settings are chosen on "tune" alone."""
        number = int(hashlib.sha256(self.id.encode()).hexdigest()[:8], 16)
        return "tune" if number % 2 else "report"


class LabelledQueries(_Record):
    """A file of labelled queries, and the digest (64 hex digits) that tells it from others."""

    path: Path
    sha256: str
    queries: list[Query]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one JSON object a line. Raises LabelError naming the line."""
        try:
            content = path.read_bytes()
            lines = content.decode().splitlines()
        except (OSError, UnicodeDecodeError):
            raise LabelError(
                f"The queries file {path} cannot be read.", "Give a UTF-8 file of JSON lines."
            ) from None
        queries = [
            _query(line, f"{path}, line {number}")
            for number, line in enumerate(lines, start=1)
            if line.strip()
        ]
        ids = [query.id for query in queries]
        if repeated := next((one for one in ids if ids.count(one) > 1), None):
            raise LabelError(f"{path} has the id {repeated!r} twice.", "Give every query its own.")
        if not queries:
            raise LabelError(f"{path} holds no query.", "Write one JSON object on each line.")
        return cls(path=path, sha256=hashlib.sha256(content).hexdigest(), queries=queries)

    def of_half(self, half: Half) -> Self:
        """Return the queries of one half. Raises LabelError where there are none."""
        queries = [query for query in self.queries if query.half == half]
        if not queries:
            raise LabelError(
                f"No query of {self.path} belongs to the half {half!r}.", "Give more queries."
            )
        return self.model_copy(update={"queries": queries})


def _query(line: str, place: str) -> Query:
    try:
        return Query.model_validate(json.loads(line))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise LabelError(
            f"{place}: {key} is not usable: {first['msg']}.",
            "The format is described in docs/evaluation.md.",
        ) from None
    except (ValueError, TypeError):
        raise LabelError(
            f"{place} is not a JSON object.", "The format is described in docs/evaluation.md."
        ) from None
