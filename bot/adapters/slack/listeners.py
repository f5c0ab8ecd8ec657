"""What Bolt calls: every listener acknowledges first and leaves the rest to a task of its own."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse

from bot.adapters.slack import buttons
from bot.adapters.slack.blocks import waiting
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.intake import from_click, pressed_by, typed_by
from bot.adapters.slack.surface import (
    FORGET_ME,
    INDEX_STATUS,
    MY_DATA,
    OUTFIT,
    PLATFORM,
    PROFILE,
    RECOMMEND,
    REINDEX,
)
from bot.adapters.slack.text import asked
from bot.adapters.slack.views import PROFILE_FORM, sent_in
from bot.assistant.requests import Action, Shopper

Body = Mapping[str, Any]
Handle = Callable[[Body], Coroutine[Any, Any, None]]
EVERYTHING = re.compile(".*")
ACK_SENT_S = 0.05
"""Bolt looks every 10 ms for an acknowledgement to send; no answer may overtake it."""
BUTTONS = re.compile("^lookbook_")


def register(app: AsyncApp, desk: Desk) -> None:
    """Register a listener for all that the app may be sent; nothing is left to be redelivered."""
    _register_commands(app, desk)
    _register_buttons(app, desk)
    _register_events(app, desk)

    @app.error
    async def failed(error: Exception) -> BoltResponse:
        # Bolt's own handler logs the payload; what is raised here is a programming error.
        desk.run(_raised(error))
        return BoltResponse(status=200)


def _register_commands(app: AsyncApp, desk: Desk) -> None:
    def search(name: str, action: Action) -> None:
        @app.command(name)
        async def command(ack: AsyncAck, body: Body) -> None:
            if not asked(str(body.get("text", ""))):
                await ack(**desk.help(), response_type="ephemeral")
                return
            await ack(**waiting(), response_type="ephemeral")
            desk.run(_after_ack(desk.answer(body, action)))

    def on(name: str, handle: Handle) -> None:
        @app.command(name)
        async def command(ack: AsyncAck, body: Body) -> None:
            await ack()
            desk.run(_after_ack(handle(body)))

    search(RECOMMEND, "recommend")
    search(OUTFIT, "outfit")
    on(PROFILE, lambda body: desk.personal.open_form(typed_by(body), **_trigger(body)))
    on(MY_DATA, lambda body: desk.personal.send_data(typed_by(body), str(body["response_url"])))
    on(REINDEX, desk.reindex)
    on(INDEX_STATUS, desk.index_status)

    @app.command(FORGET_ME)
    async def forget_me(ack: AsyncAck) -> None:
        await ack(**desk.forgetting(), response_type="ephemeral")

    @app.command(EVERYTHING)
    async def unknown(ack: AsyncAck) -> None:
        await ack(**desk.help(), response_type="ephemeral")


def _register_buttons(app: AsyncApp, desk: Desk) -> None:
    def on(name: str, handle: Handle) -> None:
        @app.action(name)
        async def press(ack: AsyncAck, body: Body) -> None:
            await ack()
            desk.run(handle(body))

    personal = desk.personal
    on(buttons.PROFILE, lambda body: personal.open_form(pressed_by(body), **_trigger(body)))
    on(buttons.MY_DATA, lambda body: personal.send_data(pressed_by(body)))
    on(
        buttons.FORGET,
        lambda body: personal.forget(pressed_by(body), str(body.get("response_url", ""))),
    )

    @app.view(PROFILE_FORM)
    async def form(ack: AsyncAck, body: Body) -> None:
        await ack()
        desk.run(personal.keep(pressed_by(body), *sent_in(body["view"])))

    @app.action(BUTTONS)
    async def press(ack: AsyncAck, body: Body) -> None:
        await ack()
        click = from_click(body)
        if click is not None:
            desk.run(desk.press(click))

    for listen in (app.action, app.shortcut, app.view, app.options):

        @listen(EVERYTHING)
        async def unknown(ack: AsyncAck) -> None:
            await ack()


def _register_events(app: AsyncApp, desk: Desk) -> None:
    @app.event("app_mention")
    async def mention(event: Body, body: Body) -> None:
        desk.run(desk.hear(event, str(body["team_id"]), mentioned=True))

    @app.event("message")
    async def message(event: Body, body: Body) -> None:
        desk.run(desk.hear(event, str(body["team_id"]), mentioned=False))

    @app.event("app_home_opened")
    async def home(event: Body, body: Body) -> None:
        if event.get("tab") == "home":
            shopper = Shopper(PLATFORM, str(body["team_id"]), str(event["user"]))
            desk.run(desk.personal.show_home(shopper))

    for lost in ("app_uninstalled", "tokens_revoked"):

        @app.event(lost)
        async def uninstalled(event: Body) -> None:
            desk.lose_installation(str(event["type"]))

    @app.event(EVERYTHING)
    async def anything_else() -> None:
        """Acknowledge what nobody asked for."""


def _trigger(body: Body) -> dict[str, str]:
    """Return what opens a form, and where the one who typed a command is answered."""
    return {"trigger": str(body["trigger_id"]), "url": str(body.get("response_url", ""))}


async def _after_ack(work: Coroutine[Any, Any, None]) -> None:
    await asyncio.sleep(ACK_SENT_S)
    await work


async def _raised(error: Exception) -> None:
    raise error
