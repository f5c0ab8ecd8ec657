"""From a recipe's data to encoded examples, with everything that was left out and why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from config.settings import Settings
from pipeline.models.language_model import LanguageModel
from pipeline.writing import IntroductionPromptBuilder
from pipeline.writing.language_model import Messages
from pipeline.writing.opening import opening_of
from training.encoding import Encoded, encode
from training.errors import DataError, TrainingError
from training.introductions import GroundedIntroduction, read_introductions
from training.outfits import OutfitRequest, person_of, read_outfits
from training.recipe import Recipe
from training.rows import Dropped
from training.splitting import split_by, split_introductions

T = TypeVar("T", GroundedIntroduction, OutfitRequest)


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What is learnt and what is held out, as examples and as tokens, in the same order."""

    introductions: tuple[tuple[GroundedIntroduction, ...], tuple[GroundedIntroduction, ...]]
    """Those learnt from, those held out."""
    outfits: tuple[tuple[OutfitRequest, ...], tuple[OutfitRequest, ...]]
    train: tuple[Encoded, ...]
    held_out: tuple[Encoded, ...]
    dropped: tuple[Dropped, ...]
    cut_short: int
    """Introductions of more tokens than `writing.max_new_tokens` lets the writer write."""


def prepare(recipe: Recipe, settings: Settings, model: LanguageModel) -> TrainingSet:
    """Return the recipe's data, split and encoded for this model.

    Prompts of introductions are those of `IntroductionPromptBuilder` with these settings. Raises
    DataError: data that is missing, of another shape, empty or too long; TrainingError: more
    tokens than the model's context, another prompt than "per-article" for introductions.
    """
    if recipe.max_tokens > model.context_tokens:
        raise TrainingError(
            f"The recipe {recipe.name} wants {recipe.max_tokens} tokens, but the context of "
            f"{model.located.card.name} has {model.context_tokens}.",
            "Lower max_tokens, or raise writing.context_tokens up to the model's own.",
        )
    builder = IntroductionPromptBuilder(settings, model=model)
    dropped: list[Dropped] = []
    learnt, kept = _introductions(recipe, settings, dropped)
    asked, kept_outfits = _outfits(recipe, dropped)

    def introduced(row: GroundedIntroduction) -> Encoded:
        return encode(learnt_prompt(builder, row), row.text, model)

    def dressed(row: OutfitRequest) -> Encoded:
        return encode(outfits_prompt(row), row.answer, model)

    def fitting(rows: Iterable[T], encoded: Callable[[T], Encoded]) -> list[tuple[T, Encoded]]:
        return list(_fitting(rows, encoded, recipe.max_tokens, dropped))

    introductions = fitting(learnt, introduced), fitting(kept, introduced)
    outfits = fitting(asked, dressed), fitting(kept_outfits, dressed)
    train, held_out = (
        tuple(encoded for _, encoded in (*introductions[part], *outfits[part])) for part in (0, 1)
    )
    if not train or not held_out:
        raise DataError(
            f"The recipe {recipe.name} has {len(train)} examples to learn from and "
            f"{len(held_out)} held out; each needs one at least.",
            f"{_first(dropped)}Add examples with other articles and requests, raise held_out, or "
            "raise max_tokens.",
        )
    most = settings.writing.max_new_tokens
    return TrainingSet(
        introductions=_rows(introductions),
        outfits=_rows(outfits),
        train=train,
        held_out=held_out,
        dropped=tuple(dropped),
        cut_short=sum(
            encoded.answer_tokens > most for part in introductions for _, encoded in part
        ),
    )


def learnt_prompt(builder: IntroductionPromptBuilder, row: GroundedIntroduction) -> Messages:
    """Return the chat that a written introduction answers: its own opening stands in the prompt."""
    *asked, opening = builder.run(row.request, [row.article.to_document()])["prompts"][0]
    return [*asked, {**opening, "content": opening_of(row.text)}]


def outfits_prompt(row: OutfitRequest) -> Messages:
    """Return the chat that asks for outfits."""
    return [{"role": "user", "content": row.prompt}]


def _introductions(
    recipe: Recipe, settings: Settings, dropped: list[Dropped]
) -> tuple[list[GroundedIntroduction], list[GroundedIntroduction]]:
    if recipe.introductions and settings.writing.prompt != "per-article":
        raise TrainingError(
            f"Introductions cannot be learnt with the prompt {settings.writing.prompt}.",
            "Set writing.prompt to per-article, or train on outfits only.",
        )
    rows: list[GroundedIntroduction] = []
    for path in recipe.introductions:
        read, bad = read_introductions(path)
        rows += read
        dropped += bad
    return split_introductions(rows, recipe.held_out, recipe.seed)


def _outfits(
    recipe: Recipe, dropped: list[Dropped]
) -> tuple[list[OutfitRequest], list[OutfitRequest]]:
    if not recipe.outfits:
        return [], []
    rows, bad = read_outfits(recipe.outfits, recipe.seed)
    dropped += bad
    return split_by(rows, recipe.held_out, recipe.seed, keys=person_of)


def _fitting(
    rows: Iterable[T], encoded: Callable[[T], Encoded], most: int, dropped: list[Dropped]
) -> Iterable[tuple[T, Encoded]]:
    for row in rows:
        tokens = encoded(row)
        if len(tokens.input_ids) <= most:
            yield row, tokens
        else:
            length = f"{len(tokens.input_ids):,} tokens, more than {most:,}"
            dropped.append(Dropped(row.place, length))


def _rows(
    parts: tuple[Sequence[tuple[T, Encoded]], Sequence[tuple[T, Encoded]]],
) -> tuple[tuple[T, ...], tuple[T, ...]]:
    learnt, held_out = parts
    return tuple(row for row, _ in learnt), tuple(row for row, _ in held_out)


def _first(dropped: Sequence[Dropped]) -> str:
    return f"{dropped[0].place} was dropped: {dropped[0].reason}. " if dropped else ""
