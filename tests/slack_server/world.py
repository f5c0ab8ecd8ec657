"""The state of a loopback Slack: people, channels, messages, response URLs, one clock."""

import itertools
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TEAM = "T0LOOK"
APP = "A0LOOK"
BOT_USER = "U0BOT"
BOT_ID = "B0BOT"
BOT_NAME = "lookbook"


@dataclass
class Channel:
    id: str
    name: str = ""
    members: set[str] = field(default_factory=set)
    private: bool = False
    archived: bool = False
    dm_with: str = ""

    @property
    def kind(self) -> str:
        return "im" if self.dm_with else "groups" if self.private else "channels"


@dataclass
class Message:
    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread_ts: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    only_for: str = ""
    """The one person who sees an ephemeral message."""
    files: dict[str, bytes] = field(default_factory=dict)
    """The files that the message shares, by name."""
    edits: int = 0
    deleted: bool = False

    @property
    def by_bot(self) -> bool:
        return self.user == BOT_USER

    @property
    def words(self) -> str:
        """All that can be read in the message, as people read it."""
        from tests.slack_server.rules import texts

        raw = "\n".join(texts(self.blocks)) or self.text
        for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            raw = raw.replace(entity, character)
        return raw

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return elements(self.blocks, "button")

    @property
    def menus(self) -> list[dict[str, Any]]:
        return elements(self.blocks, "overflow")


def elements(blocks: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the elements of that kind in the action blocks, in their order."""
    return [
        element
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
        if element["type"] == kind
    ]


@dataclass
class ResponseUrl:
    user: str
    channel: str
    made_at: float
    source: Message | None = None
    """The message of the button, which alone can be replaced: a command has none, and what its URL
    posted before stays (slackapi/bolt-js#2287, slackapi/bolt-python#1268)."""
    posted: list[Message] = field(default_factory=list)
    uses: int = 0
    pending: bool = False
    """Whether the command still waits for its acknowledgement."""


@dataclass
class Trigger:
    """What lets an app open a modal for the person who pressed or typed."""

    user: str
    made_at: float
    exchanged: bool = False


class World:
    def __init__(self, scopes: frozenset[str], events: frozenset[str]) -> None:
        self.scopes = scopes
        self.events = events
        self.users: dict[str, dict[str, Any]] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.homes: dict[str, dict[str, Any]] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.triggers: dict[str, Trigger] = {}
        self.revoked = False
        self.offset = 0.0
        self._numbers = itertools.count(1)
        self._series = secrets.token_hex(4).upper()
        """So that a state which outlives this server takes no new id for an old one."""

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def new_id(self, letter: str) -> str:
        return f"{letter}{self._series}{next(self._numbers):06d}"

    def trigger(self, user: str) -> str:
        name = self.new_id("trigger.")
        self.triggers[name] = Trigger(user, self.now())
        return name

    def new_ts(self) -> str:
        return f"{int(self.now())}.{next(self._numbers):06d}"

    def add_user(self, user: str, *, admin: bool = False, owner: bool = False) -> None:
        self.users[user] = {"id": user, "name": user.lower(), "is_admin": admin, "is_owner": owner}
        dm = f"D{user}"
        self.channels[dm] = Channel(dm, dm_with=user, members={user, BOT_USER})

    def add_channel(
        self, channel: str, *members: str, private: bool = False, bot: bool = True
    ) -> None:
        joined = set(members) | ({BOT_USER} if bot else set())
        self.channels[channel] = Channel(channel, channel.lower(), joined, private=private)

    def in_channel(self, channel: str, thread: str | None = None) -> list[Message]:
        """Return the lasting messages of a channel, or of one thread of it, oldest first."""
        return [
            message
            for message in self.messages
            if message.channel == channel
            and not message.only_for
            and not message.deleted
            and (thread is None or thread in (message.thread_ts, message.ts))
        ]

    def by_bot(self, channel: str, thread: str | None = None) -> list[Message]:
        return [message for message in self.in_channel(channel, thread) if message.by_bot]

    def seen_only_by(self, user: str) -> list[Message]:
        """Return the ephemeral messages that a person sees now."""
        return [m for m in self.messages if m.only_for == user and not m.deleted]

    def find(self, channel: str, ts: str) -> Message | None:
        found = (m for m in self.messages if m.channel == channel and m.ts == ts and not m.deleted)
        return next(found, None)

    def post(
        self,
        channel: str,
        user: str,
        content: Mapping[str, Any],
        *,
        thread: str = "",
        only_for: str = "",
    ) -> Message:
        message = Message(
            channel=channel,
            ts=self.new_ts(),
            user=user,
            text=content.get("text") or "",
            blocks=list(content.get("blocks") or []),
            thread_ts=thread,
            metadata=content.get("metadata") or {},
            only_for=only_for,
        )
        self.messages.append(message)
        return message

    def response_url(
        self, user: str, channel: str, source: Message | None = None
    ) -> tuple[str, ResponseUrl]:
        name = self.new_id("R")
        self.response_urls[name] = ResponseUrl(user, channel, self.now(), source)
        return name, self.response_urls[name]
