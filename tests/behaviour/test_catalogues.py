"""Catalogues through their public entry points: H&M's table, and what goes wrong with files."""

import csv
import gzip
import json
import os
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues import (
    Catalogue,
    CatalogueError,
    Quarantine,
    deduplicated,
    open_catalogue,
)

ROW: dict[str, str | int | None] = {
    "article_id": "0100001001",
    "product_code": 100001,
    "prod_name": "ROSE  CARDIGAN",
    "product_type_no": 245,
    "product_type_name": "Cardigan",
    "product_group_name": "Garment Upper body",
    "graphical_appearance_no": 1,
    "graphical_appearance_name": "Melange",
    "colour_group_code": 51,
    "colour_group_name": "Light Pink",
    "perceived_colour_value_id": 1,
    "perceived_colour_value_name": "Dusty Light",
    "perceived_colour_master_id": 4,
    "perceived_colour_master_name": "Pink",
    "department_no": 1,
    "department_name": "Baby Knit",
    "index_code": "G",
    "index_name": "Baby Sizes 50-98",
    "index_group_no": 4,
    "index_group_name": "Baby/Children",
    "section_no": 41,
    "section_name": "Baby Girl",
    "garment_group_no": 1003,
    "garment_group_name": "Knitwear",
    "detail_desc": "Fine-knit cardigan in soft cotton\r\nwith buttons &amp; a bow.",
}
COLUMNS = tuple(ROW)
ARTICLE = Article(
    id="0100001001",
    product_code="0100001",
    name="ROSE CARDIGAN",
    product_type="Cardigan",
    colour="Light Pink",
    index_name="Baby Sizes 50-98",
    description="Fine-knit cardigan in soft cotton with buttons & a bow.",
    colour_family="Pink",
    product_group="Garment Upper body",
    pattern="Melange",
    index_group="Baby/Children",
    section="Baby Girl",
    garment_group="Knitwear",
    department="Baby Knit",
)
Cells = dict[str, str | int | None]


