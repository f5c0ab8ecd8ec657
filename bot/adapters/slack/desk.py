"""What people do in Slack, handed to the assistant."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.adapters.slack import buttons
from bot.adapters.slack.blocks import LOOKING, ON_IT, Message, actions, message
from bot.adapters.slack.delivery import SlackDelivery
from bot.adapters.slack.intake import (
    Click,
    Payload,
    direct_report,
    from_command,
    from_message,
    is_direct,
)
from bot.adapters.slack.personal import PersonalDesk
from bot.adapters.slack.places import MessagePlace, Place, ResponsePlace
from bot.adapters.slack.text import asked
from bot.adapters.slack.web import SlackRefusal, SlackWeb
from bot.assistant.replies import AnswerReply, Notice, Reply
from bot.assistant.requests import Action, Request
from config.settings import Settings

if TYPE_CHECKING:
    from bot.assistant.assistant import Assistant

ADMINS_ONLY = Notice("refused", "That command is for the admins of this workspace.")
NOT_NOW = Notice("failed", "I can't do that just now, sorry. Please try again in a minute.")
FORGETTING = Notice(
    "info",
    "Shall I forget your profile, what you like, what you asked and the answers I gave you in this "
    "workspace? There is no way back.",
)
REPORTING = Notice("done", "I'll write you about the index in our direct messages.")
LAST_CALLS_S = 5.0
"""How long a stopping process waits for calls that were begun."""

_LOG = logging.getLogger(__name__)


class Desk:
    """One method for each thing that a person can do, and the deliveries of the answers."""

    def __init__(self, settings: Settings, assistant: Assistant, web: SlackWeb) -> None:
        self.identity: Mapping[str, Any] = {}
        """What `auth.test` says about the bot."""
        self.lost = ""
        """The event that took the installation back, if one did."""
        self._settings = settings
        self._assistant = assistant
        self._web = web
        self._tasks: set[asyncio.Task[None]] = set()
        self.personal = PersonalDesk(settings, assistant, web, self.run)

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do the work in a task that is kept until it is done."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    async def close(self) -> None:
        """Let what is on its way to Slack arrive, and give up the rest."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=LAST_CALLS_S)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    # --- what people do ---

    def help(self) -> Message:
        """Return the help."""
        return message(self._assistant.help())

    def forgetting(self) -> Message:
        """Return the question before a person is forgotten, with the button that does it."""
        whole = message(FORGETTING)
        whole["blocks"].append(actions("forget", [buttons.forget_button()]))
        return whole

    async def hear(self, event: Payload, team: str, *, mentioned: bool) -> None:
        """Answer a message that is for us: a mention, a direct message, a reply in our thread."""
        request = from_message(event, team)
        if request is None:
            return
        if not mentioned and not is_direct(event):
            if self._is_for_others(event) or not event.get("thread_ts"):
                return
            if not await self._assistant.knows(request.conversation):
                return
        if not request.text and request.joined:
            request = replace(request, text=await self._root(request))
        await self._submit(request)

    async def answer(self, body: Payload, action: Action) -> None:
        """Answer a command through its response URL."""
        await self._submit(from_command(body, action))

    async def reindex(self, body: Payload) -> None:
        """Refresh the index for an admin, who is told how it goes in their direct messages."""
        request = from_command(body, "reindex")
        if await self._allowed(request):
            await self._say(request, REPORTING)
            await self._submit(direct_report(request))

    async def index_status(self, body: Payload) -> None:
        """Tell an admin about the index."""
        request = from_command(body, "recommend")
        if await self._allowed(request):
            await self._say(request, await self._assistant.index_status())

    async def press(self, click: Click) -> None:
        """Do what a button says."""
        shopper, answer_id, number = click.shopper, click.target.answer_id, click.target.number
        assistant = self._assistant
        match click.action:
            case buttons.LIKE | buttons.DISLIKE:
                liked = click.action == buttons.LIKE
                notice = await assistant.feedback(shopper, answer_id, number, liked=liked)
                await self._whisper(click, notice)
            case buttons.NOT_THIS_KIND:
                await self._whisper(
                    click, await assistant.not_this_kind(shopper, answer_id, number)
                )
            case buttons.WHY:
                await self._whisper(click, await assistant.why(shopper, answer_id, number))
            case buttons.SIMILAR:
                await self._submit(click.request("similar"))
            case buttons.OUTFIT:
                await self._submit(click.request("outfit"))
            case buttons.MORE:
                await self._submit(click.request("more"))
            case buttons.BACK | buttons.NEXT | buttons.SHARE:
                reply = await assistant.page(shopper, answer_id, number)
                await self._turn(click, reply, shared=click.action == buttons.SHARE)

    def lose_installation(self, event: str) -> None:
        """Remember that the workspace took the app or its token back."""
        _LOG.error("Slack took the installation back: %s.", event)
        self.lost = event

    # --- deliveries ---

    def delivery(self, request: Request, *, resumed: bool = False) -> SlackDelivery:
        """Return the delivery of a request; `resumed` for one from before a restart."""
        address = request.address
        channel, user = address.get("channel", ""), address["user"]
        places: list[Place] = []
        if channel:
            places.append(
                MessagePlace(
                    self._web,
                    channel,
                    address.get("thread", ""),
                    request.key,
                    ts=address.get("ts", ""),
                    resumed=resumed,
                )
            )
        if address.get("url"):
            places.append(
                ResponsePlace(
                    self._web,
                    address["url"],
                    greeted=bool(address.get("greeted")),
                    thread=address.get("thread", ""),
                    until=address["until"],
                )
            )
        if channel != user:
            places.append(MessagePlace(self._web, user, "", request.key))
        return SlackDelivery(
            places,
            self.run,
            sign_of_life=ON_IT if request.action == "reindex" else LOOKING,
            private=request.private,
            note=self._invitation if channel and channel[0] not in "DU" else "",
        )

    async def _submit(self, request: Request) -> None:
        await self._assistant.submit(request, self.delivery(request))

    async def _say(self, request: Request, notice: Notice) -> None:
        await self.delivery(request).finish(notice)

    async def _turn(self, click: Click, reply: Reply, *, shared: bool) -> None:
        """Show another page in place of the one there, or this one to the whole channel."""
        if not isinstance(reply, AnswerReply):
            await self._whisper(click, reply)
            return
        place = ResponsePlace(self._web, click.url, replaces=not shared, public=shared)
        note = f"Shared by {click.user_name}" if shared else ""
        delivery = SlackDelivery(
            [place], self.run, private=click.private and not shared, footer=note
        )
        if await delivery.finish(reply) and shared:
            # The asker's own copy stays, without the button that has done its work.
            own = ResponsePlace(self._web, click.url, replaces=True)
            await SlackDelivery([own], self.run).finish(reply)

    async def _whisper(self, click: Click, notice: Notice) -> None:
        """Say something to the one who pressed a button, below the message."""
        place = ResponsePlace(self._web, click.url, thread=click.thread)
        await SlackDelivery([place], self.run).finish(notice)

    # --- questions to Slack ---

    async def _allowed(self, request: Request) -> bool:
        """Return whether the asker is an admin; whoever is not is told so."""
        user = request.shopper.user
        try:
            allowed = user in self._settings.slack.admins or await self._web.is_admin(user)
        except SlackRefusal as refusal:
            _LOG.warning("Slack does not say who is an admin: %s.", refusal)
            await self._say(request, NOT_NOW)
            return False
        _LOG.info("Admin command by %s: %s.", user, "allowed" if allowed else "refused")
        if not allowed:
            await self._say(request, ADMINS_ONLY)
        return allowed

    async def _root(self, request: Request) -> str:
        """Return what a thread is about, for a mention that says nothing itself."""
        address = request.address
        try:
            return asked(await self._web.thread_root(address["channel"], address["thread"]))
        except SlackRefusal as refusal:
            _LOG.info("A thread could not be read: %s.", refusal)
            return ""

    def _is_for_others(self, event: Payload) -> bool:
        """Whether a message without need of a mention mentions us all the same, or calls another.

        The first comes as a mention, too.
        """
        text = str(event.get("text", "")).lstrip()
        return f"<@{self.identity.get('user_id', '')}" in text or text.startswith("<@")

    @property
    def _invitation(self) -> str:
        name = self.identity.get("user", "lookbook")
        return f"I can't write in that channel. Say `/invite @{name}` there, and next time I can."

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The kind of the error only: its text may quote what somebody wrote.
            _LOG.error("Something of Slack's was not handled: %s.", type(error).__name__)
