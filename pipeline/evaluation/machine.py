"""Where a benchmark ran, so that its numbers can be judged."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
import torch

from pipeline.evaluation.report import Cell
from pipeline.index import OpenIndex

_LIBRARIES = (
    "haystack-ai",
    "qdrant-edge-py",
    "sentence-transformers",
    "transformers",
    "torch",
    "numpy",
)
_CPU_INFO = Path("/proc/cpuinfo")


def machine_record(index: OpenIndex) -> dict[str, Cell]:
    """Return processor, memory, libraries and index, by what a reader calls them."""
    storage = index.manifest.storage
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": _processor(),
        "bfloat16 in hardware": "yes" if _has_bfloat16() else "no",
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version(name)}" for name in _LIBRARIES),
        "Lookbook": version("lookbook"),
        "index version": index.version,
        "articles": index.manifest.counts.articles,
        "embedder": f"{index.manifest.embedder.model}, {index.manifest.embedder.dimension} floats",
        "storage": f"{storage.backend}, {storage.quantization} {storage.compression}".strip(),
    }


def load_average() -> str:
    """Return the processes that ran or waited, on average over 1, 5 and 15 minutes."""
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def _has_bfloat16() -> bool:
    """Return whether matrices are multiplied in 16 bits, at about twice the speed."""
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def _processor() -> str:
    if _CPU_INFO.is_file():
        for line in _CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
