"""The paper's experiment on accuracy: its six prompts, the product types of the 20 best."""

from collections.abc import Callable
from pathlib import Path

import yaml

from config.settings import Settings
from pipeline.evaluation.plain import PlainDenseSearch
from pipeline.evaluation.report import Cell, Goal, Part
from pipeline.index import OpenIndex
from pipeline.recommending import Recommender

PROMPTS = Path(__file__).parent / "paper_prompts.yaml"
SHOWN = 20


def measure_paper_prompts(
    settings: Settings, index: OpenIndex, progress: Callable[[int, int], None]
) -> Part:
    """Return the type precision at 20 of Lookbook and of plain dense search, by prompt.

    Precision is right ones by 20, so an answer that holds fewer loses.
    """
    recommender = Recommender(settings, index, writing=False)
    plain = PlainDenseSearch(settings, index)
    prompts = yaml.safe_load(PROMPTS.read_text(encoding="utf-8"))
    rows: list[dict[str, Cell]] = []
    precisions: list[float] = []
    for done, entry in enumerate(prompts, start=1):
        types = set(entry["product_types"])
        answer = recommender.recommend(entry["prompt"], count=SHOWN)
        ours = [item.article.product_type for item in answer.articles]
        theirs = [one.meta["product_type"] for one in plain.top(entry["prompt"], SHOWN)]
        precisions.append(_precision(ours, types))
        rows.append(
            {
                "Prompt": entry["prompt"],
                "Types asked for": ", ".join(entry["product_types"]),
                "Lookbook": precisions[-1],
                "shown": len(ours),
                "Plain dense": _precision(theirs, types),
            }
        )
        progress(done, len(prompts))
    return Part(
        title="The paper's prompts",
        method=(
            "Share of 20 places filled with an article of a type that the prompt asks for. Plain "
            "dense search embeds the prompt and takes the nearest articles of the same index."
        ),
        rows=rows,
        goals=[Goal("type precision at 20, worst prompt", min(precisions), "", 1.0, at_least=True)],
    )


def _precision(shown: list[str], types: set[str]) -> float:
    return sum(one in types for one in shown) / SHOWN
