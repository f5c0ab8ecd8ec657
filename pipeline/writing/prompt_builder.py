"""Haystack component: chosen articles and the shopper's sentence become prompts."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from haystack import Document, component, default_from_dict, default_to_dict
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import config
from config.errors import LookbookError
from config.settings import Settings
from pipeline.article import Article
from pipeline.models.phrases import Phrases
from pipeline.writing.facts import ArticleFacts, facts_of
from pipeline.writing.fallback import (
    occasion_of,
    stable_number,
    told_details,
    wish_for,
)
from pipeline.writing.language_model import (
    LanguageModel,
    Messages,
    load_language_model,
    writing_settings_from_dict,
    writing_settings_to_dict,
)
from pipeline.writing.lexicon import words_of
from pipeline.writing.opening import chosen_opening, openings
from pipeline.writing.phrases import MAX_FACT_CHARACTERS, phrases_for, told_of
from pipeline.writing.sanitizing import as_data

PROMPTS_DIRECTORY = Path(config.__file__).parent / "prompts"
MAX_REQUEST_CHARACTERS = 300
MAX_WISH_CHARACTERS = 160
"""Of a request in the prompt of one article, cut between words."""

MAX_CHUNK_CHARACTERS = 600

_QUOTES = str.maketrans(dict.fromkeys('"\u201c\u201d\u201e\u00ab\u00bb', "'"))
_COMPARISON = re.compile(
    r"(?:\b(?:that|which) )?(?:\b(?:makes?|making) (?:me|him|her|them|us|you) )?"
    r"\b(?:looks?|looking|feels?|feeling) like [^,.;:!?]*",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^### (system|user|assistant)\n", re.MULTILINE)
_TEMPLATES = Environment(  # noqa: S701 - prompts are plain text for a model, not HTML
    loader=FileSystemLoader(PROMPTS_DIRECTORY), undefined=StrictUndefined
)


@component
class IntroductionPromptBuilder:
    """Makes one short chat per article, or the paper's one prompt for all of them.

    "per-article" holds the request beside the article's facts, "few-shot" solved examples instead.
    Catalogue and shopper text is cleaned so that it can only be data. The paper's prompts hold as
    many articles, best first, as leave room in the model's context for `max_new_tokens` an article.
    `model` is loaded from the settings where it is needed and not given.
    """

    def __init__(self, settings: Settings, *, model: LanguageModel | None = None) -> None:
        self.settings = settings
        self._model = model

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the builder of the prompt that the settings name."""
        return cls(settings)

    def to_dict(self) -> dict[str, Any]:
        """Serialize the settings of writing, without secrets."""
        return default_to_dict(self, settings=writing_settings_to_dict(self.settings))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "IntroductionPromptBuilder":
        """Load the component."""
        parameters = data["init_parameters"]
        parameters["settings"] = writing_settings_from_dict(parameters["settings"])
        return default_from_dict(cls, data)

    @component.output_types(prompts=list[list[dict[str, str]]], phrases=list[Phrases])
    def run(
        self, query: str, documents: list[Document], count: int | None = None
    ) -> dict[str, Any]:
        """Return the chats: one per document, or one for all in the paper's modes.

        `phrases` are what each answer is to be made of, none where answers are free. The paper's
        prompts ask for `count` of the documents, all of them by default. There are no prompts where
        no model can be loaded whose tokens could be counted for them.
        """
        articles = [Article.from_document(document) for document in documents]
        if self.settings.writing.prompt == "per-article":
            bound = self.settings.writing.phrases == "own"
            asked = list(_per_article(articles, query))
            return {
                "prompts": [chat for chat, _ in asked],
                "phrases": [phrases for _, phrases in asked] if bound else [],
            }
        if self.settings.writing.prompt == "few-shot":
            return {
                "prompts": [
                    few_shot_prompt(article, query, position)
                    for position, article in enumerate(articles)
                ],
                "phrases": [],
            }
        if not articles:
            return {"prompts": [], "phrases": []}
        try:
            self._model = self._model or load_language_model(self.settings)
        except LookbookError:
            return {"prompts": [], "phrases": []}
        return {"prompts": [self._paper_prompt(articles, query, self._model, count)], "phrases": []}

    def _paper_prompt(
        self, articles: Sequence[Article], query: str, model: LanguageModel, count: int | None
    ) -> Messages:
        writing = self.settings.writing
        asked = len(articles) if count is None else count
        template = _TEMPLATES.get_template(f"{writing.prompt}.jinja")
        budget = context_budget(self.settings, model) - writing.max_new_tokens * asked
        chunks = [as_data(article.chunk_text(), MAX_CHUNK_CHARACTERS) for article in articles]

        def prompt(held: int) -> Messages:
            text = template.render(
                question=as_data(query, MAX_REQUEST_CHARACTERS),
                num=asked,
                context="\n".join(f"{n}. {chunk}" for n, chunk in enumerate(chunks[:held], 1)),
            )
            return [{"role": "user", "content": text}]

        held = len(chunks)
        while held > 1 and model.count_tokens(prompt(held)) > budget:
            held -= 1
        return prompt(held)


