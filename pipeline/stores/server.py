"""A Qdrant server as document store: `qdrant-haystack`'s, with the search really parametrised.

The stock store sends no search parameters, so quantized vectors are never rescored, and no
prefetch limits, so a hybrid query never returns more than twenty documents.
"""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

import httpx
from haystack import Document, default_to_dict
from haystack.dataclasses import SparseEmbedding
from haystack.document_stores.types import DuplicatePolicy
from haystack.utils import Secret
from haystack_integrations.document_stores.qdrant import QdrantDocumentStore
from haystack_integrations.document_stores.qdrant.converters import (
    DENSE_VECTORS_NAME,
    SPARSE_VECTORS_NAME,
    convert_id,
    convert_qdrant_point_to_haystack_document,
)
from haystack_integrations.document_stores.qdrant.document_store import QdrantStoreError
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from config.settings import ENVIRONMENT_PREFIX, Quantization, RetrievalSettings
from pipeline.stores.contract import FILTERABLE, Steering, StoreError
from pipeline.stores.filters import Filters, to_qdrant_filter
from pipeline.stores.ties import without_ties

API_KEY_VARIABLE = f"{ENVIRONMENT_PREFIX}INDEX__SERVER__API_KEY"

_POLL_S = 0.5


class QdrantServerDocumentStore(QdrantDocumentStore):
    """A Haystack document store over one version of the index on a Qdrant server.

    Points, payload and filters are those of `QdrantEdgeDocumentStore`. Without a `version` the
    store reads whichever collection the alias points at. `location=":memory:"` runs qdrant-client's
    own exact search instead of a server, for tests.
    """

    def __init__(
        self,
        *,
        alias: str,
        embedding_dim: int,
        version: str | None = None,
        url: str | None = None,
        location: str | None = None,
        api_key: Secret | None = None,
        timeout_s: float = 30.0,
        similarity: Literal["cosine", "dot_product", "l2"] = "cosine",
        quantization: Quantization = "none",
        compression: Literal["x4", "x8", "x16", "x32", "x64"] = "x16",
        m: int = 16,
        ef_construct: int = 100,
        read_only: bool = False,
    ) -> None:
        """Keep the parameters; see `QdrantEdgeDocumentStore` for those of the index.

        A read-only store never makes a collection and refuses to write.
        """
        super().__init__(
            location=location,
            url=url,
            api_key=api_key,
            timeout=math.ceil(timeout_s),
            index=collection_name(alias, version) if version else alias,
            embedding_dim=embedding_dim,
            use_sparse_embeddings=True,
            sparse_idf=True,
            similarity=similarity,
            progress_bar=False,
            hnsw_config={"m": m, "ef_construct": ef_construct},
            quantization_config=_quantization_config(quantization, compression),
            write_batch_size=256,
            payload_fields_to_index=_payload_indexes(),
            client_kwargs={"check_compatibility": False},
        )
        self.alias = alias
        self.version = version
        self.timeout_s = timeout_s
        self.quantization = quantization
        self.compression = compression
        self.m = m
        self.ef_construct = ef_construct
        self.read_only = read_only

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters for a pipeline's YAML; the key is named, never shown."""
        key = Secret.from_env_var(API_KEY_VARIABLE, strict=False) if self.api_key else None
        return default_to_dict(
            self,
            alias=self.alias,
            embedding_dim=self.embedding_dim,
            version=self.version,
            url=self.url,
            location=self.location,
            api_key=key.to_dict() if key else None,
            timeout_s=self.timeout_s,
            similarity=self.similarity,
            quantization=self.quantization,
            compression=self.compression,
            m=self.m,
            ef_construct=self.ef_construct,
            read_only=self.read_only,
        )

    def warm_up(self) -> None:
        """Connect, and make or check the collection. Raises StoreError."""
        self._initialize_client()

    def _initialize_client(self) -> None:
        if self._client is not None:
            return
        try:
            with explained(self.place):
                super()._initialize_client()
        except BaseException:
            self.close()  # or the next call would take the collection for checked
            raise

    def _set_up_collection(self, collection_name: str, *args: Any, **kwargs: Any) -> None:
        if (self.read_only or self.version is None) and not self._connected.collection_exists(
            collection_name
        ):
            raise StoreError(
                f"There is no collection {collection_name!r} at {self.place}.",
                "Build the index with `lookbook index build`.",
            )
        super()._set_up_collection(collection_name, *args, **kwargs)

    @property
    def place(self) -> str:
        """What the store talks to, for messages."""
        return self.url or self.location or "localhost"

    @property
    def _connected(self) -> QdrantClient:
        self._initialize_client()
        assert self._client is not None  # noqa: S101 - set above; this tells mypy
        return self._client

    def optimize(self) -> None:
        """Wait until the server has indexed everything written.

        Raises StoreError when its optimizers fail.
        """
        with explained(self.place):
            while (info := self._connected.get_collection(self.index)).status != "green":
                if info.status == "red":
                    raise StoreError(
                        f"{self.place} cannot index the collection {self.index!r}: "
                        f"{info.optimizer_status}.",
                        "See the server's log; then build the index again.",
                    )
                time.sleep(_POLL_S)

    def write_documents(
        self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE
    ) -> int:
        """Write documents and return how many were written. NONE means FAIL."""
        self._refuse_read_only()
        if policy is DuplicatePolicy.NONE:
            policy = DuplicatePolicy.FAIL
        with explained(self.place):
            return super().write_documents(documents, policy)

    def delete_documents(self, document_ids: list[str]) -> None:
        """Delete documents by id; unknown ids are ignored."""
        self._refuse_read_only()
        with explained(self.place):
            super().delete_documents(document_ids)

    def delete_all_documents(self, recreate_index: bool = False) -> None:  # noqa: FBT001, FBT002 - inherited
        """Delete every document."""
        self._refuse_read_only()
        with explained(self.place):
            super().delete_all_documents(recreate_index)

    def delete_by_filter(self, filters: Filters) -> int:
        """Delete the documents that match and return their number."""
        self._refuse_read_only()
        matching: Any = to_qdrant_filter(filters)
        with explained(self.place):
            return super().delete_by_filter(matching)

    def update_by_filter(self, filters: Filters, meta: dict[str, Any]) -> int:
        """Merge `meta` into the documents that match and return their number."""
        self._refuse_read_only()
        matching: Any = to_qdrant_filter(filters)
        with explained(self.place):
            return super().update_by_filter(matching, meta)

    def count_documents(self) -> int:
        """Return the number of documents."""
        with explained(self.place):
            return super().count_documents()

    def count_documents_by_filter(self, filters: Filters) -> int:
        """Return how many documents match."""
        matching: Any = to_qdrant_filter(filters)
        with explained(self.place):
            return super().count_documents_by_filter(matching)

    def filter_documents(self, filters: Filters | None = None) -> list[Document]:
        """Return the documents that match, with their embeddings, in no particular order."""
        with explained(self.place):
            return super().filter_documents(to_qdrant_filter(filters))

    def get_embeddings(self, document_ids: Sequence[str]) -> dict[str, list[float]]:
        """Return the stored dense vector of every given id that exists and has one."""
        by_point = {str(UUID(convert_id(one))): one for one in document_ids}
        with explained(self.place):
            records = self._connected.retrieve(
                self.index, list(by_point), with_payload=False, with_vectors=[DENSE_VECTORS_NAME]
            )
        vectors: dict[str, Any] = {by_point[str(r.id)]: r.vector for r in records}
        return {
            document_id: vector[DENSE_VECTORS_NAME]
            for document_id, vector in vectors.items()
            if vector
        }

    def hybrid_search(
        self,
        query_embedding: list[float],
        query_sparse_embedding: SparseEmbedding | None,
        *,
        filters: Filters | None,
        top_k: int,
        search: RetrievalSettings,
        enough: int | None = None,  # noqa: ARG002 - asking again would cost a second round trip
        with_embeddings: bool = False,
        steering: Steering | None = None,
    ) -> list[Document]:
        """Return the `top_k` best documents that pass the filter, best first, with their scores.

        The filter acts inside every search, before the nearest neighbours are chosen. Without a
        sparse embedding, or with `search.hybrid` off, the score is the dense similarity.
        """
        matching = to_qdrant_filter(filters)
        dense: dict[str, Any] = {"query": query_embedding, "using": DENSE_VECTORS_NAME}
        parameters = _search_params(search)
        returned: dict[str, Any] = {
            "collection_name": self.index,
            "limit": top_k,
            "with_payload": True,
            "with_vectors": [DENSE_VECTORS_NAME] if with_embeddings else False,
        }
        prefetches = [
            models.Prefetch(
                **dense,
                limit=max(search.dense_limit, top_k),
                params=parameters,
                filter=matching,
            )
        ]
        weights = [search.dense_weight]
        if search.hybrid and query_sparse_embedding and query_sparse_embedding.indices:
            prefetches.append(
                models.Prefetch(
                    query=models.SparseVector(
                        indices=query_sparse_embedding.indices,
                        values=query_sparse_embedding.values,
                    ),
                    using=SPARSE_VECTORS_NAME,
                    limit=max(search.sparse_limit, top_k),
                    filter=matching,
                )
            )
            weights.append(search.sparse_weight)
        if steering is not None:
            further = _steered(steering, prefetches[0])
            prefetches += further
            weights += [steering.weight] * len(further)
        if len(prefetches) == 1 and steering is None:
            asked = {**dense, "query_filter": matching, "search_params": parameters}
        elif steering is None or not steering.preferences:
            asked = {"prefetch": prefetches, "query": _fusion(search, weights)}
        else:
            fused = models.Prefetch(
                prefetch=prefetches, query=_fusion(search, weights), limit=top_k
            )
            asked = {"prefetch": [fused], "query": _preferring(steering.preferences)}
        with explained(self.place):
            response = self._connected.query_points(**asked, **returned)
        return [
            convert_qdrant_point_to_haystack_document(point, use_sparse_embeddings=True)
            for point in without_ties(response.points)
        ]

    def _refuse_read_only(self) -> None:
        if self.read_only or self.version is None:
            raise StoreError(
                f"The collection {self.index!r} at {self.place} is open for reading only.",
                "Write to a new version: an index that is in use is never changed.",
            )


