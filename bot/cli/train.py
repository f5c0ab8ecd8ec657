"""`lookbook train`: fine-tune the writer, and check what it is to learn from."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from bot.cli.console import print_json, stdout, waiting
from bot.cli.options import Json, Quiet

app = typer.Typer(no_args_is_help=True, help="Fine-tune the writer.")


@app.command()
def check(
    file: Annotated[
        Path, typer.Argument(help="Grounded introductions: a JSON Lines file or a directory.")
    ],
    held_out: Annotated[float, typer.Option(help="Share held out.", min=0, max=0.5)] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find what is wrong with a training set: truth, length, repeats, worn words, leaks.

    Exits 1 if anything is.
    """
    from training.checking import check_set

    with waiting(f"Reading {file}", shown=not quiet):
        report = check_set(file, held_out=held_out, seed=seed)
    if json:
        print_json(
            {
                "measures": report.measures,
                "uncovered": report.uncovered,
                "faults": [
                    {"file": fault.place.file, "line": fault.place.number}
                    | {"kind": fault.kind, "words": fault.words}
                    for fault in report.faults
                ],
            }
        )
    else:
        for fault in report.faults:
            stdout.print(
                f"{fault.place}  {fault.kind}: {fault.words}", markup=False, soft_wrap=True
            )
        table = Table(box=box.SIMPLE, show_header=False)
        for name, value in report.measures.items():
            table.add_row(name, value)
        table.add_row("faults", str(len(report.faults)))
        stdout.print(table)
        if report.uncovered:
            stdout.print(f"No example of: {', '.join(report.uncovered)}", style="muted")
    if report.faults:
        raise typer.Exit(1)
