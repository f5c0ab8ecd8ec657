"""`lookbook run` as an operator sees it: a real process, a loopback Slack, signals."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pipeline.index.build import build
from tests.index_shop import rows, shop_settings, write_catalogue
from tests.slack_server import SlackServer
from tests.tiny_models import save_deepseek

START_S = 120.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Path:
    """A home with an index, and settings in shop.yaml."""
    home = tmp_path_factory.mktemp("process")
    catalogue = write_catalogue(home / "articles.csv", rows(60))
    build(shop_settings(home, catalogue, tiny_embedder), full=False, report=lambda _: None)
    (home / "shop.yaml").write_text(
        f"""
        home: {home}
        catalogue: {{path: {catalogue}}}
        embedding: {{model: {tiny_embedder}, dtype: float32}}
        writing: {{model: {save_deepseek(home / "writer")}, max_new_tokens: 8}}
        assistant: {{cooldown_s: 0, drain_s: 5}}
        health: {{port: 0}}
        """,
        encoding="utf-8",
    )
    return home


@dataclass
class Shop:
    """One run of the process."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    port: int = 0

    async def get(self, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status, await response.text()

    async def said(self, pattern: str) -> re.Match[str]:
        """Wait for a line of the log."""
        async with asyncio.timeout(START_S):
            while True:
                for line in self.lines:
                    if found := re.search(pattern, line):
                        return found
                await asyncio.sleep(0.05)

    async def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return await self.process.wait()


@asynccontextmanager
async def running(home: Path, slack: SlackServer, **environment: str) -> AsyncIterator[Shop]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from bot.cli import main; main()", "run"),
        *("--config", str(home / "shop.yaml")),
        env={**os.environ, **slack.environment, **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    shop = Shop(process)

    async def read() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            shop.lines.append(line.decode())

    reading = asyncio.create_task(read())
    try:
        yield shop
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await reading


async def started(shop: Shop) -> Shop:
    shop.port = int((await shop.said(r"health on port (\d+)"))[1])
    return shop


async def answered(slack: SlackServer, ts: str) -> Any:
    """Return the bot's messages in the thread of a mention, once the last word is among them."""

    def last_word() -> Any:
        found = slack.world.by_bot("C1", ts)
        return found if found and found[-1].buttons else None

    return await slack.until(last_word, START_S)


async def test_a_request_is_answered_and_counted_and_sigterm_ends_it_cleanly(home: Path) -> None:
    async with SlackServer() as slack, running(home, slack) as shop:
        await started(shop)
        assert (await shop.get("/healthz"))[0] == 200
        assert (await shop.get("/readyz"))[0] == 200
        await answered(slack, await slack.mention("a black dress"))
        metrics = (await shop.get("/metrics"))[1]
        asked = 'action="recommend",outcome="answered",platform="slack"'
        assert f"lookbook_requests_total{{{asked}}} 1.0" in metrics
        assert "lookbook_loop_lag_seconds_bucket" in metrics
        assert await shop.end(signal.SIGTERM) == 0
    log = "".join(shop.lines)
    assert '"Stopped."' in log
    assert "black dress" not in log
    for secret in slack.environment.values():
        assert secret not in log or secret.startswith("http")


async def test_a_killed_process_answers_after_its_restart_and_its_buttons_live(home: Path) -> None:
    async with SlackServer() as slack:
        async with running(home, slack) as shop:
            await started(shop)
            before = await answered(slack, await slack.mention("a red dress"))
            ts = await slack.mention("black trousers")
            await slack.until(lambda: slack.world.by_bot("C1", ts))
            await shop.end(signal.SIGKILL)
        async with running(home, slack) as shop:
            await started(shop)
            after = await answered(slack, ts)
            assert len(after) == 1
            handed = await slack.press(before[0], "lookbook_like")
            assert handed.acknowledged
            await slack.until(lambda: any("Noted" in m.words for m in slack.world.messages))
            assert await shop.end(signal.SIGTERM) == 0


async def test_a_second_run_on_the_same_home_says_so_and_ends(home: Path) -> None:
    async with SlackServer() as slack, running(home, slack) as first:
        await started(first)
        async with running(home, slack) as second:
            assert await second.process.wait() == 1
        assert "already running" in "".join(second.lines)
        assert await first.end(signal.SIGINT) == 0


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LOOKBOOK__SLACK__BOT_TOKEN": "xoxb-wrong"}, "LOOKBOOK__SLACK__BOT_TOKEN"),
        ({"LOOKBOOK__SCHEDULE__CRON": "at four"}, "schedule.cron"),
        ({"LOOKBOOK__SLACK__APP_TOKEN": ""}, "LOOKBOOK__SLACK__APP_TOKEN"),
        ({"LOOKBOOK__SLACK__BOT_TOKEN": ""}, "LOOKBOOK__DISCORD__TOKEN"),
    ],
)
async def test_what_keeps_it_from_starting_is_named_with_the_mend(
    home: Path, environment: dict[str, str], said: str
) -> None:
    async with SlackServer() as slack, running(home, slack, **environment) as shop:
        assert await shop.process.wait() == 1
    log = "".join(shop.lines)
    assert said in log
    assert "Traceback" not in log


async def test_without_an_index_it_runs_but_is_not_ready_and_says_why(
    home: Path, tmp_path: Path
) -> None:
    async with SlackServer() as slack, running(home, slack, LOOKBOOK__HOME=str(tmp_path)) as shop:
        await started(shop)
        status, body = await shop.get("/readyz")
        assert status == 503
        assert "lookbook index build" in body
        assert await shop.end(signal.SIGTERM) == 0
