"""How one answer reaches Discord: pending, then shown, then finished.

A delivery knows the places where its answer may appear, best first, and moves on to the next one
when Discord says that a place is gone. In a place it shows the fullest form that Discord takes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import discord

from bot.adapters.discord import limits, permissions
from bot.adapters.discord.ingress import CALL_ERRORS, PLATFORM
from bot.adapters.discord.places import ChannelPlace, DirectPlace, InteractionPlace, Place
from bot.adapters.discord.rendering import FORMS, Form, put_fullest
from bot.assistant.messages import cleaned
from bot.assistant.replies import Notice, Reply
from bot.assistant.requests import Request

if TYPE_CHECKING:
    from bot.adapters.discord.client import LookbookClient

_log = logging.getLogger(__name__)

_LOOKING = Notice("waiting", "I'm going through the shelves …")
_THREAD_EXISTS = 160004
_PASSING = (429, 500, 502, 503, 504)
_PAUSES_S = (2.0, 8.0)
_NOT_LET = "Discord doesn't let me write in the channel where you asked."


def delivery(client: LookbookClient, request: Request) -> InteractionDelivery | MessageDelivery:
    """Return the delivery for a request, also for one from before a restart."""
    kind = InteractionDelivery if "interaction" in request.address else MessageDelivery
    return kind(client, request)


class _Delivery:
    """What both kinds share: pacing, forms and places."""

    def __init__(self, client: LookbookClient, request: Request) -> None:
        self._client = client
        self._address = dict(request.address)
        self._places: list[Place] = []
        self._form: Form = "full"
        self._notes: list[str] = []
        self._latest: Reply | None = None
        self._edits: asyncio.Task[None] | None = None
        self._editing = asyncio.Lock()
        self._last_edit = float("-inf")
        self._nonce = request.key.removeprefix(f"{PLATFORM}:")

    async def show(self, reply: Reply) -> None:
        """Show the reply soon; of several within the spacing only the newest is shown."""
        self._latest = reply
        if self._edits is None or self._edits.done():
            self._edits = task = asyncio.create_task(self._edit_when_due())
            self._client.edits.add(task)
            task.add_done_callback(self._client.edits.discard)

    async def finish(self, reply: Reply) -> bool:
        """Show the last reply; return whether some place took it."""
        self._latest = None
        async with self._editing:
            if self._edits is not None:
                self._edits.cancel()
            return await self._put(reply, last=True)

    async def _edit_when_due(self) -> None:
        loop = asyncio.get_running_loop()
        while self._latest is not None:
            await asyncio.sleep(max(self._last_edit + limits.EDIT_SPACING_S - loop.time(), 0.0))
            async with self._editing:
                reply, self._latest = self._latest, None
                if reply is not None:
                    await self._put(reply, last=False)
                    self._last_edit = loop.time()

    async def _put(self, reply: Reply, *, last: bool) -> bool:
        while self._places:
            place = self._places[0]
            reason = place.closed()
            if not reason:
                try:
                    await self._put_patiently(place, reply, last=last)
                except CALL_ERRORS as error:
                    if _passing(error) and not last:
                        return False
                    reason = _NOT_LET if isinstance(error, discord.Forbidden) else ""
                else:
                    return True
            self._leave(place, reason)
        return False

    async def _put_patiently(self, place: Place, reply: Reply, *, last: bool) -> None:
        """Put it; the last reply again after each pause, while the trouble is a passing one."""
        for pause in (*_PAUSES_S, None) if last else (None,):
            try:
                await self._put_in(place, reply, last=last)
            except CALL_ERRORS as error:
                self._client.note(error)
                if pause is None or not _passing(error):
                    raise
                await asyncio.sleep(pause)
            else:
                return

    async def _put_in(self, place: Place, reply: Reply, *, last: bool) -> None:
        restraint = place.without_cards()
        notes = [*self._notes, restraint] if restraint else self._notes
        fullest = FORMS[-1] if restraint else self._form
        form, message = await put_fullest(place.put, reply, fullest=fullest, notes=notes)
        if not restraint:
            self._form = form
        if last:
            for text in message.following:
                await place.add(text)

    def _direct(self) -> DirectPlace:
        return DirectPlace(self._client, self._address["user"], nonce=f"{self._nonce}d")

    def _leave(self, place: Place, reason: str) -> None:
        self._places.remove(place)
        if self._places:
            _log.info("Discord answer goes to %s instead", type(self._places[0]).__name__)
            self._notes += [reason] if reason else []


class InteractionDelivery(_Delivery):
    """The answer to a command or a control, by the interaction's token while it lives.

    After that, or where there never was one, a private answer becomes a direct message and any
    other goes to the channel.
    """

    def __init__(self, client: LookbookClient, request: Request) -> None:
        super().__init__(client, request)
        address = self._address
        if address["message"]:
            self._places.append(
                InteractionPlace(
                    client,
                    application=address["application"],
                    interaction=address["interaction"],
                    token=address["token"],
                    message=address["message"],
                    private=request.private,
                )
            )
        if address["channel"] and not request.private:
            self._places.append(ChannelPlace(client, address["channel"], nonce=self._nonce))
        self._places.append(self._direct())

    async def open(self) -> Mapping[str, Any]:
        """Return the address; Discord has shown that the bot is thinking since `begin`."""
        return dict(self._address)


class MessageDelivery(_Delivery):
    """The answer to a message: in a thread of its own, else as a reply, else directly."""

    def __init__(self, client: LookbookClient, request: Request) -> None:
        super().__init__(client, request)
        self._title, _ = cleaned(request.text)
        self._stand_at(
            self._address.get("place", self._address["channel"]), self._address.get("answer")
        )

    async def open(self) -> Mapping[str, Any]:
        """Open the thread, say that the search is on, and return where."""
        if "answer" in self._address:
            return dict(self._address)
        if self._address["thread"]:
            self._stand_at(await self._open_thread())
        await self._put(_LOOKING, last=False)
        place = self._places[0] if self._places else None
        if not isinstance(place, ChannelPlace):
            return dict(self._address)
        return {**self._address, "place": place.channel, "answer": place.message}

    def _stand_at(self, target: int, answer: int | None = None) -> None:
        source = self._address["message"] if target == self._address["channel"] else None
        place = ChannelPlace(
            self._client, target, message=answer, replies_to=source, nonce=self._nonce
        )
        self._places = [place, self._direct()]

    async def _open_thread(self) -> int:
        """Return the id of the thread, or of the channel where none can be opened."""
        channel = self._client.get_channel(self._address["channel"])
        if not isinstance(channel, discord.TextChannel):
            return int(self._address["channel"])
        lacking = self._client.lacking(channel.id, permissions.OPEN_THREAD)
        if lacking:
            self._notes.append(f"I can't open a thread here: I lack *{lacking}*.")
            return channel.id
        asked = channel.get_partial_message(self._address["message"])
        name = limits.shortened(self._title, limits.THREAD_NAME)
        try:
            return (await asked.create_thread(name=name or "Lookbook")).id
        except CALL_ERRORS as error:
            self._client.note(error)
            there = isinstance(error, discord.HTTPException) and error.code == _THREAD_EXISTS
            # A thread has the id of the message that it was opened from.
            return asked.id if there else channel.id


def _passing(error: Exception) -> bool:
    """Return whether the same call may work in a moment."""
    return not isinstance(error, discord.HTTPException) or error.status in _PASSING
