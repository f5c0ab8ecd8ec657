"""`lookbook run`: the bots."""

from bot.cli.options import Config, Profile
from config.settings import load_settings


def run(profile: Profile = None, config: Config = None) -> None:
    """Answer in Discord and Slack, whichever has tokens, and refresh the index on schedule.

    Runs until SIGTERM or Ctrl-C, and then finishes what it is answering. Logs go to standard error.
    """
    settings = load_settings(profile, config)
    import asyncio

    from bot.logs import log_to_standard_error
    from bot.process import Process

    log_to_standard_error(settings)

    async def serve() -> None:
        await Process(settings).run()

    asyncio.run(serve())
