"""What quantization costs and gains: recall, latency, build time and disk, at equal recall."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import qdrant_edge as edge
from haystack_integrations.document_stores.qdrant.converters import DENSE_VECTORS_NAME

from config.settings import Quantization, RetrievalSettings, Settings
from pipeline.evaluation.report import Cell, Goal, Part, Spread
from pipeline.evaluation.shards import Shard, build_shards, save_vectors
from pipeline.evaluation.shoppers import short_queries
from pipeline.index import OpenIndex
from pipeline.models import TextEmbedder

_SEED = 3
_ROUNDS = 3
_LIMIT = 100
_GOOD_RECALL = 0.97
_QUANTIZATIONS: tuple[Quantization, ...] = ("none", "product", "scalar", "turbo")


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to search one shard. No parameters are the engine's defaults."""

    name: str
    quantization: Quantization
    parameters: edge.SearchParams | None
    compressed: bool = True
    """Whether the search reads quantized vectors."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Recall@100 by way, and milliseconds of shape (ways, rounds, queries)."""

    recall: list[float]
    milliseconds: npt.NDArray[np.float64]

    def p50(self, way: int) -> Spread:
        return Spread.percentile(self.milliseconds[way], 50)


def measure_quantization(
    settings: Settings,
    index: OpenIndex,
    *,
    articles: int | None,
    queries: int,
    progress: Callable[[str, int, int], None],
) -> Part:
    """Return recall@100 against exact search, latency, build time and size of each way to search.

    `articles` is how many of the index are used, None for all.
    """
    embedder = TextEmbedder.from_settings(settings)
    texts = short_queries(index.vocabulary, queries, _SEED)
    embedded = [embedder.run(text)["embedding"].tolist() for text in texts]
    ways = _ways(settings.retrieval)
    with TemporaryDirectory(prefix="lookbook-benchmark-") as temporary:
        directory = Path(temporary)
        vectors = directory / "vectors.npy"
        number = save_vectors(index, articles, vectors)
        shards = build_shards(
            settings.index,
            _QUANTIZATIONS,
            vectors,
            directory,
            lambda done, total: progress("building shards", done, total),
        )
        found = _search(
            ways, shards, embedded, lambda done, total: progress("searching", done, total)
        )
    gains = _gains(ways, found)
    rows: list[dict[str, Cell]] = [
        {
            "Search": way.name,
            "recall@100": found.recall[i],
            "p50 ms": found.p50(i),
            "p95 ms": Spread.percentile(found.milliseconds[i], 95),
            "PQ against it": gains.get(i, ""),
            "build s": shards[way.quantization].seconds,
            "disk MB": shards[way.quantization].size / 1e6,
        }
        for i, way in enumerate(ways)
    ]
    # Held against the fastest uncompressed search that finds enough; exact search always does.
    baseline = min(
        (i for i in gains if found.recall[i] >= _GOOD_RECALL), key=lambda i: found.p50(i).median
    )
    return Part(
        title="Quantization",
        method=(
            f"{number:,} vectors of the live index in one shard for each quantization (graph "
            f"m {settings.index.hnsw.m}, ef_construct {settings.index.hnsw.ef_construct}; product "
            f"quantization {settings.index.compression}). {len(texts)} queries for {_LIMIT} ids, "
            f"asked of all in turn, {_ROUNDS} times. Recall is against exact search over "
            'uncompressed vectors. "PQ against it" is how many times as fast the fastest '
            "product-quantized search of no less recall is, 0 where there is none; the number to "
            f'reach is the one against "{ways[baseline].name}".'
        ),
        rows=rows,
        goals=[
            Goal(
                "PQ against none at equal or better recall",
                gains[baseline],
                "x",
                1.3,
                at_least=True,
            )
        ],
    )


def _ways(search: RetrievalSettings) -> list[_Way]:
    """Return exact search first, for the others are judged by it."""
    ef = search.ef

    def asked(ef: int, oversampling: float, *, rescore: bool) -> edge.SearchParams:
        quantization = edge.QuantizationSearchParams(rescore=rescore, oversampling=oversampling)
        return edge.SearchParams(hnsw_ef=ef, quantization=quantization)

    ours = asked(ef, search.oversampling, rescore=search.rescore)
    rescored = "rescored" if search.rescore else "not rescored"
    settings = f"ef {ef}, {rescored}, oversampling {search.oversampling:g}"
    ignored = edge.SearchParams(hnsw_ef=ef, quantization=edge.QuantizationSearchParams(ignore=True))
    uncompressed: list[tuple[str, Quantization, edge.SearchParams | None]] = [
        ("none: exact", "none", edge.SearchParams(exact=True)),
        ("none: the engine's default ef", "none", None),
        ("none: ef 128", "none", edge.SearchParams(hnsw_ef=128)),
        (f"none: ef {ef}", "none", edge.SearchParams(hnsw_ef=ef)),
        (f"product's graph, original vectors: ef {ef}", "product", ignored),
    ]
    return [
        *(_Way(*way, compressed=False) for way in uncompressed),
        _Way("product as stock libraries ask: not rescored", "product", None),
        _Way("product: ef 128, rescored, oversampling 3", "product", asked(128, 3.0, rescore=True)),
        _Way(f"product as set: {settings}", "product", ours),
        _Way(f"scalar: {settings}", "scalar", ours),
        _Way(f"turbo: {settings}", "turbo", ours),
    ]


def _search(
    ways: list[_Way],
    shards: dict[Quantization, Shard],
    queries: list[list[float]],
    progress: Callable[[int, int], None],
) -> _Found:
    opened = {name: edge.EdgeShard.load(str(shard.path)) for name, shard in shards.items()}
    milliseconds = np.empty((len(ways), _ROUNDS, len(queries)))
    found: list[list[set[str]]] = [[] for _ in ways]
    rng = np.random.default_rng(_SEED)

    def ask(way: _Way, query: list[float]) -> set[str]:
        request = edge.QueryRequest(
            limit=_LIMIT,
            query=edge.Query.Nearest(query, using=DENSE_VECTORS_NAME),
            params=way.parameters,
            with_payload=False,
            with_vector=False,
        )
        return {str(point.id) for point in opened[way.quantization].query(request)}

    try:
        for query in queries:  # unmeasured: takes what is compared, and reads the files in
            for which, way in enumerate(ways):
                found[which].append(ask(way, query))
        for turn in range(_ROUNDS):
            for column, query in enumerate(queries):
                for which in rng.permutation(len(ways)):
                    started = time.perf_counter()
                    ask(ways[which], query)
                    milliseconds[which, turn, column] = 1000 * (time.perf_counter() - started)
                progress(turn * len(queries) + column + 1, _ROUNDS * len(queries))
    finally:
        for shard in opened.values():
            shard.close()
    exact = found[0]
    recall = [
        float(np.mean([len(a & b) / len(b) for a, b in zip(way, exact, strict=True)]))
        for way in found
    ]
    return _Found(recall, milliseconds)


def _gains(ways: list[_Way], found: _Found) -> dict[int, float]:
    """Return by uncompressed way how much faster product quantization is at no less recall.

    Of the product-quantized ways that find as much the fastest counts; 0 where none does.
    """
    p50 = [found.p50(i).median for i in range(len(ways))]
    product = [i for i, w in enumerate(ways) if w.compressed and w.quantization == "product"]
    return {
        plain: max(
            (p50[plain] / p50[i] for i in product if found.recall[i] >= found.recall[plain]),
            default=0.0,
        )
        for plain, way in enumerate(ways)
        if not way.compressed
    }
