"""Is a set of grounded introductions fit to train on? Every fault, with its line."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from rapidfuzz import fuzz, process

from pipeline.writing.fallback import opening
from pipeline.writing.generator import tidied
from pipeline.writing.lexicon import words_of
from pipeline.writing.truth import problems
from training.introductions import SAMPLE, GroundedIntroduction, articles_of, read_introductions
from training.rows import Dropped, Place
from training.splitting import keys_of, split_introductions

SHORTEST, LONGEST = 15, 40
"""Words of an introduction (design section 6)."""

ALIKE = 80.0
"""Two introductions are near-duplicates from this ratio (0 to 100) of their sorted words on."""

WORN_WORDS = 4
_SHARE_OF_OPENING = 0.02
_FEWEST_OPENINGS = 3
_SHARE_OF_PHRASE = 0.02
_FEWEST_PHRASES = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row, and the words at fault."""

    place: Place
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class SetReport:
    """What a check found: its faults in the file's order, and its measures by name."""

    faults: tuple[Fault, ...]
    measures: dict[str, str]
    uncovered: tuple[str, ...]
    """Product types of the sample catalogue without an example."""


def check_set(path: Path, *, held_out: float, seed: int) -> SetReport:
    """Return what is wrong with a file or directory of grounded introductions.

    `held_out` and `seed` are those of the training that will use it. Raises DataError and
    CatalogueError as `read_introductions`.
    """
    rows, dropped = read_introductions(path)
    faults = [_dropped(row) for row in dropped]
    untrue = [fault for row in rows for fault in _own_faults(row)]
    alike = list(_near_duplicates(rows))
    worn = [*_openings(rows), *_worn_phrases(rows)]
    train, held = split_introductions(rows, held_out, seed)
    leaks = list(_leaks(train, held))
    faults += [*untrue, *alike, *worn, *leaks]
    faults.sort(key=lambda fault: (str(fault.place.file), fault.place.number))
    lengths = sorted(len(row.text.split()) for row in rows)
    faulty = {fault.place for fault in untrue}
    sample = {article.product_type for article in articles_of(None).values()}
    covered = {row.article.product_type for row in rows}
    measures = {
        "examples": f"{len(rows)}",
        "rows dropped": f"{len(dropped)}",
        "without a fault of their own": f"{1 - len(faulty) / len(rows):.3f}",
        "near-duplicates": f"{len(alike)}",
        "words, fewest / median / most": f"{lengths[0]} / {median(lengths):g} / {lengths[-1]}",
        "distinct openings": f"{len({opening(row.text) for row in rows})}",
        "distinct requests": f"{len({' '.join(words_of(row.request)) for row in rows})}",
        "distinct articles": f"{len({row.article.id for row in rows})}",
        f"product types of the {SAMPLE}": f"{len(sample & covered)} of {len(sample)}",
        "held out": f"{len(held)} ({len(held) / len(rows):.3f})",
        "shared by both parts": f"{len(leaks)}",
    }
    return SetReport(tuple(faults), measures, tuple(sorted(sample - covered)))


def _dropped(row: Dropped) -> Fault:
    return Fault(row.place, "dropped", row.reason)


def _own_faults(row: GroundedIntroduction) -> Iterator[Fault]:
    for problem in problems(row.text, row.article, row.request):
        yield Fault(row.place, problem.kind, problem.words)
    words = len(row.text.split())
    if not SHORTEST <= words <= LONGEST:
        yield Fault(row.place, "length", f"{words} words, not {SHORTEST} to {LONGEST}")
    if tidied(row.text) != row.text:
        yield Fault(row.place, "more than a sentence", "shoppers see the first sentence only")


def _near_duplicates(rows: Sequence[GroundedIntroduction]) -> Iterator[Fault]:
    texts = [" ".join(words_of(row.text)) for row in rows]
    ratios = process.cdist(
        texts, texts, scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE, dtype=np.uint8
    )
    for second, first in np.argwhere(np.tril(ratios, k=-1)):
        yield Fault(
            rows[second].place,
            "near-duplicate",
            f"{ratios[second, first]} % of {rows[first].place}",
        )


def _openings(rows: Sequence[GroundedIntroduction]) -> Iterator[Fault]:
    most = max(_FEWEST_OPENINGS, round(_SHARE_OF_OPENING * len(rows)))
    counts = Counter(opening(row.text) for row in rows)
    for row in rows:
        if counts[opening(row.text)] > most:
            words = " ".join(opening(row.text))
            yield Fault(row.place, "worn opening", f"{words} ({counts[opening(row.text)]} times)")


def _worn_phrases(rows: Sequence[GroundedIntroduction]) -> Iterator[Fault]:
    """Yield phrases that many introductions share and that no article or request gave them."""
    most = max(_FEWEST_PHRASES, round(_SHARE_OF_PHRASE * len(rows)))
    using: dict[tuple[str, ...], list[GroundedIntroduction]] = defaultdict(list)
    for row in rows:
        given = _phrases(words_of(f"{row.article.chunk_text()} . {row.request}"))
        for phrase in _phrases(words_of(row.text)) - given:
            using[phrase].append(row)
    for phrase, users in using.items():
        if len(users) > most:
            for row in users:
                yield Fault(row.place, "worn phrase", f"{' '.join(phrase)} ({len(users)} times)")


def _phrases(words: Sequence[str]) -> set[tuple[str, ...]]:
    starts = range(len(words) - WORN_WORDS + 1)
    return {tuple(words[start : start + WORN_WORDS]) for start in starts}


def _leaks(
    train: Iterable[GroundedIntroduction], held: Iterable[GroundedIntroduction]
) -> Iterator[Fault]:
    seen = {key: row.place for row in train for key in keys_of(row)}
    for row in held:
        for key in keys_of(row):
            if key in seen:
                yield Fault(row.place, "held out, yet trained on", f"as {seen[key]}")
                break
