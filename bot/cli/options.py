"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from config.settings import profile_names

Profile = Annotated[
    str | None,
    typer.Option(help=f"Settings profile: {', '.join(profile_names())}.", show_default="local"),
]
Config = Annotated[
    Path | None, typer.Option(help="YAML file whose keys overlay the profile.", metavar="FILE")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result only.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
