"""How much memory an answering process holds, index and models loaded."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import psutil

from config.settings import Settings
from pipeline.evaluation.report import Goal, Part
from pipeline.index.making import peak_memory_mb
from pipeline.recommending import Recommender

_GB = 1000


def measure_memory(settings: Settings, message: str) -> Part:
    """Return the memory of a fresh process after its first answer."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        resident, own, peak = pool.submit(_answer_once, settings, message).result()
    return Part(
        title="Memory",
        method=(
            "A fresh process that opens the index, loads the embedder and the writer and answers "
            "one message. Resident memory counts the pages of the index that are mapped; they are "
            "shared with other readers and given up under pressure."
        ),
        rows=[
            {"Memory": "resident", "MB": resident},
            {"Memory": "of it the process's own", "MB": own},
            {"Memory": "peak while loading", "MB": peak},
        ],
        goals=[Goal("memory, resident", resident / _GB, "GB", 2.5, at_least=False)],
    )


def _answer_once(settings: Settings, message: str) -> tuple[int, int, int]:
    with Recommender.open(settings) as recommender:
        recommender.warm_up()
        recommender.recommend(message)
        memory = psutil.Process().memory_full_info()
        return memory.rss // 1_000_000, memory.uss // 1_000_000, peak_memory_mb()
