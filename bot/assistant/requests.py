"""What people ask of the assistant, whatever they ask it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Action = Literal["recommend", "more", "similar", "outfit", "reindex"]
"""`more` shows the next articles of an answer, `similar` those like one article of it. `outfit`
shows what goes with one article of an answer or, without an answer, an outfit for a text."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """One person in one workspace or server of one platform; nothing is shared beyond that."""

    platform: str
    workspace: str
    user: str

    @property
    def key(self) -> str:
        """Return the shopper's identity in the state."""
        return f"{self.platform}:{self.workspace}:{self.user}"


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where messages build on each other: a thread, a direct message, one person's commands."""

    platform: str
    workspace: str
    channel: str
    thread: str = ""

    @property
    def key(self) -> str:
        """Return the conversation's identity in the state."""
        return f"{self.platform}:{self.workspace}:{self.channel}:{self.thread}"


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to do for one person.

    `key` is the platform's identity of the message, click or command: whatever comes twice under
    the same key is done once. `address` is JSON-ready and all that the adapter needs to find the
    place of the answer again, also after a restart. `options` are the filled-in fields of a command
    (`type`, `colour`, `section`). `answer_id` and `position` (from 0) name the answer and the
    article that a button belongs to. `private` answers are for the asker's eyes only. `anew`
    begins a new wish where others build on their conversation: a command outside of a thread.
    `joined` conversations were there before us: a mention in the middle of somebody's thread.
    """

    key: str
    action: Action
    shopper: Shopper
    conversation: Conversation
    address: Mapping[str, Any]
    text: str = ""
    count: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    answer_id: str = ""
    position: int = 0
    private: bool = False
    anew: bool = False
    joined: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the request as JSON-ready data."""
        return {
            "key": self.key,
            "action": self.action,
            "shopper": [self.shopper.platform, self.shopper.workspace, self.shopper.user],
            "conversation": [
                self.conversation.platform,
                self.conversation.workspace,
                self.conversation.channel,
                self.conversation.thread,
            ],
            "address": dict(self.address),
            "text": self.text,
            "count": self.count,
            "options": dict(self.options),
            "answer_id": self.answer_id,
            "position": self.position,
            "private": self.private,
            "anew": self.anew,
            "joined": self.joined,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the request that `to_dict` made this data of."""
        return cls(
            **{
                **data,
                "shopper": Shopper(*data["shopper"]),
                "conversation": Conversation(*data["conversation"]),
            }
        )
