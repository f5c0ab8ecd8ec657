"""A language model behind an OpenAI-compatible server, such as vLLM."""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import openai

from config.settings import WritingSettings
from pipeline.models.errors import WriterError
from pipeline.models.phrases import Phrases
from pipeline.writing.language_model import Messages

NO_KEY = "none"
"""Sent where no key is set: the client demands one, servers without keys ignore it."""

BYTES_PER_TOKEN = 3
"""A server does not lend its tokenizer; fewer bytes than any tokenizer puts in one token of
English keep the estimate above the truth."""

TOKENS_PER_MESSAGE = 8
DEFAULT_CONTEXT_TOKENS = 4096
MAX_CONCURRENT = 8


class ServerLanguageModel:
    """Answers chats through `POST {url}/chat/completions`, one request per prompt, at once.

    Every failure is a WriterError with a sentence about this server; nothing the server sends
    reaches it. The client does not retry, since a shopper is waiting.
    """

    def __init__(self, settings: WritingSettings) -> None:
        self._server = settings.server
        self._context = settings.context_tokens or DEFAULT_CONTEXT_TOKENS
        key = self._server.api_key
        self._client = openai.OpenAI(
            base_url=self._server.url,
            api_key=key.get_secret_value() if key else NO_KEY,
            max_retries=0,
        )

    @property
    def context_tokens(self) -> int:
        """Return how many tokens prompt and answer may have together."""
        return self._context

    def count_tokens(self, messages: Messages) -> int:
        """Return an estimate that is not below the truth for English."""
        return sum(
            TOKENS_PER_MESSAGE + math.ceil(len(message["content"].encode()) / BYTES_PER_TOKEN)
            for message in messages
        )

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_new_tokens: int,
        candidates: int,
        temperature: float,
        seed: int,
        deadline_s: float,
        stop: Event | None,
        phrases: Sequence[Phrases] | None = None,  # noqa: ARG002 - no server can see to it
    ) -> list[list[str]]:
        """Return `candidates` answers per prompt, in the order of the prompts.

        The prompts are asked at the same time, so that the server can batch them.
        """
        if not prompts:
            return []
        ends = time.monotonic() + deadline_s

        def answer(messages: Messages) -> list[str]:
            left = ends - time.monotonic()
            if stop is not None and stop.is_set():
                raise WriterError("The writing was stopped.", "Ask again.")
            if left <= 0:
                raise self._too_late(deadline_s)
            try:
                completion = self._client.chat.completions.create(
                    model=self._server.model,
                    messages=messages,  # type: ignore[arg-type]  # plain dicts are accepted
                    max_tokens=max_new_tokens,
                    n=candidates,
                    temperature=temperature,
                    seed=seed,
                    timeout=left,
                    extra_body=_continuing(messages),
                )
                return [choice.message.content or "" for choice in completion.choices]
            except openai.APITimeoutError:
                raise self._too_late(deadline_s) from None
            except openai.APIConnectionError:
                raise self._unreachable() from None
            except openai.APIStatusError as error:
                wait = error.response.headers.get("retry-after", "")
                raise self._refused(error.status_code, wait) from None
            except (openai.APIError, ValueError, TypeError, AttributeError):
                raise self._garbled() from None

        with ThreadPoolExecutor(max_workers=min(len(prompts), MAX_CONCURRENT)) as pool:
            return list(pool.map(answer, prompts))

    def _too_late(self, deadline_s: float) -> WriterError:
        return WriterError(
            f"The language model server at {self._server.url} did not answer within "
            f"{deadline_s:g} s.",
            "Raise writing.deadline_s, or give the server less to do at once.",
        )

    def _unreachable(self) -> WriterError:
        return WriterError(
            f"No language model server answers at {self._server.url}.",
            "Start it, or correct writing.server.url.",
        )

    def _garbled(self) -> WriterError:
        return WriterError(
            f"The server at {self._server.url} sent something that is not a chat completion.",
            "Check that writing.server.url ends in the path of an OpenAI-compatible API.",
        )

    def _refused(self, status: int, wait: str) -> WriterError:
        url, model = self._server.url, self._server.model
        if status in {401, 403}:
            return WriterError(
                f"The language model server at {url} refuses the key.",
                "Set LOOKBOOK__WRITING__SERVER__API_KEY to a key that it accepts.",
            )
        if status == 404:  # noqa: PLR2004 - HTTP
            return WriterError(
                f"The language model server at {url} has no model {model!r}.",
                "Set writing.server.model to a name that its /models lists.",
            )
        if status == 429:  # noqa: PLR2004 - HTTP
            when = f" in {wait} s" if wait.isdigit() else " later"
            return WriterError(
                f"The language model server at {url} has too many requests.", f"Try again{when}."
            )
        return WriterError(
            f"The language model server at {url} failed with status {status}.",
            "Look into the server's own log.",
        )


def _continuing(messages: Messages) -> dict[str, Any] | None:
    """Return vLLM's words for "go on with the assistant's message", where there is one."""
    if messages and messages[-1]["role"] == "assistant":
        return {"continue_final_message": True, "add_generation_prompt": False}
    return None