def context_budget(settings: Settings, model: LanguageModel) -> int:
    """Return how many tokens prompt and answer may have together."""
    own = model.context_tokens
    return min(settings.writing.context_tokens or own, own)


def _per_article(articles: Sequence[Article], request: str) -> Iterator[tuple[Messages, Phrases]]:
    """Yield the chat that asks for each introduction, and what a bound one may be made of.

    The opening is chosen by code: no two of an answer begin alike, so neither do its introductions.
    """
    asked = as_data(_without_comparison(request), MAX_WISH_CHARACTERS).translate(_QUOTES)
    turn = stable_number(request)
    taken: set[tuple[str, ...]] = set()
    for position, article in enumerate(articles):
        facts = facts_of(article)
        details = told_details(facts, request)
        wish = wish_for(article, request)
        suiting = openings(facts, details, wish, turn + position)
        opening = chosen_opening(suiting, taken)
        taken.add(tuple(words_of(opening)))
        opening = as_data(opening, MAX_FACT_CHARACTERS)
        told = told_of(facts, details)
        chat = _chat("per-article", request=asked, opening=opening, **told)
        yield chat, phrases_for(told, opening, plural=facts.plural)


def _without_comparison(request: str) -> str:
    """Return a request less what somebody wants to look like, which a small model takes as told."""
    kept = " ".join(_COMPARISON.sub(" ", request).split())
    return re.sub(r" (?=[,.;:!?])", "", kept) or request


def few_shot_prompt(article: Article, request: str, position: int) -> Messages:
    """Return the chat of solved examples that asks for one article's introduction, well begun.

    `position` is the article's place in the answer: neighbours begin differently. Of the request
    it holds the occasion only: a small model that was not tuned repeats what it is asked.
    """
    facts = facts_of(article)
    details = told_details(facts, request)
    beginnings = list(_beginnings(facts, details))
    return _chat(
        "few-shot",
        occasion=occasion_of(request),
        beginning=as_data(beginnings[position % len(beginnings)], 2 * MAX_FACT_CHARACTERS),
        **told_of(facts, details),
    )


def _chat(name: str, **values: Any) -> Messages:
    _, *parts = _HEADING.split(_TEMPLATES.get_template(f"{name}.jinja").render(**values))
    return [
        {"role": role, "content": content.strip()}
        for role, content in zip(parts[::2], parts[1::2], strict=True)
    ]


def _beginnings(facts: ArticleFacts, details: Sequence[str]) -> Iterator[str]:
    """Yield ways to begin an introduction: a small model keeps to facts that it has begun with."""
    this = f"this {facts.coloured}" if not facts.plural else f"these {facts.coloured}"
    yield f"{this[0].upper()}{this[1:]}"
    if facts.fabric:
        yield f"In {facts.fabric}, {this}"
    if len(details) > 1:
        yield from (f"With {detail}, {this}" for detail in details)
