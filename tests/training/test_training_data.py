import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from training.checking import check_set
from training.errors import DataError
from training.introductions import read_introductions
from training.outfits import divided, person_of, read_outfits
from training.splitting import keys_of, split_by, split_introductions

SAMPLE_ID = "9101001001"
TRUE = (
    "In soft pointelle knit, this light purple jumper has a round neckline, low dropped "
    "shoulders and long, straight sleeves."
)
COMPLETION = (
    "Outfit 1:\n- Top: a white linen shirt\n- Shoes: loafers\n\n"
    "**Outfit 2: Evening**\n- Top: a black blazer\n\n"
    "3. A red dress with low heels\n\nOutfit #4 - a grey suit and a tie\n\n"
    "Outfit 5:\n- Top: a green jumper and jeans"
)


def row(**changes: object) -> dict[str, object]:
    return {
        "article_id": SAMPLE_ID,
        "catalogue": "sample",
        "request": "a soft jumper",
        "introduction": TRUE,
    } | changes


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(*values: object) -> Path:
        file = tmp_path / "introductions.jsonl"
        lines = [one if isinstance(one, str) else json.dumps(one) for one in values]
        file.write_text("\n".join(lines), encoding="utf-8")
        return file

    return write


def test_an_introduction_is_read_with_the_facts_of_its_catalogue(write) -> None:
    (example,), dropped = read_introductions(write(row()))
    assert example.article.name == "ODESSA KNIT JUMPER"
    assert example.article.pattern == "Other structure"
    assert not dropped


def test_an_introduction_may_bring_its_articles_text_and_its_split(write) -> None:
    chunk = "SKIRT - Skirt - Blue - Ladieswear - Skirt in denim - with studs."
    own = row(article=chunk, split="held", article_id="7")
    del own["catalogue"]
    (example,), _ = read_introductions(write(own))
    assert example.article.description == "Skirt in denim - with studs."
    assert split_introductions([example], 0.1, 0) == ([], [example])


def test_bad_rows_are_dropped_with_their_line_and_reason(write) -> None:
    file = write(row(), "{broken", row(introduction=" "), row(article_id="1"))
    examples, dropped = read_introductions(file)
    assert len(examples) == 1
    assert {(one.place.number, one.reason) for one in dropped} == {
        (2, "not one JSON object"),
        (3, "no introduction"),
        (4, "no article 1 in the catalogue sample"),
    }


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([], "has no usable row"),
        ([{"input": "a", "context": "b"}], "lacks article_id, request, introduction, catalogue"),
        ([row(article_id="1")], "No row of"),
    ],
)
def test_a_file_without_examples_is_refused_with_what_it_lacks(write, values, problem) -> None:
    with pytest.raises(DataError, match=problem):
        read_introductions(write(*values))


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no training data at"):
        read_introductions(tmp_path / "none.jsonl")


def test_what_is_held_out_shares_neither_article_nor_request(introductions: Path) -> None:
    rows, _ = read_introductions(introductions)
    train, held = split_introductions(rows, 0.2, 3)
    assert len(held) == 4
    learnt = {key for one in train for key in keys_of(one)}
    assert not learnt & {key for one in held for key in keys_of(one)}
    assert split_introductions(rows, 0.2, 3) == (train, held)
    assert split_introductions(rows, 0.2, 4)[1] != held


def test_rows_that_hang_together_stay_together() -> None:
    rows = [("a", "x"), ("a", "y"), ("b", "y"), ("c", "z"), ("d", "w"), ("e", "v")]
    for seed in range(8):
        _, held = split_by(rows, 0.5, seed, keys=lambda pair: pair)
        assert len(held) == 3
        assert len({("a", "x"), ("a", "y"), ("b", "y")} & set(held)) in (0, 3)


def test_a_completion_is_divided_into_its_outfits() -> None:
    outfits = divided(COMPLETION)
    assert [outfit.split("\n")[0] for outfit in outfits[2:4]] == [
        "A red dress with low heels",
        "a grey suit and a tie",
    ]
    assert len(outfits) == 5
    assert "Outfit" not in " ".join(outfits)
    assert divided("Wear what you like.") == []


