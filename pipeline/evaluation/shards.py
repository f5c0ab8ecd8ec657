"""The live index's vectors in temporary shards, one for each quantization."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import qdrant_edge as edge
from haystack import Document
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.document_stores.qdrant.converters import DENSE_VECTORS_NAME

from config.settings import IndexSettings, Quantization
from pipeline.index import OpenIndex
from pipeline.index.fingerprints import Fingerprints
from pipeline.stores import QdrantEdgeDocumentStore

_SEED = 5
_BATCH = 1000
_BLOCK = 512
"""Bytes that `st_blocks` counts in."""

_ASKED, _LIMIT = 200, 100
"""Searches before memory is read, each for a stored vector, and the ids each asks for."""

_ALWAYS_KB = 1
"""Threshold below which vectors get no graph: here also the smallest shop gets one."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A finished shard: where it lies, seconds to write and optimize it, bytes on disk.

    `memory` is the bytes that a fresh process which searched it holds of its own: the graph and
    quantized vectors. Original vectors are pages of the files, which readers share.
    """

    path: Path
    seconds: float
    size: int
    memory: int


def save_vectors(index: OpenIndex, articles: int | None, path: Path) -> int:
    """Save the dense vectors of a sample of the index (None: all) as .npy; return their number."""
    ids = list(Fingerprints.read(index.directory).by_id)
    if articles is not None and articles < len(ids):
        chosen = np.random.default_rng(_SEED).choice(len(ids), articles, replace=False)
        ids = [ids[row] for row in sorted(chosen)]
    vectors = np.empty((len(ids), index.manifest.embedder.dimension), dtype=np.float32)
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        stored = index.store.get_embeddings(batch)
        vectors[start : start + len(batch)] = [stored[one] for one in batch]
    np.save(path, vectors)
    return len(ids)


def build_shards(
    settings: IndexSettings,
    quantizations: Sequence[Quantization],
    vectors: Path,
    directory: Path,
    progress: Callable[[int, int], None],
) -> dict[Quantization, Shard]:
    """Build the shards one after the other, each in a process of its own.

    The engine holds Python's interpreter lock while it works, and its threads would still be there
    when the queries are timed.
    """
    shards: dict[Quantization, Shard] = {}
    for quantization in quantizations:
        progress(len(shards), len(quantizations))
        path = directory / quantization
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            seconds = pool.submit(_build, settings, quantization, vectors, path).result()
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            memory = pool.submit(_memory, vectors, path).result()
        size = sum(_BLOCK * file.stat().st_blocks for file in path.rglob("*") if file.is_file())
        shards[quantization] = Shard(path, seconds, size, memory)
    progress(len(shards), len(quantizations))
    return shards


def _build(settings: IndexSettings, quantization: Quantization, vectors: Path, path: Path) -> float:
    rows = np.load(vectors, mmap_mode="r")
    store = QdrantEdgeDocumentStore(
        path=path,
        embedding_dim=rows.shape[1],
        quantization=quantization,
        compression=settings.compression,
        m=settings.hnsw.m,
        ef_construct=settings.hnsw.ef_construct,
        indexing_threshold_kb=_ALWAYS_KB,
    )
    started = time.perf_counter()
    for start in range(0, len(rows), _BATCH):
        documents = [
            Document(id=str(start + row), content="", embedding=vector)
            for row, vector in enumerate(rows[start : start + _BATCH].tolist())
        ]
        store.write_documents(documents, DuplicatePolicy.OVERWRITE)
    store.optimize()
    store.close()
    return time.perf_counter() - started


def _memory(vectors: Path, path: Path) -> int:
    rows = np.load(vectors, mmap_mode="r")[:_ASKED].tolist()
    before = psutil.Process().memory_info()
    shard = edge.EdgeShard.load(str(path))
    for row in rows:
        nearest = edge.Query.Nearest(row, using=DENSE_VECTORS_NAME)
        shard.query(edge.QueryRequest(query=nearest, limit=_LIMIT))
    after = psutil.Process().memory_info()
    shard.close()
    return int((after.rss - after.shared) - (before.rss - before.shared))
