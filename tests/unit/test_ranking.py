"""Ranking: one entry per product, exactly as many as asked, neighbours that differ."""

from haystack import Document

from pipeline.ranking import Ranker
from pipeline.understanding import Condition, QueryConstraints


def candidate(
    number: int, *, score: float, product: str = "", text: str = "", **meta: str
) -> Document:
    return Document(
        id=str(number),
        content=text or f"article number {number}",
        meta={"article_id": str(number), "product_code": product or str(number), **meta},
        score=score,
    )


def kind(product_type: str) -> Condition:
    return Condition(
        slot="kind",
        name=product_type.lower(),
        words=product_type.lower(),
        any_of=((("product_type", (product_type,)),),),
    )


def ids(result: dict[str, list[Document]]) -> list[str]:
    return [document.id for document in result["documents"]]


def test_the_best_come_first_and_no_more_than_asked() -> None:
    documents = [candidate(n, score=n / 10) for n in range(6)]
    assert ids(Ranker().run(documents, QueryConstraints(), 3)) == ["5", "4", "3"]


A_IN_FOUR_COLOURS_AND_B = [
    candidate(1, score=0.9, product="A"),
    candidate(2, score=0.8, product="A"),
    candidate(3, score=0.7, product="A"),
    candidate(4, score=0.6, product="A"),
    candidate(5, score=0.5, product="B"),
]


def test_colours_of_one_product_are_one_entry_the_best_of_them() -> None:
    ranked = Ranker().run(A_IN_FOUR_COLOURS_AND_B, QueryConstraints(), 2)
    assert ids(ranked) == ["1", "5"]


def test_where_products_run_out_a_few_other_colours_fill_up() -> None:
    more = [*A_IN_FOUR_COLOURS_AND_B, candidate(6, score=0.4)]
    assert ids(Ranker().run(A_IN_FOUR_COLOURS_AND_B, QueryConstraints(), 5)) == ["1", "5"]
    assert ids(Ranker().run(more, QueryConstraints(), 5)) == ["1", "5", "6", "2"]


def test_where_a_number_was_named_colours_fill_it() -> None:
    ranked = Ranker().run(A_IN_FOUR_COLOURS_AND_B, QueryConstraints(count=4), 4)
    assert ids(ranked) == ["1", "5", "2", "3"]


def test_fewer_candidates_than_asked_are_all_shown() -> None:
    documents = [candidate(1, score=0.5)]
    assert ids(Ranker(diversity=0.5).run(documents, QueryConstraints(), 5)) == ["1"]
    assert ids(Ranker().run([], QueryConstraints(), 5)) == []


def test_diversity_lets_a_different_article_pass_a_copy_of_the_first() -> None:
    documents = [
        candidate(1, score=0.9, text="soft black wool jumper with a round neckline"),
        candidate(2, score=0.88, text="soft black wool jumper with a round neckline"),
        candidate(3, score=0.8, text="glittering sequined cardigan that buttons"),
    ]
    assert ids(Ranker(diversity=0.0).run(documents, QueryConstraints(), 2)) == ["1", "2"]
    assert ids(Ranker(diversity=0.4).run(documents, QueryConstraints(), 2)) == ["1", "3"]


def test_an_outfit_takes_turns_between_its_kinds() -> None:
    wish = QueryConstraints(kinds=(kind("Hat"), kind("Gloves")), each=True)
    documents = [
        *(candidate(n, score=0.9 - n / 100, product_type="Hat") for n in range(4)),
        *(candidate(n, score=0.3 - n / 100, product_type="Gloves") for n in range(4, 8)),
    ]
    assert ids(Ranker().run(documents, wish, 4)) == ["0", "4", "1", "5"]


def test_an_outfit_is_filled_from_the_other_kind_where_one_runs_out() -> None:
    wish = QueryConstraints(kinds=(kind("Hat"), kind("Gloves")), each=True)
    documents = [
        candidate(1, score=0.9, product_type="Hat"),
        *(candidate(n, score=0.3 - n / 100, product_type="Gloves") for n in range(4, 8)),
    ]
    assert ids(Ranker().run(documents, wish, 4)) == ["1", "4", "5", "6"]
