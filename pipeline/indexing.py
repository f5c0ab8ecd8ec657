"""The Haystack indexing pipeline: articles -> documents -> vectors -> BM25 weights -> store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from haystack import Document, Pipeline, component
from haystack.components.writers import DocumentWriter
from haystack.document_stores.types import DuplicatePolicy

from config.settings import Settings
from pipeline.article import Article
from pipeline.models import DocumentEmbedder
from pipeline.stores import ArticleStore, Bm25DocumentEmbedder
from pipeline.understanding.features import tag


@dataclass(frozen=True, slots=True)
class ArticleBatch:
    """Articles on their way into the index. `vectors` has those that are known, by article id."""

    articles: Sequence[Article]
    vectors: Mapping[str, list[float]] = field(default_factory=dict)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return this batch: a pipeline copies its inputs twice, number by number."""
        return self


@component
class ArticleChunker:
    """Turns articles into documents: chunk text as content, fields and features in meta."""

    @component.output_types(to_embed=list[Document], embedded=list[Document])
    def run(self, batch: ArticleBatch) -> dict[str, list[Document]]:
        """Return one document an article; `embedded` are those whose vector is known.

        Only `to_embed` still needs the embedder.
        """
        known = batch.vectors
        to_embed: list[Document] = []
        embedded: list[Document] = []
        for article in batch.articles:
            document = article.to_document()
            document.meta["features"] = tag(article)
            if article.id in known:
                embedded.append(replace(document, embedding=known[article.id]))
            else:
                to_embed.append(document)
        return {"to_embed": to_embed, "embedded": embedded}


def indexing_pipeline(settings: Settings, store: ArticleStore) -> Pipeline:
    """Return the pipeline that writes articles into a store, overwriting those of the same id.

    Inputs by component: `chunker` (batch), `embedder` (progress). It holds all it is
    given in memory, so catalogues go through it in batches. Output: `writer.documents_written`.
    """
    pipeline = Pipeline()
    pipeline.add_component("chunker", ArticleChunker())
    pipeline.add_component("embedder", DocumentEmbedder.from_settings(settings))
    pipeline.add_component("sparse_embedder", Bm25DocumentEmbedder())
    pipeline.add_component(
        "writer",
        # ArticleStore leaves out Haystack's from_dict, which both stores have.
        DocumentWriter(store, policy=DuplicatePolicy.OVERWRITE),  # type: ignore[arg-type]
    )
    pipeline.connect("chunker.to_embed", "embedder.documents")
    pipeline.connect("chunker.embedded", "sparse_embedder.documents")
    pipeline.connect("embedder.documents", "sparse_embedder.documents")
    pipeline.connect("sparse_embedder.documents", "writer.documents")
    return pipeline
