"""A chat without a platform: deliveries that write down what they were given."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.assistant.assistant import Assistant
from bot.assistant.replies import AnswerReply, Notice, Reply
from bot.assistant.requests import Action, Conversation, Request, Shopper
from config.settings import AssistantSettings, Settings, StateSettings
from tests.fake_recommender import FakeRecommender

ANN = Shopper("slack", "T1", "U-ann")
BOB = Shopper("slack", "T1", "U-bob")
THREAD = Conversation("slack", "T1", "C1", "100.1")
NOON = 1_790_000_000.0


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class RecordingDelivery:
    """Writes down what happens to one answer; `log` is shared between deliveries, if given."""

    def __init__(self, name: str = "", log: list[tuple[str, Any]] | None = None) -> None:
        self.name = name
        self.log = [] if log is None else log
        self.opened = 0
        self.shown: list[Reply] = []
        self.finished: list[Reply] = []
        self.takes = True

    async def open(self) -> Mapping[str, Any]:
        self.opened += 1
        self.log.append((self.name, "open"))
        return {"ts": f"ts-{self.name}"}

    async def show(self, reply: Reply) -> None:
        self.shown.append(reply)
        self.log.append((self.name, "show"))

    async def finish(self, reply: Reply) -> bool:
        self.finished.append(reply)
        self.log.append((self.name, "finish"))
        return self.takes

    @property
    def reply(self) -> Reply:
        """The last reply, of which there is exactly one."""
        assert len(self.finished) == 1
        return self.finished[0]

    @property
    def answer(self) -> AnswerReply:
        """The last reply, which is an answer."""
        assert isinstance(self.reply, AnswerReply), self.reply
        return self.reply

    @property
    def notice(self) -> Notice:
        """The last reply, which is a notice."""
        assert isinstance(self.reply, Notice), self.reply
        return self.reply


_numbers = iter(range(1_000_000))


def request(
    text: str = "a dress",
    *,
    key: str = "",
    action: Action = "recommend",
    shopper: Shopper = ANN,
    conversation: Conversation = THREAD,
    **more: Any,
) -> Request:
    """Return a request, with a key of its own if none is given."""
    return Request(
        key=key or f"slack:T1:C1:{next(_numbers)}",
        action=action,
        shopper=shopper,
        conversation=conversation,
        address={"channel": conversation.channel},
        text=text,
        **more,
    )


def chat_settings(home: Path, **assistant: Any) -> Settings:
    """Return settings without a cooldown, for an assistant with its state below `home`."""
    values = {"cooldown_s": 0.0, "drain_s": 0.0, **assistant}
    return Settings(home=home, assistant=AssistantSettings(**values), state=StateSettings())


@asynccontextmanager
async def running(
    settings: Settings,
    fake: FakeRecommender,
    *,
    clock: Callable[[], float] | None = None,
) -> AsyncIterator[Assistant]:
    """Run an assistant over a fake recommender."""
    assistant = Assistant(settings, open_recommender=fake.open, clock=clock or Clock())
    await assistant.start()
    try:
        yield assistant
    finally:
        fake.gate.set()
        await assistant.stop()


async def ask(assistant: Assistant, asked: Request) -> RecordingDelivery:
    """Submit a request and return its delivery once everything is answered."""
    delivery = RecordingDelivery()
    await assistant.submit(asked, delivery)
    await assistant.idle()
    return delivery
