"""`lookbook benchmark`: the numbers of this machine and this index, each beside its baseline."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import bars, print_json, stdout
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import load_settings


def benchmark(
    only: Annotated[
        str,
        typer.Option(
            metavar="PART,...",
            help="Parts: quantization, answering, writing, embedding, memory, paper.",
            show_default="all",
        ),
    ] = "",
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer queries, and 5,000 articles in the shards.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the report goes.", show_default="HOME/benchmark"),
    ] = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Measure speed, memory and accuracy on the live index, which is only read.

    Writes benchmark.json and benchmark.md.
    """
    from pipeline.evaluation import QUICK, WHOLE, run_benchmark

    settings = load_settings(profile, config)
    with bars(shown=not (quiet or json)) as show:
        report = run_benchmark(
            settings,
            only=[part.strip() for part in only.split(",") if part.strip()],
            scale=QUICK if quick else WHOLE,
            progress=show,
        )
    data, text = report.write(out or settings.home / "benchmark")
    if json:
        print_json(report.to_dict())
    elif quiet:
        stdout.print(str(data), markup=False)
    else:
        for goal in (goal for part in report.parts.values() for goal in part.goals):
            sign = "at least" if goal.at_least else "at most"
            stdout.print(
                f"{goal.what}: {goal.measured:.3g} {goal.unit} ({sign} {goal.reach:g})",
                style="good" if goal.reached else "warning",
                markup=False,
            )
        stdout.print(f"All of it is in {text} and {data}.", markup=False)
