"""`lookbook evaluate`: how well settings answer labelled queries, beside plain dense search."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.cli.console import bars, print_json, print_table, stdout
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import Settings, load_settings, profile_names

Queries = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Labelled queries, JSONL.", show_default="the sample's"),
]


def evaluate(
    queries: Queries = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where it goes.", show_default="HOME/evaluation"),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(metavar="PROFILE|FILE", help="Also these settings; may be repeated."),
    ] = None,
    half: Annotated[
        Literal["tune", "report"] | None,
        typer.Option(help="Only one half of the queries.", show_default="both"),
    ] = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Score the live index, which is only read, on labelled queries.

    Writes evaluation.json, evaluation.md and a figure (evaluation.png, evaluation.svg).
    """
    settings = load_settings(profile, config)
    others = {name: _compared(name, profile) for name in compare or []}

    from pipeline.evaluation.evaluate import run_evaluation
    from pipeline.evaluation.evaluation_report import (
        category_rows,
        overall_rows,
        to_dict,
        write_evaluation,
    )
    from pipeline.evaluation.labelled import SAMPLE_QUERIES, LabelledQueries

    labelled = LabelledQueries.read(queries or SAMPLE_QUERIES)
    if half is not None:
        labelled = labelled.of_half(half)
    with bars(shown=not (quiet or json)) as show:
        evaluation = run_evaluation(settings, labelled, others=others, progress=show)
    written = write_evaluation(evaluation, out or settings.home / "evaluation")
    if json:
        print_json(to_dict(evaluation))
    elif quiet:
        stdout.print(str(written[0]), markup=False)
    else:
        for result in evaluation.results[:-1]:
            print_table(f"{result.name}, by category", category_rows(result))
        print_table("all queries, with 95 % intervals", overall_rows(evaluation))
        stdout.print(f"All of it is in {written[1]} and {written[0]}.", markup=False)


def _compared(name: str, profile: str | None) -> Settings:
    if name in profile_names():
        return load_settings(name)
    return load_settings(profile, Path(name))
