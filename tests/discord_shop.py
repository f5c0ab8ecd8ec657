"""A Discord server with a shop's bot in it, around an assistant whose answers a test decides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import discord
import simcord
from simcord.backend.models import EPHEMERAL_FLAG

from bot.adapters.base import Delivery
from bot.adapters.discord.adapter import DiscordAdapter
from bot.assistant.replies import AnswerReply, Card, Notice, Reply
from bot.assistant.requests import Conversation, Request, Shopper
from bot.metrics import Metrics
from config.settings import DiscordSettings, Settings
from pipeline.personal import ShopperProfile

GONE = Notice("info", "These buttons have had their day.")
Telling = Callable[[Request, Delivery], Awaitable[Reply]]


def cards(count: int, **changes: Any) -> tuple[Card, ...]:
    """Return cards of a sample catalogue's kind, each with a page and a picture of its own."""
    return tuple(
        replace(
            Card(
                position=position,
                article_id=f"a{position}",
                title=f"Linen shirt {position}",
                facts="Shirt · White · Menswear · 39.00 EUR",
                introduction=f"Shirt {position} is cut for warm days.",
                why="linen, white",
                url=f"https://shop.example/shirts/{position}",
                image_url=f"https://shop.example/shirts/{position}.jpg",
            ),
            **changes,
        )
        for position in range(count)
    )


def answer(count: int = 3, **changes: Any) -> AnswerReply:
    """Return an answer with so many cards on its page."""
    return replace(AnswerReply("abc123", "You'd like *linen shirts*.", cards(count)), **changes)


@dataclass
class ShopAssistant:
    """An assistant that claims as the real one does and answers what `telling` says."""

    telling: Telling
    requests: list[Request] = field(default_factory=list)
    opened: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: dict[str, bool] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    claims: set[str] = field(default_factory=set)
    pages: dict[int, Reply] = field(default_factory=dict)
    words: Sequence[str] = ()
    profiles: dict[str, ShopperProfile] = field(default_factory=dict)
    kept: dict[str, Any] | Notice = field(default_factory=dict)
    metrics: Metrics = field(default_factory=Metrics)

    async def submit(self, request: Request, delivery: Delivery) -> None:
        if request.key in self.claims:
            return
        self.claims.add(request.key)
        self.requests.append(request)
        self.opened[request.key] = dict(await delivery.open())
        reply = await self.telling(request, delivery)
        self.taken[request.key] = await delivery.finish(reply)

    async def page(self, shopper: Shopper, answer_id: str, page: int) -> Reply:
        self.calls.append(("page", shopper, answer_id, page))
        return self.pages.get(page, GONE)

    async def feedback(
        self, shopper: Shopper, answer_id: str, position: int, liked: bool
    ) -> Notice:
        self.calls.append(("feedback", shopper, answer_id, position, liked))
        return Notice("done", "Noted, thank you.")

    async def not_this_kind(self, shopper: Shopper, answer_id: str, position: int) -> Notice:
        self.calls.append(("not this kind", shopper, answer_id, position))
        return Notice("done", "Noted: *shirts* come last from now on.")

    async def why(self, shopper: Shopper, answer_id: str, position: int) -> Notice:
        self.calls.append(("why", shopper, answer_id, position))
        return Notice("info", "You like *linen*.")

    async def profile(self, shopper: Shopper) -> ShopperProfile | Notice:
        return self.profiles.get(shopper.key, ShopperProfile())

    async def set_profile(self, shopper: Shopper, profile: ShopperProfile) -> Notice:
        self.profiles[shopper.key] = profile
        return Notice("done", f"Noted: *{profile.likes}*.")

    async def my_data(self, shopper: Shopper) -> dict[str, Any] | Notice:
        self.calls.append(("my data", shopper))
        return self.kept

    async def forget(self, shopper: Shopper) -> Notice:
        self.calls.append(("forget", shopper))
        return Notice("done", "All forgotten.")

    async def index_status(self) -> Notice:
        return Notice("info", "I answer from 240 articles.")

    def suggestions(self, slot: str, typed: str) -> list[str]:
        self.calls.append(("suggestions", slot, typed))
        return [word for word in self.words if word.lower().startswith(typed.lower())]

    async def knows(self, conversation: Conversation) -> bool:
        return any(request.conversation == conversation for request in self.requests)

    def help(self) -> Notice:
        return Notice("info", "Tell me a garment, a colour or an occasion.")


def always(reply: Reply, *before: Reply, pause: float = 0.0) -> Telling:
    """Return the telling that shows some replies, a pause after each, and ends with one."""

    async def tell(_request: Request, delivery: Delivery) -> Reply:
        for early in before:
            await delivery.show(early)
            await asyncio.sleep(pause)
        return reply

    return tell


def adapter_for(home: Path, assistant: Any, *, admins: tuple[int, ...] = ()) -> DiscordAdapter:
    """Return the adapter of a shop whose home is that directory."""
    settings = Settings(
        home=home,
        discord=DiscordSettings(token="not.a.token", admins=admins),
    )
    return DiscordAdapter(settings, assistant)


@dataclass
class World:
    """The server, one of its members, and the bot."""

    env: simcord.Env
    adapter: DiscordAdapter
    assistant: Any
    home: Path
    channel: simcord.ChannelHandle
    alice: simcord.MemberActor

    @property
    def mention(self) -> str:
        assert self.adapter.client.user is not None
        return self.adapter.client.user.mention

    def sent(self, method: str = "", path: str = "") -> list[Any]:
        """Return the bodies of the calls that the bot made."""
        return [
            call.json
            for call in self.env.http_requests
            if method in call.method and path in call.path
        ]

    async def restart(self, assistant: Any = None) -> None:
        """Let a new process of the bot take the old one's place."""
        self.assistant = assistant or self.assistant
        self.adapter = adapter_for(self.home, self.assistant)
        await self.env.restart_bot(self.adapter.client)


@asynccontextmanager
async def world(
    home: Path,
    assistant: Any,
    *,
    admins: tuple[int, ...] = (),
    denied: Sequence[str] = (),
) -> AsyncIterator[World]:
    """Open a server with the bot in it, which is denied some permissions in the channel."""
    adapter = adapter_for(home, assistant, admins=admins)
    async with simcord.run(adapter.client, shard_count=1) as env:
        guild = env.create_guild()
        alice = guild.add_member(env.create_user("alice"))
        assert adapter.client.user is not None
        refusal = discord.PermissionOverwrite(**dict.fromkeys(denied, False))
        channel = guild.create_text_channel("wardrobe", overwrites={adapter.client.user: refusal})
        yield World(env, adapter, assistant, home, channel, alice)


def hidden(message: simcord.ResponseMessage) -> bool:
    """Return whether only the one who asked sees the message."""
    return bool(message.flags.value & EPHEMERAL_FLAG)
