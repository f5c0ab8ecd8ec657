"""Where an answer can appear: a message of the bot, a response URL."""

import time
from collections.abc import Mapping
from typing import Any, Protocol

from bot.adapters.slack.blocks import Message
from bot.adapters.slack.web import OUTAGE, UNKNOWN_OUTCOME, UNREACHABLE, SlackRefusal, SlackWeb

RESPONSE_USES = 5
RESPONSE_S = 30 * 60
"""Slack's rule for a response URL: five uses in thirty minutes."""
RESPONSE_SHOWS = 2
"""Uses for what comes before an answer: the answer itself may need two, one is for an error."""
UPDATE_SPACING_S = 1.2
"""Least time between two edits; Slack takes about 50 a minute for the whole workspace."""
GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})


class Place(Protocol):
    """One place for one answer."""

    edits: bool
    """Whether a message takes the place of the one before, or stands beside it."""

    @property
    def shows(self) -> int | None:
        """Return how many interim replies it takes now, None for any number."""
        ...

    async def open(self, whole: Message) -> Mapping[str, Any]:
        """Show a sign of life; return what finds the place again. Raises SlackRefusal."""
        ...

    async def put(self, whole: Message) -> None:
        """Show the message. Raises SlackRefusal."""
        ...


class MessagePlace:
    """A message that the bot posts and then edits. `channel` may be a person: their DM."""

    edits = True

    def __init__(
        self,
        web: SlackWeb,
        channel: str,
        thread: str,
        key: str,
        *,
        ts: str = "",
        resumed: bool = False,
    ) -> None:
        self._web = web
        self._channel = channel
        self._thread = thread
        self._key = key
        self._ts = ts
        self._lost = resumed and not ts

    @property
    def shows(self) -> int | None:
        """Return None, or 0 while Slack wants fewer calls."""
        return 0 if self._web.slowed else None

    async def open(self, whole: Message) -> Mapping[str, Any]:
        """Post the placeholder."""
        await self.put(whole)
        return {"channel": self._channel, "thread": self._thread, "ts": self._ts}

    async def put(self, whole: Message) -> None:
        """Edit the message; post it where there is none, or none any more.

        A post whose outcome is unknown is looked for before it is sent again.
        """
        if self._lost:
            self._ts = await self._found()
        if self._ts:
            try:
                await self._web.update(self._channel, self._ts, whole)
            except SlackRefusal as refusal:
                if refusal.code not in GONE:
                    raise
            else:
                return
        try:
            self._channel, self._ts = await self._web.post(
                self._channel, self._thread, whole, self._key
            )
        except SlackRefusal as refusal:
            self._lost = refusal.code == UNKNOWN_OUTCOME
            raise
        self._lost = False

    async def _found(self) -> str:
        try:
            return await self._web.find(self._channel, self._thread, self._key)
        except SlackRefusal as refusal:
            if refusal.code in OUTAGE:
                raise
            return ""  # where nothing can be read: twice is better than never


class ResponsePlace:
    """A response URL. Every use is a message of its own.

    With `replaces`, it takes the place of the message whose button was pressed; a command has no
    such message, not even its acknowledgement (slackapi/bolt-js#2287, bolt-python#1268).
    """

    edits = False

    def __init__(
        self,
        web: SlackWeb,
        url: str,
        *,
        replaces: bool = False,
        greeted: bool = False,
        thread: str = "",
        until: float = 0.0,
        public: bool = False,
    ) -> None:
        """Take the URL; `greeted` where the acknowledgement has shown a sign of life."""
        self._web = web
        self._url = url
        self._replaces = replaces
        self._greeted = greeted
        self._thread = thread
        self._until = until
        self._public = public
        self._left = RESPONSE_USES

    @property
    def shows(self) -> int | None:
        """Return the uses that an answer and an error leave."""
        return RESPONSE_SHOWS if self._greeted else RESPONSE_SHOWS - 1

    async def open(self, whole: Message) -> Mapping[str, Any]:
        """Show the sign of life, where nothing else has."""
        if not self._greeted:
            await self.put(whole)
        return {}

    async def put(self, whole: Message) -> None:
        """Use the response URL once."""
        if self._left == 0 or (self._until and time.time() > self._until):
            raise SlackRefusal("response_url", "expired_url")
        self._left -= 1
        body: dict[str, Any] = {
            **whole,
            "response_type": "in_channel" if self._public else "ephemeral",
            "replace_original": self._replaces,
        }
        if self._thread and not self._replaces:
            body["thread_ts"] = self._thread
        try:
            await self._web.respond(self._url, body)
        except SlackRefusal as refusal:
            if refusal.code == UNREACHABLE:  # nothing was sent, nothing was used
                self._left += 1
            raise
