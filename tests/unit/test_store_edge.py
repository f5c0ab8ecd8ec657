import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from haystack import Document
from haystack.dataclasses import ByteStream, SparseEmbedding
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from qdrant_client import models

from config.settings import HnswSettings, IndexSettings, RetrievalSettings
from pipeline.article import Article
from pipeline.stores import FILTERABLE, QdrantEdgeDocumentStore, StoreError, open_store


def _document(number, **changes):
    vector = [1.0, number / 10, 0.0, 0.0]
    return Document(id=str(number), content=f"Tee number {number}", embedding=vector, **changes)


@pytest.fixture
def store(tmp_path):
    made = QdrantEdgeDocumentStore(path=tmp_path / "shard", embedding_dim=4)
    yield made
    made.close()


def _reader(store):
    return QdrantEdgeDocumentStore(path=store.path, embedding_dim=4, read_only=True)


def _found(store, **asked):
    parameters = {"filters": None, "top_k": 10, "search": RetrievalSettings(), **asked}
    return store.hybrid_search([1.0, 0.0, 0.0, 0.0], None, **parameters)


def test_making_a_store_touches_no_file(tmp_path):
    QdrantEdgeDocumentStore(path=tmp_path / "shard", embedding_dim=4)
    assert list(tmp_path.iterdir()) == []


def test_a_pipeline_can_hold_it(tmp_path):
    store = QdrantEdgeDocumentStore(
        path=tmp_path / "shard",
        embedding_dim=4,
        similarity="dot_product",
        quantization="product",
        compression="x8",
        m=32,
        ef_construct=200,
        indexing_threshold_kb=5,
        read_only=True,
    )
    described = store.to_dict()
    assert described["init_parameters"]["path"] == str(tmp_path / "shard")
    assert QdrantEdgeDocumentStore.from_dict(described).to_dict() == described


def test_settings_reach_the_store(tmp_path):
    settings = IndexSettings(
        quantization="scalar", compression="x32", hnsw=HnswSettings(m=8, ef_construct=50)
    )
    store = open_store(settings, location=tmp_path, dimension=7, read_only=True)
    assert isinstance(store, QdrantEdgeDocumentStore)
    assert (store.path, store.embedding_dim, store.read_only) == (tmp_path, 7, True)
    assert (store.quantization, store.compression) == ("scalar", "x32")
    assert (store.m, store.ef_construct) == (8, 50)


def test_an_article_comes_back_whole(store):
    article = Article(
        id="0108775015",
        product_code="0108775",
        name="Strap top",
        product_type="Vest top",
        price=9.99,
        extra={"season": "summer"},
    )
    document = article.to_document()
    document = Document(
        id=document.id,
        content=document.content,
        meta=document.meta,
        embedding=[0.0, 1.0, 0.0, 0.0],
        sparse_embedding=SparseEmbedding([7], [1.5]),
        blob=ByteStream(b"bytes"),
    )
    store.write_documents([document])
    (found,) = store.filter_documents()
    assert found == document
    assert Article.from_document(found) == article


def test_every_filterable_field_and_the_words_are_indexed(store):
    schema = store.info().payload_schema
    assert set(schema) == {f"meta.{name}" for name in FILTERABLE} | {"content"}
    assert str(schema["meta.price"].data_type) == "PayloadSchemaType.Float"
    assert str(schema["meta.colour"].data_type) == "PayloadSchemaType.Keyword"
    assert str(schema["content"].data_type) == "PayloadSchemaType.Text"


def test_words_are_found_whatever_their_case(store):
    store.write_documents([_document(1), Document(id="2", content="Wool jumper")])
    wool = models.FieldCondition(key="content", match=models.MatchText(text="WOOL"))
    assert [d.id for d in store.filter_documents(models.Filter(must=[wool]))] == ["2"]


def test_a_filter_acts_before_the_nearest_are_chosen(store):
    store.write_documents([_document(n, meta={"colour": "Black"}) for n in range(50)])
    store.write_documents([_document(99, meta={"colour": "Red"})])
    red = {"field": "meta.colour", "operator": "==", "value": "Red"}
    assert [d.id for d in _found(store, filters=red, top_k=1)] == ["99"]


def test_a_search_returns_more_than_its_prefetches_ask_for_when_told_to(store):
    store.write_documents(
        [
            Document(
                id=str(n),
                content="x",
                embedding=[1.0, n / 10, 0.0, 0.0],
                sparse_embedding=SparseEmbedding([1], [1.0]),
            )
            for n in range(40)
        ]
    )
    search = RetrievalSettings(dense_limit=5, sparse_limit=5)
    found = store.hybrid_search(
        [1.0, 0.0, 0.0, 0.0], SparseEmbedding([1], [1.0]), filters=None, top_k=40, search=search
    )
    assert len(found) == 40