def collection_name(alias: str, version: str) -> str:
    """Return the name of the collection that holds a version."""
    return f"{alias}-{version}"


@contextmanager
def explained(place: str) -> Iterator[None]:
    """Turn the client's errors into StoreErrors that name the server and the mend."""
    try:
        yield
    except QdrantStoreError as error:
        raise _explanation(place, error.__cause__ or error) from error
    except ApiException as error:
        raise _explanation(place, error) from error


def _explanation(place: str, error: BaseException) -> StoreError:
    if isinstance(error, StoreError):
        return error
    if isinstance(error, UnexpectedResponse):
        if error.status_code in (401, 403):
            return StoreError(
                f"The Qdrant server at {place} refuses the API key.", f"Set {API_KEY_VARIABLE}."
            )
        return StoreError(
            f"The Qdrant server at {place} answered {error.status_code} "
            f"({error.content.decode(errors='replace')[:300]}).",
            "Check that it is Qdrant 1.17 or newer, and that the index was built there.",
        )
    source = getattr(error, "source", error)
    if isinstance(source, httpx.TimeoutException):
        return StoreError(
            f"The Qdrant server at {place} did not answer in time.",
            "Check its load, or raise index.server.timeout_s.",
        )
    if isinstance(source, httpx.TransportError):
        return StoreError(
            f"The Qdrant server at {place} cannot be reached ({source}).",
            "Start it, or correct index.server.url.",
        )
    return StoreError(
        f"The Qdrant server at {place} cannot be used as asked: {source}.",
        "Check that index.server.url names a Qdrant server and that the index was built there.",
    )