def hm_csv(path: Path, rows: Iterable[Cells], columns: Iterable[str] = COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def numbered(count: int, **changes: str | None) -> list[Cells]:
    return [ROW | {"article_id": f"01{n:08d}"} | changes for n in range(count)]


def opened(path: Path) -> Catalogue:
    return open_catalogue(CatalogueSettings(path=path))


def read(path: Path) -> tuple[list[Article], Quarantine]:
    quarantine = Quarantine()
    return list(opened(path).articles(quarantine)), quarantine


def test_hms_csv_becomes_articles_as_kaggle_ships_it(tmp_path: Path) -> None:
    path = hm_csv(tmp_path / "articles.csv", [ROW | {"product_code": "0100001"}])
    assert opened(path).format == "hm"
    assert read(path)[0] == [ARTICLE]
    assert ARTICLE.chunk_text() == (
        "ROSE CARDIGAN - Cardigan - Light Pink - Baby Sizes 50-98 - "
        "Fine-knit cardigan in soft cotton with buttons & a bow."
    )


@pytest.mark.parametrize("article_id", ["0100001001", 100001001])
def test_the_same_table_as_parquet_becomes_the_same_articles(
    tmp_path: Path, article_id: str | int
) -> None:
    path = tmp_path / "articles.parquet"
    pq.write_table(pa.Table.from_pylist([ROW | {"article_id": article_id}]), path)
    assert opened(path).format == "hm"
    assert read(path)[0] == [ARTICLE]


@pytest.mark.parametrize("missing", ["", None])
def test_an_article_without_a_description_is_kept(tmp_path: Path, missing: str | None) -> None:
    (article,), _ = read(hm_csv(tmp_path / "articles.csv", [ROW | {"detail_desc": missing}]))
    assert article.description == ""
    assert article.chunk_text() == "ROSE CARDIGAN - Cardigan - Light Pink - Baby Sizes 50-98"


def test_packed_csv_is_read_whatever_its_name(tmp_path: Path) -> None:
    plain = hm_csv(tmp_path / "articles.csv", [ROW])
    for name in ("articles.csv.gz", "articles"):
        (tmp_path / name).write_bytes(gzip.compress(plain.read_bytes()))
        assert read(tmp_path / name)[0] == [ARTICLE]


def test_bad_rows_are_quarantined_with_place_reason_and_content(tmp_path: Path) -> None:
    rows = numbered(4)
    rows[1]["article_id"] = " "
    rows[2]["prod_name"] = ""
    path = hm_csv(tmp_path / "articles.csv", rows)
    with path.open("a") as stream:
        stream.write("0109999999,too,few\n")
    with Quarantine(tmp_path / "quarantine.jsonl") as quarantine:
        articles = list(opened(path).articles(quarantine))
    assert [article.id for article in articles] == ["0100000000", "0100000003"]
    entries = [json.loads(line) for line in (tmp_path / "quarantine.jsonl").open()]
    # Every row takes two lines, for its description does.
    assert [(entry["row"], entry["reason"]) for entry in entries] == [
        (4, "It has no id."),
        (6, "It has no name."),
        (10, "It does not have 25 cells, as the header has."),
    ]
    assert entries[2]["raw"] == "0109999999,too,few\n"
    assert all(entry["file"] == str(path) for entry in entries)
    assert quarantine.count == 3


def test_only_bad_rows_are_an_error_with_the_most_common_reason(tmp_path: Path) -> None:
    rows = [*numbered(3, prod_name=""), ROW | {"article_id": ""}]
    with pytest.raises(CatalogueError, match=r"\(3 of 4 rows\): It has no name\."):
        read(hm_csv(tmp_path / "articles.csv", rows))


def test_of_rows_with_one_id_the_last_is_used_and_the_others_are_reported(tmp_path: Path) -> None:
    rows = numbered(5)
    rows[0] |= {"article_id": "0100000003", "prod_name": "First"}
    rows[1] |= {"article_id": "100000003", "prod_name": "Second"}
    rows[3] |= {"prod_name": "Last"}
    # A bad row supersedes nothing.
    rows[4] |= {"article_id": "0100000003", "prod_name": ""}
    path = hm_csv(tmp_path / "articles.csv", rows)
    with Quarantine(tmp_path / "quarantine.jsonl") as quarantine:
        articles = list(deduplicated(opened(path), quarantine))
    assert [(a.id, a.name) for a in articles] == [
        ("0100000002", "ROSE CARDIGAN"),
        ("0100000003", "Last"),
    ]
    assert quarantine.reasons == {
        "A later row has the same id and is used instead.": 2,
        "It has no name.": 1,
    }
    entries = [json.loads(line) for line in (tmp_path / "quarantine.jsonl").open()]
    assert [entry["row"] for entry in entries] == [2, 4, 10]


def test_a_catalogue_can_be_read_again_and_again(tmp_path: Path) -> None:
    catalogue = opened(hm_csv(tmp_path / "articles.csv", numbered(3)))
    first, second = (list(catalogue.articles(Quarantine())) for _ in range(2))
    assert first == second
    assert len(first) == 3


def test_the_digest_follows_the_bytes(tmp_path: Path) -> None:
    path = hm_csv(tmp_path / "articles.csv", numbered(3))
    before = opened(path).digest()
    assert opened(path).digest() == before
    hm_csv(path, numbered(4))
    assert opened(path).digest() != before
    assert len(before) == 64


def test_reading_takes_a_fraction_of_the_files_size_in_memory(tmp_path: Path) -> None:
    rows = numbered(4_000, detail_desc="soft wool " * 200)
    path = hm_csv(tmp_path / "articles.csv", rows)
    catalogue = opened(path)
    tracemalloc.start()
    assert sum(1 for _ in catalogue.articles(Quarantine())) == 4_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 4


@pytest.mark.parametrize(
    "column", ["article_id", "prod_name", "product_type_name", "colour_group_name", "detail_desc"]
)
def test_a_missing_column_is_named_with_what_to_do(tmp_path: Path, column: str) -> None:
    columns = [f"{name}s" if name == column else name for name in COLUMNS]
    with pytest.raises(CatalogueError) as caught:
        opened(hm_csv(tmp_path / "articles.csv", [ROW], columns))
    assert f"has no column '{column}'" in caught.value.problem
    assert f"Did you mean '{column}s'?" in caught.value.mend
    assert "catalogue.mapping." in caught.value.mend


def test_a_format_that_cannot_be_told_is_an_error_that_lists_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("sku,titel,price\n1,Kleid,5\n")
    with pytest.raises(CatalogueError, match=r"cannot be told; its columns are sku, titel, price"):
        opened(path)


def test_no_path_means_the_sample_catalogue() -> None:
    catalogue = open_catalogue(CatalogueSettings())
    assert catalogue.format == "hm"
    quarantine = Quarantine()
    assert len({article.id for article in deduplicated(catalogue, quarantine)}) >= 2_000
    assert quarantine.count == 0


def test_a_catalogue_cut_off_in_gzip_yields_no_article(tmp_path: Path) -> None:
    whole = gzip.compress(hm_csv(tmp_path / "articles.csv", numbered(5_000)).read_bytes())
    path = tmp_path / "articles.csv.gz"
    for size in (len(whole) // 2, len(whole) - 4):
        path.write_bytes(whole[:size])
        with pytest.raises(CatalogueError, match="ends early"):
            opened(path)


def test_a_damaged_gzip_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(hm_csv(tmp_path / "a.csv", numbered(5_000)).read_bytes()))
    whole[len(whole) // 2] ^= 0xFF
    path = tmp_path / "articles.csv.gz"
    path.write_bytes(whole)
    with pytest.raises(CatalogueError, match="damaged"):
        opened(path)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = hm_csv(tmp_path / "articles.csv", numbered(10))
    articles = opened(path).articles(Quarantine())
    next(articles)
    with path.open("a") as stream:
        stream.write("0109999999,")
    with pytest.raises(CatalogueError, match="changed while it was read"):
        list(articles)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is empty"),
        (b"\n", "no header line"),
        (",".join(COLUMNS).encode(), "has no rows"),
        (b"PK\x03\x04 a workbook", "ZIP or Excel"),
        (gzip.compress(b""), "no header line"),
    ],
)
def test_a_file_without_a_catalogue_in_it_is_refused(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "articles.csv"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=complaint):
        read(path)


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"articles\.csv does not exist"):
        opened(tmp_path / "articles.csv")
    with pytest.raises(CatalogueError, match="is not a file"):
        opened(tmp_path)


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hm_csv(tmp_path / "articles.csv", [ROW])
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser may read everything

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CatalogueError, match=r"cannot be read \(Permission denied\)"):
        opened(path)


HM_TABLE = (
    Path(os.environ.get("LOOKBOOK_HM_DATA", Path(__file__).parents[3] / "shared" / "data"))
    / "hm_articles.parquet"
)


@pytest.mark.real_data
@pytest.mark.skipif(not HM_TABLE.exists(), reason="the real H&M table is not here")
def test_the_real_table_is_read_whole() -> None:
    quarantine = Quarantine()
    ids = set()
    described = 0
    for article in deduplicated(opened(HM_TABLE), quarantine):
        ids.add(article.id)
        described += bool(article.description)
        assert len(article.id) == 10
        assert article.id.startswith(article.product_code)
    assert (len(ids), len(ids) - described, quarantine.count) == (105_542, 416, 0)
