"""The server store over real HTTP: what is sent to Qdrant, and what is said when it fails."""

import json
import threading
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from haystack import Document
from haystack.dataclasses import SparseEmbedding
from haystack.utils import Secret
from pydantic import SecretStr

from config.settings import IndexSettings, QdrantServerSettings, RetrievalSettings
from pipeline.stores import (
    FILTERABLE,
    QdrantServerDocumentStore,
    ServerVersions,
    Steering,
    StoreError,
    open_store,
)

pytestmark = pytest.mark.haystack

SPARSE = SparseEmbedding([3, 5], [1.0, 1.0])
BLACK = {"field": "meta.colour", "operator": "==", "value": "Black"}
BLACK_SENT = {"must": [{"key": "meta.colour", "match": {"value": "Black"}}]}
FOUND = {
    "id": "5c56c793-69f3-4fbf-87e6-c4bf54c28c26",
    "version": 1,
    "score": 0.5,
    "payload": {"id": "42", "content": "Tee - T-shirt", "meta": {"article_id": "42"}},
    "vector": {"text-dense": [1.0, 0.0, 0.0, 0.0]},
}


class FakeQdrant(ThreadingHTTPServer):
    """Answers like a Qdrant server that holds the given collections, and records the requests."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.collections = {}
        self.aliases = {}
        self.requests = []
        self.api_key = None
        self.delayed = threading.Event()
        self.delayed.set()

    def bodies(self, method, path):
        return [body for m, p, body in self.requests if (m, p) == (method, path)]

    def answer(self, method, path, body):
        """Return the "result" of a response, None for an unknown path."""
        match [method, *path.strip("/").split("/")]:
            case ["GET", *rest]:
                return self._read(*rest)
            case ["PUT", "collections", name]:
                self.collections[name] = body
                return True
            case ["DELETE", "collections", name]:
                return self.collections.pop(name, None) is not None
            case ["PUT", "collections", _, "index" | "points"]:
                return {"operation_id": 1, "status": "completed"}
            case ["POST", *rest]:
                return self._posted(body, *rest)
        return None

    def _read(self, *path):
        match path:
            case ["collections"]:
                return {"collections": [{"name": name} for name in self.collections]}
            case ["collections", name]:
                return _info(self.collections[self.aliases.get(name, name)])
            case ["collections", name, "exists"]:
                return {"exists": name in self.collections or name in self.aliases}
            case ["aliases"]:
                return {
                    "aliases": [
                        {"alias_name": alias, "collection_name": name}
                        for alias, name in self.aliases.items()
                    ]
                }
        return None

    def _posted(self, body, *path):
        match path:
            case ["collections", "aliases"]:
                for action in body["actions"]:
                    if "delete_alias" in action:
                        del self.aliases[action["delete_alias"]["alias_name"]]
                    else:
                        create = action["create_alias"]
                        self.aliases[create["alias_name"]] = create["collection_name"]
                return True
            case ["collections", _, "points", "query"]:
                return {"points": [FOUND]}
            case ["collections", _, "points"]:
                return []
        return None


def _info(created):
    return {
        "status": "green",
        "optimizer_status": "ok",
        "segments_count": 1,
        "config": {
            "params": {
                "vectors": created["vectors"],
                "sparse_vectors": created["sparse_vectors"],
            },
            "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
            "optimizer_config": {
                "deleted_threshold": 0.2,
                "vacuum_min_vector_number": 1000,
                "default_segment_number": 0,
                "flush_interval_sec": 5,
            },
        },
        "payload_schema": {},
    }


class _Handler(BaseHTTPRequestHandler):
    server: FakeQdrant

    def _handle(self):
        length = int(self.headers.get("content-length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        path = self.path.split("?")[0]
        self.server.requests.append((self.command, path, body))
        self.server.delayed.wait()
        if self.server.api_key and self.headers.get("api-key") != self.server.api_key:
            return self._send(403, {"status": {"error": "forbidden"}})
        result = self.server.answer(self.command, path, body)
        if result is None:
            return self._send(404, {"status": {"error": f"no such thing: {path}"}})
        return self._send(200, {"result": result, "status": "ok", "time": 0.0})

    do_GET = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - http.server's names

    def _send(self, status, content):
        payload = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *args):
        pass


@pytest.fixture
def qdrant():
    server = FakeQdrant()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.delayed.set()
    server.shutdown()
    server.server_close()
    thread.join()


def _open(url, *, version="2026-11-25", read_only=False, **server):
    settings = IndexSettings(
        backend="server", server=QdrantServerSettings(url=url, collection="shop", **server)
    )
    return open_store(settings, location=version, dimension=4, read_only=read_only)


def _search(store, **changes):
    search = RetrievalSettings(
        **{"ef": 321, "oversampling": 3.0, "dense_limit": 150, "sparse_limit": 70, **changes}
    )
    return store.hybrid_search([1, 0, 0, 0], SPARSE, filters=BLACK, top_k=50, search=search)


def _query(qdrant):
    (body,) = qdrant.bodies("POST", "/collections/shop-2026-11-25/points/query")
    return body


def test_a_version_becomes_a_quantized_collection_with_an_index_for_every_filter(qdrant):
    _open(qdrant.url).warm_up()
    created = qdrant.collections["shop-2026-11-25"]
    assert created["vectors"]["text-dense"]["size"] == 4
    assert created["vectors"]["text-dense"]["distance"] == "Cosine"
    assert created["sparse_vectors"]["text-sparse"]["modifier"] == "idf"
    assert created["quantization_config"] == {"product": {"compression": "x16", "always_ram": True}}
    assert created["hnsw_config"] == {"m": 16, "ef_construct": 100}
    indexed = {
        body["field_name"]: body["field_schema"]
        for body in qdrant.bodies("PUT", "/collections/shop-2026-11-25/index")
    }
    words = indexed.pop("content")
    assert (words["type"], words["tokenizer"], words["lowercase"]) == ("text", "word", True)
    assert indexed == {f"meta.{name}": kind for name, kind in FILTERABLE.items()}


def test_a_hybrid_search_sends_parameters_limits_and_the_filter_in_each_prefetch(qdrant):
    documents = _search(_open(qdrant.url))
    sent = _query(qdrant)
    dense, sparse = sent["prefetch"]
    assert dense["query"] == [1, 0, 0, 0]
    assert dense["using"] == "text-dense"
    assert dense["limit"] == 150
    assert dense["params"]["hnsw_ef"] == 321
    assert dense["params"]["exact"] is False
    assert dense["params"]["quantization"]["rescore"] is True
    assert dense["params"]["quantization"]["oversampling"] == 3.0
    assert sparse["query"] == {"indices": [3, 5], "values": [1.0, 1.0]}
    assert sparse["using"] == "text-sparse"
    assert sparse["limit"] == 70
    assert dense["filter"] == sparse["filter"] == BLACK_SENT
    assert sent["query"] == {"rrf": {"k": 60, "weights": [1.0, 1.0]}}
    assert sent["limit"] == 50
    assert [(d.id, d.score, d.content) for d in documents] == [("42", 0.5, "Tee - T-shirt")]


def test_a_taste_is_sent_in_the_same_request_under_the_same_filter(qdrant):
    taste = Steering(
        liked=([0, 1, 0, 0],),
        disliked=([0, 0, 1, 0],),
        weight=0.5,
        preferences=((BLACK, 0.25),),
        favoured=(BLACK,),
    )
    _open(qdrant.url).hybrid_search(
        [1, 0, 0, 0], SPARSE, filters=BLACK, top_k=9, search=RetrievalSettings(), steering=taste
    )
    sent = _query(qdrant)
    (fused,) = sent["prefetch"]
    assert fused["query"] == {"rrf": {"k": 60, "weights": [1.0, 1.0, 0.5, 0.5]}}
    _, _, examples, favoured = fused["prefetch"]
    assert examples["query"]["recommend"]["positive"] == [[0, 1, 0, 0]]
    assert examples["query"]["recommend"]["negative"] == [[0, 0, 1, 0]]
    assert examples["filter"] == BLACK_SENT
    assert favoured["filter"]["must"] == [BLACK_SENT, {"should": [BLACK_SENT]}]
    score, growth = sent["query"]["formula"]["mult"]
    assert score == "$score"
    assert growth == {"sum": [1.0, {"mult": [0.25, BLACK_SENT]}]}


def test_a_prefetch_is_never_smaller_than_the_answer(qdrant):
    _search(_open(qdrant.url), dense_limit=1, sparse_limit=1)
    assert [prefetch["limit"] for prefetch in _query(qdrant)["prefetch"]] == [50, 50]


def test_distribution_based_fusion_and_exact_search_are_sent(qdrant):
    _search(_open(qdrant.url), fusion="dbsf", exact=True)
    sent = _query(qdrant)
    assert sent["query"] == {"fusion": "dbsf"}
    assert sent["prefetch"][0]["params"]["exact"] is True


def test_a_dense_search_sends_the_parameters_and_the_filter_at_the_root(qdrant):
    store = _open(qdrant.url)
    search = RetrievalSettings(rescore=False, ef=99, exact=True)
    store.hybrid_search([1, 0, 0, 0], None, filters=BLACK, top_k=7, search=search)
    sent = _query(qdrant)
    assert sent.get("prefetch") is None
    assert sent["query"] == {"nearest": [1, 0, 0, 0]}
    assert sent["using"] == "text-dense"
    assert sent["filter"] == BLACK_SENT
    assert sent["limit"] == 7
    assert sent["params"]["exact"] is True
    assert sent["params"]["hnsw_ef"] == 99
    assert sent["params"]["quantization"]["rescore"] is False


def test_a_query_of_stop_words_only_is_searched_densely(qdrant):
    _open(qdrant.url).hybrid_search(
        [1, 0, 0, 0],
        SparseEmbedding([], []),
        filters=None,
        top_k=5,
        search=RetrievalSettings(),
    )
    assert _query(qdrant).get("prefetch") is None


def test_embeddings_come_back_only_when_asked_for(qdrant):
    store = _open(qdrant.url)
    (document,) = store.hybrid_search(
        [1, 0, 0, 0],
        SPARSE,
        filters=None,
        top_k=5,
        search=RetrievalSettings(),
        with_embeddings=True,
    )
    _search(store)
    with_vectors = [
        body["with_vector"]
        for body in qdrant.bodies("POST", "/collections/shop-2026-11-25/points/query")
    ]
    assert document.embedding == [1, 0, 0, 0]
    assert with_vectors == [["text-dense"], False]


def test_documents_are_written_with_both_vectors(qdrant):
    document = Document(id="1", content="a", embedding=[0, 1, 0, 0], sparse_embedding=SPARSE)
    assert _open(qdrant.url).write_documents([document]) == 1
    (sent,) = qdrant.bodies("PUT", "/collections/shop-2026-11-25/points")
    assert sent["points"][0]["vector"] == {
        "text-dense": [0, 1, 0, 0],
        "text-sparse": {"indices": [3, 5], "values": [1.0, 1.0]},
    }
    assert sent["points"][0]["payload"]["content"] == "a"


def test_a_version_is_promoted_by_one_switch_of_the_alias_and_rolled_back(qdrant):
    for version in ("1", "2"):
        _open(qdrant.url, version=version).warm_up()
    qdrant.collections["other-1"] = {}
    versions = ServerVersions.connect(QdrantServerSettings(url=qdrant.url, collection="shop"))
    assert versions.all() == ["1", "2"]
    assert versions.current() is None
    versions.promote("1")
    versions.promote("2")
    assert versions.current() == "2"
    assert qdrant.bodies("POST", "/collections/aliases")[-1] == {
        "actions": [
            {"delete_alias": {"alias_name": "shop"}},
            {"create_alias": {"collection_name": "shop-2", "alias_name": "shop"}},
        ]
    }
    assert versions.rollback() == "1"
    assert versions.current() == "1"
    with pytest.raises(StoreError, match="no older version"):
        versions.rollback()
    with pytest.raises(StoreError, match="in use"):
        versions.remove("1")
    with pytest.raises(StoreError, match="no version '3'"):
        versions.promote("3")
    versions.remove("2")
    assert versions.all() == ["1"]


def test_a_store_without_a_version_reads_through_the_alias_and_never_writes(qdrant):
    store = QdrantServerDocumentStore(url=qdrant.url, alias="shop", embedding_dim=4)
    with pytest.raises(StoreError, match="no collection 'shop'"):
        store.warm_up()
    _open(qdrant.url, version="1").warm_up()
    qdrant.aliases["shop"] = "shop-1"
    assert [d.id for d in _search(store)] == ["42"]
    assert qdrant.bodies("POST", "/collections/shop/points/query")
    with pytest.raises(StoreError, match="reading only"):
        store.write_documents([Document(id="1", content="a")])


def test_a_read_only_store_never_makes_a_collection(qdrant):
    with pytest.raises(StoreError, match="no collection 'shop-2026-11-25'"):
        _open(qdrant.url, read_only=True).count_documents()
    assert qdrant.collections == {}


def test_a_dead_server_is_named_and_found_again_once_it_lives(qdrant):
    dead = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    url = f"http://127.0.0.1:{dead.server_port}"
    dead.server_close()
    store = _open(url)
    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            _search(store)
        assert url in caught.value.problem
        assert "index.server.url" in caught.value.mend
    store.url = qdrant.url
    assert len(_search(store)) == 1
    assert "shop-2026-11-25" in qdrant.collections


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
def test_a_wrong_key_says_which_variable_to_set(qdrant):
    qdrant.api_key = "right"
    store = _open(qdrant.url, api_key=SecretStr("wrong"))
    with pytest.raises(StoreError) as caught:
        store.count_documents()
    assert qdrant.url in caught.value.problem
    assert "LOOKBOOK__INDEX__SERVER__API_KEY" in caught.value.mend
    assert "wrong" not in str(caught.value)


def test_a_server_that_does_not_answer_is_given_up(qdrant):
    store = _open(qdrant.url, timeout_s=1)
    store.warm_up()
    qdrant.delayed.clear()
    with pytest.raises(StoreError) as caught:
        _search(store)
    assert qdrant.url in caught.value.problem
    assert "timeout_s" in caught.value.mend


def test_a_collection_that_vanished_is_told_from_a_dead_server(qdrant):
    store = _open(qdrant.url)
    store.warm_up()
    qdrant.answer = lambda method, path, body: None
    with pytest.raises(StoreError, match="answered 404"):
        _search(store)


def test_a_pipeline_holds_the_name_of_the_key_and_not_the_key(qdrant, monkeypatch):
    store = QdrantServerDocumentStore(
        url=qdrant.url,
        alias="shop",
        version="1",
        embedding_dim=4,
        api_key=Secret.from_token("hidden"),
        quantization="turbo",
    )
    described = store.to_dict()
    assert "hidden" not in json.dumps(described)
    monkeypatch.setenv("LOOKBOOK__INDEX__SERVER__API_KEY", "from-outside")
    # Haystack 2 puts the secret into the dictionary it is given.
    loaded = QdrantServerDocumentStore.from_dict(deepcopy(described))
    assert loaded.api_key.resolve_value() == "from-outside"
    assert loaded.to_dict() == described
