"""`lookbook export`: an adapter and its base as one model."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import stdout, waiting
from bot.cli.options import Config, Profile, Quiet
from config.settings import load_settings


def export(
    adapter: Annotated[
        Path | None, typer.Argument(help="The adapter.", show_default="writing.adapter")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to.", show_default="HOME/exports/ADAPTER"),
    ] = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Merge an adapter into the profile's writer, and save the model for transformers."""
    from pipeline.models import adapter_of
    from training.errors import TrainingError
    from training.exporting import export as export_model

    settings = load_settings(profile, config)
    chosen = adapter or adapter_of(settings.writing.adapter, settings.writing.model)
    if chosen is None:
        raise TrainingError(
            "There is no adapter to export.", "Name its directory, or set writing.adapter."
        )
    directory = out or settings.home / "exports" / chosen.resolve().name
    with waiting(f"Merging {chosen}", shown=not quiet):
        result = export_model(settings, chosen, directory)
    if quiet:
        stdout.print(str(directory), markup=False)
    else:
        stdout.print(
            f"The model is in {directory}. Its logits are those of base and adapter to "
            f"{result.divergence:.4f} nats a token.",
            markup=False,
        )
