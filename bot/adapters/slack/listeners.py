"""What Bolt calls: every listener acknowledges first and leaves the rest to a task of its own."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse

from bot.adapters.slack import buttons
from bot.adapters.slack.blocks import ON_IT, waiting
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.intake import from_click
from bot.adapters.slack.surface import INDEX_STATUS, RECOMMEND, REINDEX
from bot.adapters.slack.text import asked

Body = Mapping[str, Any]
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
    def on(name: str, handle: Callable[[Body], Coroutine[Any, Any, None]]) -> None:
        @app.command(name)
        async def command(ack: AsyncAck, body: Body) -> None:
            if name == RECOMMEND and not asked(str(body.get("text", ""))):
                await ack(**desk.help(), response_type="ephemeral")
                return
            sign = waiting() if name == RECOMMEND else waiting(ON_IT)
            await ack(**sign, response_type="ephemeral")
            desk.run(_after_ack(handle(body)))

    on(RECOMMEND, desk.recommend)
    on(REINDEX, desk.reindex)
    on(INDEX_STATUS, desk.index_status)

    @app.command(EVERYTHING)
    async def unknown(ack: AsyncAck) -> None:
        await ack(**desk.help(), response_type="ephemeral")


def _register_buttons(app: AsyncApp, desk: Desk) -> None:
    @app.action(buttons.FORGET)
    async def forget(ack: AsyncAck, body: Body) -> None:
        await ack()
        desk.run(desk.forget(str(body["user"]["id"]), str(body["team"]["id"])))

    @app.action(BUTTONS)
    async def press(ack: AsyncAck, body: Body) -> None:
        await ack()
        click = from_click(body)
        if click is not None:
            desk.run(desk.press(str(body["actions"][0]["action_id"]), click))

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
    async def home(event: Body) -> None:
        if event.get("tab") == "home":
            desk.run(desk.show_home(str(event["user"])))

    for lost in ("app_uninstalled", "tokens_revoked"):

        @app.event(lost)
        async def uninstalled(event: Body) -> None:
            desk.lose_installation(str(event["type"]))

    @app.event(EVERYTHING)
    async def anything_else() -> None:
        """Acknowledge what nobody asked for."""


async def _after_ack(work: Coroutine[Any, Any, None]) -> None:
    await asyncio.sleep(ACK_SENT_S)
    await work


async def _raised(error: Exception) -> None:
    raise error
