"""What quantization costs and gains: recall, latency, build time, memory and disk.

One implementation measures for `lookbook benchmark` and for `lookbook experiment latency`.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np
import numpy.typing as npt
import qdrant_edge as edge
from haystack_integrations.document_stores.qdrant.converters import DENSE_VECTORS_NAME

from config.settings import IndexSettings, Quantization, RetrievalSettings, Settings
from pipeline.evaluation.report import Cell, Goal, Part, Spread
from pipeline.evaluation.shards import Shard, build_shards, save_vectors
from pipeline.evaluation.shoppers import short_queries
from pipeline.index import OpenIndex
from pipeline.models import TextEmbedder

GOOD_RECALL = 0.97
LIMIT = 100

_SEED = 3
_ROUNDS = 3
_QUANTIZATIONS: tuple[Quantization, ...] = ("none", "product", "scalar", "turbo")
_EFS = (128, 160, 192, 224, 256, 288, 320, 384, 512)
_OVERSAMPLINGS = (1.5, 2, 2.5, 2.75, 3, 3.25, 3.5, 4, 5)
_LEAST_EF = 128

Progress = Callable[[str, int, int], None]
Query = list[float]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to search one shard. No parameters are the engine's defaults."""

    family: str
    asked: str
    quantization: Quantization
    parameters: edge.SearchParams | None
    compressed: bool
    """Whether the search reads quantized vectors."""

    @property
    def name(self) -> str:
        """Return what a table calls it."""
        return f"{self.family}: {self.asked}"


NONE = "none"
SAME_GRAPH = "none, on product's graph"
PRODUCT = "product"
STOCK = "not rescored, as stock libraries ask"


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall and processor time in milliseconds, both of shape (ways, rounds, queries)."""

    wall: npt.NDArray[np.float64]
    processor: npt.NDArray[np.float64]

    def p50(self, way: int) -> Spread:
        """Return the median over queries, by round."""
        return Spread.percentile(self.wall[way], 50)

    def p95(self, way: int) -> Spread:
        """Return the 95th percentile over queries, by round."""
        return Spread.percentile(self.wall[way], 95)

    def of_first(self, queries: int) -> Self:
        """Return the times of the first queries alone."""
        return type(self)(self.wall[:, :, :queries], self.processor[:, :, :queries])

    def processor_p50(self, way: int) -> float:
        """Return the median over queries of the least processor time over rounds."""
        return float(np.median(self.processor[way].min(axis=0)))


@dataclass(frozen=True, slots=True)
class Searches:
    """What was measured: recall@100 by way, against exact search; `timing` has the same order."""

    ways: list[Way]
    recall: list[float]
    timing: Timing
    shards: Mapping[Quantization, Shard]
    vectors: int
    queries: int

    @property
    def baseline(self) -> int:
        """Return the fastest uncompressed way that finds 0.97 (exact search always does)."""
        return self._fastest(GOOD_RECALL, compressed=False, families=(NONE,))

    @property
    def same_graph(self) -> int:
        """Return that way among those on product quantization's own graph, or exact search."""
        return self._fastest(GOOD_RECALL, compressed=False, families=(SAME_GRAPH,))

    def quantized(self, family: str, recall: float) -> int | None:
        """Return the fastest way of a quantization of at least this recall, None without one."""
        if not self._among(recall, compressed=True, families=(family,)):
            return None
        return self._fastest(recall, compressed=True, families=(family,))

    def gain(self, way: int, family: str = PRODUCT) -> float:
        """Return how many times as fast a quantization is at no less recall than `way`, 0: never.

        Times are medians over queries and rounds.
        """
        other = self.quantized(family, self.recall[way])
        if other is None:
            return 0.0
        return self.timing.p50(way).median / self.timing.p50(other).median

    def _among(self, recall: float, *, compressed: bool, families: Sequence[str]) -> list[int]:
        return [
            i
            for i, way in enumerate(self.ways)
            if way.compressed == compressed
            and way.family in {*families, *(() if compressed else ("exact",))}
            and self.recall[i] >= recall
        ]

    def _fastest(self, recall: float, *, compressed: bool, families: Sequence[str]) -> int:
        among = self._among(recall, compressed=compressed, families=families)
        return min(among, key=lambda i: self.timing.p50(i).median)


