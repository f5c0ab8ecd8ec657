"""Labels, grades, metrics and intervals, on a shop small enough to check by hand."""

import json
import math
from collections import Counter
from pathlib import Path

import pytest

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues import Quarantine, deduplicated, open_catalogue
from pipeline.evaluation.errors import LabelError
from pipeline.evaluation.intervals import estimate
from pipeline.evaluation.judging import Judge
from pipeline.evaluation.labelled import SAMPLE_QUERIES, LabelledQueries, Query, Turn
from pipeline.evaluation.metrics import score

SHOP = [
    Article(
        "1", "p1", "Wool coat", "Coat", colour_family="Black", description="Warm, with a hood."
    ),
    Article("2", "p1", "Wool coat", "Coat", colour_family="Red", description="Warm, with a hood."),
    Article("3", "p2", "Trench", "Coat", colour_family="Beige", description="Belted."),
    Article("4", "p3", "Rain jacket", "Jacket", colour_family="Black", description="Waterproof."),
    Article("5", "p4", "Party dress", "Dress", colour_family="Black", description="Sequins."),
]
JUDGE = Judge(SHOP)


def turn(**label: object) -> Turn:
    return Turn.model_validate({"text": "?", "expect": "items", **label})


def grades(label: Turn) -> list[int]:
    return [int(grade) for grade in JUDGE.grades(label).by_row]


def scores(label: Turn, *answer: str) -> dict[str, float]:
    judged = JUDGE.grades(label) if label.expect == "items" else None
    return score(label, judged, answer, JUDGE)


BLACK_COAT = turn(hard={"product_type_name": ["Coat"], "colour_master": ["Black"]})


def test_an_article_that_meets_everything_hard_ranks_above_one_of_the_right_type() -> None:
    assert grades(BLACK_COAT) == [3, 1, 1, 0, 0]


def test_what_is_soft_lifts_and_never_drops() -> None:
    label = turn(hard={"product_type_name": ["Coat"]}, soft={"colour_master": ["Red"]})
    assert grades(label) == [2, 3, 2, 0, 0]


def test_an_exclusion_leaves_only_the_type() -> None:
    label = turn(hard={"product_type_name": ["Coat"]}, **{"not": {"colour_master": ["Red"]}})
    assert grades(label) == [3, 1, 3, 0, 0]


def test_an_excluded_type_is_worth_nothing() -> None:
    assert grades(turn(**{"not": {"product_type_name": ["Dress"]}})) == [3, 3, 3, 3, 0]


def test_texts_are_searched_in_name_and_description_whatever_the_case() -> None:
    assert grades(turn(hard_text_any=["TRENCH", "waterproof"])) == [1, 1, 3, 3, 1]
    assert grades(turn(not_text=["hood"])) == [1, 1, 3, 3, 3]


def test_one_of_several_ways_is_enough() -> None:
    label = turn(
        hard_any=[
            {"product_type_name": ["Coat"], "text_any": ["hood"]},
            {"product_type_name": ["Jacket"]},
        ]
    )
    assert grades(label) == [3, 3, 1, 3, 1]


def test_precision_counts_what_is_shown() -> None:
    found = scores(BLACK_COAT, "1", "2", "4", "5")
    assert found["type_precision"] == 0.5
    assert found["constraint_precision"] == 0.25


def test_an_unknown_article_is_a_miss_and_a_repeat_is_too() -> None:
    found = scores(BLACK_COAT, "1", "1", "99")
    assert found["constraint_precision"] == pytest.approx(1 / 3)
    assert found["dup_article"] == pytest.approx(1 / 3)
    assert found["dup_product"] == pytest.approx(1 / 3)


def test_fill_asks_for_no_more_than_there_is() -> None:
    label = turn(hard={"product_type_name": ["Coat"]})
    assert scores(label, "1", "3")["fill"] == pytest.approx(2 / 3)
    assert scores(BLACK_COAT, "1")["fill"] == 1


def test_the_best_order_has_an_ndcg_of_1_and_a_worse_one_less() -> None:
    label = turn(hard={"product_type_name": ["Coat"]}, soft={"colour_master": ["Red"]})
    assert scores(label, "2", "1", "3")["ndcg"] == 1
    ideal = 7 + 3 / math.log2(3) + 3 / 2
    assert scores(label, "1", "3", "2")["ndcg"] == pytest.approx(
        (3 + 3 / math.log2(3) + 7 / 2) / ideal
    )


