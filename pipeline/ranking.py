"""From candidates to the answer: one entry per product, difference between neighbours."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest
from typing import Any

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
        words = [frozenset(_WORD.findall((document.content or "").lower())) for document in pool]
        likeness = [0.0] * len(pool)
        left = list(range(len(pool)))
        chosen: list[int] = []

        def worth(i: int) -> float:
            relevance = pool[i].score or 0.0
            return (1 - self.diversity) * relevance - self.diversity * likeness[i]

        while left and len(chosen) < count:
            best = max(left, key=worth)
            chosen.append(best)
            left.remove(best)
            for i in left:
                shared = len(words[i] & words[best]) / (len(words[i] | words[best]) or 1)
                likeness[i] = max(likeness[i], shared)
        return [pool[i] for i in chosen]


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
