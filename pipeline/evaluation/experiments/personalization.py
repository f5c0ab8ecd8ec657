"""How much better answers fit those whose taste is known: real purchases, simulated shoppers.

Both over the live index: what customers bought next, where their purchases are at hand, and what
shoppers with a hidden taste are shown, round after round of likes and dislikes.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from matplotlib.figure import Figure

from config.settings import Settings
from pipeline.catalogues import Quarantine, deduplicated, open_catalogue
from pipeline.evaluation.experiments.personalization_purchases import (
    guess_purchases,
    purchases_figure,
    purchases_parts,
)
from pipeline.evaluation.experiments.personalization_shoppers import (
    measure_learning,
    shoppers_figure,
    shoppers_parts,
)
from pipeline.evaluation.judging import Judge
from pipeline.evaluation.labelled import LabelledQueries
from pipeline.evaluation.machine import load_average, machine_record
from pipeline.evaluation.plots import caption, paper_style, save
from pipeline.evaluation.report import Part, Report
from pipeline.index import open_index

PURCHASES = "personalization-purchases"
SHOPPERS = "personalization-shoppers"

Progress = Callable[[str, int, int], None]


def run_personalization(
    settings: Settings,
    queries: LabelledQueries,
    directory: Path,
    *,
    purchases: Path | None,
    shoppers: int,
    progress: Progress,
) -> Report:
    """Measure both; write the report and a figure for each.

    `purchases` is the directory of H&M's purchases, None leaves them out. The labelled queries
    tell whether constraints hold beside a taste. Raises IndexStateError, ModelError, StoreError,
    CatalogueError, and EvaluationError for purchases or labels that do not belong to the index.
    """
    parts: dict[str, Part] = {}
    figures: dict[str, Figure] = {}
    with closing(open_index(settings)) as index, paper_style():
        machine = machine_record(index)
        machine["load at the start"] = load_average()
        judge = Judge.of(settings, index)
        articles = list(deduplicated(open_catalogue(settings.catalogue), Quarantine()))
        if purchases is not None:
            guesses = guess_purchases(settings, index, articles, purchases, progress)
            parts |= purchases_parts(guesses, figure=f"{PURCHASES}.png")
            figures[PURCHASES] = purchases_figure(guesses)
        learning = measure_learning(
            settings,
            index,
            articles,
            shoppers=shoppers,
            queries=queries,
            judge=judge,
            progress=progress,
        )
        parts |= shoppers_parts(learning, figure=f"{SHOPPERS}.png")
        figures[SHOPPERS] = shoppers_figure(learning)
        machine["load at the end"] = load_average()
        report = Report(machine, parts, command="experiment personalization")
        report.write(directory)
        for name, figure in figures.items():
            caption(figure, machine)
            save(figure, directory, name)
    return report
