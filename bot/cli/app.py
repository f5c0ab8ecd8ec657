"""The `lookbook` command: its subcommands, its exit codes, and no traceback for a person's slip.

Exit codes: 0 done; 1 not done, standard error says why and what to do; 2 wrong usage; 130 stopped
by the keyboard.
"""

import logging
import os
import secrets
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated

import typer

from bot.cli import (
    answer,
    benchmark,
    chat,
    doctor,
    evaluate,
    experiment,
    export,
    index,
    models,
    recommend,
    run,
    train,
    tune,
)
from bot.cli.console import stderr
from config.errors import LookbookError

app = typer.Typer(
    name="lookbook",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="A fashion stylist that recommends from your own catalogue.",
)
app.command()(recommend.recommend)
app.command()(chat.chat)
app.command()(run.run)
app.command()(answer.answer)
app.command()(doctor.doctor)
app.command()(benchmark.benchmark)
app.command()(evaluate.evaluate)
app.command()(tune.tune)
app.command()(export.export)
app.add_typer(index.app, name="index")
app.add_typer(experiment.app, name="experiment")
app.add_typer(models.app, name="models")
app.add_typer(train.app, name="train")


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"lookbook {version('lookbook')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command, and keep libraries from talking into it."""
    logging.getLogger().addHandler(logging.NullHandler())
    if context.invoked_subcommand != "models":  # a download's progress is worth seeing
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def main() -> None:
    """Run the command line and exit."""
    try:
        app()
    except LookbookError as error:
        _tell(error)
        sys.exit(1)
    except KeyboardInterrupt:
        stderr.print("[muted]Stopped.[/]")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); say nothing, also at interpreter exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the last resort of the process
        _report(error)
        sys.exit(1)


def _tell(error: LookbookError) -> None:
    stderr.print(error.problem, style="bad", markup=False)
    stderr.print(error.mend, markup=False)


def _report(error: Exception) -> None:
    """Keep the traceback in a file and show a reference instead."""
    reference = secrets.token_hex(4)
    path = Path(gettempdir()) / f"lookbook-{reference}.log"
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    stderr.print(
        f"Lookbook hit a fault of its own ({type(error).__name__}, reference {reference}).",
        style="bad",
        markup=False,
    )
    stderr.print(f"The details for a report are in {path}.", markup=False)
