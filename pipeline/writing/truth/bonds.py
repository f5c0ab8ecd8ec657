"""Bonds: which fact is said of which part."""

from collections.abc import Iterator, Sequence

from pipeline.writing.truth.runs import MAX_GAP, Run

BODY = "body"
"""The garment as a whole."""

OF_THE_WHOLE = frozenset({"attribute", "material", "pattern"})

Bond = frozenset[str]


def bond(first: str, second: str) -> Bond:
    """Return the unordered pair of two concepts."""
    return frozenset({first, second})


def within(run: Run) -> Iterator[Bond]:
    """Yield the bonds inside words: "long-sleeved" bonds long and sleeve."""
    for token in run.tokens:
        if token.of and token.of != token.concept:
            yield bond(token.concept, token.of)


def first_of_list(runs: Sequence[Run], index: int, *, near: bool = False) -> Run | None:
    """Return what a list of places is about: for the hem, ribbing, in the example above."""
    position = index
    while position > 0 and runs[position].lead == "and" and not runs[position].determined:
        if runs[position].gap or len(runs[position].tokens) > 1:
            return None
        position -= 1
    if near and (runs[position].comma or runs[position].gap > MAX_GAP):
        return None
    return runs[position - 1] if position > 0 and runs[position].places() else None
