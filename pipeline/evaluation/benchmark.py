"""The benchmark: its parts, and one run of them over the live index."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from config.settings import Settings
from pipeline.evaluation.answering import measure_answering, measure_writing
from pipeline.evaluation.embedding import measure_embedding
from pipeline.evaluation.errors import BenchmarkError
from pipeline.evaluation.machine import load_average, machine_record
from pipeline.evaluation.memory import measure_memory
from pipeline.evaluation.paper import measure_paper_prompts
from pipeline.evaluation.quantization import measure_quantization
from pipeline.evaluation.report import Part, Report
from pipeline.index import OpenIndex, open_index

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps of it are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. `articles` go into the shards of quantization, None for all."""

    articles: int | None = None
    queries: int = 200
    messages: int = 100
    written: int = 5
    texts: int = 2000


WHOLE = Scale()
QUICK = Scale(articles=5000, queries=50, messages=30, written=2, texts=500)


def run_benchmark(
    settings: Settings,
    *,
    only: Collection[str] = (),
    scale: Scale = WHOLE,
    progress: Progress,
) -> Report:
    """Measure the live index, which is only read, and return what was found.

    `only` names parts of `PARTS`; empty means all. Raises BenchmarkError for an unknown part, and
    IndexStateError, ModelError or StoreError for an index or a model that cannot be used.
    """
    if unknown := sorted(set(only) - set(PARTS)):
        raise BenchmarkError(
            f"The benchmark has no part {unknown[0]!r}.", f"Its parts are: {', '.join(PARTS)}."
        )
    index = open_index(settings)
    try:
        machine = machine_record(index)
        machine["load at the start"] = load_average()
        parts = {
            name: measure(settings, index, scale, progress)
            for name, measure in PARTS.items()
            if not only or name in only
        }
        machine["load at the end"] = load_average()
    finally:
        index.close()
    return Report(machine, parts)


def _quantization(settings: Settings, index: OpenIndex, scale: Scale, progress: Progress) -> Part:
    return measure_quantization(
        settings, index, articles=scale.articles, queries=scale.queries, progress=progress
    )


def _answering(settings: Settings, index: OpenIndex, scale: Scale, progress: Progress) -> Part:
    return measure_answering(settings, index, scale.messages, _of("answering", progress))


def _writing(settings: Settings, index: OpenIndex, scale: Scale, progress: Progress) -> Part:
    return measure_writing(settings, index, scale.written, _of("writing", progress))


def _embedding(settings: Settings, index: OpenIndex, scale: Scale, progress: Progress) -> Part:
    return measure_embedding(settings, index, scale.texts, _of("embedding", progress))


def _memory(settings: Settings, _index: OpenIndex, _scale: Scale, progress: Progress) -> Part:
    progress("memory", 0, 1)
    part = measure_memory(settings, "a black dress")
    progress("memory", 1, 1)
    return part


def _paper(settings: Settings, index: OpenIndex, _scale: Scale, progress: Progress) -> Part:
    return measure_paper_prompts(settings, index, _of("paper prompts", progress))


def _of(stage: str, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress(stage, done, total)


PARTS: dict[str, Callable[[Settings, OpenIndex, Scale, Progress], Part]] = {
    "quantization": _quantization,
    "answering": _answering,
    "writing": _writing,
    "embedding": _embedding,
    "memory": _memory,
    "paper": _paper,
}
