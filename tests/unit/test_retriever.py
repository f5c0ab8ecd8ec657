"""Retrieval: filters before the search, preferences as tiers, wishes given up only for nothing."""

from typing import Any

import numpy as np
import pytest
from haystack import Document

from config.settings import RetrievalSettings
from pipeline.personal import Leaning
from pipeline.retriever import ConstrainedRetriever
from pipeline.understanding import Condition, QueryConstraints

pytestmark = pytest.mark.haystack

BLACK = Condition("colour", "black", "black", ((("colour", ("Black",)),),))
HOODED = Condition("feature", "hooded", "hooded", ((("features", ("hooded",)),),))
COTTON = Condition("feature", "cotton", "cotton", ((("features", ("cotton",)),),))
SHIRT = Condition("kind", "shirt", "shirt", ((("product_type", ("Shirt",)),),))


class ShelfStore:
    """A store of a few documents that applies filters and remembers what it was asked."""

    def __init__(self, documents: list[Document]) -> None:
        self.documents = documents
        self.asked: list[tuple[dict[str, Any] | None, int]] = []

    def hybrid_search(
        self,
        query_embedding: Any,
        query_sparse_embedding: Any,
        *,
        filters: Any,
        top_k: int,
        search: Any,
        enough: int | None,
        steering: Any = None,
    ) -> list[Document]:
        self.asked.append((filters, top_k))
        matching = [d for d in self.documents if filters is None or passes(filters, d.meta)]
        return matching[:top_k]


def passes(condition: dict[str, Any], meta: dict[str, Any]) -> bool:
    operator = condition["operator"]
    if operator == "AND":
        return all(passes(c, meta) for c in condition["conditions"])
    if operator == "OR":
        return any(passes(c, meta) for c in condition["conditions"])
    if operator == "NOT":
        return not all(passes(c, meta) for c in condition["conditions"])
    found = meta.get(condition["field"].removeprefix("meta."), [])
    values = found if isinstance(found, list) else [found]
    if operator == "not in":
        return not any(value in condition["value"] for value in values)
    return any(value in condition["value"] for value in values)


def shirt(
    number: int, product: str = "", colour: str = "Black", features: tuple[str, ...] = ()
) -> Document:
    return Document(
        id=str(number),
        content="shirt",
        score=1 / (60 + number),
        meta={
            "product_code": product or str(number),
            "product_type": "Shirt",
            "colour": colour,
            "features": list(features),
        },
    )


def retrieve(
    store: ShelfStore, constraints: QueryConstraints, count: int = 3, **options: Any
) -> dict[str, Any]:
    retriever = ConstrainedRetriever(store, search=RetrievalSettings())  # type: ignore[arg-type]
    return retriever.run(constraints, np.zeros(1, dtype=np.float32), count, **options)


def test_the_constraints_go_into_the_search() -> None:
    store = ShelfStore([shirt(1), shirt(2, colour="White")])
    found = retrieve(store, QueryConstraints(kinds=(SHIRT,), required=(BLACK,)))
    assert [d.id for d in found["documents"]] == ["1"]
    assert found["relaxations"] == []
    assert all(filters is not None for filters, _ in store.asked)


def test_a_few_matches_are_told_as_they_are_and_not_padded() -> None:
    store = ShelfStore([shirt(1), *(shirt(n, colour="White") for n in range(2, 9))])
    found = retrieve(store, QueryConstraints(kinds=(SHIRT,), required=(BLACK,)), count=5)
    assert [d.id for d in found["documents"]] == ["1"]
    assert found["relaxations"] == []


def test_a_wish_is_given_up_only_when_nothing_matches_and_that_is_told() -> None:
    store = ShelfStore([shirt(1, features=("cotton",))])
    wish = QueryConstraints(kinds=(SHIRT,), required=(COTTON, HOODED))
    found = retrieve(store, wish)
    assert [d.id for d in found["documents"]] == ["1"]
    assert found["relaxations"] == ["Nothing *hooded* matched, so I left that wish out."]
    assert found["constraints"].required == (COTTON,)


