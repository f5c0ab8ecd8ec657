"""The baseline of retrieval: embed the message, take the nearest articles, nothing else."""

from haystack import Document

from config.settings import Settings
from pipeline.index import OpenIndex
from pipeline.models import TextEmbedder


class PlainDenseSearch:
    """Dense search without understanding, filter, words or ranking, over the same index."""

    def __init__(self, settings: Settings, index: OpenIndex) -> None:
        self._embedder = TextEmbedder.from_settings(settings)
        self._search = settings.retrieval.model_copy(update={"hybrid": False})
        self._store = index.store

    def top(self, message: str, count: int) -> list[Document]:
        """Return the `count` articles nearest to the message."""
        embedding = self._embedder.run(message)["embedding"].tolist()
        return self._store.hybrid_search(
            embedding, None, filters=None, top_k=count, search=self._search
        )
