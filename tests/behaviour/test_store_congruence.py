"""Qdrant Edge against qdrant-client's local mode, the exact oracle: same points, same answers."""

import numpy as np
import pytest
from haystack import Document
from haystack.dataclasses import SparseEmbedding
from qdrant_client import models

from config.settings import RetrievalSettings
from pipeline.stores import QdrantEdgeDocumentStore, QdrantServerDocumentStore, Steering

DIMENSION = 16
COLOURS = ("Black", "Red", "Light Blue")
TYPES = ("Sweater", "Dress", "Jeans", "Sneakers")
EXACT = RetrievalSettings(exact=True, dense_limit=40, sparse_limit=40)

pytestmark = pytest.mark.filterwarnings(
    "ignore:Payload indexes have no effect", "ignore:Local mode performs exact"
)


def _documents(count: int = 300) -> list[Document]:
    random = np.random.default_rng(7)
    documents = []
    for number in range(count):
        meta = {
            "article_id": str(number),
            "product_type": TYPES[random.integers(len(TYPES))],
            "colour": COLOURS[random.integers(len(COLOURS))],
        }
        if number % 3:
            meta["price"] = round(float(random.uniform(5, 100)), 2)
            meta["features"] = random.choice(["soft", "warm", "long"], number % 4).tolist()
        terms = random.choice(50, size=5, replace=False)
        documents.append(
            Document(
                id=f"article-{number}",
                content=f"Knitted {meta['colour']} {meta['product_type']} number {number}",
                meta=meta,
                embedding=random.normal(size=DIMENSION).tolist(),
                sparse_embedding=SparseEmbedding(
                    terms.tolist(), random.uniform(0.5, 2, size=5).tolist()
                ),
            )
        )
    return documents


