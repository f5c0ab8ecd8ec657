"""Where articles are kept and searched: Qdrant Edge in this process, or a Qdrant server."""

from pathlib import Path

from config.settings import IndexSettings
from pipeline.stores.bm25 import Bm25DocumentEmbedder, Bm25TextEmbedder
from pipeline.stores.contract import FILTERABLE, ArticleStore, StoreError
from pipeline.stores.edge import QdrantEdgeDocumentStore

__all__ = [
    "FILTERABLE",
    "ArticleStore",
    "Bm25DocumentEmbedder",
    "Bm25TextEmbedder",
    "QdrantEdgeDocumentStore",
    "StoreError",
    "open_store",
]


def open_store(
    settings: IndexSettings, *, location: Path, dimension: int, read_only: bool
) -> QdrantEdgeDocumentStore:
    """Return the store of an index version; `dimension` is that of the dense vectors."""
    return QdrantEdgeDocumentStore(
        path=location,
        embedding_dim=dimension,
        quantization=settings.quantization,
        compression=settings.compression,
        m=settings.hnsw.m,
        ef_construct=settings.hnsw.ef_construct,
        read_only=read_only,
    )
