"""An adapter's card and figures: what it learnt, from what, how well, and at what cost."""

import json
from importlib.metadata import version
from pathlib import Path

import torch

from pipeline.models.digests import write_json
from training.evaluation import Evaluation
from training.fine_tuning import Training
from training.memory import GB
from training.recipe import Recipe

METRICS = "metrics.json"
CARD = "README.md"
_SAMPLES = 20
_LIBRARIES = ("torch", "transformers", "trl", "peft")
_MADE = (
    "Made by `lookbook train --recipe {recipe}` from {learnt} examples, measured on {held_out} "
    "others; {dropped} rows were dropped, see `metrics.json`. Base weights: SHA-256 `{digest}`."
)
_MEANT_FOR = (
    "It writes for Lookbook's prompts only, in English, about articles whose facts are in the "
    "prompt. What it writes has to be checked against the article, as Lookbook does."
)
_DEEPSEEK_NOTICE = (
    "The base comes under the DeepSeek licence: this adapter derives from it, passes on its use "
    "restrictions (Attachment A), and must be given on with that licence."
)


def write_card(
    out: Path, training: Training, before: Evaluation, after: Evaluation
) -> dict[str, object]:
    """Write `metrics.json` and `README.md` beside the adapter, and return the former's content."""
    recipe, data, located = training.recipe, training.data, training.model.located
    per_example = training.seconds / training.examples if training.examples else None
    metrics: dict[str, object] = {
        "recipe": _plain(recipe),
        "base": {"name": located.card.name, "hub": located.card.hub, "sha256": located.sha256},
        "examples": {
            "learnt": len(data.train),
            "held out": len(data.held_out),
            "longest in tokens": max(len(one.input_ids) for one in data.train),
            "longer than writing.max_new_tokens": data.cut_short,
            "dropped": [f"{row.place}: {row.reason}" for row in data.dropped],
        },
        "cost": {
            "resumed at step": training.resumed_at,
            "steps": training.trainer.state.global_step,
            "seconds": round(training.seconds, 1),
            "seconds per example": per_example and round(per_example, 4),
            "matrices in": str(training.model.model.dtype).removeprefix("torch."),
            "threads": torch.get_num_threads(),
            "peak memory in GB": round(training.peak_memory / GB, 2),
            "memory computed beforehand in GB": round(training.memory.total / GB, 2),
        },
        "before": before.figures,
        "after": after.figures,
        "losses": training.history,
        "libraries": {name: version(name) for name in (*_LIBRARIES, "lookbook")},
    }
    write_json(out / METRICS, metrics)
    (out / CARD).write_text(_card(training, before, after, metrics), encoding="utf-8")
    return metrics


def _card(
    training: Training, before: Evaluation, after: Evaluation, metrics: dict[str, object]
) -> str:
    recipe, data, card = training.recipe, training.data, training.model.located.card
    cost = metrics["cost"]
    head = [
        "---",
        f"base_model: {card.hub or card.name}",
        "library_name: peft",
        "pipeline_tag: text-generation",
        "tags: [lora, lookbook]",
        "---",
        "",
        f"# A LoRA adapter for {card.name}",
        "",
        _MADE.format(
            recipe=recipe.name,
            learnt=len(data.train),
            held_out=len(data.held_out),
            dropped=len(data.dropped),
            digest=training.model.located.sha256,
        ),
        "",
        _MEANT_FOR,
    ]
    if training.model.family == "deepseek":
        head += ["", _DEEPSEEK_NOTICE]
    table = ["", "## Before and after", "", "| held out | before | after |", "|---|---|---|"]
    table += [
        f"| {name} | {value:.3f} | {after.figures[name]:.3f} |"
        for name, value in before.figures.items()
    ]
    recipe_text = json.dumps(metrics["recipe"], indent=1)
    made = ["", "## How it was made", "", "```json", recipe_text, "```", ""]
    made += ["```json", json.dumps(cost, indent=1), "```"]
    samples = ["", "## Samples, held out and unpicked"]
    for old, new in zip(before.samples[:_SAMPLES], after.samples[:_SAMPLES], strict=True):
        samples += [
            "",
            f"**{old.request}** · {old.about}",
            "",
            f"- before: {_line(old.text)}",
            f"- after: {_line(new.text)}",
            f"- written by hand: {_line(old.reference)}",
        ]
    return "\n".join([*head, *table, *made, *samples, ""])


def _plain(recipe: Recipe) -> dict[str, object]:
    """Return the recipe as JSON-ready data, what ships here by its place in the repository."""
    home = Path(__file__).parents[1]
    introductions = [
        str(path.relative_to(home)) if path.is_relative_to(home) else str(path)
        for path in recipe.introductions
    ]
    return recipe.model_dump(mode="json") | {"introductions": introductions}


def _line(text: str) -> str:
    return " ".join(text.split()) or "(nothing)"
