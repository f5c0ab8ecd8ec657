"""`lookbook chat`: a conversation in the terminal, with memory."""

from rich.live import Live

from bot.adapters.console import render
from bot.cli.console import stdout, waiting
from bot.cli.options import Config, Profile
from bot.phrases import GOODBYE, WELCOME
from config.settings import load_settings


def chat(profile: Profile = None, config: Config = None) -> None:
    """Talk to the stylist. Each message builds on the ones before; an empty line ends the chat."""
    settings = load_settings(profile, config)
    with waiting("Opening the shop"):
        from pipeline.recommending import Recommender

        recommender = Recommender.open(settings)
        recommender.warm_up()
    stdout.print(WELCOME, style="heading")
    memory = None
    with recommender:
        while message := _next_message():
            # The articles appear at once; their introductions join them when they are written.
            with Live(console=stdout, auto_refresh=False, vertical_overflow="visible") as live:
                recommendation = recommender.recommend(
                    message,
                    previous=memory,
                    on_articles=lambda found: live.update(render.answer(found), refresh=True),
                )
                live.update(render.answer(recommendation), refresh=True)
            memory = recommendation.constraints
    stdout.print(GOODBYE, style="muted")


def _next_message() -> str:
    try:
        return stdout.input("[accent]you >[/] ").strip()
    except EOFError:
        stdout.print()
        return ""
