"""A soak: `python -m tests.soak --minutes 10 --shoppers 50`, with an index in LOOKBOOK__HOME.

Half of the shoppers use Slack, half Discord; they use commands, mention the bot and write direct
messages. Meanwhile calls are refused with 429 and 500, answers to calls are lost, sockets are cut,
the writer dawdles, the index is refreshed, and the process is killed and started again. At the end
every request that was taken on must have exactly one answer. Exit status 1 says that it was not so.
A processor that writes slowly needs a longer `--pause`, or the queue fills up.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import psutil

from config.settings import load_settings
from pipeline.evaluation.shoppers import messages
from pipeline.index import open_index
from pipeline.sample import SAMPLE_CATALOGUE
from tests.discord_gateway import BOT, CHANNEL, GUILD, Loopback, interaction, loopback, user
from tests.slack_server import SlackServer
from tests.soak.shop import DISCORD_VARIABLE

INTERIM = re.compile(
    r"through the shelves|[Ss]till writing|in line\.|I'm restarting", re.IGNORECASE
)
PATIENCE_S = 180.0
READY_S = 300.0
REACH_LAG_S = 0.05


@dataclass
class Asked:
    """One request; `shown` returns what stands as its answers now, one text a message."""

    where: str
    at: float
    shown: Callable[[], list[str]]
    up: bool
    first_s: float | None = None
    last_s: float | None = None

    def look(self) -> None:
        """Note when the first article and when the last word appeared."""
        texts = self.shown()
        if self.first_s is None and any(re.search("[·•]", text) or final(text) for text in texts):
            self.first_s = time.monotonic() - self.at
        if self.last_s is None and texts and all(map(final, texts)):
            self.last_s = time.monotonic() - self.at


def final(text: str) -> bool:
    """Return whether a text is a last word."""
    return bool(text.strip()) and not INTERIM.search(text)


@dataclass
class Shop:
    """The process under test, killed and started again, and what it measured of itself."""

    environment: dict[str, str]
    log: Path
    catalogue: Path
    port: int
    process: asyncio.subprocess.Process | None = None
    ready: bool = False
    starts_s: list[float] = field(default_factory=list)
    memory: list[list[float]] = field(default_factory=list)
    lags: list[dict[float, float]] = field(default_factory=list)

    async def start(self) -> None:
        begun = time.monotonic()
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.soak.shop", env=self.environment, stderr=log
            )
        async with asyncio.timeout(READY_S):
            while await self._get("/readyz") is None:
                if self.process.returncode is not None:
                    raise SystemExit(f"The shop ended; see {self.log}.")
                await asyncio.sleep(0.2)
        self.starts_s.append(time.monotonic() - begun)
        self.memory.append([])
        self.lags.append({})
        self.ready = True

    async def end(self, number: signal.Signals) -> None:
        await self.look()
        self.ready = False
        assert self.process is not None
        self.process.send_signal(number)
        await self.process.wait()

    async def look(self) -> None:
        """Take the memory and the event loop's lag."""
        assert self.process is not None
        if self.process.returncode is None:
            with contextlib.suppress(psutil.Error):
                rss = psutil.Process(self.process.pid).memory_info().rss
                self.memory[-1].append(rss / 1e6)
        text = await self._get("/metrics")
        if text:
            found = re.findall(r'lookbook_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)', text)
            self.lags[-1] = {float(edge): float(count) for edge, count in found}

    async def _get(self, path: str) -> str | None:
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
                session.get(url) as response,
            ):
                return await response.text() if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None


