"""The paper's way measured: does the model's own list hold what was asked for?

Half of the articles in the prompt are of a type asked for, as many as are asked for; the model has
to list just these. Nothing is topped up or dropped here.
"""

import random
from collections.abc import Iterator, Sequence

import yaml

from config.settings import Settings
from pipeline.article import Article
from pipeline.evaluation.paper import PROMPTS
from pipeline.models.language_model import LanguageModel
from pipeline.writing import IntroductionPromptBuilder
from pipeline.writing.language_model import Messages
from pipeline.writing.listwise import named_articles

ASKED = 3

_ROOM = 2
"""How many times the tokens of an introduction an item of a list may take."""


def measure_lists(
    settings: Settings, model: LanguageModel, articles: Sequence[Article], seed: int
) -> dict[str, float]:
    """Return shares over the paper's six prompts, those that the catalogue has articles for.

    `exact count`: lists of just as many items as asked for. Of the items: `valid` name an article
    of the prompt, `repeated` one that was listed before, `type match` one of a type asked for. The
    prompt is the settings' own where it is one of the paper's, else the modified one. Empty where
    the catalogue has none of the types.
    """
    prompt = settings.writing.prompt if settings.writing.prompt.startswith("paper-") else None
    writing = settings.writing.model_copy(update={"prompt": prompt or "paper-modified"})
    settings = settings.model_copy(update={"writing": writing})
    builder = IntroductionPromptBuilder(settings, model=model)
    asked = list(_asked(articles, builder, seed))
    if not asked:
        return {}
    answers = model.generate(
        [chat for chat, _, _ in asked],
        max_new_tokens=_ROOM * ASKED * writing.max_new_tokens,
        temperature=0,
        seed=seed,
    )
    exact: list[bool] = []
    valid: list[bool] = []
    repeated: list[bool] = []
    matching: list[bool] = []
    for (_, shown, types), answer in zip(asked, answers, strict=True):
        named = named_articles(answer[0], shown)
        ids = [article.id if article else None for article in named]
        exact.append(len(named) == ASKED)
        valid += [article is not None for article in named]
        repeated += [id_ is not None and id_ in ids[:at] for at, id_ in enumerate(ids)]
        matching += [article is not None and article.product_type in types for article in named]
    return {
        "exact count": _share(exact),
        "valid": _share(valid),
        "repeated": _share(repeated),
        "type match": _share(matching),
    }


def _asked(
    articles: Sequence[Article], builder: IntroductionPromptBuilder, seed: int
) -> Iterator[tuple[Messages, list[Article], set[str]]]:
    """Yield for each of the paper's prompts the chat, the articles in it and the types it wants."""
    numbers = random.Random(seed)  # noqa: S311 - no secret
    for entry in yaml.safe_load(PROMPTS.read_text(encoding="utf-8")):
        types = set(entry["product_types"])
        shown = _shown(articles, types, numbers)
        if shown:
            documents = [article.to_document() for article in shown]
            yield builder.run(entry["prompt"], documents, ASKED)["prompts"][0], shown, types


def _shown(articles: Sequence[Article], types: set[str], numbers: random.Random) -> list[Article]:
    right = [article for article in articles if article.product_type in types]
    wrong = [article for article in articles if article.product_type not in types]
    if len(right) < ASKED or len(wrong) < ASKED:
        return []
    shown = [*numbers.sample(right, ASKED), *numbers.sample(wrong, ASKED)]
    numbers.shuffle(shown)
    return shown


def _share(found: list[bool]) -> float:
    return sum(found) / len(found) if found else 0.0
