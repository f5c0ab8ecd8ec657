"""Held-out purchases and what sold before a day: nothing of the day itself may leak."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.purchases import HISTORIES, LAST_WEEK, HeldOut, Sales, purchases_of

Rows = list[tuple[str, str, str]]
ROW_OF = {"coat": 0, "dress": 1, "skirt": 2, "socks": 3}
HISTORY: Rows = [
    ("2020-03-01", "anna", "coat"),
    ("2020-03-01", "anna", "dress"),
    ("2020-09-18", "anna", "skirt"),
    ("2020-09-18", "anna", "skirt"),
    ("2020-05-05", "bert", "socks"),
    ("2020-09-17", "cleo", "dress"),
    ("2020-05-04", "cleo", "socks"),
    ("2020-05-04", "cleo", "socks"),
]
WEEK: Rows = [
    ("2020-09-16", "w1", "dress"),
    ("2020-09-17", "w2", "coat"),
    ("2020-09-18", "w3", "skirt"),
]


def written(path: Path, rows: Rows) -> Path:
    names = ("t_dat", "customer_id", "article_id")
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), path)
    return path


def read(
    directory: Path, history: Rows = HISTORY, week: Rows = WEEK
) -> tuple[list[HeldOut], Sales]:
    written(directory / HISTORIES, history)
    written(directory / LAST_WEEK, week)
    return purchases_of(directory, ROW_OF)


def day(date: str) -> int:
    return int(np.datetime64(date, "D").astype(np.int64))


def test_the_last_day_of_each_customer_is_held_out(tmp_path: Path) -> None:
    anna, bert, cleo = read(tmp_path)[0]
    assert (anna.customer, anna.day) == ("anna", day("2020-09-18"))
    assert (sorted(anna.before), list(anna.bought)) == ([0, 1], [2])
    assert (list(bert.before), list(bert.bought)) == ([], [3])
    assert (list(cleo.before), list(cleo.bought)) == ([3, 3], [1])
    assert list(cleo.days) == [day("2020-05-04")] * 2


def test_sales_of_the_week_are_everybodys_and_older_ones_those_of_the_histories(
    tmp_path: Path,
) -> None:
    sales = read(tmp_path)[1]
    long = 1e9
    assert sales.before(day("2020-09-16"), long, 4) == pytest.approx([1, 1, 0, 3])
    assert sales.before(day("2020-09-18"), long, 4) == pytest.approx([2, 2, 0, 3])


@pytest.mark.parametrize("date", ["2020-05-05", "2020-09-17", "2020-09-18"])
def test_what_is_bought_on_a_day_or_after_it_changes_nothing_before_it(
    tmp_path: Path, date: str
) -> None:
    known = read(tmp_path)[1].before(day(date), 30.0, 4)
    later = [(date, "dora", "coat"), ("2020-09-22", "dora", "skirt")]
    in_week = [row for row in later if row[0] >= WEEK[0][0]]
    sales = read(tmp_path, [*HISTORY, *later], [*WEEK, *in_week])[1]
    assert sales.before(day(date), 30.0, 4) == pytest.approx(known)


def test_a_sale_counts_half_after_each_half_life(tmp_path: Path) -> None:
    sales = read(tmp_path)[1]
    assert sales.before(day("2020-03-31"), 15.0, 4) == pytest.approx([0.25, 0.25, 0, 0])


def test_purchases_of_another_shop_are_refused_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="lacks 1 of the articles") as caught:
        read(tmp_path, [*HISTORY, ("2020-01-01", "emil", "kite")])
    assert "catalogue.path" in caught.value.mend


def test_a_file_without_purchases_is_named(tmp_path: Path) -> None:
    written(tmp_path / LAST_WEEK, WEEK)
    with pytest.raises(EvaluationError, match=f"{HISTORIES} cannot be read"):
        purchases_of(tmp_path, ROW_OF)
    pq.write_table(pa.table({"t_dat": ["2020-01-01"]}), tmp_path / HISTORIES)
    with pytest.raises(EvaluationError, match="cannot be read as purchases") as caught:
        purchases_of(tmp_path, ROW_OF)
    assert "article_id" in caught.value.mend


HM_DATA = Path(os.environ.get("LOOKBOOK_HM_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.real_data
@pytest.mark.skipif(not (HM_DATA / HISTORIES).exists(), reason="H&M's purchases are not here")
def test_the_real_histories_are_read_whole() -> None:
    ids = pq.read_table(HM_DATA / "hm_articles.parquet", columns=["article_id"])["article_id"]
    row_of = {article_id: row for row, article_id in enumerate(ids.to_pylist())}
    customers, sales = purchases_of(HM_DATA, row_of)
    assert (len(customers), sum(len(one.before) > 0 for one in customers)) == (1_364, 910)
    assert sum(sales.days >= day("2020-09-16")) == 240_311
    for one in customers:
        assert len(one.bought)
        assert (one.days < one.day).all()