def test_an_exclusion_and_the_kind_are_never_given_up() -> None:
    store = ShelfStore([shirt(1)])
    found = retrieve(store, QueryConstraints(kinds=(SHIRT,), excluded=(BLACK,), required=(HOODED,)))
    assert found["documents"] == []
    assert found["relaxations"] == []


def test_preferred_articles_come_before_the_others_that_are_right() -> None:
    store = ShelfStore([shirt(1), shirt(2), shirt(3, features=("hooded",))])
    found = retrieve(store, QueryConstraints(kinds=(SHIRT,), preferred=(HOODED,)))
    scores = {d.id: d.score for d in found["documents"]}
    assert scores["3"] > scores["1"] > scores["2"]
    assert all(0 <= score <= 1 for score in scores.values())


def test_the_search_widens_while_colours_of_one_product_crowd_out_others() -> None:
    crowd = [shirt(n, product="A") for n in range(150)]
    store = ShelfStore([*crowd, shirt(900, product="B"), shirt(901, product="C")])
    found = retrieve(store, QueryConstraints(kinds=(SHIRT,)), count=3)
    assert {d.meta["product_code"] for d in found["documents"]} == {"A", "B", "C"}
    assert [top_k for _, top_k in store.asked] == [100, 400]


def test_each_kind_of_an_outfit_is_searched_by_itself() -> None:
    hat = Condition("kind", "hat", "hat", ((("product_type", ("Hat",)),),))
    hats = [
        Document(
            id=f"h{n}",
            content="hat",
            score=0.1,
            meta={"product_code": f"h{n}", "product_type": "Hat"},
        )
        for n in range(2)
    ]
    store = ShelfStore([*(shirt(n) for n in range(300)), *hats])
    found = retrieve(store, QueryConstraints(kinds=(SHIRT, hat), each=True), count=6)
    types = [d.meta["product_type"] for d in found["documents"]]
    assert types.count("Hat") == 2
    assert types.count("Shirt") >= 4


def test_what_was_shown_before_is_not_searched_again() -> None:
    store = ShelfStore([shirt(1), shirt(2), shirt(3)])
    found = retrieve(store, QueryConstraints(kinds=(SHIRT,)), seen=["1", "3"])
    assert [d.id for d in found["documents"]] == ["2"]


def test_rather_than_nothing_what_was_shown_before_comes_again() -> None:
    store = ShelfStore([shirt(1), shirt(2, colour="White")])
    wish = QueryConstraints(kinds=(SHIRT,), required=(BLACK,))
    found = retrieve(store, wish, seen=["1"])
    assert [d.id for d in found["documents"]] == ["1"]
    assert found["relaxations"] == []


def test_a_wish_for_more_ends_where_there_is_no_more() -> None:
    store = ShelfStore([shirt(1), shirt(2, colour="White")])
    wish = QueryConstraints(kinds=(SHIRT,), required=(BLACK,))
    found = retrieve(store, wish, seen=["1"], only_unseen=True)
    assert found["documents"] == []
    assert found["relaxations"] == []


def test_what_a_taste_has_seen_is_searched_by_itself_where_too_little_is_new() -> None:
    store = ShelfStore([shirt(n) for n in range(1, 5)])
    wish = QueryConstraints(kinds=(SHIRT,))
    leaning = Leaning(seen=frozenset(["1", "2", "3"]))
    found = retrieve(store, wish, count=2, seen=["3"], leaning=leaning)
    assert [d.id for d in found["documents"]] == ["4", "1", "2"]
    _, again = [filters["conditions"][-1] for filters, _ in store.asked if filters]
    assert (again["operator"], again["value"]) == ("in", ["1", "2"])


def test_what_a_taste_has_seen_is_not_searched_where_enough_is_new() -> None:
    store = ShelfStore([shirt(n) for n in range(1, 5)])
    leaning = Leaning(seen=frozenset(["1"]))
    found = retrieve(store, QueryConstraints(kinds=(SHIRT,)), leaning=leaning)
    assert [d.id for d in found["documents"]] == ["2", "3", "4"]
    assert len(store.asked) == 1
