"""`lookbook recommend`: one message in, introduced articles out."""

from typing import Annotated

import typer

from bot.cli.console import print_json, stdout, waiting
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import PromptName, load_settings


def recommend(
    message: Annotated[list[str], typer.Argument(help="What you are looking for, in your words.")],
    count: Annotated[
        int | None,
        typer.Option(min=1, max=20, help="How many; without it, the number you say, or 5."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also show what was understood, scores and times.")
    ] = False,
    no_writing: Annotated[
        bool, typer.Option("--no-writing", help="Show the articles without introductions.")
    ] = False,
    prompt: Annotated[
        PromptName | None, typer.Option(help="How the language model is asked.")
    ] = None,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Find articles that match, and introduce them."""
    settings = load_settings(profile, config)
    if prompt is not None:
        writing = settings.writing.model_copy(update={"prompt": prompt})
        settings = settings.model_copy(update={"writing": writing})
    with waiting("Looking through the shelves", shown=not (quiet or json)):
        from pipeline.recommending import Recommender

        with Recommender.open(settings, writing=not no_writing) as recommender:
            recommender.warm_up()
            recommendation = recommender.recommend(" ".join(message), count=count)
    if json:
        from bot.records import record_of

        print_json(record_of(recommendation))
        return
    from bot.adapters.console import render
    from bot.assistant.answers import answer_reply

    stdout.print(render.answer(answer_reply(recommendation), quiet=quiet))
    if explain:
        stdout.print(render.explanation(recommendation))
