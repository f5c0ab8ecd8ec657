"""Where a version's points lie: in its directory (Edge), or in a collection on a server."""

from pathlib import Path

from config.settings import IndexSettings
from pipeline.stores import ArticleStore, QdrantEdgeDocumentStore, ServerVersions, open_store

SHARD = "shard"


def open_version(
    settings: IndexSettings, version: str, directory: Path, *, dimension: int, read_only: bool
) -> ArticleStore:
    """Return the store of a version whose files are in `directory`, also while it is built."""
    location = directory / SHARD if settings.backend == "edge" else version
    return open_store(settings, location=location, dimension=dimension, read_only=read_only)


def copy_of(store: ArticleStore, directory: Path) -> ArticleStore | None:
    """Return a writable copy of a version's store in a new version's directory.

    None where the points cannot be copied (on a server) and have to be written again.
    """
    if isinstance(store, QdrantEdgeDocumentStore):
        return store.copy_to(directory / SHARD)
    return None


def promote(settings: IndexSettings, version: str) -> None:
    """Tell the server, where there is one, that this version is the live one."""
    if settings.backend == "server":
        ServerVersions.connect(settings.server).promote(version)


def remove(settings: IndexSettings, version: str) -> None:
    """Remove the points of a version that lie outside its directory, if they are there."""
    if settings.backend == "server":
        ServerVersions.connect(settings.server).remove(version)