def test_a_number_is_obeyed_when_that_many_come_or_all_there_are() -> None:
    label = turn(count=2, hard={"product_type_name": ["Coat"]})
    assert scores(label, "1", "3")["count_ok"] == 1
    assert scores(label, "1", "2", "3")["count_ok"] == 0
    assert scores(turn(count=2, hard={"product_type_name": ["Dress"]}), "5")["count_ok"] == 1
    assert "count_ok" not in scores(BLACK_COAT, "1")


def test_an_outfit_spans_the_types_it_needs() -> None:
    label = turn(min_types=2)
    assert scores(label, "1", "4")["types_ok"] == 1
    assert scores(label, "1", "2")["types_ok"] == 0


def test_where_nothing_is_expected_only_nothing_is_right() -> None:
    label = turn(expect="none")
    assert scores(label) == {"none_ok": 1}
    assert scores(label, "1") == {"none_ok": 0}


def test_showing_nothing_where_something_is_expected_scores_0() -> None:
    found = scores(BLACK_COAT)
    assert {found[name] for name in ("type_precision", "constraint_precision", "fill")} == {0}
    assert found["ndcg"] == 0


def test_an_estimate_is_the_mean_over_turns_and_lies_within_its_interval() -> None:
    found = estimate([[1.0, 1.0], [0.0], [0.5]], widest=(0, 1))
    assert found is not None
    assert (found.mean, found.turns) == (0.625, 4)
    assert 0 <= found.low < found.mean < found.high <= 1
    assert found == estimate([[1.0, 1.0], [0.0], [0.5]], widest=(0, 1))


def test_more_queries_make_a_narrower_interval() -> None:
    few = estimate([[0.0], [1.0]] * 5, widest=(0, 1))
    many = estimate([[0.0], [1.0]] * 50, widest=(0, 1))
    assert few is not None
    assert many is not None
    assert many.high - many.low < few.high - few.low


def test_a_single_query_says_little_and_none_says_nothing() -> None:
    found = estimate([[1.0]], widest=(0, 1))
    assert found is not None
    assert (found.low, found.high) == (0, 1)
    assert estimate([[]], widest=(0, 1)) is None


def line(**turn: object) -> str:
    return json.dumps({"id": "b", "category": "c", "turns": [{"text": "", **turn}]})


@pytest.mark.parametrize(
    ("second", "named"),
    [
        ("not json", "line 2 is not a JSON object"),
        (line(expect="perhaps"), "turns.0.expect"),
        (line(expect="items", hard={"colour": ["Red"]}), "colour is none of"),
        (line(expect="items", not_text=["("]), "not a regular expression"),
        (line(expect="none").replace('"b"', '"a"'), "twice"),
    ],
)
def test_a_label_that_cannot_be_used_is_named(tmp_path: Path, second: str, named: str) -> None:
    file = tmp_path / "queries.jsonl"
    good = '{"id": "a", "category": "c", "turns": [{"text": "hi", "expect": "none"}]}'
    file.write_text(f"{good}\n{second}\n", encoding="utf-8")
    with pytest.raises(LabelError, match=named):
        LabelledQueries.read(file)


def test_a_query_stays_in_its_half_and_the_halves_are_alike() -> None:
    queries = LabelledQueries.read(SAMPLE_QUERIES)
    tune, report = queries.of_half("tune").queries, queries.of_half("report").queries
    assert len(tune) + len(report) == len(queries.queries)
    assert 0.8 < len(tune) / len(report) < 1.25
    assert {query.category for query in tune} == {query.category for query in report}
    assert Query.model_validate(json.loads(_first_line())).half == queries.queries[0].half


def _first_line() -> str:
    return SAMPLE_QUERIES.read_text(encoding="utf-8").splitlines()[0]


def test_the_sample_has_queries_of_every_kind() -> None:
    found = Counter(query.category for query in LabelledQueries.read(SAMPLE_QUERIES).queries)
    assert found.total() >= 80
    assert set(found) == {
        *("paper", "type_colour", "synonym", "section", "material", "negation", "count"),
        *("multi_type", "accessories_shoes", "jeans", "print", "typo", "word_forms", "occasion"),
        *("not_carried", "off_topic", "multi_turn"),
    }
    assert min(found.values()) >= 6


def test_every_label_of_the_sample_can_be_met() -> None:
    judge = Judge(deduplicated(open_catalogue(CatalogueSettings()), Quarantine()))
    for query in LabelledQueries.read(SAMPLE_QUERIES).queries:
        for number, one in enumerate(query.turns):
            if one.expect == "items":
                best = judge.grades(one).best(1)
                assert best == [3], f"{query.id}, turn {number}: nothing meets all of it"
