"""One answer on its way: opened once, shown at a pace, finished once, whatever Slack refuses."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from bot.adapters.slack.blocks import (
    LOOKING,
    Message,
    message,
    names_of,
    waiting,
    without_blocks,
    without_images,
)
from bot.adapters.slack.places import UPDATE_SPACING_S, Place
from bot.adapters.slack.web import AUTHORISATION, OUTAGE, SlackRefusal
from bot.assistant.replies import AnswerReply, Reply

BAD_CONTENT = frozenset(
    {
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_payload",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "too_many_attachments",
    }
)
PATIENCE_S = 2.0
"""How long an interim reply waits for a newer one where it would stay beside the answer."""
RETRY_S = 1.0
"""Pause before an answer is sent again after an outage; it doubles with each try."""
ATTEMPTS = 6
"""Tries in one place: half a minute, all in all."""

Run = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Starts a task and keeps it until it is done."""

_LOG = logging.getLogger(__name__)


class SlackDelivery:
    """Implements `bot.adapters.base.Delivery` over places in order of preference.

    Edits of one message rather than Slack's text streams: introductions come into the middle of a
    message that already shows the articles, which an append-only stream cannot do, and a message
    does not die after five minutes as a stream does. `note` is said where the first place failed,
    `footer` where it did not.
    """

    def __init__(
        self,
        places: Sequence[Place],
        run: Run,
        *,
        sign_of_life: str = LOOKING,
        private: bool = False,
        note: str = "",
        footer: str = "",
    ) -> None:
        self._places = list(places)
        self._run = run
        self._sign_of_life = sign_of_life
        self._private = private
        self._note = note
        self._footer = footer
        self._shows = 0
        self._latest: Reply | None = None
        self._sent_at = -math.inf
        self._sending: asyncio.Task[None] | None = None
        self._resting = False
        self._finished = False
        self._moved = False

    async def open(self) -> Mapping[str, Any]:
        """Show a sign of life, in the first place that takes one."""
        while self._places:
            try:
                return await self._places[0].open(waiting(self._sign_of_life))
            except SlackRefusal as refusal:
                _LOG.info("Slack refused a placeholder: %s.", refusal)
                if not _is_elsewhere(refusal):
                    break
                self._move()
        return {}

    async def show(self, reply: Reply) -> None:
        """Show the reply soon; only the newest of those that wait for the pace is sent.

        Where it would stay beside the answer, articles are shown by their names alone.
        """
        limit = self._places[0].shows if self._places else 0
        if limit is not None and not isinstance(reply, AnswerReply):
            limit -= 1  # the articles are worth more than a place in line
        if self._finished or (limit is not None and self._shows >= limit):
            return
        self._latest = reply
        if self._sending is None or self._sending.done():
            self._sending = self._run(self._send_latest())

    async def finish(self, reply: Reply) -> bool:
        """Show the reply for good: without pictures, as plain text or elsewhere if need be."""
        self._finished = True
        self._latest = None
        if self._sending is not None:
            if self._resting:
                self._sending.cancel()
            await asyncio.wait({self._sending})
        refused: SlackRefusal | None = None
        while self._places:
            whole = self._message(reply)
            for form in (_as_it_is, without_images, without_blocks):
                refused = await self._insist(form(whole))
                if refused is None:
                    return True
                if refused.code not in BAD_CONTENT:
                    break
                _LOG.warning("Slack refused the form of an answer: %s.", refused)
            if refused is None or not _is_elsewhere(refused):
                break
            self._move()
        _LOG.error("Slack did not take an answer: %s.", refused)
        return False

    async def _insist(self, whole: Message) -> SlackRefusal | None:
        """Put the message into the first place; return what Slack has against it, if anything."""
        for attempt in range(ATTEMPTS):
            try:
                await self._places[0].put(whole)
            except SlackRefusal as refusal:
                if attempt == ATTEMPTS - 1 or refusal.code not in OUTAGE:
                    return refusal
                await asyncio.sleep(RETRY_S * 2**attempt)
            else:
                break
        return None

    async def _send_latest(self) -> None:
        """Send what is newest until nothing new has come."""
        while not self._finished:
            self._resting = True
            place = self._places[0]
            pace = self._sent_at + UPDATE_SPACING_S - time.monotonic()
            await asyncio.sleep(max(0.0 if place.edits else PATIENCE_S, pace))
            self._resting = False
            reply, self._latest = self._latest, None
            if reply is None:
                return
            self._sent_at = time.monotonic()
            self._shows += 1
            try:
                await place.put(self._message(reply if place.edits else names_of(reply)))
            except SlackRefusal as refusal:
                _LOG.info("Slack refused an interim reply: %s.", refusal)

    def _message(self, reply: Reply) -> Message:
        return message(
            reply, private=self._private, note=self._note if self._moved else self._footer
        )

    def _move(self) -> None:
        """Go on in the next place."""
        self._places.pop(0)
        self._moved = True
        self._shows = 0


def _as_it_is(whole: Message) -> Message:
    return whole


def _is_elsewhere(refusal: SlackRefusal) -> bool:
    """Whether another place may take what this one refused."""
    return refusal.code not in AUTHORISATION | BAD_CONTENT | OUTAGE