def _search_params(search: RetrievalSettings) -> models.SearchParams:
    return models.SearchParams(
        hnsw_ef=search.ef,
        exact=search.exact,
        quantization=models.QuantizationSearchParams(
            rescore=search.rescore, oversampling=search.oversampling
        ),
    )


def _fusion(
    search: RetrievalSettings, weights: list[float]
) -> models.FusionQuery | models.RrfQuery:
    if search.fusion == "dbsf":
        return models.FusionQuery(fusion=models.Fusion.DBSF)
    return models.RrfQuery(rrf=models.Rrf(k=search.rrf_k, weights=weights))


def _steered(steering: Steering, dense: models.Prefetch) -> list[models.Prefetch]:
    """Return the searches that a taste adds to the dense one."""
    added = []
    if steering.liked or steering.disliked:
        examples = models.RecommendInput(
            positive=list(steering.liked),
            negative=list(steering.disliked),
            strategy=models.RecommendStrategy.BEST_SCORE,
        )
        recommended = models.RecommendQuery(recommend=examples)
        added.append(dense.model_copy(update={"query": recommended}))
    if steering.favoured:
        one_of = models.Filter(should=[to_qdrant_filter(f) for f in steering.favoured])
        both = models.Filter(must=[one_of] if dense.filter is None else [dense.filter, one_of])
        added.append(dense.model_copy(update={"filter": both}))
    return added


def _preferring(preferences: Iterable[tuple[dict[str, Any], float]]) -> models.FormulaQuery:
    """Return the formula that adds shares of the score for what a document meets."""
    shares: list[Any] = [
        models.MultExpression(mult=[share, to_qdrant_filter(filters)])
        for filters, share in preferences
    ]
    total = models.SumExpression(sum=[1.0, *shares])
    return models.FormulaQuery(formula=models.MultExpression(mult=["$score", total]))


def _quantization_config(quantization: Quantization, compression: str) -> dict[str, Any] | None:
    match quantization:
        case "none":
            return None
        case "scalar":
            return {"scalar": {"type": "int8", "always_ram": True}}
        case "product":
            return {"product": {"compression": compression, "always_ram": True}}
        case "turbo":
            return {"turbo": {"bits": "bits4", "always_ram": True}}


def _payload_indexes() -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = [
        {"field_name": f"meta.{name}", "field_schema": kind} for name, kind in FILTERABLE.items()
    ]
    words = {"type": "text", "tokenizer": "word", "lowercase": True}
    return [*fields, {"field_name": "content", "field_schema": words}]
