"""`lookbook models`: which models there are, fetch them, check them."""

from typing import Annotated

import typer
from rich import box
from rich.table import Table

from bot.cli.console import print_json, stderr, stdout, waiting
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="List, fetch and verify models.")

Names = Annotated[
    list[str] | None,
    typer.Argument(help="Model names; without any, the two that the profile uses."),
]

_MB = 1_000_000


@app.command("list")
def list_(profile: Profile = None, config: Config = None, json: Json = False) -> None:
    """Show every model that Lookbook knows by name, and where it is on this machine."""
    from pipeline.models.fetching import list_models

    found = list_models(load_settings(profile, config))
    if json:
        print_json(
            [
                {
                    "name": status.card.name,
                    "kind": status.card.kind,
                    "configured": status.configured,
                    "directory": str(status.found.directory) if status.found else None,
                    "bytes": status.found.size if status.found else None,
                }
                for status in found
            ]
        )
        return
    table = Table("", "Model", "For", "Size", "Where", box=box.SIMPLE_HEAD, header_style="muted")
    for status in found:
        table.add_row(
            "*" if status.configured else "",
            status.card.name,
            status.card.kind,
            f"{status.found.size / _MB:,.0f} MB" if status.found else "",
            str(status.found.directory) if status.found else "not on this machine",
            style="" if status.found else "muted",
        )
    stdout.print(table)
    stdout.print("* in use by these settings", style="muted")


@app.command()
def fetch(
    names: Names = None, profile: Profile = None, config: Config = None, quiet: Quiet = False
) -> None:
    """Bring models onto this machine and verify them. What is there already stays."""
    from pipeline.models.fetching import fetch as fetch_model

    settings = load_settings(profile, config)

    def say(sentence: str) -> None:
        if not quiet:
            stderr.print(sentence, style="muted", markup=False)

    for name in names or _configured(settings):
        located = fetch_model(name, settings, say)
        if not quiet:
            stdout.print(f"[good]{name}[/] is ready, SHA-256 {located.sha256[:12]}… verified.")


@app.command()
def verify(names: Names = None, profile: Profile = None, config: Config = None) -> None:
    """Read the weights again and compare their digests."""
    from pipeline.models.fetching import verify as verify_model

    settings = load_settings(profile, config)
    for name in names or _configured(settings):
        with waiting(f"Reading {name}"):
            located = verify_model(name, settings)
        stdout.print(f"[good]{name}[/] is sound: {located.file}, SHA-256 {located.sha256}.")


def _configured(settings: Settings) -> list[str]:
    if settings.writing.backend == "server":
        return [settings.embedding.model]
    return [settings.embedding.model, settings.writing.model]