@pytest.fixture(scope="module", params=["written", "finished"])
def stores(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("edge") / "shard"
    edge = QdrantEdgeDocumentStore(path=path, embedding_dim=DIMENSION)
    oracle = QdrantServerDocumentStore(
        alias="articles", version="1", location=":memory:", embedding_dim=DIMENSION
    )
    for store in (edge, oracle):
        store.write_documents(_documents())
        store.optimize()
    if request.param == "finished":  # read with its postings
        edge.close()
        edge = QdrantEdgeDocumentStore(path=path, embedding_dim=DIMENSION, read_only=True)
    yield edge, oracle
    edge.close()


def _condition(field, operator, value):
    return {"field": f"meta.{field}", "operator": operator, "value": value}


def _group(operator, *conditions):
    return {"operator": operator, "conditions": list(conditions)}


BLACK = _condition("colour", "==", "Black")
DRESS = _condition("product_type", "==", "Dress")
FILTERS = {
    "no filter": None,
    "equal": BLACK,
    "not equal": _condition("colour", "!=", "Black"),
    "in": _condition("product_type", "in", ["Dress", "Jeans"]),
    "in nothing": _condition("product_type", "in", []),
    "not in": _condition("product_type", "not in", ["Dress", "Jeans"]),
    "not in nothing": _condition("product_type", "not in", []),
    "range": _group("AND", _condition("price", ">=", 20), _condition("price", "<", 60.5)),
    "absent": _condition("price", "==", None),
    "present": _condition("price", "!=", None),
    "one of several": _condition("features", "in", ["soft", "bright"]),
    "none of several": _condition("features", "not in", ["soft"]),
    "and": _group("AND", BLACK, DRESS),
    "or": _group("OR", BLACK, DRESS),
    "not both": _group("NOT", BLACK, DRESS),
    "neither": _group("NOT", _group("OR", BLACK, DRESS)),
    "nested": _group("AND", DRESS, _group("OR", BLACK, _condition("price", ">", 50))),
    "nothing matches": _condition("colour", "==", "Invisible"),
    "unknown field": _condition("shoe_size", "==", "42"),
    "words": models.Filter(
        must=[models.FieldCondition(key="content", match=models.MatchText(text="Red Dress"))]
    ),
    "an id": models.Filter(must_not=[models.HasIdCondition(has_id=[])]),
}


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def test_a_filter_lets_the_same_documents_through_on_both(stores, filters):
    edge, oracle = stores
    found, expected = ({d.id for d in store.filter_documents(filters)} for store in stores)
    assert found == expected
    if filters:
        assert edge.count_documents_by_filter(filters) == len(expected)
        assert oracle.count_documents_by_filter(filters) == len(expected)


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
@pytest.mark.parametrize(
    "search",
    [
        EXACT,
        EXACT.model_copy(update={"fusion": "dbsf"}),
        EXACT.model_copy(update={"hybrid": False}),
        EXACT.model_copy(update={"dense_weight": 3.0, "rrf_k": 20}),
    ],
    ids=["rrf", "dbsf", "dense", "weighted"],
)
def test_an_exact_search_ranks_alike_on_both(stores, search, filters):
    random = np.random.default_rng(11)
    for _ in range(5):
        query = random.normal(size=DIMENSION).tolist()
        terms = SparseEmbedding(random.choice(50, size=3, replace=False).tolist(), [1.0, 1.0, 1.0])
        found, expected = (
            store.hybrid_search(query, terms, filters=filters, top_k=20, search=search)
            for store in stores
        )
        assert [d.score for d in found] == pytest.approx([d.score for d in expected], rel=1e-4)
        assert _above_the_last(found) == _above_the_last(expected)


@pytest.mark.parametrize("filters", [None, BLACK, _group("OR", BLACK, DRESS)])
@pytest.mark.parametrize(
    "changes",
    [
        {"favoured": ()},
        {"preferences": (), "favoured": ()},
        {"disliked": ()},
        {"liked": (), "disliked": ()},
        {"weight": 0.3},
    ],
    ids=["no search of its own", "examples alone", "likes alone", "preferences alone", "weak"],
)
def test_a_taste_bends_the_order_alike_on_both(stores, changes, filters):
    random = np.random.default_rng(5)
    for _ in range(5):
        vectors = random.normal(size=(5, DIMENSION)).tolist()
        told = {
            "liked": tuple(vectors[:2]),
            "disliked": (vectors[2],),
            "preferences": ((DRESS, 0.3), (_condition("price", "<", 40), -0.2)),
            "favoured": (DRESS,),
        }
        terms = SparseEmbedding(random.choice(50, size=3, replace=False).tolist(), [1.0, 1.0, 1.0])
        asked = {
            "filters": filters,
            "top_k": 1000,  # all: of equals at an end, each may keep another
            "search": EXACT,
            "steering": Steering(**{**told, **changes}),
        }
        found, expected = (store.hybrid_search(vectors[4], terms, **asked) for store in stores)
        scores = {d.id: d.score for d in found}
        assert scores == pytest.approx({d.id: d.score for d in expected}, rel=1e-4)
        assert scores.keys() == {d.id for d in stores[0].filter_documents(filters)}


def _above_the_last(documents: list[Document]) -> dict[str, tuple]:
    """Return what was found, less those of the last score, whose fellows were cut off at random.

    Ranks fuse to equal scores all the time, and the order of equals is not promised.
    """
    last = documents[-1].score if documents else 0.0
    return {d.id: (d.content, d.meta) for d in documents if d.score > last * (1 + 1e-4)}


def test_both_hold_the_same_documents_and_vectors(stores):
    by_id = [{d.id: d for d in store.filter_documents()} for store in stores]
    assert by_id[0].keys() == by_id[1].keys()
    for document_id, found in by_id[0].items():
        expected = by_id[1][document_id]
        assert (found.content, found.meta) == (expected.content, expected.meta)
        assert found.embedding == pytest.approx(expected.embedding, abs=1e-6)
        assert dict(
            zip(found.sparse_embedding.indices, found.sparse_embedding.values, strict=True)
        ) == pytest.approx(
            dict(
                zip(
                    expected.sparse_embedding.indices,
                    expected.sparse_embedding.values,
                    strict=True,
                )
            )
        )
    asked = ["article-3", "article-200", "unknown"]
    edge, oracle = (store.get_embeddings(asked) for store in stores)
    assert edge.keys() == oracle.keys() == {"article-3", "article-200"}
    assert edge["article-3"] == pytest.approx(oracle["article-3"], abs=1e-6)


@pytest.fixture(scope="module")
def clustered():
    random = np.random.default_rng(3)
    centres = random.normal(size=(40, 32))
    vectors = centres[random.integers(40, size=3000)] + 0.5 * random.normal(size=(3000, 32))
    queries = vectors[:25] + 0.1 * random.normal(size=(25, 32))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), queries


@pytest.mark.parametrize("quantization", ["scalar", "product", "turbo"])
def test_rescoring_with_oversampling_restores_what_quantization_loses(
    tmp_path, clustered, quantization
):
    vectors, queries = clustered
    store = QdrantEdgeDocumentStore(
        path=tmp_path / "shard",
        embedding_dim=32,
        quantization=quantization,
        indexing_threshold_kb=10,
    )
    store.write_documents(
        [
            Document(id=str(i), content="", embedding=vector.tolist())
            for i, vector in enumerate(vectors)
        ]
    )
    assert store.info().indexed_vectors_count == 0
    store.optimize()
    # Below the indexing threshold nothing is quantized, and this test would prove nothing.
    assert store.info().indexed_vectors_count == len(vectors)

    def recall(search: RetrievalSettings) -> float:
        hits = 0
        for query in queries:
            found, true = (
                store.hybrid_search(query.tolist(), None, filters=None, top_k=50, search=one)
                for one in (search, RetrievalSettings(exact=True))
            )
            hits += len({d.id for d in found} & {d.id for d in true})
        return hits / (50 * len(queries))

    assert recall(RetrievalSettings(ef=256, rescore=True, oversampling=4)) >= 0.98
    if quantization == "product":
        assert recall(RetrievalSettings(ef=256, rescore=False, oversampling=1)) < 0.95
    store.close()
