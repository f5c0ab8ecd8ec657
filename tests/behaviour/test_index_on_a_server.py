"""The same life of an index with its points on a Qdrant server (qdrant-client's local one here)."""

from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient

from config.settings import Settings
from pipeline.index import IndexStateError, IndexVersions, open_index, rollback, verify
from pipeline.index.build import build
from tests.index_shop import answer, rows, shop_settings, write_catalogue


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> QdrantClient:
    client = QdrantClient(":memory:")
    monkeypatch.setattr(client, "close", lambda *_, **__: None)

    def connect(*_: Any, **__: Any) -> QdrantClient:
        return client

    store = "haystack_integrations.document_stores.qdrant.document_store.qdrant_client.QdrantClient"
    monkeypatch.setattr(store, connect)
    monkeypatch.setattr("pipeline.stores.versions.QdrantClient", connect)
    return client


@pytest.fixture
def shop(server: QdrantClient, tmp_path: Path, tiny_embedder: Path) -> Settings:
    catalogue = write_catalogue(tmp_path / "articles.csv", rows(40))
    settings = shop_settings(tmp_path / "home", catalogue, tiny_embedder, backend="server")
    build(settings, full=False, report=lambda _: None)
    return settings


def collections(server: QdrantClient) -> list[str]:
    return sorted(collection.name for collection in server.get_collections().collections)


def alias(server: QdrantClient) -> str:
    (only,) = server.get_aliases().aliases
    assert only.alias_name == "lookbook"
    return str(only.collection_name)


def retell(settings: Settings, text: str) -> None:
    articles = rows(40)
    articles[5]["detail_desc"] = text
    assert settings.catalogue.path is not None
    write_catalogue(settings.catalogue.path, articles)


def test_a_build_makes_a_collection_and_points_the_alias_at_it(
    server: QdrantClient, shop: Settings
) -> None:
    version = IndexVersions(shop.index_directory).current()
    assert collections(server) == [f"lookbook-{version}"]
    assert alias(server) == f"lookbook-{version}"
    assert answer(shop, "0000000004")[0] == "0000000004"
    assert verify(shop).problems == []
    assert not (IndexVersions(shop.index_directory).path(str(version)) / "shard").exists()


def test_a_refresh_writes_a_new_collection_from_the_known_vectors(
    server: QdrantClient, shop: Settings
) -> None:
    first = IndexVersions(shop.index_directory).current()
    retell(shop, "Told anew.")
    report = build(shop, full=False, report=lambda _: None)
    assert (report.kind, report.changed, report.embedded) == ("refresh", 1, 1)
    assert collections(server) == [f"lookbook-{first}", f"lookbook-{report.version}"]
    assert alias(server) == f"lookbook-{report.version}"
    assert server.count(f"lookbook-{report.version}").count == 40

    assert rollback(shop) == first
    assert alias(server) == f"lookbook-{first}"


def test_old_collections_go_with_their_versions(server: QdrantClient, shop: Settings) -> None:
    for text in ("one", "two"):
        retell(shop, text)
        build(shop, full=False, report=lambda _: None)
    kept = IndexVersions(shop.index_directory).all()
    assert len(kept) == 2
    assert collections(server) == [f"lookbook-{version}" for version in kept]


def test_the_collection_of_a_build_that_failed_is_removed(
    server: QdrantClient, shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = collections(server)
    retell(shop, "Told anew.")

    def fail(*_: Any) -> None:
        raise RuntimeError("the disk went away")

    with monkeypatch.context() as patched:
        patched.setattr(IndexVersions, "publish", fail)
        with pytest.raises(RuntimeError):
            build(shop, full=False, report=lambda _: None)
    assert collections(server) == before
    assert alias(server) == before[0]


def test_a_collection_that_is_gone_is_said(server: QdrantClient, shop: Settings) -> None:
    server.delete_collection(alias(server))
    report = verify(shop)
    assert "no collection" in report.problems[0].problem
    with pytest.raises(Exception, match="no collection"):
        open_index(shop)


def test_a_version_on_a_server_is_refused_by_settings_for_edge(shop: Settings) -> None:
    edge = shop.model_copy(update={"index": shop.index.model_copy(update={"backend": "edge"})})
    with pytest.raises(IndexStateError, match=r"index\.backend"):
        open_index(edge)
