"""`lookbook tune` over a small shop and a tiny random embedder: how it chooses and what it says."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from config.settings import CatalogueSettings, EmbeddingSettings, Settings, load_settings
from pipeline.evaluation.labelled import Query
from pipeline.evaluation.tuning import KNOBS, TOLERANCE
from pipeline.index.build import build
from pipeline.sample import SAMPLE_CATALOGUE


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Path:
    """Every seventh article of the sample, indexed, with settings and queries beside it."""
    home = tmp_path_factory.mktemp("tuning")
    with SAMPLE_CATALOGUE.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    with (home / "articles.csv").open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([rows[0], *rows[1::7]])
    shop = Settings(
        home=home,
        catalogue=CatalogueSettings(path=home / "articles.csv"),
        embedding=EmbeddingSettings(model=str(tiny_embedder), dtype="float32"),
    )
    build(shop, full=False, report=lambda _: None)
    told = {
        "home": str(home),
        "catalogue": {"path": str(home / "articles.csv")},
        "embedding": {"model": str(tiny_embedder), "dtype": "float32"},
    }
    (home / "shop.yaml").write_text(json.dumps(told), encoding="utf-8")
    lines = [
        {
            "id": kind,
            "category": "type",
            "turns": [
                {
                    "text": kind,
                    "expect": "items",
                    "hard": {"product_type_name": [kind.capitalize()]},
                    "soft": {"colour_master": ["Black"]},
                }
            ],
        }
        for kind in ("dress", "coat", "jacket", "skirt", "sweater", "shirt")
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (home / "queries.jsonl").write_text(text, encoding="utf-8")
    assert {Query.model_validate(line).half for line in lines} == {"tune", "report"}
    return home


@pytest.fixture(scope="module")
def tuning(home: Path) -> dict[str, Any]:
    options = ["--config", str(home / "shop.yaml"), "--queries", str(home / "queries.jsonl")]
    result = CliRunner().invoke(app, ["tune", *options, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_every_value_of_every_knob_is_tried(tuning: dict[str, Any]) -> None:
    tried = [(trial["knob"], trial["value"]) for trial in tuning["trials"]]
    assert tried == [(knob.name, value) for knob in KNOBS for value in knob.values]


def test_the_first_value_that_is_nearly_the_best_is_chosen(tuning: dict[str, Any]) -> None:
    for knob in KNOBS:
        trials = [trial for trial in tuning["trials"] if trial["knob"] == knob.name]
        best = max(trial["ndcg"]["mean"] for trial in trials)
        good = [trial for trial in trials if trial["ndcg"]["mean"] >= best - TOLERANCE]
        assert [trial for trial in trials if trial["chosen"]] == good[:1]


def test_what_is_chosen_is_told_as_settings(
    home: Path, tuning: dict[str, Any], tmp_path: Path
) -> None:
    chosen = {trial["knob"]: trial["value"] for trial in tuning["trials"] if trial["chosen"]}
    changes = tmp_path / "changes.yaml"
    changes.write_text(json.dumps(tuning["changes"]), encoding="utf-8")
    settings = load_settings(file=changes)
    for knob in KNOBS:
        for section, values in knob.values[chosen[knob.name]].items():
            loaded = getattr(settings, section).model_dump()
            assert {name: loaded[name] for name in values} == values


def test_the_reporting_half_compares_both(home: Path, tuning: dict[str, Any]) -> None:
    given, chosen = tuning["report"].values()
    for metric, difference in tuning["above"].items():
        expected = chosen[metric]["mean"] - given[metric]["mean"]
        assert difference["mean"] == pytest.approx(expected)
    page = (home / "tuning" / "tuning.md").read_text(encoding="utf-8")
    assert all(knob.name in page for knob in KNOBS)
    assert (home / "tuning" / "tuning.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((home / "tuning" / "tuning.json").read_text(encoding="utf-8")) == tuning
