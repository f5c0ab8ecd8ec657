"""`lookbook evaluate` over a small shop and a tiny random embedder: what it reports."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from config.settings import CatalogueSettings, EmbeddingSettings, Settings
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.evaluate import PLAIN, Evaluation, run_evaluation
from pipeline.evaluation.labelled import SAMPLE_QUERIES, LabelledQueries
from pipeline.evaluation.metrics import METRICS
from pipeline.index.build import build
from pipeline.sample import SAMPLE_CATALOGUE

QUERIES = (
    ("type_colour", [{"text": "a dress", "types": ["Dress"]}]),
    ("multi_turn", [{"text": "coats", "types": ["Coat"]}, {"text": "three", "types": ["Coat"]}]),
    ("count", [{"text": "two jackets", "types": ["Jacket"]}]),
    ("off_topic", [{"text": "hello there", "types": []}]),
)
COUNTS = {"three": 3, "two jackets": 2}


def line(number: int, category: str, turns: list[dict[str, Any]]) -> str:
    labelled = [
        {
            "text": turn["text"],
            "count": COUNTS.get(turn["text"]),
            "expect": "items" if turn["types"] else "none",
            "hard": {"product_type_name": turn["types"]} if turn["types"] else {},
        }
        for turn in turns
    ]
    return json.dumps({"id": f"q{number}", "category": category, "turns": labelled})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Path:
    """Every third article of the sample, indexed, with settings and queries beside it."""
    home = tmp_path_factory.mktemp("evaluation")
    with SAMPLE_CATALOGUE.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    with (home / "articles.csv").open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([rows[0], *rows[1::3]])
    shop = settings(home, tiny_embedder)
    build(shop, full=False, report=lambda _: None)
    told = {
        "home": str(home),
        "catalogue": {"path": str(home / "articles.csv")},
        "embedding": {"model": str(tiny_embedder), "dtype": "float32"},
    }
    (home / "shop.yaml").write_text(json.dumps(told), encoding="utf-8")
    told["retrieval"] = {"hybrid": False}
    (home / "dense.yaml").write_text(json.dumps(told), encoding="utf-8")
    lines = [line(number, *query) for number, query in enumerate(QUERIES)]
    (home / "queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return home


def settings(home: Path, embedder: Path) -> Settings:
    return Settings(
        home=home,
        catalogue=CatalogueSettings(path=home / "articles.csv"),
        embedding=EmbeddingSettings(model=str(embedder), dtype="float32"),
    )


def evaluate(home: Path, *options: str) -> Any:
    arguments = ["evaluate", "--config", str(home / "shop.yaml"), *options]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.fixture(scope="module")
def report(home: Path) -> dict[str, Any]:
    compared = ("--compare", str(home / "dense.yaml"), "--json")
    result = evaluate(home, "--queries", str(home / "queries.jsonl"), *compared)
    assert result.exit_code == 0
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_every_system_answers_every_turn(home: Path, report: dict[str, Any]) -> None:
    assert [system["name"] for system in report["systems"]] == [
        "local",
        str(home / "dense.yaml"),
        PLAIN,
    ]
    for system in report["systems"]:
        assert [(turn["id"], turn["turn"]) for turn in system["turns"]] == [
            ("q0", 0),
            ("q1", 0),
            ("q1", 1),
            ("q2", 0),
            ("q3", 0),
        ]
        assert set(system["categories"]) == {category for category, _ in QUERIES}


def test_a_conversation_remembers_and_a_number_is_obeyed(report: dict[str, Any]) -> None:
    lookbook = report["systems"][0]
    shown = {(t["id"], t["turn"]): len(t["article_ids"]) for t in lookbook["turns"]}
    assert shown == {("q0", 0): 20, ("q1", 0): 20, ("q1", 1): 3, ("q2", 0): 2, ("q3", 0): 0}
    overall = lookbook["overall"]
    assert overall["type_precision"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "turns": 4}
    assert overall["count_ok"]["mean"] == overall["none_ok"]["mean"] == 1


def test_differences_are_those_of_the_means(home: Path, report: dict[str, Any]) -> None:
    ours, _, plain = (system["overall"] for system in report["systems"])
    for metric, difference in report["above"][PLAIN].items():
        expected = ours[metric]["mean"] - plain[metric]["mean"]
        assert difference["mean"] == pytest.approx(expected)
        assert difference["low"] <= difference["mean"] <= difference["high"]


def test_the_report_is_a_page_a_file_of_data_and_a_figure(
    home: Path, report: dict[str, Any]
) -> None:
    out = home / "evaluation"
    assert json.loads((out / "evaluation.json").read_text(encoding="utf-8")) == report
    page = (out / "evaluation.md").read_text(encoding="utf-8")
    assert all(METRICS[metric] in page for metric in report["systems"][0]["overall"])
    assert report["machine"]["index version"] in page
    assert (out / "evaluation.png").read_bytes().startswith(b"\x89PNG")
    assert "</svg>" in (out / "evaluation.svg").read_text(encoding="utf-8")


def test_a_table_is_for_people(home: Path) -> None:
    options = ("--queries", str(home / "queries.jsonl"), "--out", str(home / "table"))
    result = evaluate(home, *options)
    assert "type_colour" in result.stdout
    assert "nDCG" in result.stdout
    assert str(home / "table" / "evaluation.json") in result.stdout.replace("\n", "")


def test_one_half_is_evaluated_alone(home: Path) -> None:
    queries = LabelledQueries.read(home / "queries.jsonl")
    for half in ("tune", "report"):
        wanted = [query.id for query in queries.queries if query.half == half]
        result = evaluate(home, "--queries", str(home / "queries.jsonl"), "--half", half, "--json")
        turns = json.loads(result.stdout)["systems"][0]["turns"]
        assert list(dict.fromkeys(turn["id"] for turn in turns)) == wanted


def test_a_catalogue_that_changed_since_the_index_was_built_is_refused(
    home: Path, tiny_embedder: Path, tmp_path: Path
) -> None:
    rows = (home / "articles.csv").read_text(encoding="utf-8")
    changed = tmp_path / "articles.csv"
    changed.write_text(rows.rsplit("\n", 2)[0], encoding="utf-8")
    catalogue = CatalogueSettings(path=changed)
    other = settings(home, tiny_embedder).model_copy(update={"catalogue": catalogue})
    with pytest.raises(EvaluationError, match="was not made of") as refused:
        _run(other)
    assert "lookbook index build" in refused.value.mend


def _run(shop: Settings) -> Evaluation:
    queries = LabelledQueries.read(SAMPLE_QUERIES)
    return run_evaluation(shop, queries, progress=lambda *_: None)
