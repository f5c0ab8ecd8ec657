"""`lookbook train`: fine-tune the writer, and check what it is to learn from."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from bot.cli.console import bars, print_json, stdout, waiting
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import load_settings

app = typer.Typer(help="Fine-tune the writer.")


@app.callback(invoke_without_command=True)
def train(
    context: typer.Context,
    recipe: Annotated[
        str, typer.Option(help="A recipe of config/training, or a YAML file.", metavar="NAME|FILE")
    ] = "smollm2",
    introductions: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Grounded introductions, instead of the recipe's data."),
    ] = None,
    outfits: Annotated[
        str, typer.Option(metavar="FILE|HUB-ID", help="Outfits, instead of the recipe's data.")
    ] = "",
    model: Annotated[str, typer.Option(help="The base, instead of the recipe's.")] = "",
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to.", show_default="HOME/adapters/RECIPE"),
    ] = None,
    max_steps: Annotated[
        int | None, typer.Option(help="Train this many steps at most.", min=1)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything.")] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew instead of going on.")
    ] = False,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Fine-tune the writer into a LoRA adapter, with figures and a card.

    The same command goes on where an earlier one ended. Serve the adapter with writing.adapter.
    """
    if context.invoked_subcommand is not None:
        return
    from training.recipe import load_recipe

    with _libraries():
        from training.run import train as train_writer

    settings = load_settings(profile, config)
    data = {"introductions": introductions or [], "outfits": outfits}
    changes = {"model": model, "max_steps": max_steps, "seed": seed}
    given = {name: value for name, value in changes.items() if value not in (None, "")}
    chosen = load_recipe(recipe, given | (data if introductions or outfits else {}))
    directory = out or settings.home / "adapters" / chosen.name
    with bars(shown=not (quiet or json)) as show:
        metrics = train_writer(chosen, settings, directory, progress=show, restart=restart)
    if json:
        print_json(metrics)
    elif quiet:
        stdout.print(str(directory), markup=False)
    else:
        _show(metrics)
        stdout.print(f"The adapter, its card and its figures are in {directory}.", markup=False)


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


@app.command()
def intents(
    messages: Annotated[
        Path | None,
        typer.Option(metavar="FILE|DIR", help="Labelled messages, instead of the shipped ones."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to.", show_default="config/intents"),
    ] = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Learn to tell a wish from other talk, by words alone and with the configured embedder.

    Shows how each file of messages is judged by what was learnt from the others.
    """
    with _libraries():
        from training.intents import learn, read_messages
    settings = load_settings(profile, config)
    with waiting("Learning what is a wish", shown=not (quiet or json)):
        measured = learn(read_messages(messages), settings, out)
    if json:
        print_json(measured)
        return
    table = Table("", *(str(row["weights"]) for row in measured), box=box.SIMPLE_HEAD)
    for name in list(measured[0])[1:]:
        table.add_row(name, *(f"{row[name]:.3f}" for row in measured))
    stdout.print(table)


@contextmanager
def _libraries() -> Iterator[None]:
    """Say how to install what training needs besides the rest."""
    from training.errors import TrainingError

    try:
        yield
    except ModuleNotFoundError as error:
        raise TrainingError(
            f"Training needs the library {error.name}.", 'Run `pip install "lookbook[training]"`.'
        ) from error


def _show(metrics: dict[str, Any]) -> None:
    dropped = metrics["examples"]["dropped"]
    for row in dropped:
        stdout.print(f"dropped {row}", style="warning", markup=False, soft_wrap=True)
    too_long = metrics["examples"]["longer than writing.max_new_tokens"]
    if too_long:
        stdout.print(
            f"{too_long} introductions are longer than writing.max_new_tokens lets the writer "
            "write.",
            style="warning",
        )
    table = Table("held out", "before", "after", box=box.SIMPLE_HEAD, header_style="muted")
    for name, before in metrics["before"].items():
        table.add_row(name, f"{before:.3f}", f"{metrics['after'][name]:.3f}")
    stdout.print(table)
    for name, value in metrics["cost"].items():
        stdout.print(f"{name}: {value}", style="muted", markup=False)
