"""A shop behind Slack for the tests: the adapter, a loopback Slack, and a scripted assistant."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.adapters.base import Delivery
from bot.adapters.slack import SlackAdapter
from bot.assistant.replies import AnswerReply, Card, Notice, Reply
from bot.assistant.requests import Conversation, Request, Shopper
from bot.metrics import Metrics
from config.settings import Settings
from pipeline.personal import ShopperProfile
from tests.slack_server import SlackServer

HELP = Notice("info", "Tell me a garment, a colour or an occasion.")
Play = Callable[[Request, Delivery], Awaitable[None]]


def card(position: int = 0, **values: Any) -> Card:
    given = {
        "article_id": f"A{position}",
        "title": f"Linen dress {position}",
        "facts": "Dress · Red · Ladieswear · 39.99 EUR",
        "introduction": "Light linen for warm days.",
        "why": "red, dress",
        "url": f"https://shop.example/a/{position}",
        "image_url": f"https://img.example/{position}.jpg",
    }
    return Card(position=position, **{**given, **values})


def answer(cards: int = 2, **values: Any) -> AnswerReply:
    given: dict[str, Any] = {
        "answer_id": "Ab12",
        "headline": "Red dresses for you.",
        "cards": tuple(card(position) for position in range(cards)),
    }
    return AnswerReply(**{**given, **values})


async def answering(request: Request, delivery: Delivery) -> None:
    """Do what the assistant does with a request that goes well."""
    await delivery.open()
    await delivery.show(answer(writing=True))
    await delivery.finish(answer())


@dataclass
class ScriptedAssistant:
    """The assistant's public methods: claims by key, one play for every request."""

    play: Play = answering
    requests: list[Request] = field(default_factory=list)
    delivered: list[bool] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    claims: set[str] = field(default_factory=set)
    duplicates: int = 0
    metrics: Metrics = field(default_factory=Metrics)
    addresses: list[Mapping[str, Any]] = field(default_factory=list)
    opinions: list[tuple[str, int, bool]] = field(default_factory=list)
    forgotten: list[Shopper] = field(default_factory=list)
    pages: int = 1
    page_reply: Reply | None = None
    profiles: dict[str, ShopperProfile] = field(default_factory=dict)
    asked_why: list[tuple[str, str, int]] = field(default_factory=list)
    unwanted: list[tuple[str, str, int]] = field(default_factory=list)
    unreadable: Notice | None = None

    async def submit(self, request: Request, delivery: Delivery) -> None:
        if request.key in self.claims:
            self.duplicates += 1
            return
        self.claims.add(request.key)
        self.requests.append(request)
        self.known.add(request.conversation.key)
        await self.play(request, delivery)

    async def page(self, shopper: Shopper, answer_id: str, page: int) -> Reply:
        if self.page_reply is not None:
            return self.page_reply
        return answer(answer_id=answer_id, headline=f"Page {page + 1}.", page=page, pages=3)

    async def feedback(
        self, shopper: Shopper, answer_id: str, position: int, *, liked: bool
    ) -> Notice:
        self.opinions.append((answer_id, position, liked))
        return Notice("done", "Noted, thank you.")

    async def why(self, shopper: Shopper, answer_id: str, position: int) -> Notice:
        self.asked_why.append((shopper.user, answer_id, position))
        return Notice("info", f"*Linen dress {position}*: you like *linen*.")

    async def not_this_kind(self, shopper: Shopper, answer_id: str, position: int) -> Notice:
        self.unwanted.append((shopper.user, answer_id, position))
        return Notice("done", "Noted: *dress* comes last from now on.")

    async def profile(self, shopper: Shopper) -> ShopperProfile | Notice:
        return self.unreadable or self.profiles.get(shopper.key, ShopperProfile())

    async def set_profile(self, shopper: Shopper, profile: ShopperProfile) -> Notice:
        self.profiles[shopper.key] = profile
        return Notice("done", "Noted. I look for linen first.")

    async def my_data(self, shopper: Shopper) -> dict[str, Any] | Notice:
        if self.unreadable is not None:
            return self.unreadable
        profile = self.profiles.get(shopper.key, ShopperProfile())
        return {"profiles": [profile.to_dict()], "answers": ["née <3 " * 20_000]}

    async def forget(self, shopper: Shopper) -> Notice:
        self.forgotten.append(shopper)
        self.profiles.pop(shopper.key, None)
        return Notice("done", "All forgotten.")

    async def index_status(self) -> Notice:
        return Notice("info", "Version 7 is live.")

    async def knows(self, conversation: Conversation) -> bool:
        return conversation.key in self.known

    def help(self) -> Notice:
        return HELP


@dataclass
class Shop:
    slack: SlackServer
    adapter: SlackAdapter
    assistant: ScriptedAssistant


def settings_for(slack: SlackServer, **values: Any) -> Settings:
    section = {
        "bot_token": slack.api.bot_token,
        "app_token": slack.api.app_token,
        "signing_secret": slack.events.signing_secret,
        "api_url": slack.api_url,
        **values,
    }
    return Settings.model_validate({"slack": section})


@asynccontextmanager
async def open_shop(
    slack: SlackServer, assistant: ScriptedAssistant | None = None, **values: Any
) -> AsyncIterator[Shop]:
    assistant = assistant or ScriptedAssistant()
    adapter = SlackAdapter(settings_for(slack, **values), assistant)
    try:
        await adapter.start()
        yield Shop(slack, adapter, assistant)
    finally:
        await adapter.close()


def finishing(reply: Reply) -> Play:
    """Return a play that opens, finishes with the reply and keeps what became of it."""

    async def play(request: Request, delivery: Delivery) -> None:
        await delivery.open()
        await delivery.finish(reply)

    return play


def resumed(request: Request, address: Mapping[str, Any]) -> Request:
    """Return the request as a restarted process reads it from its state."""
    return Request.from_dict(replace(request, address={**request.address, **address}).to_dict())
