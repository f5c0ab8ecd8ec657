"""The Web API and the response URLs."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.slack_server import rules
from tests.slack_server.blocks import images
from tests.slack_server.faults import Faults
from tests.slack_server.files import Files, shareable
from tests.slack_server.modals import Modals
from tests.slack_server.refusals import Refused
from tests.slack_server.world import BOT_ID, BOT_NAME, BOT_USER, TEAM, Channel, Message, World

RESPONSE_USES = 5
RESPONSE_S = 30 * 60
TICKET_S = 30.0

Answer = dict[str, Any]


@dataclass
class Call:
    method: str
    arguments: dict[str, Any]
    at: float
    answer: Answer | str | None = None


class Api:
    """Every method that the app may call; an unknown one is a problem of the test."""

    def __init__(self, world: World, faults: Faults, problems: list[str]) -> None:
        self.world = world
        self.faults = faults
        self.problems = problems
        self.calls: list[Call] = []
        self.bot_token = f"xoxb-{secrets.token_hex(8)}"
        self.app_token = f"xapp-{secrets.token_hex(8)}"
        self.files = Files(world)
        self.modals = Modals(world, problems)
        self.tickets: dict[str, float] = {}
        self.socket_url = ""
        self.dead_images: set[str] = set()
        """Pictures that cannot be fetched: they kill a message as image blocks."""
        self.refused_images: set[str] = set()
        """Pictures of a kind that Slack refuses wherever they stand."""
        self.per_window: dict[str, int] = {}
        """Calls of a method that are taken within `window_s`; the others meet a 429."""
        self.window_s = 60.0
        self._taken: dict[str, list[float]] = {}
        self.after_post: Callable[[Message], None] = lambda _: None
        self.changed: Callable[[], None] = lambda: None
        self._methods: dict[str, Callable[[Answer], Answer]] = {
            "auth.test": self._auth_test,
            "apps.connections.open": self._connections_open,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "files.completeUploadExternal": self._share_files,
            "files.getUploadURLExternal": self.files.upload_url,
            "users.info": self._user_info,
            "views.open": self.modals.open,
            "views.publish": self._publish,
        }

    def made(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def method(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = Call(name, await _arguments(request), time.monotonic())
        self.calls.append(call)

        wait = self._too_many(name)
        if wait:
            return _slow_down(wait)

        async def take() -> web.Response:
            call.answer = self._answer(call, request)
            headers = {"x-oauth-scopes": ",".join(sorted(self.world.scopes))}
            return web.json_response(call.answer, headers=headers)

        return await self._with_faults(request, name, take)

    async def response_url(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        call = Call("response_url", body, time.monotonic())
        self.calls.append(call)

        async def take() -> web.Response:
            status, call.answer = 200, "ok"
            try:
                self._respond(request.match_info["name"], body)
            except Refused as refused:
                call.answer = str(refused)
                status = 404 if call.answer in {"no_service", "expired_url", "used_url"} else 400
            return web.Response(status=status, text=call.answer)

        return await self._with_faults(request, "response_url", take)

    async def _with_faults(
        self, request: web.Request, name: str, take: Callable[[], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        fault = self.faults.of(name)
        if fault is not None:
            match fault.kind:
                case "slow":
                    await asyncio.sleep(fault.seconds)
                case "status" if fault.status == 429:
                    return _slow_down(fault.retry_after)
                case "status":
                    return web.Response(status=fault.status, content_type="text/html")
                case "error":
                    if name == "response_url":
                        return web.Response(status=fault.status, text=fault.error)
                    return web.json_response({"ok": False, "error": fault.error})
                case "drop":
                    _cut(request)
                    return web.Response()
        response = await take()
        self.changed()
        if fault is not None and fault.kind == "lose":
            _cut(request)
        return response

    def _too_many(self, method: str) -> int:
        """Return the seconds to wait before a method may be called again, 0 where it may now."""
        limit = self.per_window.get(method)
        if limit is None:
            return 0
        now = time.monotonic()
        taken = [at for at in self._taken.get(method, []) if at > now - self.window_s]
        self._taken[method] = taken
        if len(taken) < limit:
            taken.append(now)
            return 0
        return max(1, round(taken[0] + self.window_s - now))

    def _answer(self, call: Call, request: web.Request) -> Answer:
        try:
            method = self._methods.get(call.method)
            if method is None:
                return self._unknown(call.method)
            self._authorise(call.method, request)
            return {"ok": True, **method(call.arguments)}
        except Refused as refused:
            return refused.answer

    def _unknown(self, method: str) -> Answer:
        self.problems.append(f"unknown method {method}")
        return {"ok": False, "error": "unknown_method"}

    def _authorise(self, method: str, request: web.Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise Refused("not_authed")
        if method == "apps.connections.open":
            if token == self.bot_token:
                raise Refused("not_allowed_token_type")
            if token != self.app_token:
                raise Refused("invalid_auth")
            return
        if token != self.bot_token:
            raise Refused("invalid_auth")
        if self.world.revoked:
            raise Refused("token_revoked")
        needed = rules.SCOPES_OF_METHODS[method]
        if needed and not self.world.scopes & set(needed):
            raise Refused(
                "missing_scope", needed=needed[0], provided=",".join(sorted(self.world.scopes))
            )

    # --- methods ---

    def _auth_test(self, _: Answer) -> Answer:
        return {
            "url": "https://loopback.slack.com/",
            "team": "Loopback",
            "team_id": TEAM,
            "user": BOT_NAME,
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
        }

    def _connections_open(self, _: Answer) -> Answer:
        ticket = secrets.token_hex(8)
        self.tickets[ticket] = time.monotonic() + TICKET_S
        return {"url": f"{self.socket_url}?ticket={ticket}"}

    def _post_message(self, arguments: Answer) -> Answer:
        channel = self._writable(arguments.get("channel", ""))
        self._checked(arguments, "chat.postMessage")
        thread = arguments.get("thread_ts", "")
        if thread and self.world.find(channel.id, thread) is None:
            raise Refused("thread_not_found")
        message = self.world.post(channel.id, BOT_USER, arguments, thread=thread)
        self.after_post(message)
        return {"channel": channel.id, "ts": message.ts, "message": _shown(message)}

    def _update(self, arguments: Answer) -> Answer:
        channel = self._writable(arguments.get("channel", ""))
        if arguments.get("channel", "")[:1] == "U":
            raise Refused("channel_not_found")
        message = self.world.find(channel.id, arguments.get("ts", ""))
        if message is None or message.only_for:
            raise Refused("message_not_found")
        if not message.by_bot:
            raise Refused("cant_update_message")
        self._checked(arguments, "chat.update", update=True)
        message.text = arguments.get("text") or ""
        if "blocks" in arguments:
            message.blocks = list(arguments["blocks"] or [])
        message.edits += 1
        return {"channel": channel.id, "ts": message.ts, "text": message.text}

    def _history(self, arguments: Answer) -> Answer:
        """Return what is not in threads, newest first."""
        channel = self._readable(arguments)
        found = [m for m in self.world.in_channel(channel.id) if m.thread_ts in {"", m.ts}]
        return _page(found[::-1], arguments)

    def _replies(self, arguments: Answer) -> Answer:
        """Return a thread, its root first."""
        channel = self._readable(arguments)
        found = self.world.in_channel(channel.id, arguments.get("ts", ""))
        if not found:
            raise Refused("thread_not_found")
        return _page(found, arguments)

    def _user_info(self, arguments: Answer) -> Answer:
        user = self.world.users.get(arguments.get("user", ""))
        if user is None:
            raise Refused("user_not_found")
        return {"user": user}

    def _share_files(self, arguments: Answer) -> Answer:
        channel = self._writable(shareable(arguments.get("channel_id") or ""))
        return self.files.share(arguments, channel)

    def _publish(self, arguments: Answer) -> Answer:
        user, view = arguments.get("user_id", ""), arguments.get("view", {})
        if user not in self.world.users:
            raise Refused("user_not_found")
        error, why = rules.fault_of_view(view, "home")
        if error:
            self.problems.append(f"views.publish: {why}")
            raise Refused(error)
        pings = rules.pings(view)
        if pings:
            self.problems.append(f"views.publish would ping: {pings}")
        self.world.homes[user] = view
        return {"view": view}

    # --- response URLs ---

    def _respond(self, name: str, body: Answer) -> None:
        found = self.world.response_urls.get(name)
        if found is None:
            raise Refused("no_service")
        if self.world.now() > found.made_at + RESPONSE_S:
            raise Refused("expired_url")
        if found.pending:
            self.problems.append("an answer overtook the acknowledgement of its command")
        found.uses += 1
        if found.uses > RESPONSE_USES:
            raise Refused("used_url")
        target = found.source
        if body.get("delete_original"):
            if target is not None:
                target.deleted = True
            return
        self._checked(body, "response_url")
        if body.get("replace_original") and target is not None:
            target.text = body.get("text") or ""
            target.blocks = list(body.get("blocks") or [])
            target.edits += 1
            return
        public = body.get("response_type") == "in_channel"
        message = self.world.post(
            found.channel,
            BOT_USER,
            body,
            thread=body.get("thread_ts", ""),
            only_for="" if public else found.user,
        )
        found.posted.append(message)

    # --- checks ---

    def _writable(self, name: str) -> Channel:
        channel = self.world.channels.get(f"D{name}" if name.startswith("U") else name)
        if channel is None or (channel.private and BOT_USER not in channel.members):
            raise Refused("channel_not_found")
        if BOT_USER not in channel.members:
            raise Refused("not_in_channel")
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def _readable(self, arguments: Answer) -> Channel:
        channel = self.world.channels.get(arguments.get("channel", ""))
        if channel is None:
            raise Refused("channel_not_found")
        if BOT_USER not in channel.members:
            raise Refused("not_in_channel")
        if f"{channel.kind}:history" not in self.world.scopes:
            raise Refused("missing_scope", needed=f"{channel.kind}:history")
        return channel

    def _checked(self, message: Mapping[str, Any], method: str, *, update: bool = False) -> None:
        error, why = rules.fault_of_message(message, update=update)
        if error:
            self.problems.append(f"{method}: {error}: {why}")
            raise Refused(error)
        pings = rules.pings(message)
        if pings:
            self.problems.append(f"{method} would ping: {pings}")
        blocks = message.get("blocks")
        unfetched = self.dead_images & set(images(blocks, of_blocks=True))
        refused = self.refused_images & {
            *images(blocks, of_blocks=True),
            *images(blocks, of_blocks=False),
        }
        if unfetched or refused:
            raise Refused("invalid_blocks")


async def _arguments(request: web.Request) -> Answer:
    """Return what a method reads: the query, a form, and JSON unless it is a reading method."""
    found: Answer = dict(request.query)
    if request.content_type == "application/json":
        if request.match_info["method"] not in rules.READS:
            found |= await request.json()
    else:
        found |= dict(await request.post())
    for name in ("blocks", "files", "metadata", "view"):
        if isinstance(found.get(name), str):
            found[name] = json.loads(found[name])
    return found


def _shown(message: Message, *, metadata: bool = False) -> Answer:
    shown: Answer = {
        "type": "message",
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
    }
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.by_bot:
        shown |= {"bot_id": BOT_ID}
    if metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


def _page(found: list[Message], arguments: Answer) -> Answer:
    with_metadata = str(arguments.get("include_all_metadata", "")) in {"1", "true"}
    limit = int(arguments.get("limit", 1000))
    messages = [_shown(message, metadata=with_metadata) for message in found[:limit]]
    return {"messages": messages, "has_more": len(found) > limit}


def _slow_down(seconds: int) -> web.Response:
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
