"""What an article's text may be taken to say: every plausible bond."""

from collections.abc import Iterable, Iterator, Sequence

from pipeline.writing.truth.bonds import BODY, Bond, bond, first_of_list, within
from pipeline.writing.truth.runs import MAX_GAP, Run


def believed(runs: Sequence[Run]) -> Iterator[Bond]:
    """Yield the bonds of one sentence of an article."""
    told = [run for run in runs if not run.negated]
    listed: list[Run] = []
    placed: list[Run] = []
    owner: Run | None = None
    for index, run in enumerate(told):
        before = told[index - 1] if index else None
        concepts = [token.concept for token in run.tokens]
        yield from within(run)
        yield from _pairs([token.of for token in run.tokens if token.of], concepts)
        yield from _pairs(concepts, concepts)
        if owner is not None and run.lead == "having":
            places = [token.concept for token in owner.tokens if token.kind == "place"]
            yield from _pairs([*places, *_concepts(owner)[-1:]], concepts)
        if owner is not None and run.lead == "making":
            yield from _pairs(_concepts(owner), concepts)
        elif not run.is_about_part() and not run.places() and not _is_at_place(told, index):
            yield from _pairs(concepts, [BODY])
        elif _is_told_of_garment(told, index):
            yield from _pairs(concepts[-1:], [BODY])
        if before is not None:
            yield from _linked(before, run)
        if run.places():
            placed = listed or placed
            for earlier in placed[:-1]:
                yield from _pairs(_concepts(earlier)[-1:], concepts)
            for nearest in placed[-1:]:
                yield from _pairs(_concepts(nearest), concepts)
            listed = []
            continue
        first = first_of_list(told, index)
        if first is not None:
            yield from _pairs(_concepts(first), concepts)
        listed.append(run)
        if run.lead not in {"making", "having"} or owner is None:
            near = run.gap <= MAX_GAP
            owner = run if near and (run.is_about_part() or run.is_named_place()) else None


def _is_at_place(runs: Sequence[Run], index: int) -> bool:
    """Tell whether a material is only in one place: "CORK around the soles"."""
    head = runs[index].head()
    after = runs[index + 1] if index + 1 < len(runs) else None
    led = runs[index].lead in {"and", "having", ""} and index > 0
    material = head is not None and head.kind == "material" and led
    return material and after is not None and after.places() and not after.gap


def _linked(before: Run, run: Run) -> Iterator[Bond]:
    """Bond neighbours: "sleeves with buttoned cuffs", "mesh linings and insoles"."""
    concepts = _concepts(run)
    of_parts = run.lead == "making" and run.is_about_part()
    if run.lead in {"copula", "placing", ""} or of_parts:
        yield from _pairs(_concepts(before), concepts)
    if run.lead == "and" and not run.determined and len(run.tokens) == 1:
        yield from _pairs([token.concept for token in before.qualifiers()], concepts)


def _is_told_of_garment(runs: Sequence[Run], index: int) -> bool:
    """Tell whether a garment simply has the part, so that "frilled top" is a top with a frill.

    A part that has a place is not enough: ribbing at the cuffs does not make a ribbed jumper.
    """
    run = runs[index]
    placed = index + 1 < len(runs) and runs[index + 1].places()
    return not placed and run.lead in {"having", "and"}


def _concepts(run: Run) -> list[str]:
    return [token.concept for token in run.tokens]


def _pairs(first: Iterable[str], second: Iterable[str]) -> Iterator[Bond]:
    others = list(second)
    return (bond(a, b) for a in first for b in others if a != b)
