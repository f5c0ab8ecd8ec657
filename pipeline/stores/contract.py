"""What both document stores promise: the fields they index, the search they run, how they fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol

from haystack import Document
from haystack.dataclasses import SparseEmbedding
from haystack.document_stores.types import DuplicatePolicy
from qdrant_client import models

from config.errors import LookbookError
from config.settings import RetrievalSettings

FieldType = Literal["keyword", "float"]

FILTERABLE: MappingProxyType[str, FieldType] = MappingProxyType(
    {
        "product_code": "keyword",
        "product_type": "keyword",
        "product_group": "keyword",
        "colour": "keyword",
        "colour_family": "keyword",
        "index_name": "keyword",
        "index_group": "keyword",
        "section": "keyword",
        "department": "keyword",
        "garment_group": "keyword",
        "pattern": "keyword",
        "availability": "keyword",
        "currency": "keyword",
        "price": "float",
        "features": "keyword",
    }
)
"""Fields of an article that have a payload index, under `meta.<name>`. `content` has a word index
besides."""


class StoreError(LookbookError):
    """The document store cannot be reached, opened or used as asked."""


@dataclass(frozen=True, slots=True)
class Steering:
    """What bends the order of a search towards a taste; it lets nothing in and keeps nothing out.

    `liked` and `disliked` are vectors of examples: what is near the former and far from the latter
    makes one more order beside the dense and the BM25 one, with `weight` in reciprocal rank fusion.
    `preferences` are Haystack filters with a number each: a document's score grows by the sum of
    the numbers of those it meets, as shares of the score. What meets one of `favoured` is searched
    for by itself as well, so that it is among the candidates.
    """

    liked: tuple[Sequence[float], ...] = ()
    disliked: tuple[Sequence[float], ...] = ()
    weight: float = 1.0
    preferences: tuple[tuple[dict[str, Any], float], ...] = ()
    favoured: tuple[dict[str, Any], ...] = ()


class ArticleStore(Protocol):
    """A Haystack document store that also runs the one hybrid query (design section 5)."""

    def to_dict(self) -> dict[str, Any]:
        """Return the store's parameters for a pipeline's YAML, without secrets."""
        ...

    def warm_up(self) -> None:
        """Open or connect, so that the first search takes no longer than others."""
        ...

    def count_documents(self) -> int:
        """Return the number of documents."""
        ...

    def filter_documents(
        self, filters: dict[str, Any] | models.Filter | None = None
    ) -> list[Document]:
        """Return the documents that match a filter of Haystack or Qdrant, with embeddings."""
        ...

    def count_documents_by_filter(self, filters: dict[str, Any]) -> int:
        """Return how many documents match a Haystack filter."""
        ...

    def write_documents(
        self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE
    ) -> int:
        """Write documents with `embedding` and `sparse_embedding`; return how many were written."""
        ...

    def delete_documents(self, document_ids: list[str]) -> None:
        """Delete documents by id; unknown ids are ignored."""
        ...

    def get_embeddings(self, document_ids: Sequence[str]) -> dict[str, list[float]]:
        """Return the stored dense vector of every given id that exists and has one."""
        ...

    def hybrid_search(
        self,
        query_embedding: list[float],
        query_sparse_embedding: SparseEmbedding | None,
        *,
        filters: dict[str, Any] | None,
        top_k: int,
        search: RetrievalSettings,
        enough: int | None = None,
        with_embeddings: bool = False,
        steering: Steering | None = None,
    ) -> list[Document]:
        """Return the `top_k` best documents of those that pass the filter, best first, scored.

        Dense and BM25 candidates are fused on the side of the engine. Without a sparse embedding
        or with `search.hybrid` off the dense order and its similarity are returned. With `enough`,
        documents after those that hold so many different products may be left out. `steering` is
        part of the same request, under the same filter.
        """
        ...

    def optimize(self) -> None:
        """Index what was written; returns when it is done."""
        ...

    def close(self) -> None:
        """Release files or connections; the next call opens them again."""
        ...
