"""Postings: which points pass a filter, and what they leave to the engine."""

from pathlib import Path
from typing import Any

import pytest
from haystack import Document
from qdrant_client import models

from config.settings import RetrievalSettings
from pipeline.stores import QdrantEdgeDocumentStore, StoreError
from pipeline.stores.postings import POSTINGS, Postings

METAS: list[dict[str, Any]] = [
    {"colour": "Black", "features": ["soft", "warm"], "price": 10.0},
    {"colour": "Red", "features": [], "price": 20},
    {"features": ["warm"], "price": None},
    {"colour": "Black", "price": float("nan")},
]


def where(field: str, operator: str, value: object) -> dict[str, Any]:
    return {"field": f"meta.{field}", "operator": operator, "value": value}


@pytest.fixture
def postings(tmp_path: Path) -> Postings:
    Postings.write(tmp_path, ((2**63 + row, meta) for row, meta in enumerate(METAS)))
    read = Postings.read(tmp_path)
    assert read is not None
    return read


def test_there_are_none_where_none_were_written(tmp_path: Path) -> None:
    assert Postings.read(tmp_path) is None


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (where("colour", "==", "Black"), [0, 3]),
        (where("colour", "!=", "Black"), [1, 2]),
        (where("features", "in", ["soft", "warm", "unheard of"]), [0, 2]),
        (where("features", "not in", ["soft"]), [1, 2, 3]),
        (where("features", "in", []), []),
        (where("price", ">=", 10), [0, 1]),
        (where("price", "<", 20), [0]),
        ({"operator": "NOT", "conditions": [where("price", "<", 20)]}, [1, 2, 3]),
    ],
)
def test_a_filter_lets_its_points_through(
    postings: Postings, filters: dict[str, Any], rows: list[int]
) -> None:
    assert postings.matching(filters) == [2**63 + row for row in rows]


@pytest.mark.parametrize(
    "filters",
    [
        where("colour", "==", None),
        where("colour", ">", ["Black"]),
        where("colour", "in", "Black"),
        where("price", "==", 10),
        where("price", ">", True),
        where("shoe_size", "==", "42"),
        {"field": "content", "operator": "==", "value": "x"},
        {"operator": "AND", "conditions": []},
        {"operator": "OR", "conditions": [where("colour", "==", "Red"), {}]},
        models.Filter(must=[]),
    ],
)
def test_what_they_do_not_know_is_left_to_the_engine(postings: Postings, filters: object) -> None:
    assert postings.matching(filters) is None


def finished(path: Path) -> QdrantEdgeDocumentStore:
    """Return the reader of a shard of one black document."""
    store = QdrantEdgeDocumentStore(path=path, embedding_dim=2)
    store.write_documents([Document(id="1", content="", meta=METAS[0], embedding=[1.0, 0.0])])
    store.close()
    return QdrantEdgeDocumentStore(path=path, embedding_dim=2, read_only=True)


def test_a_shard_that_is_written_to_has_none_until_it_is_finished(tmp_path: Path) -> None:
    finished(tmp_path / "shard").close()
    store = QdrantEdgeDocumentStore(path=tmp_path / "shard", embedding_dim=2)
    store.warm_up()
    assert not (tmp_path / "shard" / POSTINGS).exists()
    store.write_documents(
        [Document(id="2", content="", meta={"colour": "Red"}, embedding=[0.0, 1.0])]
    )
    store.close()
    reader = QdrantEdgeDocumentStore(path=tmp_path / "shard", embedding_dim=2, read_only=True)
    red = where("colour", "==", "Red")
    found = reader.hybrid_search([1.0, 0.0], None, filters=red, top_k=5, search=RetrievalSettings())
    assert [document.id for document in found] == ["2"]
    reader.close()


def test_damaged_ones_are_told_with_the_mend(tmp_path: Path) -> None:
    reader = finished(tmp_path / "shard")
    (tmp_path / "shard" / POSTINGS).write_bytes(b"PAR1 and no more")
    with pytest.raises(StoreError, match="cannot be opened") as told:
        reader.warm_up()
    assert "build it again" in told.value.mend


def test_all_points_come_in_parts(postings: Postings) -> None:
    whole, rest = postings.parts(3)
    assert [*whole, *rest] == [2**63 + row for row in range(4)]
    assert len(whole) == 3


def test_a_reader_is_warmed_up_with_all_vectors_each_time_it_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: list[int] = []
    monkeypatch.setattr(
        Postings, "parts", lambda self, size: parts.append(size) or [[*self._numbers.tolist()]]
    )
    reader = finished(tmp_path / "shard")
    reader.warm_up()
    reader.warm_up()
    reader.close()
    reader.warm_up()
    assert len(parts) == 2
    assert reader.count_documents() == 1
    reader.close()


def test_those_of_another_shard_are_refused(tmp_path: Path) -> None:
    reader = finished(tmp_path / "shard")
    Postings.write(tmp_path / "shard", [])
    with pytest.raises(StoreError, match=r"shard is damaged\."):
        reader.warm_up()
