"""Documents as points of Qdrant Edge, and back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import qdrant_edge as edge
from haystack import Document
from haystack_integrations.document_stores.qdrant.converters import (
    DENSE_VECTORS_NAME,
    SPARSE_VECTORS_NAME,
    convert_id,
)


def point_number(document_id: str) -> int:
    """Return the id of a document's point."""
    return number_of(convert_id(document_id))


def number_of(uuid: str) -> int:
    """Return the number that stands for a UUID of Haystack's Qdrant points: half of its bits.

    The engine takes thousands of numbers for a filter fifteen times as fast as UUIDs. 62 random
    bits are the same for two of a million documents with a chance of 1 in 10 million.
    """
    return UUID(uuid).int & (2**64 - 1)


def to_point(document: Document) -> edge.Point:
    """Return the point of a document, its vectors and payload included."""
    # Not Document.to_dict: it deep-copies the embedding, 0.2 ms a document.
    payload = {"id": document.id, "content": document.content, "meta": document.meta}
    if document.blob is not None:
        payload["blob"] = document.blob.to_dict()
    vector: dict[str, edge.NamedVector] = {}
    if document.embedding is not None:
        vector[DENSE_VECTORS_NAME] = document.embedding
    if document.sparse_embedding is not None:
        sparse = document.sparse_embedding
        vector[SPARSE_VECTORS_NAME] = edge.SparseVector(sparse.indices, sparse.values)
    return edge.Point(point_number(document.id), vector, payload)


def to_document(point: edge.ScoredPoint | edge.Record) -> Document:
    """Return the document of a point, with what was asked for of its score and vectors."""
    payload = dict(point.payload or {})
    if isinstance(point, edge.ScoredPoint):
        payload["score"] = point.score
    if isinstance(point.vector, dict):
        payload["embedding"] = dense_vector(point)
        sparse = point.vector.get(SPARSE_VECTORS_NAME)
        if isinstance(sparse, edge.SparseVector):
            payload["sparse_embedding"] = {"indices": sparse.indices, "values": sparse.values}
    return Document.from_dict(payload)


def found(payload: Mapping[str, Any], score: float) -> Document:
    """Return the document of a payload that a search found."""
    # Not Document.from_dict, which takes twice as long.
    return Document(id=payload["id"], content=payload["content"], meta=payload["meta"], score=score)


def dense_vector(point: edge.ScoredPoint | edge.Record) -> list[float] | None:
    """Return the dense vector of a point, if it was asked for and there is one."""
    vectors: Any = point.vector
    vector: list[float] | None = vectors.get(DENSE_VECTORS_NAME) if vectors else None
    return vector
