"""A writer before and after: the same held-out prompts, the same seed, two sets of figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import fmean

from config.settings import Settings
from pipeline.models.language_model import LanguageModel
from pipeline.writing import IntroductionGenerator, IntroductionPromptBuilder, TruthCheck
from pipeline.writing.fallback import opening
from pipeline.writing.lexicon import words_of
from pipeline.writing.truth import problems
from training.errors import TrainingError
from training.introductions import GroundedIntroduction, articles_of
from training.lists import measure_lists
from training.outfits import OutfitRequest, divided
from training.preparing import outfits_prompt

INTRODUCED = 5
"""Articles of one answer."""

MOST_INTRODUCTIONS = 60
MOST_OUTFITS = 20
OUTFIT_TOKENS = 200
"""What an answer is allowed for each outfit."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the model wrote of one held-out example, before and after."""

    request: str
    about: str
    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures by name, None where there was nothing to measure, and every answer."""

    figures: dict[str, float]
    samples: tuple[Sample, ...]


def evaluate(
    settings: Settings,
    model: LanguageModel,
    introductions: Sequence[GroundedIntroduction],
    outfits: Sequence[OutfitRequest],
    *,
    loss: float,
    seed: int,
) -> Evaluation:
    """Measure the model as it is now on held-out examples, the first of each kind.

    `loss` is the mean held-out loss in nats a token. Lists are asked for over the settings'
    catalogue. Raises TrainingError where the model cannot write at all.
    """
    figures = {"held-out loss": loss, "held-out perplexity": math.exp(loss)}
    introductions = introductions[:MOST_INTRODUCTIONS]
    measured, samples = _introductions(settings, model, introductions, bound=False)
    figures |= {f"introductions: {name}": value for name, value in measured.items()}
    if settings.writing.phrases == "own":
        measured, samples = _introductions(settings, model, introductions, bound=True)
        figures |= {f"introductions, bound: {name}": value for name, value in measured.items()}
    articles = list(articles_of(settings.catalogue.path).values())
    lists = measure_lists(settings, model, articles, seed)
    figures |= {f"lists: {name}": value for name, value in lists.items()}
    measured, dressed = _outfits(model, outfits[:MOST_OUTFITS], seed)
    figures |= {f"outfits: {name}": value for name, value in measured.items()}
    return Evaluation(figures, (*samples, *dressed))


def copied_share(text: str, description: str) -> float:
    """Return the longest run of words that a text has from a description, by the text's words."""
    words, source = words_of(text), words_of(description)
    match = SequenceMatcher(None, words, source, autojunk=False).find_longest_match()
    return match.size / len(words) if words else 0.0


def _introductions(
    settings: Settings,
    model: LanguageModel,
    rows: Sequence[GroundedIntroduction],
    *,
    bound: bool,
) -> tuple[dict[str, float], list[Sample]]:
    """Measure first drafts, and the share of rows in which some draft of the model's is shown.

    Free drafts tell what was learnt, `bound` ones what is served.
    """
    builder = IntroductionPromptBuilder(settings, model=model)
    generator = IntroductionGenerator(settings, model=model)
    check = TruthCheck.from_settings(settings)
    first: list[str] = []
    shown: list[bool] = []
    for start in range(0, len(rows), INTRODUCED):
        answer = rows[start : start + INTRODUCED]
        asked = [
            # As at its place in an answer: openings differ from place to place.
            (at, builder.run(row.request, [row.article.to_document()] * (at + 1)))
            for at, row in enumerate(answer)
        ]
        prompts = [found["prompts"][at] for at, found in asked]
        phrases = [found["phrases"][at] for at, found in asked] if bound else []
        drafts = generator.run(prompts, phrases=phrases)["drafts"]
        if not drafts:
            raise TrainingError(
                "The model writes nothing, so it cannot be measured.",
                "The adapter is saved; the log says why.",
            )
        first += [own[0] for own in drafts]
        for row, own in zip(answer, drafts, strict=True):
            written = check.run(row.request, [row.article.to_document()], [own])["introductions"]
            shown.append(written[0].written_by == "model")
    if not rows:
        return {}, []
    checked = [
        problems(text, row.article, row.request) for row, text in zip(rows, first, strict=True)
    ]
    figures = {
        "first drafts that pass the truth check": fmean(not found for found in checked),
        "written by the model": fmean(shown),
        "copied from the description": fmean(
            copied_share(text, row.article.description)
            for row, text in zip(rows, first, strict=True)
        ),
        "words": fmean(len(text.split()) for text in first),
        "distinct openings": len({opening(text) for text in first}) / len(first),
    }
    samples = [
        Sample(row.request, row.article.chunk_text(), row.text, text)
        for row, text in zip(rows, first, strict=True)
    ]
    return figures, samples


def _outfits(
    model: LanguageModel, rows: Sequence[OutfitRequest], seed: int
) -> tuple[dict[str, float], list[Sample]]:
    answers = [
        model.generate(
            [outfits_prompt(row)],
            max_new_tokens=OUTFIT_TOKENS * len(row.outfits),
            temperature=0,
            seed=seed,
        )[0][0]
        for row in rows
    ]
    if not rows:
        return {}, []
    exact = fmean(
        len(divided(answer)) == len(row.outfits) for row, answer in zip(rows, answers, strict=True)
    )
    samples = [
        Sample(row.event, row.person, row.answer, answer)
        for row, answer in zip(rows, answers, strict=True)
    ]
    return {"exact count": exact}, samples
