"""Any file by a mapping: delimited text, JSON Lines, parquet."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.settings import CatalogueSettings
from pipeline.article import Article
from pipeline.catalogues import Catalogue, CatalogueError, Quarantine, open_catalogue
from pipeline.catalogues.rows import NOT_TEXT, NUL_BYTE, ROW_TOO_LONG, TOO_LONG

MAPPING = {
    "id": "sku",
    "name": "titel",
    "product_type": "art.name",
    "price": "preis",
    "colour": "farben",
    "extra.material": "stoff",
}
RECORD: dict[str, Any] = {
    "sku": 17,
    "titel": "Kleid",
    "art": {"name": "Dress", "code": 3},
    "preis": 19.5,
    "farben": ["Red", "Blue"],
    "stoff": "Leinen",
    "other": "unused",
}
ARTICLE = Article(
    id="17",
    product_code="17",
    name="Kleid",
    product_type="Dress",
    colour="Red, Blue",
    price=19.5,
    currency="EUR",
    extra={"material": "Leinen"},
)


def opened(path: Path, mapping: dict[str, str] | None = None) -> Catalogue:
    return open_catalogue(
        CatalogueSettings(path=path, format="mapped", mapping=mapping or MAPPING, currency="EUR")
    )


def read(path: Path, mapping: dict[str, str] | None = None) -> tuple[list[Article], Quarantine]:
    quarantine = Quarantine()
    return list(opened(path, mapping).articles(quarantine)), quarantine


def write_lines(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records))
    return path


def write_parquet(path: Path, *records: dict[str, Any]) -> Path:
    pq.write_table(pa.Table.from_pylist(list(records)), path)
    return path


def test_a_json_line_becomes_an_article(tmp_path: Path) -> None:
    articles, _ = read(write_lines(tmp_path / "shop.jsonl", RECORD))
    assert articles == [ARTICLE]


def test_a_parquet_row_becomes_the_same_article(tmp_path: Path) -> None:
    articles, _ = read(write_parquet(tmp_path / "shop.parquet", RECORD))
    assert articles == [ARTICLE]


def test_a_csv_row_becomes_the_same_article(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text(
        'sku;titel;art.name;preis;farben;stoff\n17;Kleid;Dress;19,50;"Red, Blue";Leinen\n'
    )
    articles, _ = read(path)
    assert articles == [ARTICLE]


def test_a_mapping_alone_makes_the_format_mapped(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "shop", RECORD)
    catalogue = open_catalogue(CatalogueSettings(path=path, mapping=MAPPING))
    assert catalogue.format == "mapped"


def test_bad_json_lines_are_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    long = RECORD | {"titel": "x" * 1_000_001}
    longer = RECORD | {"titel": "x" * 20_000_000}
    path = write_lines(
        tmp_path / "shop.jsonl",
        "{broken",
        "[1, 2]",
        "[" * 50_000,
        RECORD | {"sku": None},
        RECORD | {"titel": "a\0b"},
        '{"sku": "1", "titel": "\\ud800", "art": {"name": "Dress"}}',
        long,
        longer,
        "",
        RECORD,
    )
    articles, quarantine = read(path)
    assert articles == [ARTICLE]
    assert quarantine.reasons == {
        "It is not a JSON object.": 3,
        "It has no id.": 1,
        NUL_BYTE: 1,
        NOT_TEXT: 1,
        TOO_LONG: 1,
        ROW_TOO_LONG: 1,
    }


def test_a_key_that_only_late_lines_have_is_read(tmp_path: Path) -> None:
    plain = {name: value for name, value in RECORD.items() if name != "stoff"}
    records = [RECORD, *[plain] * 1_500, RECORD]
    articles, _ = read(write_lines(tmp_path / "shop.jsonl", *records))
    assert [a.extra for a in articles[-2:]] == [{}, {"material": "Leinen"}]


def test_bad_parquet_rows_are_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    names = pa.array([b"Kleid", b"\xff\xfe", b"a\0b", b"x" * 1_000_001], pa.binary())
    table = pa.table(
        {"sku": [1, 2, 3, 4], "titel": names.cast(pa.string(), safe=False), "art": ["Dress"] * 4}
    )
    path = tmp_path / "shop.parquet"
    pq.write_table(table, path)
    mapping = {"id": "sku", "name": "titel", "product_type": "art"}
    articles, quarantine = read(path, mapping)
    assert [article.id for article in articles] == ["1"]
    assert quarantine.reasons == {NOT_TEXT: 1, NUL_BYTE: 1, TOO_LONG: 1}


def test_only_the_mapped_columns_of_a_parquet_file_are_read(tmp_path: Path) -> None:
    record = RECORD | {"photo": b"\xff" * 1_200_000}
    articles, quarantine = read(write_parquet(tmp_path / "shop.parquet", record))
    assert articles == [ARTICLE]
    assert quarantine.count == 0


def test_a_parquet_file_in_many_batches_keeps_its_row_numbers(tmp_path: Path) -> None:
    records = [RECORD | {"sku": number} for number in range(1, 3_001)]
    path = write_parquet(tmp_path / "shop.parquet", *records)
    numbered = list(opened(path).numbered(Quarantine()))
    assert [n.number for n in numbered] == list(range(1, 3_001))
    assert all(str(n.number) == n.article.id for n in numbered)


@pytest.mark.parametrize("content", [b"no parquet", b"PAR1 and no more"])
def test_a_parquet_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "shop.parquet"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match="not a sound parquet file"):
        read(path)


def test_a_parquet_that_is_damaged_inside_is_refused(tmp_path: Path) -> None:
    records = [RECORD | {"titel": f"Kleid {number * 7919}"} for number in range(5_000)]
    path = write_parquet(tmp_path / "shop.parquet", *records)
    content = bytearray(path.read_bytes())
    content[200:2_000] = b"\xff" * 1_800
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match="not a sound parquet file"):
        read(path)


@pytest.mark.parametrize("name", ["id", "name", "product_type"])
def test_a_mapping_without_a_required_field_names_the_key(tmp_path: Path, name: str) -> None:
    mapping = {key: column for key, column in MAPPING.items() if key != name}
    with pytest.raises(CatalogueError, match=rf"Set catalogue\.mapping\.{name} to the column"):
        read(write_lines(tmp_path / "shop.jsonl", RECORD), mapping)


def test_a_mapping_of_an_unknown_field_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"Did you mean colour\?"):
        read(tmp_path / "shop.jsonl", MAPPING | {"color": "farben"})


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_missing_column_is_named_with_its_key_and_the_files_columns(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"shop.{kind}"
    record = {"sku": "1", "titel": "Kleid", "art": "Dress", "preis_eur": "5"}
    if kind == "csv":
        path.write_text("\n".join([",".join(record), ",".join(record.values())]))
    elif kind == "jsonl":
        write_lines(path, record)
    else:
        write_parquet(path, record)
    with pytest.raises(CatalogueError) as caught:
        read(path, {"id": "sku", "name": "titel", "product_type": "art", "price": "preis"})
    assert "'preis'" in caught.value.problem
    assert "catalogue.mapping.price" in caught.value.mend
    assert "Did you mean 'preis_eur'?" in caught.value.mend
    assert "sku, titel, art, preis_eur" in caught.value.mend


def test_a_mapping_beside_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"of no use with catalogue\.format hm"):
        open_catalogue(CatalogueSettings(path=tmp_path, format="hm", mapping=MAPPING))


def test_a_json_list_is_refused_with_the_mend(tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    path.write_text(json.dumps([RECORD]))
    with pytest.raises(CatalogueError, match="JSON Lines"):
        read(path)


def test_a_file_without_any_json_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no line that is a usable JSON object"):
        read(write_lines(tmp_path / "shop.jsonl", "{broken", "[1]"))
