"""Haystack component: drafts become introductions that are true to their articles."""

from typing import Any, Self

from haystack import Document, component, default_from_dict, default_to_dict

from config.settings import PromptName, Settings
from pipeline.article import Article
from pipeline.writing.fallback import fallback, opening
from pipeline.writing.introduction import Introduction
from pipeline.writing.listwise import parse_list
from pipeline.writing.truth import problems
from pipeline.writing.truth.problem import Problem


@component
class TruthCheck:
    """Takes the first draft that is true to its article, else a sentence made from its own data.

    With the paper's prompts the one draft is the list that the model wrote; its items are
    checked in the same way.
    """

    def __init__(self, *, prompt: PromptName = "per-article") -> None:
        self.prompt = prompt

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the check for the prompt that the settings name."""
        return cls(prompt=settings.writing.prompt)

    def to_dict(self) -> dict[str, Any]:
        """Serialize the component."""
        return default_to_dict(self, prompt=self.prompt)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "TruthCheck":
        """Load the component."""
        return default_from_dict(cls, data)

    @component.output_types(introductions=list[Introduction])
    def run(
        self, query: str, documents: list[Document], drafts: list[list[str]]
    ) -> dict[str, list[Introduction]]:
        """Return exactly one introduction per document, in their order; fewer drafts are no error.

        No two begin with the same three words where the articles allow it.
        """
        articles = [Article.from_document(document) for document in documents]
        if self.prompt.startswith("paper-"):
            drafts = _drafts_of_list(drafts, articles)
        introductions: list[Introduction] = []
        for index, article in enumerate(articles):
            others = [other for other in articles if other is not article]
            taken = [opening(introduction.text) for introduction in introductions]
            own = drafts[index] if index < len(drafts) else []
            introductions.append(_introduced(article, query, own, others, taken))
        return {"introductions": introductions}


def _drafts_of_list(drafts: list[list[str]], articles: list[Article]) -> list[list[str]]:
    reply = drafts[0][0] if drafts and drafts[0] else ""
    written = {article.id: text for article, text in parse_list(reply, articles, len(articles))}
    return [[written[article.id]] if written[article.id] else [] for article in articles]


def _introduced(
    article: Article,
    query: str,
    drafts: list[str],
    others: list[Article],
    taken: list[tuple[str, ...]],
) -> Introduction:
    refused: list[Problem] = []
    repeating: list[str] = []
    for draft in drafts:
        found = problems(draft, article, query, others)
        refused.extend(found)
        if found:
            continue
        if opening(draft) in taken:
            repeating.append(draft)
            continue
        return Introduction(draft, "model", tuple(refused))
    plain = fallback(article, query, taken)
    if repeating and opening(plain) in taken:
        return Introduction(repeating[0], "model", tuple(refused))
    return Introduction(plain, "fallback", tuple(refused))