@dataclass
class Soak:
    """Shoppers, faults and the account of both."""

    slack: SlackServer
    discord: Loopback
    shop: Shop
    texts: list[str]
    chance: random.Random
    asked: list[Asked] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    directs: Counter[str] = field(default_factory=Counter)
    begun: float = field(default_factory=time.monotonic)

    async def shopper(self, number: int, pause_s: float) -> None:
        ways = self._slack_ways() if number % 2 else self._discord_ways()
        while True:
            await asyncio.sleep(self.chance.expovariate(1 / pause_s))
            way = self.chance.choice(ways)
            await way(f"{number:02}", self.chance.choice(self.texts))

    def _slack_ways(self) -> list[Callable[[str, str], Awaitable[None]]]:
        async def command(number: str, text: str) -> None:
            who, up, at = f"U{number}", self.shop.ready, time.monotonic()
            handed = await self.slack.command("/recommend", text, user=who)
            if handed.acknowledged:

                def shown() -> list[str]:
                    # What a command was told stays: its last words count, or the newest till then.
                    # Said again where the connection broke, they are one answer: nothing tells
                    # whether a response URL was used.
                    told = list(dict.fromkeys(message.words for message in handed.told))
                    return list(filter(final, told)) or told[-1:]

                self.asked.append(Asked("slack command", at, shown, up))
            else:
                self.happened["slack command while the shop was away"] += 1

        async def mention(number: str, text: str) -> None:
            up, at = self.shop.ready, time.monotonic()
            ts = await self.slack.mention(text, user=f"U{number}")

            def shown() -> list[str]:
                return [message.words for message in self.slack.world.by_bot("C1", ts)]

            self.asked.append(Asked("slack mention", at, shown, up))

        async def direct(number: str, text: str) -> None:
            up, at = self.shop.ready, time.monotonic()
            channel = f"DU{number}"
            self.directs[channel] += 1
            turn = self.directs[channel]
            await self.slack.direct(text, user=f"U{number}")

            def shown() -> list[str]:
                # In a direct message, answers come in the order of the questions.
                found = self.slack.world.by_bot(channel)[turn - 1 :]
                return [m.words for m in (found[:1] if self.directs[channel] > turn else found)]

            self.asked.append(Asked("slack direct", at, shown, up))

        return [command, mention, direct]

    def _discord_ways(self) -> list[Callable[[str, str], Awaitable[None]]]:
        async def command(number: str, text: str) -> None:
            up, at = self._discord_up(), time.monotonic()
            identity = self.discord._next_id()
            event = interaction(identity, "recommend", {"query": text})
            event["member"]["user"] = _person(number)
            await self.discord.event("INTERACTION_CREATE", event)
            edits = re.compile(rf"^/webhooks/\d+/token-{identity}/messages/")
            self.asked.append(
                Asked("discord command", at, lambda: self._last_edits("PATCH", edits), up)
            )

        async def mention(number: str, text: str) -> None:
            up, at = self._discord_up(), time.monotonic()
            message = self.discord._message(CHANNEL, f"<@{BOT}> {text}", author=_person(number))
            member = {"roles": [], "joined_at": message["timestamp"], "deaf": False, "mute": False}
            event = {
                **message,
                "mentions": [user(BOT, "lookbook", bot=True)],
                "guild_id": GUILD,
                "member": {**member, "flags": 0},
            }
            await self.discord.event("MESSAGE_CREATE", event)
            thread = message["id"]
            posts = re.compile(rf"^/channels/{thread}/messages(/\d+)?$")

            def shown() -> list[str]:
                replies = [
                    json.dumps(call.body, ensure_ascii=False)
                    for call in self.discord.made("POST", rf"^/channels/{CHANNEL}/messages$")
                    if str((call.body.get("message_reference") or {}).get("message_id")) == thread
                ]
                return [*self._last_edits("PATCH|POST", posts), *replies]

            self.asked.append(Asked("discord mention", at, shown, up))

        return [command, mention]

    def _discord_up(self) -> bool:
        socket = self.discord._socket
        return self.shop.ready and socket is not None and not socket.closed

    def _last_edits(self, methods: str, path: re.Pattern[str]) -> list[str]:
        """Return the newest text of each message that calls to a path made or edited."""
        newest: dict[str, str] = {}
        for call in self.discord.calls:
            if not call.taken or not re.fullmatch(methods, call.method):
                continue
            if path.search(call.path):
                newest[call.message] = json.dumps(call.body, ensure_ascii=False)
        return list(newest.values())

    async def faults(self, minutes: float) -> None:
        """Let things go wrong, more or less at random, and the index be refreshed."""
        self.slack.faults.at_random(1, status=0.02, drop=0.01, lose=0.01, slow=0.05)
        begun, step = time.monotonic(), minutes * 60 / 20
        for number in range(20):
            await asyncio.sleep(max(0.0, begun + (number + 0.5) * step - time.monotonic()))
            match number:
                case 2 | 13:
                    self.happened["index refreshed"] += 1
                    change_catalogue(self.shop.catalogue, without=3 + number)
                    await self.slack.command("/reindex", user="UADMIN")
                case 6 | 11:
                    self.happened["killed"] += 1
                    await self.shop.end(signal.SIGKILL)
                    await self.shop.start()
                case 16:
                    self.happened["stopped"] += 1
                    await self.shop.end(signal.SIGTERM)
                    await self.shop.start()
                case 4 | 9 | 15:
                    self.happened["discord connection lost"] += 1
                    await self.discord.drop(4000)
                case 5 | 10 | 18:
                    self.happened["slack sockets cut"] += 1
                    await self.slack.events.cut()
                case 7 | 14:
                    self.happened["slack asked to reconnect"] += 1
                    await self.slack.events.disconnect()
                case _:
                    self.happened["discord limited"] += 1
                    self.discord.limit("PATCH", r"/(webhooks|channels)/", 0.5, times=3)
                    oops = {"code": 0, "message": "500: Internal Server Error"}
                    self.discord.refuse("PATCH", r"/(webhooks|channels)/", 500, oops, times=1)

    async def watch(self) -> None:
        last = 0.0
        while True:
            for asked in self.asked:
                if asked.last_s is None:
                    asked.look()
            if self.shop.ready and time.monotonic() - last > 5:
                last = time.monotonic()
                await self.shop.look()
            await asyncio.sleep(0.1)

    async def settle(self) -> None:
        """Wait until everything is answered, or no request is for as long as one may take."""
        self.slack.faults.at_random(0)
        fewest, since = len(self.asked) + 1, time.monotonic()
        while time.monotonic() < since + PATIENCE_S:
            await asyncio.sleep(0.5)
            unanswered = sum(asked.last_s is None and bool(asked.shown()) for asked in self.asked)
            waiting = max(unanswered, _jobs(self.shop))
            if not waiting:
                return
            if waiting < fewest:
                fewest, since = waiting, time.monotonic()


