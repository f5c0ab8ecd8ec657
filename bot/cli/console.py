"""Where commands print: results to standard output, everything else to standard error."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, track
from rich.progress import TimeElapsedColumn as Elapsed
from rich.progress import TimeRemainingColumn as Remaining
from rich.table import Table
from rich.theme import Theme

T = TypeVar("T")

THEME = Theme(
    {
        "heading": "bold",
        "muted": "dim",
        "accent": "magenta",
        "good": "green",
        "warning": "yellow",
        "bad": "bold red",
    }
)

stdout = Console(theme=THEME, highlight=False)
stderr = Console(theme=THEME, highlight=False, stderr=True)


def print_json(value: Any) -> None:
    """Print one JSON document, unstyled, for programs to read."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    stdout.print(text, markup=False, soft_wrap=True)


def print_table(title: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows that have the same columns, the first one never folded."""
    table = Table(
        title=title, title_justify="left", box=None, header_style="heading", padding=(0, 1, 0, 0)
    )
    for number, name in enumerate(rows[0]):
        first = number == 0
        table.add_column(name, justify="left" if first else "right", no_wrap=first)
    for row in rows:
        table.add_row(*(str(cell) for cell in row.values()))
    stdout.print(table)


@contextmanager
def waiting(what: str, *, shown: bool = True) -> Iterator[None]:
    """Show a spinner on standard error while something takes its time."""
    if not shown or not stderr.is_terminal:
        yield
        return
    with stderr.status(f"[muted]{what}…[/]"):
        yield


def tracked(items: Sequence[T], what: str, *, shown: bool = True) -> Iterator[T]:
    """Yield the items under a progress bar on standard error."""
    yield from track(items, what, console=stderr, disable=not shown, transient=True)


@contextmanager
def bars(*, shown: bool = True) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that keeps a bar on standard error for each stage: name, done, total."""
    columns = (TextColumn("{task.description:<20}"), BarColumn(bar_width=30), MofNCompleteColumn())
    with Progress(*columns, Elapsed(), Remaining(), console=stderr, disable=not shown) as progress:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total or None)

        yield show
