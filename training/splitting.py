"""A held-out part that shares nothing with the rest, the same for the same seed and rows."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from hashlib import blake2b
from typing import TypeVar

from pipeline.writing.lexicon import words_of
from training.introductions import GroundedIntroduction

T = TypeVar("T")


def split_introductions(
    rows: Sequence[GroundedIntroduction], share: float, seed: int
) -> tuple[list[GroundedIntroduction], list[GroundedIntroduction]]:
    """Return the training and the held-out part.

    No article, no other colour of it, no description and no request is in both. Rows that say
    themselves where they belong are kept there.
    """
    if any(row.held_out is not None for row in rows):
        return [row for row in rows if not row.held_out], [row for row in rows if row.held_out]
    return split_by(rows, share, seed, keys=keys_of)


def keys_of(row: GroundedIntroduction) -> tuple[Hashable, ...]:
    """Return what a row may share with none of the other part."""
    article = row.article
    keys = (
        ("article", article.id),
        ("product", article.product_code),
        ("description", " ".join(words_of(article.description))),
        ("request", " ".join(words_of(row.request))),
    )
    return tuple(key for key in keys if key[1])


def split_by(
    rows: Sequence[T], share: float, seed: int, *, keys: Callable[[T], Iterable[Hashable]]
) -> tuple[list[T], list[T]]:
    """Return the rows in two parts without a key in common, about `share` of them in the second.

    Groups of rows that hang together stay together; a group too large for what is still wanted
    goes to the first part.
    """
    groups = _connected([tuple(keys(row)) for row in rows])
    groups.sort(key=lambda group: min(_number(seed, tuple(keys(rows[i]))) for i in group))
    wanted = round(share * len(rows))
    held: set[int] = set()
    for group in groups:
        if len(held) + len(group) <= wanted:
            held.update(group)
    return (
        [row for index, row in enumerate(rows) if index not in held],
        [row for index, row in enumerate(rows) if index in held],
    )


def _connected(keys: Sequence[Iterable[Hashable]]) -> list[list[int]]:
    """Return the indices in groups: two are together if a chain of common keys joins them."""
    parents = list(range(len(keys)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    first: dict[Hashable, int] = {}
    for index, own in enumerate(keys):
        for key in own:
            parents[root(index)] = root(first.setdefault(key, index))
    groups: dict[int, list[int]] = {}
    for index in range(len(keys)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def _number(seed: int, keys: Hashable) -> int:
    return int.from_bytes(blake2b(f"{seed}:{keys}".encode(), digest_size=8).digest(), "big")
