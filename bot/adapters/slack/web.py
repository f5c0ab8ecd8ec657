"""Slack's Web API and response URLs, with its refusals as one exception and nothing sent twice."""

import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.adapters.slack.blocks import Message
from bot.adapters.slack.surface import PLATFORM
from bot.metrics import Metrics

TIMEOUT_S = 30
RATE_LIMIT_RETRIES = 5
CALM_S = 60.0
"""How long after a 429 only last words are sent; Slack counts its limits by the minute."""
ANSWER_EVENT = "lookbook_answer"
"""Metadata type that marks a posted answer with its request's key, to find it again."""
LOOK_BACK = 50
"""Messages that are searched for a post whose outcome is unknown."""

OPEN_SOCKET = "apps.connections.open"
"""The one call with the app's token; its refusals say nothing about the bot's."""
UPLOAD = "files.completeUploadExternal"
"""The last of the three calls that make a file."""
UNKNOWN_OUTCOME = "unknown_outcome"
"""Our own code: the connection ended before Slack said whether it took the call."""
UNREACHABLE = "unreachable"
"""Our own code: no connection, so that nothing was sent."""
OUTAGE = frozenset(
    {
        UNKNOWN_OUTCOME,
        UNREACHABLE,
        "http_429",
        "internal_error",
        "ratelimited",
        "service_unavailable",
    }
)
"""What passes by itself."""
AUTHORISATION = frozenset(
    {
        "account_inactive",
        "app_uninstalled",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
REPEATABLE = re.compile(
    r"/(?:apps\.connections\.open|auth\.test|chat\.update|conversations\.(?:history|replies)"
    r"|files\.getUploadURLExternal|users\.info|views\.publish)$"
)
"""Calls that do no harm when they are taken twice; posting and response URLs are none."""
SERVER_FAILURES = frozenset({HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE})
SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?:wss?|https?)://[^\s'\")]+")


class SlackRefusal(Exception):  # noqa: N818 - what happened, and never shown as an error
    """Slack did not take a call; `code` is its error, or one of this module's."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code


class _Quiet(logging.Filter):
    """Keeps tokens, addresses and tracebacks (which may quote payloads) out of library logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = SECRET.sub("(hidden)", record.getMessage()).partition("\n")[0]
        record.args, record.exc_info = (), None
        return True


def library_logger() -> logging.Logger:
    """Return the logger for Slack's libraries: warnings, without secrets and payloads.

    Its level is set because the libraries format whole payloads where `logger.level` is unset.
    """
    logger = logging.getLogger("bot.adapters.slack.library")
    logger.setLevel(logging.WARNING)
    if not logger.filters:
        logger.addFilter(_Quiet())
    return logger


class _RateLimited(AsyncRateLimitErrorRetryHandler):
    """Waits as long as Slack asks for, and says so."""

    def __init__(self, on_limit: Callable[[], None]) -> None:
        super().__init__(max_retry_count=RATE_LIMIT_RETRIES)
        self._on_limit = on_limit

    async def prepare_for_next_attempt_async(self, **attempt: Any) -> None:
        self._on_limit()
        await super().prepare_for_next_attempt_async(**attempt)


class _Interrupted(AsyncRetryHandler):
    """Sends again what never left, and what does no harm twice."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - the names are the library's
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if isinstance(error, aiohttp.ClientConnectorError):
            return True
        cut = isinstance(error, aiohttp.ServerConnectionError | aiohttp.ClientOSError)
        failed = response is not None and response.status_code in SERVER_FAILURES
        return (cut or failed) and bool(REPEATABLE.search(request.url))


def retry_handlers(on_limit: Callable[[], None]) -> list[AsyncRetryHandler]:
    """Return the retries of every call; none of them can post a message twice."""
    return [_RateLimited(on_limit), _Interrupted(max_retry_count=2)]


class SlackWeb:
    """The few calls that the adapter makes. Every one of them raises SlackRefusal only."""

    def __init__(self, token: str, api_url: str, metrics: Metrics) -> None:
        self._retries = retry_handlers(self._slow_down)
        self.client = AsyncWebClient(
            token=token,
            base_url=api_url,
            timeout=TIMEOUT_S,
            logger=library_logger(),
            retry_handlers=self._retries,
        )
        self.trouble = ""
        """The last authorisation error, until a call works again."""
        self._metrics = metrics
        self._calm_until = 0.0

    @property
    def slowed(self) -> bool:
        """Whether Slack asked to slow down within the last minute."""
        return time.monotonic() < self._calm_until

    def open(self) -> None:
        """Keep connections open between calls from now on."""
        self.client.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))

    async def close(self) -> None:
        """Close the connections."""
        if self.client.session is not None:
            await self.client.session.close()

    async def identity(self) -> tuple[Mapping[str, Any], frozenset[str] | None]:
        """Return `auth.test` and the granted scopes, None where Slack does not name them."""
        answer = await self._call("auth.test")
        header = {key.lower(): value for key, value in answer["headers"].items()}
        granted = header.get("x-oauth-scopes")
        scopes = None if granted is None else frozenset(granted.replace(" ", "").split(","))
        return answer["data"], scopes

    async def socket_address(self, app_token: str) -> str:
        """Return a fresh Socket Mode address; it works once."""
        answer = await self._call(OPEN_SOCKET, {"token": app_token})
        return str(answer["data"]["url"])

    async def post(
        self, channel: str, thread: str, whole: Message, key: str = ""
    ) -> tuple[str, str]:
        """Post a message; return its channel and `ts`. `key` lets `find` see it again."""
        arguments: dict[str, Any] = {
            "channel": channel,
            **whole,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if thread:
            arguments["thread_ts"] = thread
        if key:
            arguments["metadata"] = {"event_type": ANSWER_EVENT, "event_payload": {"key": key}}
        data = (await self._call("chat.postMessage", arguments))["data"]
        return str(data["channel"]), str(data["ts"])

    async def update(self, channel: str, ts: str, whole: Message) -> None:
        """Put another text and other blocks in place of a message's."""
        await self._call("chat.update", {"channel": channel, "ts": ts, **whole})

    async def find(self, channel: str, thread: str, key: str) -> str:
        """Return the `ts` of the answer to request `key`, "" where there is none.

        Looks through the end of a thread, or of a channel where `thread` is "".
        """
        arguments = {"channel": channel, "limit": LOOK_BACK, "include_all_metadata": True}
        if thread:
            messages = await self._messages("conversations.replies", arguments | {"ts": thread})
        else:
            messages = await self._messages("conversations.history", arguments)
        for found in messages:
            metadata = found.get("metadata") or {}
            if (
                metadata.get("event_type") == ANSWER_EVENT
                and metadata.get("event_payload", {}).get("key") == key
            ):
                return str(found["ts"])
        return ""

    async def thread_root(self, channel: str, thread: str) -> str:
        """Return the text that a thread is about."""
        messages = await self._messages(
            "conversations.replies", {"channel": channel, "ts": thread, "limit": 1}
        )
        return str(messages[0].get("text", "")) if messages else ""

    async def is_admin(self, user: str) -> bool:
        """Return whether a person is an admin or an owner of the workspace."""
        data = (await self._call("users.info", {"user": user}, get=True))["data"]
        person = data.get("user", {})
        return bool(person.get("is_admin") or person.get("is_owner"))

    async def open_view(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Open a modal for whoever pressed or typed; a trigger works once, for three seconds."""
        await self._call("views.open", {"trigger_id": trigger, "view": view})

    async def send_file(self, channel: str, name: str, content: bytes) -> None:
        """Share a file in a channel or direct conversation, which needs its own id here."""
        await self._taken(
            UPLOAD, self.client.files_upload_v2(channel=channel, filename=name, content=content)
        )

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Show a person the App Home."""
        await self._call("views.publish", {"user_id": user, "view": view})

    async def respond(self, url: str, body: Mapping[str, Any]) -> None:
        """Use a response URL once more."""
        webhook = AsyncWebhookClient(
            url,
            timeout=TIMEOUT_S,
            session=self.client.session,
            logger=library_logger(),
            retry_handlers=self._retries,
        )
        try:
            answer = await webhook.send_dict(dict(body))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackRefusal("response_url", _lost(error)) from None
        if answer.status_code != HTTPStatus.OK:
            raise SlackRefusal("response_url", _code_of(answer.status_code, answer.body))

    def _slow_down(self) -> None:
        self._metrics.rate_limited.labels(PLATFORM).inc()
        self._calm_until = time.monotonic() + CALM_S

    async def _messages(self, method: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = (await self._call(method, arguments, get=True))["data"]
        return list(found.get("messages", []))

    async def _call(
        self,
        method: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        get: bool = False,
    ) -> dict[str, Any]:
        """Call a method; `get` for those that read, which take no JSON."""
        sent = dict(arguments or {})
        if get:
            call = self.client.api_call(method, http_verb="GET", params=sent)
        else:
            call = self.client.api_call(method, json=sent)
        answer = await self._taken(method, call)
        return {"data": answer.data, "headers": answer.headers}

    async def _taken(self, method: str, call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        """Return what Slack answers; whatever goes wrong becomes a refusal."""
        try:
            answer = await call
        except SlackApiError as error:
            code = _code_in(error)
            if code in AUTHORISATION and method != OPEN_SOCKET:
                self.trouble = code
            raise SlackRefusal(method, code) from None
        except SlackRequestError:  # the place to upload to took nothing
            raise SlackRefusal(method, UNKNOWN_OUTCOME) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackRefusal(method, _lost(error)) from None
        if method != OPEN_SOCKET:
            self.trouble = ""
        return answer


def _lost(error: Exception) -> str:
    return UNREACHABLE if isinstance(error, aiohttp.ClientConnectorError) else UNKNOWN_OUTCOME


def _code_in(error: SlackApiError) -> str:
    response = error.response
    data = getattr(response, "data", None)
    code = data.get("error", "") if isinstance(data, dict) else ""
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    return str(code) or (
        UNKNOWN_OUTCOME if status >= HTTPStatus.INTERNAL_SERVER_ERROR else f"http_{status}"
    )


def _code_of(status: int, body: str) -> str:
    """Return the error of a response URL: a bare word, or JSON with `error`."""
    try:
        data = json.loads(body)
    except ValueError:
        data = body.strip()
    code = data.get("error", "") if isinstance(data, dict) else str(data)
    if re.fullmatch(r"[a-z_]{3,60}", code):
        return code
    return UNKNOWN_OUTCOME if status >= HTTPStatus.INTERNAL_SERVER_ERROR else f"http_{status}"
