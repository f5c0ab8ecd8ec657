"""`lookbook experiment`: both experiments over a small shop and two tiny embedders."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from config.settings import CatalogueSettings, EmbeddingSettings, Settings
from pipeline.evaluation.experiments import run_accuracy, run_latency
from pipeline.evaluation.report import Report
from pipeline.index.build import build
from pipeline.index.versions import IndexVersions
from pipeline.models import ModelError
from pipeline.sample import SAMPLE_CATALOGUE
from tests.tiny_models import save_bert, save_mpnet

Steps = list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Every tenth article of the sample, with a BERT for its own embedder; nothing indexed."""
    home = tmp_path_factory.mktemp("experiments")
    with SAMPLE_CATALOGUE.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    catalogue = home / "articles.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([rows[0], *rows[1::10]])
    bert = save_bert(home / "tiny-bert", pooling="cls")
    return Settings(
        home=home / "home",
        catalogue=CatalogueSettings(path=catalogue),
        embedding=EmbeddingSettings(model=str(bert), dtype="float32"),
    )


@pytest.fixture(scope="module")
def mpnet(shop: Settings) -> Path:
    return save_mpnet(Path(shop.embedding.model).parent / "tiny-mpnet", hidden=48)


def measured(shop: Settings, mpnet: Path, directory: Path) -> tuple[Report, Steps]:
    steps: Steps = []
    embedders = [shop.embedding.model, str(mpnet)]
    report = run_accuracy(shop, embedders, directory, progress=lambda *one: steps.append(one))
    return report, steps


@pytest.fixture(scope="module")
def accuracy(shop: Settings, mpnet: Path) -> tuple[Report, Steps]:
    return measured(shop, mpnet, shop.home / "first")


def by_embedder(report: Report) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in report.parts["accuracy"].rows:
        found.setdefault(str(row["Embedder"]), {})[str(row["Prompt"])] = row
    return found


def test_each_embedder_answers_all_six_prompts(accuracy: tuple[Report, Steps]) -> None:
    found = by_embedder(accuracy[0])
    assert list(found) == ["tiny-bert", "tiny-mpnet"]
    assert all(len(prompts) == 6 + len(["mean"]) for prompts in found.values())


def test_lookbooks_stages_show_only_the_types_asked_for(accuracy: tuple[Report, Steps]) -> None:
    for prompts in by_embedder(accuracy[0]).values():
        mean = prompts.pop("mean")
        assert mean["after"] > 0  # the shop is small: it has fewer than 20 of most types
        for row in prompts.values():
            assert row["after"] == row["shown"] / 20


def test_the_embedders_have_indexes_of_their_own(
    shop: Settings, accuracy: tuple[Report, Steps]
) -> None:
    assert not IndexVersions(shop.index_directory).all()
    homes = [path.parent for path in shop.home.glob("experiments/*/index")]
    assert len(homes) == 2
    assert "32 floats / " in str(accuracy[0].machine["embedder"])
    assert "48 floats" in str(accuracy[0].machine["embedder"])


def test_a_second_run_embeds_nothing(
    shop: Settings, mpnet: Path, accuracy: tuple[Report, Steps], tmp_path: Path
) -> None:
    first, steps = accuracy
    assert any("embedding" in stage for stage, *_ in steps)
    second, again = measured(shop, mpnet, tmp_path)
    assert not any("embedding" in stage for stage, *_ in again)
    assert second.parts["accuracy"].rows == first.parts["accuracy"].rows


def test_the_report_lies_beside_its_figure(shop: Settings, accuracy: tuple[Report, Steps]) -> None:
    directory = shop.home / "first"
    names = {path.name for path in directory.iterdir()}
    assert names == {"accuracy.json", "accuracy.md", "accuracy.png", "accuracy.svg"}
    page = (directory / "accuracy.md").read_text(encoding="utf-8")
    assert "`lookbook experiment accuracy`" in page
    assert "](accuracy.png)" in page


def test_an_embedder_that_is_not_here_is_told_before_any_work(
    shop: Settings, tmp_path: Path
) -> None:
    steps: Steps = []
    absent = ["sentence-transformers/all-mpnet-base-v2", "BAAI/bge-small-en"]
    with pytest.raises(ModelError, match="not on this machine") as caught:
        run_accuracy(
            shop.model_copy(update={"home": tmp_path}),
            absent,
            tmp_path,
            progress=lambda *one: steps.append(one),
        )
    assert "copy its config, tokenizer and safetensors files into" in caught.value.mend
    assert not steps


@pytest.fixture(scope="module")
def latency(shop: Settings) -> tuple[Report, Path]:
    build(shop, full=False, report=lambda _: None)
    directory = shop.home / "latency"
    report = run_latency(shop, directory, articles=300, queries=4, progress=lambda *_: None)
    return report, directory


def test_the_live_index_serves_its_own_embedder(
    latency: tuple[Report, Path], shop: Settings, tmp_path: Path
) -> None:
    steps: Steps = []
    run_accuracy(shop, [shop.embedding.model], tmp_path, progress=lambda *one: steps.append(one))
    assert {stage for stage, *_ in steps} == {"tiny-bert: asking"}


def test_every_quantization_is_a_curve_with_its_cost(latency: tuple[Report, Path]) -> None:
    rows = latency[0].parts["quantization"].rows
    families = {str(row["Search"]).partition(":")[0] for row in rows}
    assert families == {
        "exact",
        "none",
        "none, on product's graph",
        "product",
        "scalar",
        "turbo",
    }
    for row in rows:
        assert 0 < float(str(row["recall@100"])) <= 1
        assert float(str(row["build s"])) > 0
        assert float(str(row["disk MB"])) > 0


def test_the_prompts_are_timed_as_libraries_ask_and_at_equal_recall(
    latency: tuple[Report, Path],
) -> None:
    rows = latency[0].parts["prompts"].rows
    assert len(rows) == 6
    columns = list(rows[0])
    assert "none: the engine's default ef, ms" in columns
    assert "product: not rescored, as stock libraries ask, ms" in columns


def test_the_latency_report_and_both_figures_are_written(latency: tuple[Report, Path]) -> None:
    report, directory = latency
    names = {path.name for path in directory.iterdir()}
    figures = {f"latency-by-{by}.{kind}" for by in ("prompt", "recall") for kind in ("png", "svg")}
    assert names == {"latency.json", "latency.md", *figures}
    written = json.loads((directory / "latency.json").read_text(encoding="utf-8"))
    assert written["parts"]["quantization"]["goals"][0]["reach"] == 1.3
    assert report.machine["articles"] == written["machine"]["articles"]


def test_the_command_prints_json_for_programs(
    shop: Settings, tmp_path: Path, accuracy: tuple[Report, Steps], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKBOOK__HOME", str(shop.home))
    monkeypatch.setenv("LOOKBOOK__CATALOGUE__PATH", str(shop.catalogue.path))
    monkeypatch.setenv("LOOKBOOK__EMBEDDING__MODEL", shop.embedding.model)
    monkeypatch.setenv("LOOKBOOK__EMBEDDING__DTYPE", "float32")
    arguments = ["experiment", "accuracy", "--embedder", shop.embedding.model, "--json"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert list(json.loads(result.stdout)["parts"]) == ["accuracy"]