def test_a_term_ranks_a_document_that_its_vector_would_not(store):
    store.write_documents([_document(n) for n in range(1, 30)])
    far = Document(
        id="far",
        content="x",
        embedding=[-1.0, 0.0, 0.0, 0.0],
        sparse_embedding=SparseEmbedding([5], [1.0]),
    )
    store.write_documents([far])
    asked = {"filters": None, "top_k": 5}
    query, term = [1.0, 0.0, 0.0, 0.0], SparseEmbedding([5], [1.0])
    both = store.hybrid_search(query, term, search=RetrievalSettings(dense_weight=0.5), **asked)
    dense = store.hybrid_search(query, term, search=RetrievalSettings(hybrid=False), **asked)
    assert both[0].id == "far"
    assert "far" not in {d.id for d in dense}


def test_what_is_equally_good_comes_in_the_same_order_each_time(store):
    """Near by its vector and far by its words is as good as the other way round."""
    store.write_documents(
        [
            Document(
                id=str(n),
                content="x",
                embedding=[1.0, n / 10, 0.0, 0.0],
                sparse_embedding=SparseEmbedding([1], [1.0 + n]),
            )
            for n in range(30)
        ]
    )
    asked = {"filters": None, "top_k": 30, "search": RetrievalSettings()}
    orders = {
        tuple(
            d.id for d in store.hybrid_search([1.0, 0, 0, 0], SparseEmbedding([1], [1.0]), **asked)
        )
        for _ in range(20)
    }
    assert len(orders) == 1


def test_embeddings_come_back_only_when_asked_for(store):
    store.write_documents([_document(0)])
    assert _found(store)[0].embedding is None
    assert _found(store, with_embeddings=True)[0].embedding == [1.0, 0.0, 0.0, 0.0]


def test_stored_embeddings_are_looked_up_by_id(store):
    store.write_documents([_document(0), Document(id="bare", content="no vector")])
    assert store.get_embeddings(["0", "bare", "unknown"]) == {"0": [1.0, 0.0, 0.0, 0.0]}
    assert store.existing_ids(["0", "bare", "unknown"]) == {"0", "bare"}


def test_a_failed_write_of_duplicates_writes_nothing(store):
    store.write_documents([_document(1)])
    for policy in (DuplicatePolicy.FAIL, DuplicatePolicy.NONE):
        with pytest.raises(DuplicateDocumentError, match="'1'"):
            store.write_documents([_document(2), _document(1)], policy)
        with pytest.raises(DuplicateDocumentError, match="'3'"):
            store.write_documents([_document(3), _document(3)], policy)
    assert store.count_documents() == 1


def test_of_duplicates_in_one_write_skip_keeps_the_first_and_overwrite_the_last(store):
    first, last = Document(id="1", content="first"), Document(id="1", content="last")
    assert store.write_documents([first, last], DuplicatePolicy.SKIP) == 1
    assert store.filter_documents()[0].content == "first"
    assert store.write_documents([first, last], DuplicatePolicy.OVERWRITE) == 1
    assert store.filter_documents()[0].content == "last"


def test_no_filter_deletes_and_updates_nothing(store):
    store.write_documents([_document(1)])
    assert store.delete_by_filter({}) == 0
    assert store.update_by_filter({}, {"a": 1}) == 0
    assert store.filter_documents()[0].meta == {}


def test_what_was_written_survives_closing(store):
    store.write_documents([_document(1)])
    store.close()
    store.close()
    assert store.count_documents() == 1
    store.close()
    assert _reader(store).count_documents() == 1


def test_two_processes_read_one_shard_at_once(store):
    store.write_documents([_document(1), _document(2)])
    store.optimize()
    store.close()
    reader = _reader(store)
    assert reader.count_documents() == 2
    program = (
        "import sys; from pipeline.stores import QdrantEdgeDocumentStore as S;"
        "print(S(path=sys.argv[1], embedding_dim=4, read_only=True).count_documents())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, str(store.path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert other.stdout.strip() == "2"
    assert len(_found(reader)) == 2


def test_reading_changes_no_file(store):
    store.write_documents([_document(1), _document(2)])
    store.optimize()
    store.close()

    def contents():
        files = [path for path in store.path.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files}

    before = contents()
    reader = _reader(store)
    assert len(_found(reader)) == 2
    reader.close()
    assert contents() == before


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.write_documents([_document(1)]),
        lambda store: store.delete_documents(["1"]),
        lambda store: store.delete_all_documents(),
        lambda store: store.delete_by_filter({"field": "a", "operator": "==", "value": "b"}),
        lambda store: store.update_by_filter({"field": "a", "operator": "==", "value": "b"}, {}),
        lambda store: store.optimize(),
        lambda store: store.flush(),
    ],
)
def test_a_read_only_store_refuses_every_write(store, write):
    store.write_documents([_document(1)])
    store.close()
    with pytest.raises(StoreError, match="reading only"):
        write(_reader(store))