def change_catalogue(path: Path, *, without: int) -> None:
    """Write the sample without every so manyth article."""
    header, *rows = SAMPLE_CATALOGUE.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for number, row in enumerate(rows) if number % without]
    path.write_text("".join([header, *kept]), encoding="utf-8")


def _person(number: str) -> dict[str, Any]:
    return user(str(2 * 10**17 + int(number)), f"shopper{number}")


def _jobs(shop: Shop) -> int:
    path = Path(shop.environment["LOOKBOOK__HOME"]) / "state.sqlite3"
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        return int(connection.execute("SELECT count(*) FROM jobs").fetchone()[0])


def report(soak: Soak, minutes: float) -> dict[str, Any]:
    """Return the account; "passed" says whether nothing was lost, doubled or late."""
    taken = [a for a in soak.asked if a.shown()]
    unheard = [a for a in soak.asked if not a.shown()]
    lost = [a for a in taken if not all(map(final, a.shown()))] + [a for a in unheard if a.up]
    double = [a for a in taken if len(a.shown()) > 1]
    edges = sorted({edge for lag in soak.shop.lags for edge in lag})
    counts = [sum(lag.get(edge, 0.0) for lag in soak.shop.lags) for edge in edges]
    p99 = next((e for e, c in zip(edges, counts, strict=True) if c >= 0.99 * counts[-1]), None)
    memory = [run for run in soak.shop.memory if len(run) > 5]
    answered = [a for a in taken if a.first_s is not None and a.last_s is not None]
    by_way = {
        way: {
            "requests": len(one := [a for a in answered if a.where == way]),
            "to first article s p50/p95": _percentiles([a.first_s for a in one]),
            "to last word s p50/p95": _percentiles([a.last_s for a in one]),
        }
        for way in sorted({a.where for a in taken})
    }
    return {
        "minutes": minutes,
        "requests taken on": len(taken),
        "lost": [_described(a, soak) for a in lost],
        "answered twice": [_described(a, soak) for a in double],
        "not heard, shop away": len([a for a in unheard if not a.up]),
        "jobs left in the state": _jobs(soak.shop),
        "by way": by_way,
        "loop lag p99, at most s": p99,
        "loop lag counts": dict(zip(edges, counts, strict=True)),
        "memory MB, each run by half minute": [[round(mb) for mb in r[1::6]] for r in memory],
        "start to ready s": [round(s, 1) for s in soak.shop.starts_s],
        "faults": dict(soak.happened)
        | dict(Counter(f"slack {fault.kind}" for _, fault in soak.slack.faults.happened)),
        "passed": not lost and not double and p99 is not None and p99 <= REACH_LAG_S,
    }


