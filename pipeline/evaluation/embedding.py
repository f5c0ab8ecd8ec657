"""How fast articles are embedded, against sentence-transformers as it comes."""

import time
from collections.abc import Callable

import numpy as np
from haystack import Document
from haystack_integrations.document_stores.qdrant.converters import convert_id
from qdrant_client import models

from config.settings import Settings
from pipeline.evaluation.report import Goal, Part, Spread
from pipeline.index import OpenIndex
from pipeline.index.fingerprints import Fingerprints
from pipeline.models import DocumentEmbedder, locate

_SEED = 11
_ROUNDS = 3
_STOCK_BATCH = 32


def measure_embedding(
    settings: Settings, index: OpenIndex, number: int, progress: Callable[[int, int], None]
) -> Part:
    """Return texts per second of both on the same `number` articles, all texts different."""
    from sentence_transformers import SentenceTransformer

    documents = _sampled(index, number)
    texts = [document.content or "" for document in documents]
    embedder = DocumentEmbedder.from_settings(settings)
    embedder.warm_up()
    located = locate(settings.embedding.model, "embedder", settings)
    stock = SentenceTransformer(str(located.directory), local_files_only=True)

    def ours() -> list[list[float]]:
        return [one.embedding or [] for one in embedder.run(documents)["documents"]]

    def theirs() -> list[list[float]]:
        vectors: list[list[float]] = stock.encode(
            texts, batch_size=_STOCK_BATCH, show_progress_bar=False
        ).tolist()
        return vectors

    embedder.run(documents[:_STOCK_BATCH])
    stock.encode(texts[:_STOCK_BATCH], show_progress_bar=False)
    seconds = np.empty((_ROUNDS, 2))
    vectors: list[list[list[float]]] = [[], []]
    for turn in range(_ROUNDS):
        for which, encode in enumerate((ours, theirs)):
            started = time.perf_counter()
            vectors[which] = encode()
            seconds[turn, which] = time.perf_counter() - started
            progress(2 * turn + which + 1, 2 * _ROUNDS)
    rates = len(texts) / seconds
    ratio = Spread.of(rates[:, 0] / rates[:, 1])
    return Part(
        title="Embedding",
        method=(
            f"{len(texts):,} different article texts, embedded by both in turn, {_ROUNDS} times. "
            "Cosine is between the two vectors of one text."
        ),
        rows=[
            {
                "Embedder": f"SentenceTransformer.encode, float32, batch {_STOCK_BATCH}",
                "texts/s": Spread.of(rates[:, 1]),
                "ratio": 1.0,
                "mean cosine": 1.0,
                "lowest cosine": 1.0,
            },
            {
                "Embedder": f"DocumentEmbedder, {settings.embedding.dtype}",
                "texts/s": Spread.of(rates[:, 0]),
                "ratio": ratio,
                **_cosines(np.array(vectors[0]), np.array(vectors[1])),
            },
        ],
        goals=[Goal("embedding against stock", ratio.median, "x", 2, at_least=True)],
    )


def _sampled(index: OpenIndex, number: int) -> list[Document]:
    ids = list(Fingerprints.read(index.directory).holders().values())
    chosen = np.random.default_rng(_SEED).choice(ids, min(number, len(ids)), replace=False)
    points = models.HasIdCondition(has_id=[convert_id(str(one)) for one in chosen])
    return index.store.filter_documents(models.Filter(must=[points]))


def _cosines(ours: np.ndarray, theirs: np.ndarray) -> dict[str, str]:
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    cosines = (ours * theirs).sum(axis=1) / lengths
    return {"mean cosine": f"{cosines.mean():.5f}", "lowest cosine": f"{cosines.min():.5f}"}