def outfit_table(path: Path, count: int = 30, **columns: list[str]) -> Path:
    values = {
        "input": [f"I am tall, style {number % 10}" for number in range(count)],
        "context": [f"I'm going to event {number}" for number in range(count)],
        "completion": [COMPLETION] * count,
    }
    pq.write_table(pa.table(values | columns), path)
    return path


def test_outfits_ask_for_one_to_five_and_answer_with_as_many(tmp_path: Path) -> None:
    file = outfit_table(tmp_path / "style.parquet")
    examples, dropped = read_outfits(str(file), seed=0)
    assert {len(one.outfits) for one in examples} == {1, 2, 3, 4, 5}
    for one in examples:
        assert f"Give exactly {len(one.outfits)}, numbered." in one.prompt
        assert one.person in one.prompt
        assert len(divided(one.answer)) == len(one.outfits)
    assert not dropped
    assert read_outfits(str(file), seed=0)[0] == examples
    assert read_outfits(str(file), seed=1)[0] != examples


def test_one_person_is_in_one_part_only(tmp_path: Path) -> None:
    examples, _ = read_outfits(str(outfit_table(tmp_path / "style.parquet")), seed=0)
    train, held = split_by(examples, 0.2, 0, keys=person_of)
    assert len(held) == 6
    assert not {one.person for one in train} & {one.person for one in held}


def test_outfits_of_another_shape_are_refused_and_unusable_rows_dropped(tmp_path: Path) -> None:
    completions = [COMPLETION, "Wear what you like.", ""]
    file = outfit_table(tmp_path / "some.parquet", 3, completion=completions)
    examples, dropped = read_outfits(str(file), seed=0)
    assert len(examples) == 1
    assert [one.reason for one in dropped] == [
        "no numbered outfits in the completion",
        "no completion",
    ]
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(DataError, match="lacks input, context, completion; it has text"):
        read_outfits(str(tmp_path / "other.parquet"), seed=0)


def test_the_check_finds_every_kind_of_fault(write) -> None:
    file = write(
        row(),
        row(introduction=TRUE.replace("purple", "green"), request="another one"),
        row(introduction=f"{TRUE} It is lovely.", request="a third"),
        row(introduction="This light purple jumper has a round neckline.", request="short"),
        row(article_id="1"),
    )
    report = check_set(file, held_out=0.1, seed=0)
    found = {(fault.place.number, fault.kind) for fault in report.faults}
    assert not any(number == 1 for number, _ in found)
    assert {
        (2, "invented"),
        (2, "near-duplicate"),
        (3, "more than a sentence"),
        (4, "length"),
        (5, "dropped"),
    } <= found
    assert report.measures["examples"] == "4"
    assert "Dress" in report.uncovered
    assert "Sweater" not in report.uncovered


def test_worn_openings_and_phrases_are_found(write) -> None:
    worn = [
        row(introduction=f"Meet your new favourite number {n} for days out.", request=f"trip {n}")
        for n in range(7)
    ]
    kinds = {fault.kind for fault in check_set(write(*worn), held_out=0.1, seed=0).faults}
    assert {"worn opening", "worn phrase"} <= kinds


def test_a_row_that_names_its_split_cannot_leak(write) -> None:
    file = write(row(split="train"), row(split="held", introduction=f"{TRUE[:-1]}, for you."))
    kinds = [fault.kind for fault in check_set(file, held_out=0.1, seed=0).faults]
    assert "held out, yet trained on" in kinds


def test_the_command_lists_the_lines_and_exits_with_1_if_there_are_faults(write) -> None:
    clean = CliRunner().invoke(app, ["train", "check", str(write(row()))])
    assert clean.exit_code == 0, clean.output
    file = write(row(introduction=TRUE.replace("purple", "green")))
    faulty = CliRunner().invoke(app, ["train", "check", str(file)])
    assert faulty.exit_code == 1
    assert f"{file}:1  invented: light green" in faulty.output
