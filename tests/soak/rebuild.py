"""Answers while the index is rebuilt: `python -m tests.soak.rebuild CATALOGUE`, by hand only.

A shop on the sample catalogue is asked one thing after another. Then its catalogue becomes another
one, an admin types /reindex, and it is asked on until the new index is live. What it took until the
first article and the last word, and the event loop's lag, are told before and during the rebuild.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from config.settings import load_settings
from pipeline.evaluation.shoppers import messages
from pipeline.index import IndexVersions, build_index, open_index
from pipeline.sample import SAMPLE_CATALOGUE
from tests.discord_gateway import loopback
from tests.slack_server import SlackServer
from tests.soak.__main__ import Asked, Shop, Soak
from tests.soak.shop import DISCORD_VARIABLE

PAUSE_S = 2.0
LONGEST_S = 3600.0


async def asking(soak: Soak, texts: list[str], until: asyncio.Event) -> dict[str, Any]:
    """Ask by direct message, one after the other, and return what it took."""
    asked: list[Asked] = []
    before = dict(soak.shop.lags[-1])
    number = 0
    _, _, direct = soak._slack_ways()
    while not until.is_set():
        await direct(f"{number % 50:02}", texts[number % len(texts)])
        one = soak.asked[-1]
        asked.append(one)
        while one.last_s is None:
            one.look()
            await asyncio.sleep(0.02)
        number += 1
        await asyncio.sleep(PAUSE_S)
    await soak.shop.look()
    counts = {edge: n - before.get(edge, 0.0) for edge, n in soak.shop.lags[-1].items()}
    total = max(counts.values(), default=0.0)
    lag = next((edge for edge in sorted(counts) if counts[edge] >= 0.99 * total), None)
    return {
        "answers": len(asked),
        "to first article s p50/p95": _percentiles([a.first_s or 0.0 for a in asked]),
        "to last word s p50/p95": _percentiles([a.last_s or 0.0 for a in asked]),
        "loop lag p99, at most s": lag,
    }


def _percentiles(seconds: list[float]) -> list[float]:
    return [round(float(np.percentile(seconds, q)), 2) for q in (50, 95)]


async def run(catalogue: Path, minutes: float, out: Path) -> dict[str, Any]:
    """Return what answers took before and during the rebuild."""
    articles = out / "articles.csv"
    shutil.copy(SAMPLE_CATALOGUE, articles)
    models = load_settings().models_directory
    home = out / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    (home / "models").symlink_to(models.absolute())
    os.environ["LOOKBOOK__HOME"] = str(home)
    os.environ["LOOKBOOK__CATALOGUE__PATH"] = str(articles)
    os.environ["LOOKBOOK__HEALTH__PORT"] = "18081"
    settings = load_settings()
    await asyncio.to_thread(build_index, settings)
    with contextlib.closing(open_index(settings)) as index:
        texts = messages(index.vocabulary, 60, 11)
    known = IndexVersions(settings.index_directory)
    async with SlackServer() as slack, loopback() as discord:
        for number in range(50):
            slack.world.add_user(f"U{number:02}")
        environment = {**os.environ, **slack.environment, DISCORD_VARIABLE: discord.address}
        shop = Shop(environment, out / "shop.log", articles, 18081)
        soak = Soak(slack, discord, shop, texts, random.Random(5))  # noqa: S311
        await shop.start()
        await shop.look()
        enough = asyncio.Event()
        asyncio.get_running_loop().call_later(60 * minutes, enough.set)
        account: dict[str, Any] = {"before": await asking(soak, texts, enough)}
        old = known.current()
        await asyncio.to_thread(shutil.copy, catalogue, articles)
        begun = time.monotonic()
        await slack.command("/reindex", user="UADMIN")
        swapped = asyncio.Event()

        async def watch() -> None:
            # Told by a file that another process changes.
            while known.current() == old and time.monotonic() < begun + LONGEST_S:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            account["rebuild s"] = round(time.monotonic() - begun)
            swapped.set()

        watching = asyncio.create_task(watch())
        account["during"] = await asking(soak, texts, swapped)
        await watching
        account["swapped"] = known.current() != old
        await shop.end(signal.SIGTERM)
    return account


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path, help="a CSV file of H&M's columns")
    parser.add_argument("--minutes", type=float, default=2, help="of asking before")
    parser.add_argument("--out", type=Path, default=Path("rebuild"))
    chosen = parser.parse_args()
    out: Path = chosen.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    account = asyncio.run(run(chosen.catalogue.absolute(), chosen.minutes, out))
    (out / "rebuild.json").write_text(json.dumps(account, indent=2), encoding="utf-8")
    print(json.dumps(account, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
