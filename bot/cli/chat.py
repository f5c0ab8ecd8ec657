"""`lookbook chat`: a conversation in the terminal, with memory."""

import asyncio

from bot.cli.console import stdout, waiting
from bot.cli.options import Config, Profile
from config.settings import Settings, load_settings


def chat(profile: Profile = None, config: Config = None) -> None:
    """Talk to the stylist. Each message builds on the ones before; an empty line ends the chat."""
    settings = _for_one(load_settings(profile, config))
    with asyncio.Runner() as runner:
        with waiting("Opening the shop"):
            from bot.adapters.console.chat import Chat
            from bot.assistant.assistant import Assistant

            assistant = Assistant(settings)
            runner.run(assistant.start())
        try:
            if assistant.live.problem is not None:
                raise assistant.live.problem
            Chat(assistant, runner, stdout).talk()
        finally:
            runner.run(assistant.stop())


def _for_one(settings: Settings) -> Settings:
    """Return the settings for one person: no pages, no waiting between two messages."""
    alone = {"page_size": settings.ranking.max_count, "cooldown_s": 0.0, "drain_s": 0.0}
    assistant = settings.assistant.model_copy(update=alone)
    return settings.model_copy(update={"assistant": assistant})
