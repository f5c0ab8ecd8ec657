"""The paper's figure 3: retrieval with product quantization against without, recall beside it."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from config.settings import Settings
from pipeline.evaluation.machine import load_average, machine_record
from pipeline.evaluation.paper import PROMPTS
from pipeline.evaluation.plots import COLOURS, caption, paper_style, save
from pipeline.evaluation.quantization import (
    GOOD_RECALL,
    LIMIT,
    NONE,
    PRODUCT,
    STOCK,
    Searches,
    Timing,
    Way,
    embedded,
    measure_searches,
    quantization_part,
    shards_of,
    time_searches,
)
from pipeline.evaluation.report import Cell, Part, Report, Spread
from pipeline.evaluation.shoppers import short_queries
from pipeline.index import open_index
from pipeline.models import TextEmbedder

BY_PROMPT = "latency-by-prompt"
BY_RECALL = "latency-by-recall"

_SEED = 3
_PROMPT_ROUNDS = 30

Progress = Callable[[str, int, int], None]


def run_latency(
    settings: Settings, directory: Path, *, articles: int | None, queries: int, progress: Progress
) -> Report:
    """Measure every quantization over the live index's vectors; write the report and two figures.

    `articles` is how many of the index are used, None for all; `queries` are made up from the
    catalogue's words. Raises IndexStateError, ModelError or StoreError.
    """
    index = open_index(settings)
    try:
        machine = machine_record(index)
        machine["load at the start"] = load_average()
        texts = short_queries(index.vocabulary, queries, _SEED)
        prompts = [entry["prompt"] for entry in yaml.safe_load(PROMPTS.read_text(encoding="utf-8"))]
        with shards_of(settings, index, articles, progress) as (vectors, shards):
            found = measure_searches(settings, vectors, shards, embedded(settings, texts), progress)
            ways = _of_figure(found)
            asked = embedded(settings, prompts) + embedded(settings, texts)
            among = time_searches(
                ways,
                shards,
                asked,
                _PROMPT_ROUNDS,
                lambda done, total: progress("asking prompts", done, total),
            )
            timing = among.of_first(len(prompts))
            embedder = TextEmbedder.from_settings(settings)
            number = itertools.count()
            busy = time_searches(
                ways,
                shards,
                embedded(settings, texts),
                1,
                lambda done, total: progress("after embedding", done, total),
                # Never the same text twice, for its embedding would be remembered.
                before=lambda column: embedder.run(f"{texts[column]} {next(number)}"),
            )
    finally:
        index.close()
    machine |= {"articles": vectors, "load at the end": load_average()}
    parts = {
        "prompts": _prompts_part(prompts, ways, timing),
        "after embedding": _busy_part(found, ways, busy),
        "quantization": replace(
            quantization_part(settings.index, found), figure=f"{BY_RECALL}.png"
        ),
    }
    report = Report(machine, parts, command="experiment latency")
    report.write(directory)
    with paper_style():
        for name, figure in (
            (BY_PROMPT, _prompts_figure(ways, timing)),
            (BY_RECALL, _recall_figure(found)),
        ):
            caption(figure, machine)
            save(figure, directory, name)
    return report


def _of_figure(found: Searches) -> list[Way]:
    """Return what figure 3 compares: both as libraries ask, then both at equal recall."""
    fair = found.baseline
    equal = found.quantized(PRODUCT, found.recall[fair])
    chosen = [
        next(i for i, way in enumerate(found.ways) if way.family == NONE),
        next(i for i, way in enumerate(found.ways) if (way.family, way.asked) == (PRODUCT, STOCK)),
        fair,
        *([] if equal is None else [equal]),
    ]
    return [found.ways[i] for i in dict.fromkeys(chosen)]


def _prompts_part(prompts: list[str], ways: list[Way], timing: Timing) -> Part:
    rows: list[dict[str, Cell]] = [
        {
            "Prompt": prompt,
            **{
                f"{way.name}, ms": Spread(
                    *(float(np.percentile(timing.wall[which, :, column], p)) for p in (50, 25, 75))
                )
                for which, way in enumerate(ways)
            },
        }
        for column, prompt in enumerate(prompts)
    ]
    return Part(
        title="Retrieval latency by prompt (the paper's figure 3)",
        method=(
            f"The six prompts, embedded beforehand, {_PROMPT_ROUNDS} times each for {LIMIT} ids, "
            "among the made-up queries: six alone would stay in the processor's caches. The "
            "median; in brackets the quartiles. Qdrant "
            "without and with product quantization, first as libraries ask it, then each at the "
            f"cheapest parameters that find {GOOD_RECALL} of the nearest {LIMIT} or more, product "
            "quantization no fewer than the other."
        ),
        rows=rows,
        goals=[],
        figure=f"{BY_PROMPT}.png",
    )


def _busy_part(found: Searches, ways: list[Way], busy: Timing) -> Part:
    rows: list[dict[str, Cell]] = []
    for which, way in enumerate(ways):
        alone = found.timing.p50(found.ways.index(way)).median
        after = busy.p50(which).median
        rows.append(
            {
                "Search": way.name,
                "p50 ms, searches only": alone,
                "p50 ms, each after an embedding": after,
                "ratio": after / alone,
            }
        )
    return Part(
        title="As in the bot: each search after an embedding",
        method=(
            "The searches of the figure by prompt, for the made-up queries. A bot embeds a message "
            "before each search, which leaves the processor's caches full of the embedder's "
            "weights; here each timed search follows the (untimed) embedding of a text."
        ),
        rows=rows,
        goals=[],
    )


def _prompts_figure(ways: list[Way], timing: Timing) -> Figure:
    figure = Figure(figsize=(7, 3))
    axes = figure.subplots()
    prompts = timing.wall.shape[2]
    width = 0.8 / len(ways)
    for which, way in enumerate(ways):
        low, middle, high = np.percentile(timing.wall[which], (25, 50, 75), axis=0)
        axes.bar(
            np.arange(prompts) + (which - (len(ways) - 1) / 2) * width,
            middle,
            width * 0.92,
            yerr=(middle - low, high - middle),
            error_kw={"linewidth": 0.7},
            label=way.name,
            color=COLOURS[which],
            hatch="" if way.compressed else "////",
            edgecolor="white",
            linewidth=0.5,
        )
    axes.set_xticks(range(prompts), [str(number) for number in range(1, prompts + 1)])
    axes.set_xlabel("prompt of the paper (whiskers: quartiles)")
    axes.set_ylabel(f"median latency for {LIMIT} ids [ms]")
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def _recall_figure(found: Searches) -> Figure:
    """Draw recall against median latency: a line a family, its stock search a hollow mark."""
    figure = Figure(figsize=(7, 3.6))
    axes = figure.subplots()
    families = list(dict.fromkeys(way.family for way in found.ways if way.family != "exact"))
    for number, family in enumerate(families):
        _curve(axes, found, family, COLOURS[number], "os^Dv"[number % 5])
    axes.axhline(GOOD_RECALL, color="0.4", linewidth=0.7, linestyle=":")
    axes.set_xlabel(f"median latency for {LIMIT} ids [ms] (hollow: the engine's defaults)")
    axes.set_ylabel(f"recall@{LIMIT} against exact search")
    axes.set_xlim(left=0)
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def _curve(axes: Axes, found: Searches, family: str, colour: str, marker: str) -> None:
    places = [i for i, way in enumerate(found.ways) if way.family == family]
    stock = [i for i in places if found.ways[i].parameters is None]
    tuned = sorted(set(places) - set(stock), key=lambda i: found.recall[i])
    for which, label, fill in ((tuned, family, colour), (stock, None, "white")):
        axes.plot(
            [found.timing.p50(i).median for i in which],
            [found.recall[i] for i in which],
            marker=marker,
            markersize=3.5,
            markerfacecolor=fill,
            linewidth=1 if len(which) > 1 else 0,
            color=colour,
            label=label,
        )
