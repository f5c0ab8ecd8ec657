"""From candidates to the answer: one entry per product, difference between neighbours."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt
from haystack import Document, component

from pipeline.personal import Leaning
from pipeline.retriever import POOL
from pipeline.understanding import QueryConstraints

UNASKED_SHARE = 3
"""Other colours come one for so many products, unless the shopper named a number."""

_WORD = re.compile(r"[a-z]{3,}")


@component
class Ranker:
    """Chooses and orders what the shopper sees (design section 5).

    `diversity` trades relevance for difference from what already stands above (maximal marginal
    relevance, Carbonell and Goldstein 1998): 0 is relevance alone, 1 difference alone.
    """

    def __init__(self, *, diversity: float = 0.0) -> None:
        self.diversity = diversity

    @component.output_types(documents=list[Document])
    def run(
        self,
        documents: list[Document],
        constraints: QueryConstraints,
        count: int,
        leaning: Leaning | None = None,
    ) -> dict[str, Any]:
        """Return at most `count` documents, best first, each product once.

        Where some of each kind is wanted, the kinds take turns. What a leaning has seen comes after
        what is new. Where there are too few products, their other colours fill up: as many as it
        takes if the shopper named a number, else a few.
        """
        ranked = sorted(documents, key=lambda document: -(document.score or 0.0))
        products, variants = _apart(ranked)
        if constraints.count is None:
            variants = variants[: len(products) // UNASKED_SHARE]
        lately = leaning.seen if leaning else frozenset[str]()
        chosen: list[Document] = []
        for part in _parted(products, lately):
            chosen += self._chosen(part, constraints.groups(), count - len(chosen))
        return {"documents": [*chosen, *variants[: count - len(chosen)]]}

    def _chosen(
        self, documents: list[Document], groups: Sequence[QueryConstraints], count: int
    ) -> list[Document]:
        if len(groups) == 1:
            return self._diverse(documents, count)
        by_group: list[list[Document]] = [[] for _ in groups]
        for document in documents:
            fitting = (i for i, group in enumerate(groups) if group.allows(document.meta))
            by_group[next(fitting, 0)].append(document)
        turns = zip_longest(*(self._diverse(group, count) for group in by_group))
        return [document for turn in turns for document in turn if document is not None][:count]

    def _diverse(self, documents: list[Document], count: int) -> list[Document]:
        """Pick greedily what scores high and is unlike the picks so far."""
        pool = documents[: POOL * count]
        if self.diversity == 0 or len(pool) <= 1:
            return pool[:count]
        relevance = np.array([document.score or 0.0 for document in pool])
        alike = _likeness([document.content or "" for document in pool])
        likeness, left = np.zeros(len(pool)), np.ones(len(pool), dtype=bool)
        chosen: list[Document] = []
        for _ in range(min(count, len(pool))):
            worth = (1 - self.diversity) * relevance - self.diversity * likeness
            best = int(np.where(left, worth, -np.inf).argmax())
            chosen.append(pool[best])
            left[best] = False
            likeness = np.maximum(likeness, alike[best])
        return chosen


def _likeness(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the share of words (Jaccard) that each text has in common with each, 0 to 1."""
    words = [set(_WORD.findall(text.lower())) for text in texts]
    places = {word: place for place, word in enumerate(set().union(*words))}
    has = np.zeros((len(texts), len(places)), dtype=np.float32)
    for row, own in zip(has, words, strict=True):
        row[[places[word] for word in own]] = 1
    shared = (has @ has.T).astype(np.float64)
    sizes = has.sum(axis=1)
    alike: npt.NDArray[np.float64] = shared / np.maximum(sizes[:, None] + sizes - shared, 1)
    return alike


def _parted(
    documents: list[Document], lately: Collection[str]
) -> tuple[list[Document], list[Document]]:
    """Return the documents that are new, and those of products that were seen lately."""
    parts: tuple[list[Document], list[Document]] = ([], [])
    for document in documents:
        parts[document.meta["product_code"] in lately].append(document)
    return parts


def _apart(ranked: Iterable[Document]) -> tuple[list[Document], list[Document]]:
    """Return the best of each product, and the other colours of all of them."""
    products: list[Document] = []
    variants: list[Document] = []
    seen: set[str] = set()
    for document in ranked:
        code = document.meta["product_code"]
        (variants if code in seen else products).append(document)
        seen.add(code)
    return products, variants
