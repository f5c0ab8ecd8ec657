"""`lookbook models`: which models there are, fetch them, check them."""

from typing import Annotated

import typer
from rich.table import Table

from bot.cli.console import print_json, stderr, stdout, waiting
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="List, fetch and verify models.")

Names = Annotated[
    list[str] | None,
    typer.Argument(help="Model names; without any, the two that the profile uses."),
]
