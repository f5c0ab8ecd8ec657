"""The shop under test: `lookbook run` against loopback servers, its writer slow now and then."""

import asyncio
import os
import random
import time
from typing import Any
from unittest.mock import patch

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.logs import log_to_standard_error
from bot.process import Process
from config.settings import load_settings
from pipeline.models.language_model import LanguageModel

DISCORD_VARIABLE = "SOAK_DISCORD"
SLOW_SHARE = 0.05
SLOW_S = 8.0


def main() -> None:
    """Run the shop until SIGTERM or kill."""
    address = os.environ.pop(DISCORD_VARIABLE)
    gateway = yarl.URL(f"{address}/gateway".replace("http", "ws"))
    write = LanguageModel.generate
    chance = random.Random(os.getpid())  # noqa: S311 - not secret

    def slow_now_and_then(self: LanguageModel, *args: Any, **options: Any) -> list[list[str]]:
        if chance.random() < SLOW_SHARE:
            time.sleep(SLOW_S)
        return write(self, *args, **options)

    async def serve() -> None:
        await Process(settings).run()

    settings = load_settings()
    log_to_standard_error(settings)
    with (
        patch.object(Route, "BASE", f"{address}/api/v10"),
        patch.object(DiscordWebSocket, "DEFAULT_GATEWAY", gateway),
        patch.object(LanguageModel, "generate", slow_now_and_then),
    ):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