def _described(asked: Asked, soak: Soak) -> str:
    texts = " | ".join(text[:120] for text in asked.shown()) or "nothing"
    return f"{asked.where}, {asked.at - soak.begun:.0f} s in: {texts}"


def _percentiles(seconds: list[float | None]) -> list[float]:
    known = [s for s in seconds if s is not None]
    return [round(float(np.percentile(known, q)), 2) for q in (50, 95)] if known else []


async def run(minutes: float, shoppers: int, pause_s: float, out: Path) -> dict[str, Any]:
    """Run the soak, each shopper asking after `pause_s` on average, and return its account."""
    settings = load_settings()
    index = open_index(settings)
    texts = messages(index.vocabulary, 60, 11)
    index.close()
    async with SlackServer(retry_after_s=(1.0, 20.0, 60.0)) as slack, loopback() as discord:
        for number in range(shoppers):
            slack.world.add_user(f"U{number:02}")
            slack.world.channels["C1"].members.add(f"U{number:02}")
        environment = {
            **os.environ,
            **slack.environment,
            DISCORD_VARIABLE: discord.address,
            "LOOKBOOK__DISCORD__TOKEN": "soak",
            "LOOKBOOK__HOME": str(settings.home.absolute()),
            "LOOKBOOK__HEALTH__PORT": "18080",
            "LOOKBOOK__CATALOGUE__PATH": str(out / "articles.csv"),
        }
        shop = Shop(environment, out / "shop.log", out / "articles.csv", 18080)
        soak = Soak(slack, discord, shop, texts, random.Random(5))  # noqa: S311
        await shop.start()
        watching = asyncio.create_task(soak.watch())
        people = [asyncio.create_task(soak.shopper(number, pause_s)) for number in range(shoppers)]
        await soak.faults(minutes)
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        await soak.settle()
        watching.cancel()
        await shop.look()
        account = report(soak, minutes)
        await shop.end(signal.SIGTERM)
        account["exit status after SIGTERM"] = shop.process and shop.process.returncode
    return account


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--shoppers", type=int, default=50)
    parser.add_argument("--pause", type=float, default=150, help="seconds between two requests")
    parser.add_argument("--out", type=Path, default=Path("soak"))
    chosen = parser.parse_args()
    out: Path = chosen.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    (load_settings().home / "state.sqlite3").unlink(missing_ok=True)
    account = asyncio.run(run(chosen.minutes, chosen.shoppers, chosen.pause, out))
    (out / "soak.json").write_text(json.dumps(account, indent=2), encoding="utf-8")
    print(json.dumps(account, indent=2))  # noqa: T201
    return 0 if account["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
