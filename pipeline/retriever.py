"""Retrieval that honours the shopper: constraints filter before the nearest-neighbour search."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from haystack import Document, component, default_from_dict, default_to_dict
from haystack.core.serialization import component_from_dict, component_to_dict, import_class_by_name
from haystack.dataclasses import SparseEmbedding

from config.settings import RetrievalSettings
from pipeline.personal import Leaning
from pipeline.stores import ArticleStore, Steering
from pipeline.understanding import QueryConstraints

WIDEST = 1600
"""Most candidates ever fetched: enough for 20 products of which each has 80 colours."""

POOL = 3
"""Products handed on for each one that the shopper will see, for the ranker to choose from."""

FEWEST = 20
"""Fewest candidates fetched for each of the kinds of an outfit."""


@component
class ConstrainedRetriever:
    """Finds candidates that meet the constraints, giving up one at a time only if nothing does.

    Preferences come as tiers of filters (`QueryConstraints.tiers`): what an earlier tier finds
    stands before what a later one adds, and later ones are only asked while products are missing.
    Candidates are widened while they hold fewer products than asked for, since the colours of one
    product crowd out others. Where some of each kind is wanted, each kind is searched by itself.
    """

    def __init__(
        self, document_store: ArticleStore, *, search: RetrievalSettings, whole: bool = False
    ) -> None:
        """Keep the parameters; `whole` hands on all candidates, as a reranker needs them."""
        self.document_store = document_store
        self.search = search
        self.whole = whole

    def warm_up(self) -> None:
        """Make the store ready."""
        self.document_store.warm_up()

    def to_dict(self) -> dict[str, Any]:
        """Serialize the component with its store."""
        return default_to_dict(
            self,
            document_store=component_to_dict(self.document_store, "document_store"),
            search=self.search.model_dump(),
            whole=self.whole,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ConstrainedRetriever":
        """Load the component with its store."""
        parameters = data["init_parameters"]
        store = parameters["document_store"]
        parameters["document_store"] = component_from_dict(
            import_class_by_name(store["type"]), store, "document_store"
        )
        parameters["search"] = RetrievalSettings(**parameters["search"])
        return default_from_dict(cls, data)

    @component.output_types(
        documents=list[Document], constraints=QueryConstraints, relaxations=list[str]
    )
    def run(
        self,
        constraints: QueryConstraints,
        query_embedding: npt.NDArray[np.float32],
        count: int,
        query_sparse_embedding: SparseEmbedding | None = None,
        *,
        seen: list[str] | None = None,
        only_unseen: bool = False,
        leaning: Leaning | None = None,
    ) -> dict[str, Any]:
        """Return candidates with scores 0 to 1, the constraints they meet and what was given up.

        `count` is the number of products the shopper will see; `relaxations` holds one sentence
        for each constraint that was given up, in order. Products with a code in `seen` are left
        out; where that leaves nothing they come again, rather than that a wish is given up, or
        with `only_unseen` nothing comes. A `leaning` orders what is found; the firm parts of its
        profile must hold besides, and what it has seen comes where nothing else is left.
        """
        leaning = leaning or Leaning()
        query = _Query(
            self.document_store,
            self.search,
            query_embedding.tolist(),
            query_sparse_embedding,
            leaning,
            whole=self.whole,
        )
        wanted = leaning.profile.insisted(constraints)
        if seen:
            documents = query.fresh_first(wanted, count, seen)
            if documents or only_unseen:
                return {"documents": documents, "constraints": constraints, "relaxations": []}
        documents = query.fresh_first(wanted, count)
        told: list[str] = []
        if not documents:
            for relaxed, sentence in wanted.relaxations():
                told.append(sentence)
                documents = query.fresh_first(relaxed, count)
                if documents:
                    said = leaning.profile.forgotten(constraints, relaxed)
                    return {"documents": documents, "constraints": said, "relaxations": told}
        return {"documents": documents, "constraints": constraints, "relaxations": []}


class _Query:
    """One shopper's vectors, asked of the store under one set of constraints after another."""

    def __init__(
        self,
        store: ArticleStore,
        search: RetrievalSettings,
        dense: list[float],
        sparse: SparseEmbedding | None,
        leaning: Leaning,
        *,
        whole: bool,
        products: dict[str, Any] | None = None,
    ) -> None:
        self._store = store
        self._search = search
        self._dense = dense
        self._sparse = sparse
        self._leaning = leaning
        self._whole = whole
        self._products = products

    def _among(self, operator: Literal["in", "not in"], codes: Collection[str]) -> "_Query":
        """Return the query that finds only products with these codes, or only others."""
        if operator == "not in" and not codes:
            return self
        products = {"field": "meta.product_code", "operator": operator, "value": sorted(codes)}
        return _Query(
            self._store,
            self._search,
            self._dense,
            self._sparse,
            self._leaning,
            whole=self._whole,
            products=products,
        )

    def fresh_first(
        self, constraints: QueryConstraints, count: int, hidden: Collection[str] = ()
    ) -> list[Document]:
        """Return candidates without the hidden ones; what was seen only if others are too few."""
        lately = self._leaning.seen
        found = self._among("not in", {*hidden, *lately}).candidates(constraints, count)
        again = lately.difference(hidden)
        if not again or len(_products(found)) >= count:
            return found
        return [*found, *self._among("in", again).candidates(constraints, count)]

    def candidates(self, constraints: QueryConstraints, count: int) -> list[Document]:
        groups = constraints.groups()
        if len(groups) == 1:
            return self._by_tier(constraints, count, self._search.candidates)
        top_k = max(FEWEST, self._search.candidates // len(groups))
        share = -(-count // len(groups)) + 1
        found: dict[str, Document] = {}
        for group in groups:
            for document in self._by_tier(group, share, top_k):
                found.setdefault(document.id, document)
        return list(found.values())

    def _by_tier(self, constraints: QueryConstraints, count: int, top_k: int) -> list[Document]:
        tiers = constraints.tiers()
        steering = self._leaning.steering(constraints)
        found: dict[str, Document] = {}
        for below, filters in zip(reversed(range(len(tiers))), tiers, strict=True):
            documents = self._widened(filters, count, top_k, steering)
            scores = _scaled(documents)
            if steering:
                scores = _evenly(documents, highest=0.5 if found else 1.0)
            for document, score in zip(documents, scores, strict=True):
                if document.id not in found:
                    found[document.id] = replace(document, score=(below + score) / len(tiers))
            if len(_products(found.values())) >= count:
                break
        return list(found.values())

    def _widened(
        self,
        filters: dict[str, Any] | None,
        count: int,
        top_k: int,
        steering: Steering | None,
    ) -> list[Document]:
        if self._products:
            conditions = [filters, self._products] if filters else [self._products]
            filters = {"operator": "AND", "conditions": conditions}
        while True:
            documents = self._store.hybrid_search(
                self._dense,
                self._sparse,
                filters=filters,
                top_k=top_k,
                search=self._search,
                enough=None if self._whole else POOL * count,
                steering=steering,
            )
            if len(documents) < top_k or len(_products(documents)) >= count or top_k >= WIDEST:
                return documents
            top_k = min(4 * top_k, WIDEST)


def _products(documents: Iterable[Document]) -> set[str]:
    return {document.meta["product_code"] for document in documents}


def _scaled(documents: list[Document]) -> list[float]:
    """Stretch the scores over 0.1 to 1: the last of a tier stays above the best of the next."""
    if not documents:
        return []
    scores = [document.score or 0.0 for document in documents]
    best, span = max(scores), max(scores) - min(scores)
    return [1 - (0.9 * (best - score) / span if span else 0) for score in scores]


def _evenly(documents: list[Document], *, highest: float) -> list[float]:
    """Return scores by rank alone: a taste lifts a few so far that the rest would count as one.

    What a later tier adds is kept away from the tier before, however much it is to the taste.
    """
    steps = max(len(documents) - 1, 1)
    return [highest * (1 - 0.9 * rank / steps) for rank in range(len(documents))]
