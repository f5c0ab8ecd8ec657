"""Where rows go that cannot become articles."""

import json
from pathlib import Path

import pytest

from pipeline.catalogues import CatalogueError, Quarantine
from pipeline.catalogues.quarantine import ENTRY_LIMIT, RAW_LIMIT

FILE = Path("shop.csv")


def test_each_rejected_row_is_written_with_its_place_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "quarantine.jsonl"
    with Quarantine(path) as quarantine:
        quarantine.reject(FILE, 7, "It has no id.", {"name": "Caf\u00e9"})
        quarantine.warn(FILE, 9, "No price.", "raw;row")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert lines == [
        {
            "file": "shop.csv",
            "row": 7,
            "outcome": "rejected",
            "reason": "It has no id.",
            "raw": '{"name": "Caf\u00e9"}',
        },
        {
            "file": "shop.csv",
            "row": 9,
            "outcome": "kept",
            "reason": "No price.",
            "raw": "raw;row",
        },
    ]
    assert quarantine.count == 1
    assert quarantine.warnings.total() == 1


def test_a_raw_row_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.jsonl"
    with Quarantine(path) as quarantine:
        quarantine.reject(FILE, 1, "Too long.", "x" * 5_000_000)
    assert len(json.loads(path.read_text())["raw"]) == RAW_LIMIT


def test_undecodable_characters_do_not_stop_it(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.jsonl"
    with Quarantine(path) as quarantine:
        quarantine.reject(FILE, 1, "No text.", "Caf\udce9")
    assert "\\udce9" in path.read_text(encoding="utf-8")


def test_entries_beyond_the_limit_are_only_counted(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.jsonl"
    with Quarantine(path) as quarantine:
        for number in range(ENTRY_LIMIT + 5):
            quarantine.reject(FILE, number, "Bad.", "")
    assert quarantine.count == ENTRY_LIMIT + 5
    assert len(path.read_text().splitlines()) == ENTRY_LIMIT


def test_a_new_run_replaces_the_file_of_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "quarantine.jsonl"
    path.write_text("old\n")
    with Quarantine(path) as quarantine:
        assert not path.exists()
        quarantine.reject(FILE, 1, "Bad.", "")
    assert "old" not in path.read_text()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CatalogueError, match=r"quarantine file .* cannot be written"):
        Quarantine(tmp_path / "file" / "quarantine.jsonl")
