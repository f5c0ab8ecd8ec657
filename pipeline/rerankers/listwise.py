"""Second stage by a language model that reads a window of candidates and writes their order."""

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

from haystack import Document, component, default_from_dict, default_to_dict
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config.settings import Settings
from pipeline.article import Article
from pipeline.models.errors import WriterError
from pipeline.rerankers.order import reranked
from pipeline.writing.language_model import (
    LanguageModel,
    Messages,
    load_language_model,
    writing_settings_from_dict,
    writing_settings_to_dict,
)
from pipeline.writing.listwise import parse_list
from pipeline.writing.prompt_builder import MAX_REQUEST_CHARACTERS, PROMPTS_DIRECTORY
from pipeline.writing.sanitizing import as_data

_ARTICLE_CHARACTERS = 200
_TOKENS_PER_LINE = 10
"""For a line such as "12. A07", whatever the tokenizer."""

_LOG = logging.getLogger(__name__)
_LABEL = re.compile(r"\bA\d{2}\b")
_HEADING = re.compile(r"^### (system|user|assistant)\n", re.MULTILINE)
_TEMPLATES = Environment(  # noqa: S701 - prompts are plain text for a model, not HTML
    loader=FileSystemLoader(PROMPTS_DIRECTORY), undefined=StrictUndefined
)


@component
class ListwiseReranker:
    """Lets the writer order the best `depth` candidates, a window at a time, from the back.

    As in the paper, windows of 20 move by 10, so that the best climb to the front (Sun et al.
    2023). What a reply names that is not in its window, or names twice, is dropped, and what it
    leaves out follows in the order it had. A window that fails, or comes after the deadline, keeps
    its order: a shopper never waits for it, nor sees it fail.
    """

    def __init__(self, settings: Settings, *, model: LanguageModel | None = None) -> None:
        self.settings = settings
        self._model = model

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the reranker that the settings name."""
        return cls(settings)

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings of reranking and writing, without secrets."""
        reranking = self.settings.reranking.model_dump(mode="json")
        settings = writing_settings_to_dict(self.settings) | {"reranking": reranking}
        return default_to_dict(self, settings=settings)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ListwiseReranker":
        """Load the component."""
        parameters = data["init_parameters"]
        parameters["settings"] = writing_settings_from_dict(parameters["settings"])
        return default_from_dict(cls, data)

    def warm_up(self) -> None:
        """Load the language model, once. Raises ModelError or WriterError."""
        self._model = self._model or load_language_model(self.settings)

    @component.output_types(documents=list[Document])
    def run(self, query: str, documents: list[Document]) -> dict[str, list[Document]]:
        """Return the documents by falling score. Raises ModelError or WriterError while loading."""
        self.warm_up()
        assert self._model is not None  # noqa: S101 - warm_up has just loaded it
        model, depth = self._model, self.settings.reranking.depth
        return {"documents": reranked(documents, depth, lambda h: self._by(query, h, model))}

    def _by(self, query: str, documents: list[Document], model: LanguageModel) -> list[Document]:
        reranking = self.settings.reranking
        until = time.monotonic() + reranking.deadline_s
        order = list(documents)
        end = len(order)
        while end > 1 and (left := until - time.monotonic()) > 0:
            start = max(0, end - reranking.window)
            try:
                order[start:end] = self._window(query, order[start:end], model, left)
            except WriterError as error:
                _LOG.warning("A window keeps its order: %s", error)
            if start == 0:
                break
            end -= reranking.step
        return order

    def _window(
        self, query: str, documents: Sequence[Document], model: LanguageModel, deadline_s: float
    ) -> list[Document]:
        # Short labels: ten digits an article would take most of the answer's tokens.
        of_label = {f"A{number:02}": document for number, document in enumerate(documents, 1)}
        labelled = [
            replace(Article.from_document(document), id=label)
            for label, document in of_label.items()
        ]
        prompt = rerank_prompt(query, labelled)
        [[answer]] = model.generate(
            [prompt],
            max_new_tokens=_TOKENS_PER_LINE * len(labelled),
            candidates=1,
            temperature=0.0,
            seed=self.settings.writing.seed,
            deadline_s=deadline_s,
            stop=None,
        )
        # Models set their own marks around labels ("1. A03", "[A03] > [A01]"): the labels count.
        reply = "\n".join(_LABEL.findall(answer))
        return [of_label[article.id] for article, _ in parse_list(reply, labelled, len(labelled))]


def rerank_prompt(query: str, articles: Sequence[Article]) -> Messages:
    """Return the chat that asks for the order of some articles."""
    rendered = _TEMPLATES.get_template("rerank.jinja").render(
        query=as_data(query, MAX_REQUEST_CHARACTERS),
        articles=[(one.id, as_data(one.chunk_text(), _ARTICLE_CHARACTERS)) for one in articles],
    )
    _, *parts = _HEADING.split(rendered)
    return [
        {"role": role, "content": content.strip()}
        for role, content in zip(parts[::2], parts[1::2], strict=True)
    ]
