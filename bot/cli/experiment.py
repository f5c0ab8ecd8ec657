"""`lookbook experiment`: the paper's two experiments and one of our own, on this catalogue."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.console import bars, print_json, stdout
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import load_settings

if TYPE_CHECKING:
    from pipeline.evaluation import Report

app = typer.Typer(
    no_args_is_help=True, help="Repeat the paper's experiments and our own, with figures."
)

Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where it goes.", show_default="HOME/experiments"),
]


@app.command()
def accuracy(
    embedder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|HUB ID|DIR",
            help="An embedder to compare; may be repeated.",
            show_default="the settings' and every other known one that is here",
        ),
    ] = None,
    out: Out = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Figure 2: how many of 20 articles are of the type a prompt asks for, by embedder.

    Embeds the catalogue once for each embedder and keeps that under HOME/experiments. Writes
    accuracy.json, accuracy.md and a figure (accuracy.png, accuracy.svg).
    """
    settings = load_settings(profile, config)

    from pipeline.evaluation.experiments import run_accuracy

    directory = out or settings.home / "experiments"
    with bars(shown=not (quiet or json)) as show:
        report = run_accuracy(settings, embedder or [], directory, progress=show)
    _tell(report, directory, "accuracy", quiet=quiet, json=json)


@app.command()
def latency(
    quick: Annotated[bool, typer.Option("--quick", help="5,000 articles, 50 queries.")] = False,
    out: Out = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Figure 3: latency and recall of product quantization, none and others on the live index.

    Writes latency.json, latency.md and two figures (latency-by-prompt, latency-by-recall).
    """
    settings = load_settings(profile, config)

    from pipeline.evaluation import QUICK, WHOLE
    from pipeline.evaluation.experiments import run_latency

    scale = QUICK if quick else WHOLE
    directory = out or settings.home / "experiments"
    with bars(shown=not (quiet or json)) as show:
        report = run_latency(
            settings, directory, articles=scale.articles, queries=scale.queries, progress=show
        )
    _tell(report, directory, "latency", quiet=quiet, json=json)


@app.command()
def personalization(
    purchases: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="H&M's purchases; without them only simulated shoppers come.",
            envvar="LOOKBOOK_HM_DATA",
        ),
    ] = None,
    shoppers: Annotated[int, typer.Option(min=2, help="Simulated shoppers.")] = 40,
    queries: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Labelled queries, JSONL.", show_default="the sample's"),
    ] = None,
    out: Out = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """How much better answers fit those whose taste is known: real purchases, simulated shoppers.

    Reads the live index. Writes personalization.json, personalization.md and a figure for each
    (personalization-purchases, personalization-shoppers).
    """
    settings = load_settings(profile, config)

    from pipeline.evaluation.experiments import run_personalization
    from pipeline.evaluation.labelled import SAMPLE_QUERIES, LabelledQueries

    labelled = LabelledQueries.read(queries or SAMPLE_QUERIES)
    directory = out or settings.home / "experiments"
    with bars(shown=not (quiet or json)) as show:
        report = run_personalization(
            settings, labelled, directory, purchases=purchases, shoppers=shoppers, progress=show
        )
    _tell(report, directory, "personalization", quiet=quiet, json=json)


def _tell(report: "Report", directory: Path, name: str, *, quiet: bool, json: bool) -> None:
    data, text = directory / f"{name}.json", directory / f"{name}.md"
    if json:
        print_json(report.to_dict())
    elif quiet:
        stdout.print(str(data), markup=False)
    else:
        for goal in (goal for part in report.parts.values() for goal in part.goals):
            stdout.print(
                f"{goal.what}: {goal.measured:.3g} {goal.unit} (at least {goal.reach:g})",
                style="good" if goal.reached else "warning",
                markup=False,
            )
        stdout.print(f"All of it is in {text} and {data}, with figures beside.", markup=False)
