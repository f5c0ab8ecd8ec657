"""Articles that a shopper has an opinion on, as they are in the index."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from haystack_integrations.document_stores.qdrant.converters import convert_id
from qdrant_client import models

from pipeline.personal.taste import Opinion, Taste
from pipeline.stores import ArticleStore

MOST = 64
"""Opinions that are looked at: those that count most."""
_KEPT = 5_000
"""Articles kept in memory, some 4 KB each."""


@dataclass(frozen=True, slots=True)
class Example:
    """An article that the shopper has an opinion on; `weight` is 1 for a new one."""

    meta: Mapping[str, Any]
    vector: Sequence[float]
    liked: bool
    weight: float

    @property
    def product_type(self) -> str:
        """The article's product type."""
        return str(self.meta["product_type"])


class ExampleReader:
    """Looks opinions' articles up, each once: an open index never changes."""

    def __init__(self, store: ArticleStore) -> None:
        self._store = store
        self._known: dict[str, tuple[Mapping[str, Any], Sequence[float]] | None] = {}

    def read(self, taste: Taste, half_life_days: float) -> tuple[Example, ...]:
        """Return the examples, those that count most first; articles that are gone are left out."""
        weighed = [(taste.weight(o.at, half_life_days), o) for o in taste.opinions]
        strongest = sorted(weighed, key=lambda pair: -pair[0])[:MOST]
        known = self._looked_up(opinion for _, opinion in strongest)
        return tuple(
            Example(*found, opinion.liked, weight)
            for weight, opinion in strongest
            if (found := known[opinion.article_id]) is not None
        )

    def _looked_up(
        self, opinions: Iterable[Opinion]
    ) -> dict[str, tuple[Mapping[str, Any], Sequence[float]] | None]:
        ids = [opinion.article_id for opinion in opinions]
        known = self._known
        missing = [one for one in ids if one not in known]
        if missing:
            by_id = models.HasIdCondition(has_id=[convert_id(one) for one in missing])
            found = self._store.filter_documents(models.Filter(must=[by_id]))
            there = {d.id: (d.meta, d.embedding) for d in found if d.embedding}
            known = {**known, **{one: there.get(one) for one in missing}}
            # Replaced as a whole: other threads may be reading it.
            self._known = known if len(known) <= _KEPT else {one: known[one] for one in ids}
        return known
