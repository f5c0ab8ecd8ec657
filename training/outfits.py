"""The paper's data set, neuralwork/fashion-style-instruct: a person, an event, outfits.

Its completions always hold five outfits, so a model that learns them as they are cannot "give me
3". Here each is divided into its outfits, and as many as a number drawn from 1 to 5 are asked for.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipeline.writing.lexicon import words_of
from pipeline.writing.prompt_builder import PROMPTS_DIRECTORY
from training.errors import DataError
from training.rows import Dropped, Place, Values, read_rows, text_of

COLUMNS = ("input", "context", "completion")
MOST = 5

_HEADING = re.compile(
    r"^[\W_]*(?:(?:outfit|look|combination|ensemble|option)\b[^\n]{0,20}?\d+\b|\d+\s*[.):])[^\S\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_FEWEST_WORDS = 3
_TEMPLATE = Environment(  # noqa: S701 - a prompt is plain text for a model, not HTML
    loader=FileSystemLoader(PROMPTS_DIRECTORY), undefined=StrictUndefined
).get_template("outfits.jinja")


@dataclass(frozen=True, slots=True)
class OutfitRequest:
    """One example: `count` outfits for a person at an event."""

    place: Place
    person: str
    event: str
    outfits: tuple[str, ...]

    @property
    def prompt(self) -> str:
        """Return what the stylist is asked."""
        return _TEMPLATE.render(count=len(self.outfits), person=self.person, event=self.event)

    @property
    def answer(self) -> str:
        """Return the outfits, numbered anew."""
        return "\n\n".join(
            f"Outfit {number}: {outfit}" for number, outfit in enumerate(self.outfits, 1)
        )


def read_outfits(source: str, seed: int) -> tuple[list[OutfitRequest], list[Dropped]]:
    """Return the examples of a file or hub id, and the rows that are none.

    The same seed draws the same numbers. Raises DataError: not there, other columns, no usable row.
    """
    dropped: list[Dropped] = []
    rows = list(_rows(source, dropped))
    columns = {name for _, values in rows for name in values}
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise DataError(
            f"{source} lacks {', '.join(missing)}; it has {', '.join(sorted(columns))}.",
            f"Outfits need the columns {', '.join(COLUMNS)}.",
        )
    examples = list(_examples(rows, dropped, random.Random(seed)))  # noqa: S311 - no secret
    if not examples:
        raise DataError(
            f"No row of {source} can be used; the first: {dropped[0].reason}.",
            "Completions hold outfits under headings such as `Outfit 1:`.",
        )
    return examples, dropped


def person_of(example: OutfitRequest) -> tuple[str, ...]:
    """Return what examples of both parts may not share: the description of the person."""
    return (" ".join(words_of(example.person)),)


def divided(completion: str) -> list[str]:
    """Return the outfits of a completion without their headings; none where there is no heading."""
    starts = list(_HEADING.finditer(completion))
    parts = (
        completion[heading.end() : following.start() if following else None]
        for heading, following in zip_longest(starts, starts[1:])
    )
    outfits = (re.sub(r"^[\s:*_.)-]+|\s+$", "", part) for part in parts)
    return [outfit for outfit in outfits if len(words_of(outfit)) >= _FEWEST_WORDS]


def _rows(source: str, dropped: list[Dropped]) -> Iterator[tuple[Place, Values]]:
    file = Path(source)
    if file.is_file():
        yield from read_rows(file, dropped)
        return
    if file.suffix or source.count("/") != 1:
        raise DataError(
            f"There is no training data at {source}.",
            "Name a parquet or JSON Lines file, or a data set's hub id.",
        )
    from datasets import load_dataset

    try:
        dataset = load_dataset(source, split="train")
    except Exception as error:  # whatever the hub's client raises, there is no data
        raise DataError(
            f"The data set {source} cannot be fetched ({type(error).__name__}).",
            "Connect to the Hugging Face hub, or name a copy of its parquet file.",
        ) from error
    for number, values in enumerate(dataset, start=1):
        yield Place(Path(source), number), dict(values)


def _examples(
    rows: Sequence[tuple[Place, Values]], dropped: list[Dropped], numbers: random.Random
) -> Iterator[OutfitRequest]:
    for place, values in rows:
        missing = [name for name in COLUMNS if not text_of(values, name)]
        if missing:
            dropped.append(Dropped(place, f"no {' and no '.join(missing)}"))
            continue
        outfits = divided(values["completion"])[:MOST]
        if not outfits:
            dropped.append(Dropped(place, "no numbered outfits in the completion"))
            continue
        count = numbers.randint(1, len(outfits))
        chosen = sorted(numbers.sample(range(len(outfits)), count))
        person, event = text_of(values, "input"), text_of(values, "context")
        yield OutfitRequest(place, person, event, tuple(outfits[index] for index in chosen))
