"""The paper's experiment on accuracy: its six prompts, the product types of the 20 best."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from config.settings import Settings
from pipeline.evaluation.plain import PlainDenseSearch
from pipeline.evaluation.report import Cell, Goal, Part
from pipeline.index import OpenIndex
from pipeline.recommending import Recommender

PROMPTS = Path(__file__).parent / "paper_prompts.yaml"
CANDIDATES = 100
SHOWN = 20


@dataclass(frozen=True, slots=True)
class PromptAccuracy:
    """Shares, 0 to 1, of articles of a type that the prompt asks for.

    `before` is of the 20 nearest by plain dense search, `after` of Lookbook's 20 places (an
    answer that holds fewer loses), `candidates` of the 100 nearest.
    """

    prompt: str
    product_types: tuple[str, ...]
    candidates: float
    before: float
    after: float
    shown: int


def prompt_accuracies(
    settings: Settings, index: OpenIndex, progress: Callable[[int, int], None]
) -> list[PromptAccuracy]:
    """Return the accuracies of the paper's six prompts over one index, in the paper's order."""
    recommender = Recommender(settings, index, writing=False)
    plain = PlainDenseSearch(settings, index)
    prompts = yaml.safe_load(PROMPTS.read_text(encoding="utf-8"))
    found: list[PromptAccuracy] = []
    for done, entry in enumerate(prompts, start=1):
        types = set(entry["product_types"])
        answer = recommender.recommend(entry["prompt"], count=SHOWN)
        ours = [item.article.product_type for item in answer.articles]
        nearest = plain.top(entry["prompt"], CANDIDATES)
        theirs = [str(one.meta["product_type"]) for one in nearest]
        found.append(
            PromptAccuracy(
                prompt=entry["prompt"],
                product_types=tuple(entry["product_types"]),
                candidates=_share(theirs, types, CANDIDATES),
                before=_share(theirs[:SHOWN], types, SHOWN),
                after=_share(ours, types, SHOWN),
                shown=len(ours),
            )
        )
        progress(done, len(prompts))
    return found


def measure_paper_prompts(
    settings: Settings, index: OpenIndex, progress: Callable[[int, int], None]
) -> Part:
    """Return the type precision at 20 of Lookbook and of plain dense search, by prompt."""
    found = prompt_accuracies(settings, index, progress)
    rows: list[dict[str, Cell]] = [
        {
            "Prompt": one.prompt,
            "Types asked for": ", ".join(one.product_types),
            "Lookbook": one.after,
            "shown": one.shown,
            "Plain dense": one.before,
        }
        for one in found
    ]
    return Part(
        title="The paper's prompts",
        method=(
            "Share of 20 places filled with an article of a type that the prompt asks for. Plain "
            "dense search embeds the prompt and takes the nearest articles of the same index."
        ),
        rows=rows,
        goals=[worst_prompt("type precision at 20, worst prompt", found)],
    )


def worst_prompt(what: str, found: Sequence[PromptAccuracy]) -> Goal:
    """Return how the lowest accuracy after Lookbook's stages stands against 1."""
    return Goal(what, min(one.after for one in found), "", 1.0, at_least=True)


def _share(types: Sequence[str], wanted: set[str], places: int) -> float:
    return sum(one in wanted for one in types) / places
