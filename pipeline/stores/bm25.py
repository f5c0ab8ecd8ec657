"""BM25 weights as Haystack sparse embeddings, by the same model a Qdrant server uses."""

from dataclasses import replace
from typing import Any, Self

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.dataclasses import SparseEmbedding
from qdrant_edge import Bm25, Bm25Config, SparseVector

AVERAGE_LENGTH = 24.0
"""Mean number of tokens of a chunk text, stop words left out (of 1,500 H&M articles drawn at
random: 23.6), which sets how much long descriptions are held back."""


@component
class Bm25DocumentEmbedder:
    """Put term-frequency weights into the documents' `sparse_embedding`.

    `language` picks stemmer and stop words; `average_length` is in tokens. The inverse document
    frequency is the store's part: it knows the corpus.
    """

    def __init__(
        self, *, language: str = "english", average_length: float = AVERAGE_LENGTH
    ) -> None:
        self.language = language
        self.average_length = average_length
        self._model = Bm25(Bm25Config(language=language, avg_len=average_length))

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters for a pipeline's YAML."""
        return default_to_dict(self, language=self.language, average_length=self.average_length)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the embedder that `to_dict` described."""
        embedder: Self = default_from_dict(cls, data)
        return embedder

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, list[Document]]:
        """Return copies of the documents with `sparse_embedding` made from their content."""
        return {
            "documents": [
                replace(
                    document,
                    sparse_embedding=_to_haystack(
                        self._model.embed_document(document.content or "")
                    ),
                )
                for document in documents
            ]
        }


@component
class Bm25TextEmbedder:
    """Turn a query into a sparse embedding that weighs each distinct term 1."""

    def __init__(self, *, language: str = "english") -> None:
        self.language = language
        self._model = Bm25(Bm25Config(language=language))

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters for a pipeline's YAML."""
        return default_to_dict(self, language=self.language)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the embedder that `to_dict` described."""
        embedder: Self = default_from_dict(cls, data)
        return embedder

    @component.output_types(sparse_embedding=SparseEmbedding)
    def run(self, text: str) -> dict[str, SparseEmbedding]:
        """Return the sparse embedding; empty when the text has only stop words."""
        return {"sparse_embedding": _to_haystack(self._model.embed_query(text))}


def _to_haystack(vector: SparseVector) -> SparseEmbedding:
    return SparseEmbedding(indices=vector.indices, values=vector.values)
