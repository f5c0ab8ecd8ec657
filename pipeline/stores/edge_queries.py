"""The one hybrid query, in the words of Qdrant Edge."""

from collections.abc import Iterable
from typing import Any

import qdrant_edge as edge
from haystack.dataclasses import SparseEmbedding
from haystack_integrations.document_stores.qdrant.converters import (
    DENSE_VECTORS_NAME,
    SPARSE_VECTORS_NAME,
)

from config.settings import RetrievalSettings
from pipeline.stores.contract import Steering
from pipeline.stores.filters import to_edge_filter


def hybrid_request(
    query_embedding: list[float],
    query_sparse_embedding: SparseEmbedding | None,
    matching: edge.Filter | None,
    search: RetrievalSettings,
    steering: Steering | None,
    *,
    favoured: edge.Filter | None,
    limit: int,
    **returned: Any,
) -> edge.QueryRequest:
    """Return the request for the `limit` best points of those that match.

    `favoured` is the filter of what matches and meets what the steering favours, None to search for
    no such. `returned` are the request's own `with_payload` and `with_vector`.
    """
    dense = edge.Query.Nearest(query_embedding, using=DENSE_VECTORS_NAME)
    parameters = _search_params(search)
    prefetches = [
        edge.Prefetch(
            limit=max(search.dense_limit, limit), query=dense, params=parameters, filter=matching
        )
    ]
    weights = [search.dense_weight]
    if search.hybrid and query_sparse_embedding and query_sparse_embedding.indices:
        sparse = edge.SparseVector(query_sparse_embedding.indices, query_sparse_embedding.values)
        prefetches.append(
            edge.Prefetch(
                limit=max(search.sparse_limit, limit),
                query=edge.Query.Nearest(sparse, using=SPARSE_VECTORS_NAME),
                filter=matching,
            )
        )
        weights.append(search.sparse_weight)
    if steering is not None:
        further = _steered(steering, prefetches[0], parameters, matching, favoured)
        prefetches += further
        weights += [steering.weight] * len(further)
    if len(prefetches) == 1 and steering is None:
        return edge.QueryRequest(
            limit=limit, query=dense, params=parameters, filter=matching, **returned
        )
    fusion = _fusion(search, weights)
    if steering is None or not steering.preferences:
        return edge.QueryRequest(limit=limit, prefetches=prefetches, query=fusion, **returned)
    fused = edge.Prefetch(limit=limit, prefetches=prefetches, query=fusion)
    preferring = _preferring(steering.preferences)
    return edge.QueryRequest(limit=limit, prefetches=[fused], query=preferring, **returned)


def _search_params(search: RetrievalSettings) -> edge.SearchParams:
    return edge.SearchParams(
        hnsw_ef=search.ef,
        exact=search.exact,
        quantization=edge.QuantizationSearchParams(
            rescore=search.rescore, oversampling=search.oversampling
        ),
    )


def _fusion(search: RetrievalSettings, weights: list[float]) -> Any:
    if search.fusion == "dbsf":
        return edge.Fusion.Dbsf()
    return edge.Fusion.Rrf(k=search.rrf_k, weights=weights)


def _steered(
    steering: Steering,
    dense: edge.Prefetch,
    parameters: edge.SearchParams,
    matching: edge.Filter | None,
    favoured: edge.Filter | None,
) -> list[edge.Prefetch]:
    """Return the searches that a taste adds to the dense one."""
    added = []
    if steering.liked or steering.disliked:
        examples = edge.RecommendQuery(
            [*map(list, steering.liked)], [*map(list, steering.disliked)]
        )
        recommended = edge.Query.RecommendBestScore(examples, using=DENSE_VECTORS_NAME)
        added.append(
            edge.Prefetch(limit=dense.limit, query=recommended, params=parameters, filter=matching)
        )
    if favoured is not None:
        added.append(
            edge.Prefetch(limit=dense.limit, query=dense.query, params=parameters, filter=favoured)
        )
    return added


def _met(filters: dict[str, Any]) -> edge.Filter:
    return to_edge_filter(filters) or edge.Filter()


def _preferring(preferences: Iterable[tuple[dict[str, Any], float]]) -> edge.Formula:
    """Return the formula that adds shares of the score for what a document meets."""
    shares = [
        edge.Expression.Mult(
            [edge.Expression.Constant(share), edge.Expression.Condition(_met(filters))]
        )
        for filters, share in preferences
    ]
    total = edge.Expression.Sum([edge.Expression.Constant(1.0), *shares])
    return edge.Formula(edge.Expression.Mult([edge.Expression.Variable("$score"), total]))
