"""How every figure looks: fit for a paper's column, readable in grey and by the colour-blind."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cycler import cycler
from matplotlib import style
from matplotlib.figure import Figure

from pipeline.evaluation.report import Cell

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000")
"""Okabe and Ito's palette (2008), in the order in which series take them."""

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 8,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "errorbar.capsize": 2,
    "figure.constrained_layout.use": True,
    "font.family": "sans-serif",
    "font.size": 8,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.5,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "savefig.dpi": 300,
    "svg.hashsalt": "lookbook",
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
}


@contextmanager
def paper_style() -> Iterator[None]:
    """Draw and save inside this block: sizes in points, for figures of 3.5 or 7 inches width."""
    with style.context(_STYLE):
        yield


def caption(figure: Figure, machine: Mapping[str, Cell]) -> None:
    """Write below a figure where it was measured; `machine` is `machine_record`'s."""
    cores = f"{machine['cores']} cores, {machine['memory']}"
    shop = f"{machine['articles']:,} articles, index {machine['index version']}"
    figure.supxlabel(
        f"{machine['processor']}, {cores}\n{shop}, {machine['embedder']}; {machine['date']}",
        fontsize=6,
        color="0.4",
    )


def save(figure: Figure, directory: Path, name: str) -> tuple[Path, Path]:
    """Write `<name>.png` (300 dpi) and `<name>.svg`; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    png, svg = directory / f"{name}.png", directory / f"{name}.svg"
    figure.savefig(png)
    figure.savefig(svg, metadata={"Date": None})
    return png, svg
