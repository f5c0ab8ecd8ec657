"""CSV and TSV as rows."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.catalogues import CatalogueError, Quarantine
from pipeline.catalogues.delimited import DelimitedRows
from pipeline.catalogues.rows import CELL_LIMIT, NUL_BYTE, ROW_LIMIT, ROW_TOO_LONG, TOO_LONG, Row
from pipeline.catalogues.source import Source, Text


def open_rows(path: Path, content: bytes) -> DelimitedRows:
    path.write_bytes(content)
    return DelimitedRows(Text(Source(path)))


def read(path: Path, content: bytes) -> tuple[list[Row], Quarantine]:
    quarantine = Quarantine()
    return list(open_rows(path, content).read(quarantine, ())), quarantine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shop.csv"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_line_end_is_read(path: Path, mark: str, end: str) -> None:
    text = end.join(mark.join(cells) for cells in (["id", "name"], ["1", "Dress"], ["2", "Hat"]))
    rows, quarantine = read(path, text.encode())
    assert rows == [Row(2, {"id": "1", "name": "Dress"}), Row(3, {"id": "2", "name": "Hat"})]
    assert quarantine.count == 0


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_the_character_code_is_found(path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    filler = f"2,{'plain' * 1_000}\n" * 250
    content = f"{mark}id,name\n1,Robe d'\u00e9t\u00e9\n{filler}3,\u00dcberrock".encode(encoding)
    rows, quarantine = read(path, content)
    assert rows[0].values == {"id": "1", "name": "Robe d'\u00e9t\u00e9"}
    assert rows[-1].values == {"id": "3", "name": "\u00dcberrock"}
    assert quarantine.count == 0


def test_utf16_that_is_cut_off_is_refused(path: Path) -> None:
    with pytest.raises(CatalogueError, match="not sound UTF-16"):
        open_rows(path, "id,name\n1,a\n".encode("utf-16")[:-1])


def test_a_utf8_file_with_a_few_broken_bytes_loses_only_those_rows(path: Path) -> None:
    rows, quarantine = read(
        path, "id,name\n1,\u00e9t\u00e9\n2,BAD\n3,\u00fcber\n".encode().replace(b"BAD", b"\xff\xfe")
    )
    assert [row.values["name"] for row in rows] == ["\u00e9t\u00e9", "\u00fcber"]
    assert quarantine.count == 1


def test_a_character_cut_by_the_reading_block_stays_whole(path: Path) -> None:
    lead = "id,name\n1," + "x" * ((1 << 20) - 11)
    rows, quarantine = read(path, f"{lead}\u00e9\n2,b\n".encode())
    assert [row.number for row in rows] == [3]
    assert quarantine.reasons == {TOO_LONG: 1}


def test_quoted_line_ends_and_quotes_stay_in_the_cell(path: Path) -> None:
    rows, _ = read(path, b'id,name\n1,"Dress\r\nwith ""bow"""\n2,5" heel\n')
    assert [row.values["name"] for row in rows] == ['Dress\r\nwith "bow"', '5" heel']
    assert [row.number for row in rows] == [2, 4]


def test_blank_lines_and_empty_rows_are_no_rows(path: Path) -> None:
    rows, quarantine = read(path, b"\n\nid,name\n\n1,a\n,\n\n2,b\n\n")
    assert [row.number for row in rows] == [5, 8]
    assert quarantine.count == 0


@pytest.mark.parametrize("line", ["1", "1,a,b", "1,a,b,c,d,e"])
def test_a_row_with_the_wrong_number_of_cells_is_rejected(path: Path, line: str) -> None:
    rows, quarantine = read(path, f"id,name\n{line}\n2,b\n".encode())
    assert [row.values["id"] for row in rows] == ["2"]
    assert quarantine.reasons == {"It does not have 2 cells, as the header has.": 1}


def test_a_nul_byte_costs_its_row(path: Path) -> None:
    rows, quarantine = read(path, b"id,name\n1,a\0b\n2,b\n")
    assert [row.values["id"] for row in rows] == ["2"]
    assert quarantine.reasons == {NUL_BYTE: 1}


