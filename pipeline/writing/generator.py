"""Haystack component: prompts become drafts, or a note that the writer could not write."""

import logging
import re
from threading import Event
from typing import Any, Self

from haystack import component, default_from_dict, default_to_dict

from config.errors import LookbookError
from config.settings import Settings
from pipeline.models.errors import WriterError
from pipeline.models.phrases import Phrases
from pipeline.writing.language_model import (
    LanguageModel,
    Messages,
    load_language_model,
    writing_settings_from_dict,
    writing_settings_to_dict,
)
from pipeline.writing.prompt_builder import context_budget

PLAIN_DESCRIPTIONS_NOTE = (
    "I couldn't write fresh introductions just now, so here are plain descriptions."
)

_LOG = logging.getLogger(__name__)
_FIRST_SENTENCE = re.compile(r".{20,}?[.!…][\"”]?(?=\s|$)", re.DOTALL)


@component
class IntroductionGenerator:
    """Lets the language model answer every prompt, all in one batch.

    A writer that is missing, fails, is too slow or writes no words costs the shopper nothing but
    the fresh sentences: there are no drafts then, and a `note` for the shopper instead. What
    failed goes to the log.
    """

    def __init__(self, settings: Settings, *, model: LanguageModel | None = None) -> None:
        self.settings = settings
        self._model = model

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the generator that the settings name."""
        return cls(settings)

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings of writing, without secrets."""
        return default_to_dict(self, settings=writing_settings_to_dict(self.settings))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "IntroductionGenerator":
        """Load the component."""
        parameters = data["init_parameters"]
        parameters["settings"] = writing_settings_from_dict(parameters["settings"])
        return default_from_dict(cls, data)

    def warm_up(self) -> None:
        """Load the language model; one that cannot be loaded is tried again by the next run."""
        try:
            self._model = self._model or load_language_model(self.settings)
        except LookbookError as error:
            _LOG.warning("The writer is not available: %s", error)

    @component.output_types(drafts=list[list[str]], note=str)
    def run(
        self,
        prompts: list[list[dict[str, str]]],
        stop: Event | None = None,
        phrases: list[Phrases] | None = None,
    ) -> dict[str, Any]:
        """Return the drafts, `candidates` lists of them in the order of the prompts, and the note.

        Each answer is made of its `phrases` where there are any. No drafts and a note where
        the writer failed; an empty note otherwise. Setting `stop` from another thread ends the
        writing early.
        """
        try:
            self._model = self._model or load_language_model(self.settings)
            drafts = self._drafts(prompts, phrases, self._model, stop)
        except LookbookError as error:
            _LOG.warning("The writer wrote nothing: %s", error)
            return {"drafts": [], "note": PLAIN_DESCRIPTIONS_NOTE}
        return {"drafts": drafts, "note": ""}

    def _drafts(
        self,
        prompts: list[Messages],
        phrases: list[Phrases] | None,
        model: LanguageModel,
        stop: Event | None,
    ) -> list[list[str]]:
        if not prompts:
            return []
        writing = self.settings.writing
        listwise = writing.prompt.startswith("paper-")
        tokens = writing.max_new_tokens
        if listwise:
            tokens = max(
                tokens, context_budget(self.settings, model) - model.count_tokens(prompts[0])
            )
        answers = model.generate(
            prompts,
            max_new_tokens=tokens,
            candidates=1 if listwise else writing.candidates,
            temperature=writing.temperature,
            seed=writing.seed,
            deadline_s=writing.deadline_s,
            stop=stop,
            phrases=phrases or None,
        )
        # What was begun may be all that a bound model has to say.
        silent = not phrases and not any(
            any(char.isalpha() for char in answer) for answered in answers for answer in answered
        )
        if len(answers) != len(prompts) or silent:
            raise WriterError(
                "The language model wrote no words.", "Check writing.model and its files."
            )
        if listwise:
            return answers
        return [
            [tidied(f"{_begun(prompt)}{answer}") for answer in answered]
            for prompt, answered in zip(prompts, answers, strict=True)
        ]


def _begun(prompt: Messages) -> str:
    return prompt[-1]["content"] if prompt[-1]["role"] == "assistant" else ""


def tidied(draft: str) -> str:
    """Return the first whole sentence of a draft on one line; all of it if none is whole."""
    text = " ".join(draft.split()).strip('"“” ')
    sentence = _FIRST_SENTENCE.match(text)
    return sentence.group() if sentence else text
