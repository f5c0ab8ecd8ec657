"""What writing asks of a language model, wherever it runs."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any, Protocol

from config.settings import Settings
from pipeline.models.phrases import Phrases

Messages = list[dict[str, str]]
"""A chat: `role` (system, user, assistant) and `content`. A last message by the assistant is the
beginning of the answer, which the model continues."""


class LanguageModel(Protocol):
    """A model that answers chats. Both backends, and the fakes of tests, look like this."""

    @property
    def context_tokens(self) -> int:
        """Return how many tokens prompt and answer may have together."""

    def count_tokens(self, messages: Messages) -> int:
        """Return the length of a chat in the model's own tokens."""

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
        phrases: Sequence[Phrases] | None = None,
    ) -> list[list[str]]:
        """Return `candidates` answers per prompt, without the begun part. Raises WriterError.

        `phrases` are what the answer to each prompt is made of, where a backend can see to it.
        """


Load = Callable[[Settings], LanguageModel]


def load_language_model(settings: Settings) -> LanguageModel:
    """Return the writer that the settings name. Raises ModelError or WriterError."""
    if settings.writing.backend == "server":
        from pipeline.writing.server import ServerLanguageModel

        return ServerLanguageModel(settings.writing)
    from pipeline.models import load_writer

    model: LanguageModel = load_writer(settings)
    return model


def writing_settings_to_dict(settings: Settings) -> dict[str, Any]:
    """Return the part of the settings that writing needs, as plain data without secrets."""
    return settings.model_dump(
        mode="json",
        include={"home": True, "writing": True},
        exclude={"writing": {"server": {"api_key"}}},
    )


def writing_settings_from_dict(data: dict[str, Any]) -> Settings:
    """Return the settings again; secrets come from the environment."""
    return Settings(**data)
