"""Where articles are kept and searched: Qdrant Edge in this process, or a Qdrant server."""

from pathlib import Path

from haystack.utils import Secret

from config.settings import IndexSettings
from pipeline.stores.bm25 import Bm25DocumentEmbedder, Bm25TextEmbedder
from pipeline.stores.contract import FILTERABLE, ArticleStore, Steering, StoreError
from pipeline.stores.edge import QdrantEdgeDocumentStore
from pipeline.stores.server import QdrantServerDocumentStore
from pipeline.stores.versions import ServerVersions

__all__ = [
    "FILTERABLE",
    "ArticleStore",
    "Bm25DocumentEmbedder",
    "Bm25TextEmbedder",
    "QdrantEdgeDocumentStore",
    "QdrantServerDocumentStore",
    "ServerVersions",
    "Steering",
    "StoreError",
    "open_store",
]


def open_store(
    settings: IndexSettings, *, location: Path | str, dimension: int, read_only: bool
) -> ArticleStore:
    """Return the store of an index version; `dimension` is that of the dense vectors.

    `location` is the version's shard directory for the backend "edge", and the version's name for
    "server". Nothing is opened or sent yet.
    """
    if settings.backend == "edge":
        return QdrantEdgeDocumentStore(
            path=location,
            embedding_dim=dimension,
            quantization=settings.quantization,
            compression=settings.compression,
            m=settings.hnsw.m,
            ef_construct=settings.hnsw.ef_construct,
            read_only=read_only,
        )
    key = settings.server.api_key
    return QdrantServerDocumentStore(
        url=settings.server.url,
        alias=settings.server.collection,
        version=str(location),
        embedding_dim=dimension,
        api_key=Secret.from_token(key.get_secret_value()) if key else None,
        timeout_s=settings.server.timeout_s,
        quantization=settings.quantization,
        compression=settings.compression,
        m=settings.hnsw.m,
        ef_construct=settings.hnsw.ef_construct,
        read_only=read_only,
    )