@pytest.mark.parametrize(
    "cell",
    [b"x" * 10_000_000, b'"' + b"x" * 10_000_000 + b'"', b'"' + b"line of text\n" * 800_000 + b'"'],
    ids=["plain", "quoted", "many lines"],
)
def test_a_cell_of_ten_megabytes_costs_one_row(path: Path, cell: bytes) -> None:
    rows, quarantine = read(path, b"id,name,kind\n1,a,b\n2," + cell + b",b\n3,c,d\n")
    assert [row.values["id"] for row in rows] == ["1", "3"]
    assert quarantine.count == 1
    assert set(quarantine.reasons) <= {TOO_LONG, ROW_TOO_LONG}


def test_a_cell_as_long_as_the_limit_is_kept(path: Path) -> None:
    rows, quarantine = read(path, b"id,name\n1," + b"x" * CELL_LIMIT + b"\n")
    assert len(rows) == 1
    assert quarantine.count == 0


def test_a_line_longer_than_a_row_may_be_costs_one_row(path: Path) -> None:
    line = b",".join([b"x" * (CELL_LIMIT // 2)] * (2 * ROW_LIMIT // CELL_LIMIT + 1))
    rows, quarantine = read(path, b"id,name\n" + line + b"\n2,b\n")
    assert rows == [Row(3, {"id": "2", "name": "b"})]
    assert quarantine.reasons == {ROW_TOO_LONG: 1}


@pytest.mark.parametrize("stray", ['2,"b,c', '2,b,"c', '"2,b,c'])
def test_a_stray_quote_does_not_swallow_the_rows_below(path: Path, stray: str) -> None:
    below = "".join(f"{number},b,c\n" for number in range(3, 200))
    rows, quarantine = read(path, f"id,name,kind\n1,b,c\n{stray}\n{below}".encode())
    assert [row.values["id"] for row in rows] == ["1", *map(str, range(3, 200))]
    assert [row.number for row in rows] == [2, *range(4, 201)]
    assert quarantine.count == 1


def test_a_stray_quote_is_caught_at_the_next_quoted_row(path: Path) -> None:
    rows, quarantine = read(path, b'id,name,kind\n1,b,"c\n2,"b, b",c\n3,b,"c, c"\n4,b,c\n')
    assert [row.values["id"] for row in rows] == ["2", "3", "4"]
    assert quarantine.count == 1


def test_of_two_columns_with_one_name_the_first_counts(path: Path) -> None:
    rows, _ = read(path, b"id,name,name\n1,first,second\n")
    assert rows[0].values["name"] == "first"


@pytest.mark.parametrize("content", [b"\n\n\n", b"\0\0\0i\0d\0", b"x" * (2 * CELL_LIMIT)])
def test_a_file_without_a_header_line_is_refused(path: Path, content: bytes) -> None:
    with pytest.raises(CatalogueError):
        open_rows(path, content)


def test_a_gzip_that_is_cut_off_is_refused_before_any_row(tmp_path: Path) -> None:
    rows = "".join(f"{number},name {number * 7919}\n" for number in range(100_000))
    whole = gzip.compress(f"id,name\n{rows}".encode())
    with pytest.raises(CatalogueError, match="ends early"):
        open_rows(tmp_path / "shop.csv.gz", whole[: len(whole) // 2])


@given(content=st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "shop.csv"
    rows, quarantine = read(path, b"id,name\n1,a\n" + content.lstrip(b"\n") + b"\n")
    assert len(rows) + quarantine.count >= 1
    assert all(set(row.values) == {"id", "name"} for row in rows)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(table=st.lists(st.tuples(CELL.filter(bool), CELL, CELL), min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_what_pythons_own_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str, str]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("table") / "shop.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([("id", "name", "kind"), *table])
    rows, quarantine = read(path, path.read_bytes())
    assert [tuple(row.values[name] for name in ("id", "name", "kind")) for row in rows] == table
    assert quarantine.count == 0
