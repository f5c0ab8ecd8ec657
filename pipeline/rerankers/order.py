"""What all second stages share: they change the order, and the scores stay with the places."""

from collections.abc import Callable
from dataclasses import replace

from haystack import Document

Order = Callable[[list[Document]], list[Document]]
"""Returns the same documents in another order."""


def reranked(documents: list[Document], depth: int, order: Order) -> list[Document]:
    """Return the documents by falling score, the best `depth` of them put in order.

    The i-th of the new order gets the i-th score of the old one, so that the next stage, which
    weighs relevance against difference, sees scores on the scale it knows.
    """
    base = sorted(documents, key=lambda document: -(document.score or 0.0))
    head = order(base[:depth])
    placed = [
        replace(document, score=before.score)
        for document, before in zip(head, base[:depth], strict=True)
    ]
    return [*placed, *base[depth:]]