def measure_quantization(
    settings: Settings,
    index: OpenIndex,
    *,
    articles: int | None,
    queries: int,
    progress: Progress,
) -> Part:
    """Return recall@100 against exact search, latency, build time and size of each way to search.

    `articles` is how many of the index are used, None for all.
    """
    texts = short_queries(index.vocabulary, queries, _SEED)
    with shards_of(settings, index, articles, progress) as (vectors, shards):
        found = measure_searches(settings, vectors, shards, embedded(settings, texts), progress)
    return quantization_part(settings.index, found)


def embedded(settings: Settings, texts: Sequence[str]) -> list[Query]:
    """Return the texts' vectors, as the settings' embedder makes them for queries."""
    embedder = TextEmbedder.from_settings(settings)
    return [[float(x) for x in embedder.run(text)["embedding"]] for text in texts]


@contextmanager
def shards_of(
    settings: Settings, index: OpenIndex, articles: int | None, progress: Progress
) -> Iterator[tuple[int, dict[Quantization, Shard]]]:
    """Yield the number of vectors and a temporary shard of them for each quantization."""
    with TemporaryDirectory(prefix="lookbook-benchmark-") as temporary:
        directory = Path(temporary)
        vectors = directory / "vectors.npy"
        number = save_vectors(index, articles, vectors)
        yield (
            number,
            build_shards(
                settings.index,
                _QUANTIZATIONS,
                vectors,
                directory,
                lambda done, total: progress("building shards", done, total),
            ),
        )


def measure_searches(
    settings: Settings,
    vectors: int,
    shards: dict[Quantization, Shard],
    queries: list[Query],
    progress: Progress,
) -> Searches:
    """Return recall and times of every way to search the shards, `LIMIT` ids a query."""
    ways = _ways(settings.retrieval)
    with _opened(shards) as opened:
        found = [[_ids(opened, way, query) for query in queries] for way in ways]
        # By itself: it reads all vectors, which would leave the processor's caches to nobody else.
        exact = _time(ways[:1], opened, queries, _ROUNDS, lambda *_: None)
        others = _time(
            ways[1:],
            opened,
            queries,
            _ROUNDS,
            lambda done, total: progress("searching", done, total),
        )
    recall = [
        float(np.mean([len(a & b) / len(b) for a, b in zip(way, found[0], strict=True)]))
        for way in found
    ]
    timing = Timing(
        np.concatenate([exact.wall, others.wall]),
        np.concatenate([exact.processor, others.processor]),
    )
    return Searches(ways, recall, timing, shards, vectors, len(queries))


def time_searches(
    ways: Sequence[Way],
    shards: Mapping[Quantization, Shard],
    queries: Sequence[Query],
    rounds: int,
    progress: Callable[[int, int], None],
    *,
    before: Callable[[int], object] | None = None,
) -> Timing:
    """Return the times of these ways only, after a pass that is not measured.

    `before` is called with the number of the query, unmeasured, before each search.
    """
    with _opened(shards) as opened:
        for way in ways:
            for query in queries:
                _ids(opened, way, query)
        return _time(ways, opened, queries, rounds, progress, before=before)


def quantization_part(settings: IndexSettings, found: Searches) -> Part:
    """Return the table of all ways, and the gain of product quantization to reach."""
    rows: list[dict[str, Cell]] = [
        {
            "Search": way.name,
            "recall@100": round(found.recall[i], 4),
            "p50 ms": found.timing.p50(i),
            "p95 ms": found.timing.p95(i),
            "processor ms": found.timing.processor_p50(i),
            **{
                f"{said} against it": "" if way.compressed else found.gain(i, family)
                for said, family in (("PQ", PRODUCT), ("scalar", "scalar"), ("turbo", "turbo"))
            },
            "build s": found.shards[way.quantization].seconds,
            "memory MB": found.shards[way.quantization].memory / 1e6,
            "disk MB": found.shards[way.quantization].size / 1e6,
        }
        for i, way in enumerate(found.ways)
    ]
    baseline, same_graph = found.baseline, found.same_graph
    return Part(
        title="Quantization",
        method=(
            f"{found.vectors:,} vectors of the live index in one shard for each quantization "
            f"(graph m {settings.hnsw.m}, ef_construct {settings.hnsw.ef_construct}; product "
            f"quantization {settings.compression}). {found.queries} queries for {LIMIT} ids, "
            f"{_ROUNDS} rounds, warm. All ways take turns in random order, each with another query "
            "than its neighbours, so that none finds in the processor's caches what the one before "
            "it fetched for the same query; exact search, which empties those caches, is timed by "
            "itself. Processor time is the median over queries of the least over rounds. Recall "
            "is against exact search over uncompressed vectors. Memory is the searching process's "
            'own; original vectors are mapped pages of the files. "PQ against it" is how many '
            "times as fast the fastest product-quantized search of no less recall is (and so for "
            "scalar and turbo), 0 where "
            "there is none. The number to reach is that against the fastest uncompressed search of "
            f'at least {GOOD_RECALL} recall, here "{found.ways[baseline].name}"; on the same graph '
            f'that is "{found.ways[same_graph].name}", and the gain {found.gain(same_graph):.2f}.'
        ),
        rows=rows,
        goals=[
            Goal(
                "PQ against none at equal or better recall",
                found.gain(baseline),
                "x",
                1.3,
                at_least=True,
            )
        ],
    )