def test_a_copy_takes_changes_and_leaves_the_original_as_it_is(store, tmp_path):
    store.write_documents([_document(n) for n in range(3)])
    store.close()
    copy = _reader(store).copy_to(tmp_path / "copy")
    copy.delete_documents(["0"])
    copy.write_documents([_document(7)])
    copy.optimize()
    assert {d.id for d in _found(copy)} == {"1", "2", "7"}
    assert {d.id for d in _found(_reader(store))} == {"0", "1", "2"}
    copy.close()


def test_a_small_change_to_a_copy_rebuilds_nothing(tmp_path):
    random = np.random.default_rng(2)
    built = QdrantEdgeDocumentStore(
        path=tmp_path / "built", embedding_dim=32, quantization="scalar", indexing_threshold_kb=50
    )
    built.write_documents(
        [
            Document(id=str(n), content="", embedding=random.normal(size=32).tolist())
            for n in range(1000)
        ]
    )
    built.optimize()
    assert built.info().indexed_vectors_count == 1000
    built.close()

    def graph(store):
        (file,) = store.path.rglob("graph*.bin")
        return file.relative_to(store.path), file.read_bytes()

    copy = built.copy_to(tmp_path / "copy")
    near = [1.0] + [0.0] * 31
    copy.write_documents([Document(id="new", content="", embedding=near)])
    copy.delete_documents(["3"])
    copy.optimize()
    copy.close()
    assert graph(copy) == graph(built)
    found = copy.hybrid_search(near, None, filters=None, top_k=1000, search=RetrievalSettings())
    assert found[0].id == "new"
    assert "3" not in {d.id for d in found}
    copy.close()


def test_reading_where_nothing_was_built_says_what_to_run(tmp_path):
    missing = QdrantEdgeDocumentStore(path=tmp_path / "none", embedding_dim=4, read_only=True)
    with pytest.raises(StoreError) as caught:
        missing.count_documents()
    assert str(tmp_path / "none") in caught.value.problem
    assert "lookbook index build" in caught.value.mend
    assert not (tmp_path / "none").exists()


def test_an_index_of_another_embedder_is_refused(store):
    store.write_documents([_document(1)])
    store.close()
    other = QdrantEdgeDocumentStore(path=store.path, embedding_dim=8, read_only=True)
    with pytest.raises(StoreError, match="4 dimensions, but the embedder makes 8"):
        other.warm_up()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"vectors": {}}'])
def test_a_damaged_index_is_refused(store, content):
    store.warm_up()
    store.close()
    (store.path / "edge_config.json").write_text(content)
    with pytest.raises(StoreError, match="damaged"):
        _reader(store).warm_up()


def test_an_index_that_lost_its_files_is_refused(store):
    store.write_documents([_document(1)])
    store.close()
    for file in list((store.path / "segments").rglob("*")):
        if file.is_file():
            file.write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be opened"):
        _reader(store).warm_up()


def test_a_vector_of_the_wrong_size_is_refused(store):
    with pytest.raises(StoreError, match="expected dim: 4, got 2"):
        store.write_documents([Document(id="1", content="a", embedding=[1.0, 2.0])])


def test_a_filtered_search_finds_every_nearest_of_an_indexed_store(tmp_path):
    random = np.random.default_rng(5)
    vectors = random.normal(size=(4000, 32))
    rare = [n % 20 == 0 for n in range(4000)]
    store = QdrantEdgeDocumentStore(
        path=tmp_path / "shard", embedding_dim=32, quantization="product", indexing_threshold_kb=10
    )
    store.write_documents(
        [
            Document(
                id=str(n),
                content="",
                meta={"colour": "Red" if rare[n] else "Black"},
                embedding=vectors[n].tolist(),
            )
            for n in range(4000)
        ]
    )
    store.optimize()
    assert store.info().indexed_vectors_count == 4000
    lengths = np.linalg.norm(vectors, axis=1)
    red = {"field": "meta.colour", "operator": "==", "value": "Red"}
    for query in random.normal(size=(5, 32)):
        found = store.hybrid_search(
            query.tolist(), None, filters=red, top_k=50, search=RetrievalSettings()
        )
        similarity = np.where(rare, vectors @ query / lengths, -np.inf)
        assert [d.id for d in found] == [str(n) for n in np.argsort(-similarity)[:50]]
    store.close()


@pytest.mark.parametrize("few", [True, False])
def test_documents_end_once_they_hold_enough_products(store, few):
    store.write_documents(
        [_document(n, meta={"product_code": str(n // 3), "few": str(n < 100)}) for n in range(2000)]
    )
    filters = {"field": "meta.few", "operator": "==", "value": "True"} if few else None
    everything = _found(store, filters=filters, top_k=50)
    some = _found(store, filters=filters, top_k=50, enough=4)
    assert some == everything[: len(some)]
    assert len({document.meta["product_code"] for document in some}) == 4
    assert len({document.meta["product_code"] for document in some[:-1]}) == 3
    assert _found(store, filters=filters, top_k=50, enough=90) == everything
