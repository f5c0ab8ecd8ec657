"""What Slack sends as what the assistant takes: pure functions from payloads to requests."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.adapters.slack.buttons import Target, pressed
from bot.adapters.slack.places import RESPONSE_S
from bot.adapters.slack.surface import PLATFORM
from bot.adapters.slack.text import asked
from bot.assistant.requests import Action, Conversation, Request, Shopper

Payload = Mapping[str, Any]


def from_message(event: Payload, team: str) -> Request | None:
    """Return the request in a message or mention; None for edits, files' notes and bots.

    One function for `app_mention` and `message`, because Slack sends both for one message; the
    key is the message's, so that the second is known. A direct message is one conversation;
    in a channel the thread is one, begun by the mention where there is none yet.
    """
    channel, ts, user = str(event.get("channel", "")), str(event.get("ts", "")), event.get("user")
    written = event.get("subtype") in {None, "file_share", "thread_broadcast"}
    if not (channel and ts and user and written) or event.get("bot_id"):
        return None
    thread = str(event.get("thread_ts", ""))
    direct = is_direct(event)
    place = thread if direct else thread or ts
    return Request(
        key=f"{PLATFORM}:{team}:{channel}:{ts}",
        action="recommend",
        shopper=Shopper(PLATFORM, team, str(user)),
        conversation=Conversation(PLATFORM, team, channel, "" if direct else place),
        address={"channel": channel, "thread": place, "user": str(user)},
        text=asked(str(event.get("text", ""))),
        joined=not direct and thread not in {"", ts},
    )


def is_direct(event: Payload) -> bool:
    """Return whether a message is in a direct conversation with the bot."""
    return event.get("channel_type") == "im" or str(event.get("channel", "")).startswith("D")


def typed_by(body: Payload) -> Shopper:
    """Return who typed a command."""
    return Shopper(PLATFORM, str(body["team_id"]), str(body["user_id"]))


def from_command(body: Payload, action: Action) -> Request:
    """Return the request in a slash command, answered through its response URL."""
    shopper = typed_by(body)
    team, user = shopper.workspace, shopper.user
    return Request(
        key=f"{PLATFORM}:{team}:{body['trigger_id']}",
        action=action,
        shopper=shopper,
        conversation=Conversation(PLATFORM, team, str(body["channel_id"]), user),
        address={
            "url": str(body["response_url"]),
            "until": time.time() + RESPONSE_S,
            "greeted": True,
            "user": user,
        },
        text=asked(str(body.get("text", ""))),
        private=True,
        anew=True,
    )


def direct_report(request: Request) -> Request:
    """Return a command's request with its answer in the asker's direct messages.

    What takes minutes needs more edits than a response URL has.
    """
    return replace(
        request, address={**request.address, "channel": request.shopper.user}, private=False
    )


@dataclass(frozen=True, slots=True)
class Click:
    """A press of one of our buttons. `thread` is "" for messages outside threads."""

    key: str
    shopper: Shopper
    user_name: str
    action: str
    target: Target
    url: str
    channel: str
    message: str
    thread: str
    private: bool

    def request(self, action: Action) -> Request:
        """Return the request for new articles: below a message, or for the presser's eyes only."""
        address: dict[str, Any] = {
            "url": self.url,
            "until": time.time() + RESPONSE_S,
            "greeted": False,
            "user": self.shopper.user,
            "thread": self.thread,
        }
        direct = self.channel.startswith("D")
        place = self.thread if direct else self.thread or self.message
        team, user = self.shopper.workspace, self.shopper.user
        own = user if self.private else "" if direct else place
        if not self.private:
            address |= {"channel": self.channel, "thread": place}
        return Request(
            key=self.key,
            action=action,
            shopper=self.shopper,
            conversation=Conversation(PLATFORM, team, self.channel, own),
            address=address,
            answer_id=self.target.answer_id,
            position=self.target.number,
            private=self.private,
        )


def pressed_by(body: Payload) -> Shopper:
    """Return who pressed a button or sent in a form."""
    return Shopper(PLATFORM, str(body["team"]["id"]), str(body["user"]["id"]))


def from_click(body: Payload) -> Click | None:
    """Return the press of a button below a message, None for a button that is not ours."""
    action, target = pressed(body["actions"][0])
    container = body.get("container", {})
    if target is None or not body.get("response_url"):
        return None
    shopper = pressed_by(body)
    thread = container.get("thread_ts") or body.get("message", {}).get("thread_ts") or ""
    return Click(
        key=f"{PLATFORM}:{shopper.workspace}:{body['trigger_id']}",
        shopper=shopper,
        user_name=str(body["user"].get("name") or body["user"].get("username") or ""),
        action=action,
        target=target,
        url=str(body["response_url"]),
        channel=str(container.get("channel_id") or body.get("channel", {}).get("id", "")),
        message=str(container.get("message_ts", "")),
        thread=str(thread),
        private=bool(container.get("is_ephemeral")),
    )