def _ways(search: RetrievalSettings) -> list[Way]:
    """Return exact search first, for the others are judged by it."""

    def rescored(ef: int, oversampling: float, *, rescore: bool = True) -> edge.SearchParams:
        quantization = edge.QuantizationSearchParams(rescore=rescore, oversampling=oversampling)
        return edge.SearchParams(hnsw_ef=ef, quantization=quantization)

    originals = edge.QuantizationSearchParams(ignore=True)
    ways = [
        Way("exact", "original vectors", "none", edge.SearchParams(exact=True), compressed=False),
        Way(NONE, "the engine's default ef", "none", None, compressed=False),
    ]
    for ef in sorted({*_EFS, search.ef}):
        plain = edge.SearchParams(hnsw_ef=ef)
        ways.append(Way(NONE, f"ef {ef}", "none", plain, compressed=False))
    for ef in sorted({*_EFS, search.ef}):
        ignoring = edge.SearchParams(hnsw_ef=ef, quantization=originals)
        ways.append(Way(SAME_GRAPH, f"ef {ef}", "product", ignoring, compressed=False))
    said = "rescored" if search.rescore else "not rescored"
    as_set = f"as set: ef {search.ef}, {said}, oversampling {search.oversampling:g}"
    ours = rescored(search.ef, search.oversampling, rescore=search.rescore)
    for quantization in _QUANTIZATIONS[1:]:
        ways.append(Way(quantization, STOCK, quantization, None, compressed=True))
        ways += [
            Way(
                quantization,
                f"ef {_LEAST_EF}, rescored, oversampling {oversampling:g}",
                quantization,
                rescored(_LEAST_EF, oversampling),
                compressed=True,
            )
            for oversampling in _OVERSAMPLINGS
        ]
        ways.append(Way(quantization, as_set, quantization, ours, compressed=True))
    return ways


@contextmanager
def _opened(shards: Mapping[Quantization, Shard]) -> Iterator[dict[Quantization, edge.EdgeShard]]:
    opened = {name: edge.EdgeShard.load(str(shard.path)) for name, shard in shards.items()}
    try:
        yield opened
    finally:
        for shard in opened.values():
            shard.close()


def _request(way: Way, query: Query) -> edge.QueryRequest:
    return edge.QueryRequest(
        limit=LIMIT,
        query=edge.Query.Nearest(query, using=DENSE_VECTORS_NAME),
        params=way.parameters,
        with_payload=False,
        with_vector=False,
    )


def _ids(opened: Mapping[Quantization, edge.EdgeShard], way: Way, query: Query) -> set[str]:
    return {str(point.id) for point in opened[way.quantization].query(_request(way, query))}


def _time(
    ways: Sequence[Way],
    opened: Mapping[Quantization, edge.EdgeShard],
    queries: Sequence[Query],
    rounds: int,
    progress: Callable[[int, int], None],
    *,
    before: Callable[[int], object] | None = None,
) -> Timing:
    shape = (len(ways), rounds, len(queries))
    wall, processor = np.empty(shape), np.empty(shape)
    rng = np.random.default_rng(_SEED)
    for turn in range(rounds):
        orders = [rng.permutation(len(queries)) for _ in ways]
        for place in range(len(queries)):
            for which in rng.permutation(len(ways)):
                column = orders[which][place]
                shard = opened[ways[which].quantization]
                request = _request(ways[which], queries[column])
                if before is not None:
                    before(column)
                used, started = time.process_time(), time.perf_counter()
                shard.query(request)
                wall[which, turn, column] = 1000 * (time.perf_counter() - started)
                processor[which, turn, column] = 1000 * (time.process_time() - used)
            progress(turn * len(queries) + place + 1, rounds * len(queries))
    return Timing(wall, processor)
