"""`lookbook tune`: settings of retrieval and ranking that suit a catalogue, by labelled queries."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import bars, print_json, print_table, stdout
from bot.cli.evaluate import Queries
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import load_settings


def tune(
    queries: Queries = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where it goes.", show_default="HOME/tuning"),
    ] = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Choose settings on one half of labelled queries, and report them on the other.

    The live index is only read, and no setting is changed. Writes tuning.json, tuning.md and a
    figure (tuning.png, tuning.svg).
    """
    settings = load_settings(profile, config)

    from pipeline.evaluation.labelled import SAMPLE_QUERIES, LabelledQueries
    from pipeline.evaluation.tuning import run_tuning
    from pipeline.evaluation.tuning_report import report_rows, to_dict, trial_rows, write_tuning

    labelled = LabelledQueries.read(queries or SAMPLE_QUERIES)
    with bars(shown=not (quiet or json)) as show:
        tuning = run_tuning(settings, labelled, progress=show)
    written = write_tuning(tuning, out or settings.home / "tuning")
    if json:
        print_json(to_dict(tuning))
    elif quiet:
        stdout.print(str(written[0]), markup=False)
    else:
        print_table("Tuning half", trial_rows(tuning))
        print_table("Reporting half, with 95 % intervals", report_rows(tuning))
        stdout.print(f"All of it is in {written[1]} and {written[0]}.", markup=False)
