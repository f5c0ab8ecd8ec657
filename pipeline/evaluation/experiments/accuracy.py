"""The paper's figure 2: which embedder finds the types that six prompts ask for.

Each embedder gets an index of its own under `<home>/experiments/`, kept so that a second run
embeds nothing; the live index serves where it is made of the same embedder and catalogue.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from config.settings import Settings
from pipeline.evaluation.machine import load_average, machine_record
from pipeline.evaluation.paper import (
    CANDIDATES,
    SHOWN,
    PromptAccuracy,
    prompt_accuracies,
    worst_prompt,
)
from pipeline.evaluation.plots import COLOURS, caption, paper_style, save
from pipeline.evaluation.report import Cell, Part, Report
from pipeline.index import Progress as Step
from pipeline.index import build_index, open_index
from pipeline.index.inputs import Inputs
from pipeline.index.planning import Live
from pipeline.index.versions import IndexVersions
from pipeline.models import LocatedModel, ModelError, locate
from pipeline.models.cards import known_cards

FIGURE = "accuracy"

Progress = Callable[[str, int, int], None]


def run_accuracy(
    settings: Settings, embedders: Sequence[str], directory: Path, *, progress: Progress
) -> Report:
    """Compare embedders on the paper's prompts; write the report and its figure to a directory.

    `embedders` are names of `config/models.yaml`, hub ids or directories; none means the one of
    the settings against every other known one on this machine. Raises ModelError when one is not
    there (all are looked for before any work), CatalogueError and IndexBuildError.
    """
    references = list(embedders) or available_embedders(settings)
    located = [locate(one, "embedder", settings) for one in references]
    names = _names(located)
    machine: dict[str, Cell] = {}
    found: dict[str, list[PromptAccuracy]] = {}
    load = load_average()
    for name, reference, model in zip(names, references, located, strict=True):
        own = _indexed(settings, reference, model, name, progress)
        index = open_index(own)
        try:
            record = machine_record(index)
            found[name] = prompt_accuracies(own, index, _of(f"{name}: asking", progress))
        finally:
            index.close()
        for key in ("embedder", "index version"):
            record[key] = " / ".join(str(one) for one in (machine.get(key), record[key]) if one)
        machine = record
    machine |= {"load at the start": load, "load at the end": load_average()}
    report = Report(machine, {"accuracy": _part(found)}, command="experiment accuracy")
    report.write(directory)
    with paper_style():
        figure = _figure(found)
        caption(figure, machine)
        save(figure, directory, FIGURE)
    return report


def available_embedders(settings: Settings) -> list[str]:
    """Return the embedder of the settings and every other known one on this machine."""
    names = [settings.embedding.model]
    for card in known_cards():
        if card.kind == "embedder" and not {card.name, card.hub} & set(names):
            try:
                locate(card.name, "embedder", settings)
            except ModelError:
                continue
            names.append(card.name)
    return names


def _indexed(
    settings: Settings, reference: str, model: LocatedModel, name: str, progress: Progress
) -> Settings:
    """Return settings whose live index is made of this embedder and the catalogue as it is now."""
    chosen: dict[str, object] = {"model": reference}
    if reference != settings.embedding.model:  # what is set besides belongs to the other model
        chosen |= {"sha256": "", "query_instruction": None}
    embedding = settings.embedding.model_copy(update=chosen)
    own = settings.model_copy(update={"embedding": embedding})
    if _is_live(own):
        return own
    home = settings.home / "experiments" / model.sha256[:16]
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "models").is_symlink():
        settings.models_directory.mkdir(parents=True, exist_ok=True)
        (home / "models").symlink_to(settings.models_directory.resolve())
    own = own.model_copy(
        update={"home": home, "index": settings.index.model_copy(update={"backend": "edge"})}
    )

    def show(step: Step) -> None:
        progress(f"{name}: {step.stage}", step.done, step.total)

    build_index(own, progress=show)
    return own


def _is_live(settings: Settings) -> bool:
    live = Live.find(IndexVersions(settings.index_directory))
    if live is None:
        return False
    inputs = Inputs.gather(settings)
    return inputs.same_catalogue(live.manifest) and inputs.rebuild_reason(live.manifest) is None


def _names(located: Sequence[LocatedModel]) -> list[str]:
    """Return short names: the card's, or the directory's; the digest tells equal ones apart."""
    short = [Path(model.card.name).name for model in located]
    return [
        name if short.count(name) == 1 else f"{name} {model.sha256[:6]}"
        for name, model in zip(short, located, strict=True)
    ]


def _part(found: dict[str, list[PromptAccuracy]]) -> Part:
    rows: list[dict[str, Cell]] = []
    for name, accuracies in found.items():
        rows += [
            {
                "Embedder": name,
                "Prompt": one.prompt,
                "Types asked for": ", ".join(one.product_types),
                f"of {CANDIDATES} candidates": one.candidates,
                "before": one.before,
                "after": one.after,
                "shown": one.shown,
            }
            for one in accuracies
        ]
        means = {
            key: float(np.mean([getattr(one, field) for one in accuracies]))
            for key, field in (
                (f"of {CANDIDATES} candidates", "candidates"),
                ("before", "before"),
                ("after", "after"),
            )
        }
        shown = sum(one.shown for one in accuracies)
        rows.append(
            {"Embedder": name, "Prompt": "mean", "Types asked for": "", **means, "shown": shown}
        )
    return Part(
        title="Accuracy by embedder (the paper's figure 2)",
        method=(
            f"Share of {SHOWN} places filled with an article of a type that the prompt asks for. "
            f'"Before" are the first {SHOWN} of the {CANDIDATES} articles nearest to the embedded '
            'prompt; "after" is the answer of Lookbook, which understands the prompt, filters, '
            "searches by vectors and words and ranks, over the same index. An article's own types "
            "are the truth."
        ),
        rows=rows,
        goals=[
            worst_prompt(f"type precision at {SHOWN}, worst prompt, {name}", accuracies)
            for name, accuracies in found.items()
        ],
        figure=f"{FIGURE}.png",
    )


def _figure(found: dict[str, list[PromptAccuracy]]) -> Figure:
    """Draw grouped bars by prompt: each embedder before and after."""
    figure = Figure(figsize=(7, 3))
    axes = figure.subplots()
    prompts = next(iter(found.values()))
    width = 0.8 / (2 * len(found))
    for number, (name, accuracies) in enumerate(found.items()):
        colour = COLOURS[number % len(COLOURS)]
        for after in (False, True):
            place = 2 * number + after - len(found) + 0.5
            axes.bar(
                np.arange(len(prompts)) + place * width,
                [one.after if after else one.before for one in accuracies],
                width * 0.92,
                label=f"{name}, {'after Lookbook’s stages' if after else 'dense search alone'}",  # noqa: RUF001 - a printed apostrophe
                color=colour,
                alpha=1.0 if after else 0.45,
                hatch="" if after else "////",
                edgecolor="white",
                linewidth=0.5,
            )
    labels = [
        f"{number}\n{chr(10).join(one.product_types)}" for number, one in enumerate(prompts, 1)
    ]
    axes.set_xticks(range(len(prompts)), labels)
    axes.set_xlabel("prompt of the paper, and the product types that it asks for")
    axes.set_ylabel(f"type precision at {SHOWN}")
    axes.set_ylim(0, 1.05)
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def _of(stage: str, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress(stage, done, total)
