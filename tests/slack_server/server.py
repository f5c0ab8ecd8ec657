"""A stateful Slack on loopback: `async with SlackServer() as slack:`."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml
from aiohttp import web

from tests.slack_server import rules
from tests.slack_server.api import Api
from tests.slack_server.events import Events, Handed
from tests.slack_server.faults import Fault, Faults
from tests.slack_server.world import APP, BOT_ID, BOT_USER, TEAM, Message, World, elements

MANIFEST = Path(__file__).parents[2] / "config" / "slack-manifest.yaml"
PATIENCE_S = 60.0


class SlackServer:
    """Slack with the app of a manifest installed: what that does not ask for does not work.

    Leaving the context raises AssertionError for whatever the app did that Slack would not take:
    an unknown method, a message beyond a limit, a ping.
    """

    def __init__(
        self,
        *,
        manifest: Path = MANIFEST,
        ack_s: float = 3.0,
        retry_after_s: Sequence[float] = (0.0, 0.3, 1.0),
    ) -> None:
        app = yaml.safe_load(manifest.read_text(encoding="utf-8"))
        self.commands = {entry["command"] for entry in app["features"]["slash_commands"]}
        self.problems: list[str] = []
        self.world = World(
            scopes=frozenset(app["oauth_config"]["scopes"]["bot"]),
            events=frozenset(app["settings"]["event_subscriptions"]["bot_events"]),
        )
        self.faults = Faults()
        self.api = Api(self.world, self.faults, self.problems)
        self.events = Events(ack_s=ack_s, retry_after_s=retry_after_s)
        self.events.tickets = self.api.tickets
        self.api.after_post = self._echo
        self.api.changed = self._wake
        self._runner: web.AppRunner | None = None
        self._deliveries: set[asyncio.Task[Any]] = set()
        self._changed = asyncio.Event()
        self.port = 0
        for user in ("U1", "U2"):
            self.world.add_user(user)
        self.world.add_user("UADMIN", admin=True)
        self.world.add_channel("C1", "U1", "U2", "UADMIN")
        self.world.add_channel("CAWAY", "U1", bot=False)
        self.world.add_channel("GAWAY", "U1", bot=False, private=True)

    # --- its life ---

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/api/{method}", self.api.method)
        app.router.add_post("/commands/{name}", self.api.response_url)
        app.router.add_post("/upload/{ticket}", self.api.files.take)
        app.router.add_get("/link", self.events.link)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.api.socket_url = f"ws://127.0.0.1:{self.port}/link"
        self.api.files.address = f"http://127.0.0.1:{self.port}/upload/"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._deliveries:
            task.cancel()
        await self.events.cut()
        if self._runner is not None:
            await self._runner.cleanup()
        if error is None and self.problems:
            raise AssertionError("Slack would not take this: " + "; ".join(self.problems))

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings with which the product talks to this server."""
        return {
            "LOOKBOOK__SLACK__BOT_TOKEN": self.api.bot_token,
            "LOOKBOOK__SLACK__APP_TOKEN": self.api.app_token,
            "LOOKBOOK__SLACK__SIGNING_SECRET": self.events.signing_secret,
            "LOOKBOOK__SLACK__API_URL": self.api_url,
        }

    # --- what people do ---

    async def command(
        self, name: str, text: str = "", *, user: str = "U1", channel: str = "C1"
    ) -> Handed:
        """Type a slash command; return what the acknowledgement said."""
        if name not in self.commands:
            raise AssertionError(f"{name} is no command of the app")
        url, kept = self.world.response_url(user, channel)
        payload = {
            "token": "legacy",
            "team_id": TEAM,
            "team_domain": "loopback",
            "channel_id": channel,
            "channel_name": channel.lower(),
            "user_id": user,
            "user_name": user.lower(),
            "command": name,
            "text": text,
            "api_app_id": APP,
            "response_url": self._response_address(url),
            "trigger_id": self.world.trigger(user),
        }
        kept.pending = True
        handed = await self.events.hand("slash_commands", payload, again=False)
        kept.pending = False
        if handed.acknowledged and handed.answer:
            error, why = rules.fault_of_message(handed.answer)
            if error:
                self.problems.append(f"acknowledgement: {error}: {why}")
            public = handed.answer.get("response_type") == "in_channel"
            kept.posted.append(
                self.world.post(channel, BOT_USER, handed.answer, only_for="" if public else user)
            )
            self._wake()
        handed.told = kept.posted
        return handed

    async def say(
        self,
        text: str,
        *,
        user: str = "U1",
        channel: str = "C1",
        thread: str = "",
        **more: Any,
    ) -> str:
        """Write a message; return its `ts`. Slack delivers what the app may hear of it."""
        message = self.world.post(channel, user, {"text": text}, thread=thread)
        for event in self.events_of(message, **more):
            self._deliver(event)
        return message.ts

    async def mention(
        self, text: str, *, user: str = "U1", channel: str = "C1", thread: str = ""
    ) -> str:
        """Write a message that mentions the bot."""
        return await self.say(f"<@{BOT_USER}> {text}", user=user, channel=channel, thread=thread)

    async def direct(self, text: str, *, user: str = "U1", thread: str = "") -> str:
        """Write the bot a direct message."""
        return await self.say(text, user=user, channel=f"D{user}", thread=thread)

    async def press(
        self, message: Message, action_id: str, *, user: str = "U1", number: int = 0
    ) -> Handed:
        """Press the `number`th button of that id below a message."""
        found = [one for one in message.buttons if one["action_id"] == action_id]
        if not found:
            raise AssertionError(f"there is no button {action_id} below the message")
        return await self._act(message, found[number], user)

    async def choose(
        self, message: Message, label: str, *, user: str = "U1", number: int = 0
    ) -> Handed:
        """Choose a line of the `number`th overflow menu below a message."""
        menu = message.menus[number]
        (option,) = (one for one in menu["options"] if one["text"]["text"] == label)
        chosen = {key: menu[key] for key in ("type", "action_id")} | {"selected_option": option}
        return await self._act(message, chosen, user)

    async def _act(self, message: Message, action: dict[str, Any], user: str) -> Handed:
        name, _ = self.world.response_url(user, message.channel, message)
        container = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": bool(message.only_for),
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = {
            **self._interaction(user),
            "container": container,
            "channel": {"id": message.channel, "name": message.channel.lower()},
            "response_url": self._response_address(name),
            "actions": [{**action, "block_id": "b", "action_ts": self.world.new_ts()}],
        }
        if not message.only_for:
            payload["message"] = {"ts": message.ts, "text": message.text, "blocks": message.blocks}
        return await self.events.hand("interactive", payload, again=False)

    async def submit(
        self, filled: Mapping[str, str | list[str]] | None = None, *, user: str = "U1"
    ) -> Handed:
        """Submit the modal that a person sees, with some of its inputs filled in, by label."""
        modal = self.api.modals.open_for[user]
        state = {"values": modal.values(filled or {})}
        payload = {
            **self._interaction(user, "view_submission"),
            "view": {**modal.view, "id": modal.id, "hash": modal.hash, "state": state},
            "response_urls": [],
        }
        handed = await self.events.hand("interactive", payload, again=False)
        if handed.acknowledged:
            self.api.modals.submitted(user, handed.answer)
        return handed

    async def open_home(self, user: str = "U1", *, tab: str = "home") -> None:
        self._deliver({"type": "app_home_opened", "user": user, "channel": f"D{user}", "tab": tab})

    async def press_at_home(self, action_id: str, *, user: str = "U1") -> Handed:
        view = self.world.homes[user]
        (button,) = (
            one for one in elements(view["blocks"], "button") if one["action_id"] == action_id
        )
        payload = {
            **self._interaction(user),
            "container": {"type": "view", "view_id": "V1"},
            "view": view,
            "actions": [{**button, "block_id": "b", "action_ts": self.world.new_ts()}],
        }
        return await self.events.hand("interactive", payload, again=False)

    async def uninstall(self) -> None:
        """Take the app out of the workspace."""
        self.world.revoked = True
        self._deliver({"type": "tokens_revoked", "tokens": {"bot": [BOT_USER]}})
        self._deliver({"type": "app_uninstalled"})

    async def event(self, event: dict[str, Any]) -> Handed:
        """Deliver any event, as it is."""
        return await self.events.hand("events_api", self._callback(event), again=True)

    def fail(self, call: str, *, times: int = 1, **fault: Any) -> None:
        """Let the next calls of a method (or "response_url") meet a fault: see `Fault`."""
        self.faults.plan(call, Fault(**fault), times)

    # --- waiting ---

    async def until(self, happened: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
        """Return what `happened` returns once that is true."""
        async with asyncio.timeout(within_s):
            while not (found := happened()):
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.05)
        return found

    async def delivered(self) -> None:
        """Return when every event was acknowledged or given up."""
        while self._deliveries:
            await asyncio.wait(set(self._deliveries))

    # --- within ---

    def events_of(self, message: Message, **more: Any) -> list[dict[str, Any]]:
        """Return the events that Slack makes of a message: two of a mention, one of another."""
        channel = self.world.channels[message.channel]
        base = {
            "user": message.user,
            "text": message.text,
            "ts": message.ts,
            "channel": message.channel,
            "event_ts": message.ts,
            "team": TEAM,
            **more,
        }
        if message.thread_ts:
            base["thread_ts"] = message.thread_ts
        if message.by_bot:
            base |= {"bot_id": BOT_ID, "app_id": APP}
        kind = {"im": "im", "groups": "group", "channels": "channel"}[channel.kind]
        found = []
        if f"<@{BOT_USER}>" in message.text and not channel.dm_with and not message.by_bot:
            found.append({"type": "app_mention", **base})
        if BOT_USER in channel.members:
            found.append({"type": "message", "channel_type": kind, **base})
        return found

    def _deliver(self, event: dict[str, Any]) -> None:
        channel = self.world.channels.get(event.get("channel", ""))
        name = event["type"]
        if name == "message" and channel is not None:
            name = f"message.{channel.kind}"
        allowed = set(rules.SCOPES_OF_EVENTS[name]) <= self.world.scopes
        if name in self.world.events and allowed:
            self._start(self.events.hand("events_api", self._callback(event), again=True))

    def _echo(self, message: Message) -> None:
        """Tell the app of its own message, as Slack does."""
        for event in self.events_of(message):
            self._deliver(event)

    def _callback(self, event: dict[str, Any]) -> dict[str, Any]:
        return {
            "token": "legacy",
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event_id": self.world.new_id("Ev"),
            "event_time": int(self.world.now()),
            "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
        }

    def _interaction(self, user: str, kind: str = "block_actions") -> dict[str, Any]:
        return {
            "type": kind,
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
            "team": {"id": TEAM, "domain": "loopback"},
            "api_app_id": APP,
            "token": "legacy",
            "trigger_id": self.world.trigger(user),
        }

    def _response_address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/commands/{name}"

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    def _wake(self) -> None:
        self._changed.set()
