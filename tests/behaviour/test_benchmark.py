"""`lookbook benchmark` over a small shop and tiny random models: what it reports, not how fast."""

import contextlib
import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from config.settings import CatalogueSettings, EmbeddingSettings, Settings, WritingSettings
from pipeline.evaluation import PARTS, Report, Scale, answering, run_benchmark
from pipeline.evaluation.errors import BenchmarkError
from pipeline.evaluation.report import Goal, Part, Spread
from pipeline.evaluation.shoppers import messages
from pipeline.index import open_index
from pipeline.index.build import build
from pipeline.sample import SAMPLE_CATALOGUE
from pipeline.understanding import Vocabulary
from tests.tiny_models import save_deepseek

TINY = Scale(articles=300, queries=5, messages=6, written=1, texts=20)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Settings:
    """Every seventh article of the sample, indexed; DeepSeek's architecture writes, in noise."""
    home = tmp_path_factory.mktemp("benchmark")
    with SAMPLE_CATALOGUE.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    catalogue = home / "articles.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([rows[0], *rows[1::7]])
    settings = Settings(
        home=home,
        catalogue=CatalogueSettings(path=catalogue),
        embedding=EmbeddingSettings(model=str(tiny_embedder), dtype="float32"),
        writing=WritingSettings(model=str(save_deepseek(home / "writer")), max_new_tokens=12),
    )
    build(settings, full=False, report=lambda _: None)
    return settings


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def report(shop: Settings, steps: list[tuple[str, int, int]], temporary: Path) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(temporary))
        return run_benchmark(shop, scale=TINY, progress=lambda *step: steps.append(step))


def rows(report: Report, part: str, column: str) -> dict[str, dict[str, Any]]:
    return {str(row[column]): row for row in report.parts[part].rows}


def test_every_part_is_measured_and_followed(
    report: Report, steps: list[tuple[str, int, int]]
) -> None:
    assert list(report.parts) == list(PARTS)
    last = {stage: (done, total) for stage, done, total in steps}
    assert {"building shards", "searching", "answering", "memory"} <= set(last)
    assert all(done == total for done, total in last.values())


def test_exact_search_is_the_truth_that_the_others_are_held_against(report: Report) -> None:
    searches = rows(report, "quantization", "Search")
    recall = {name: row["recall@100"] for name, row in searches.items()}
    assert recall.pop("exact: original vectors") == 1.0
    assert all(0 < value <= 1 for value in recall.values())
    # A few hundred vectors: a graph walked with ef 256 finds nearly all, unrescored codes do not.
    stock = next(name for name in recall if "stock" in name)
    assert recall[stock] < recall["none: ef 256"]
    as_set = {name.split(":")[0] for name in searches if "as set" in name}
    assert as_set == {"product", "scalar", "turbo"}


def test_the_gain_is_told_against_every_uncompressed_search(report: Report) -> None:
    searches = rows(report, "quantization", "Search")
    gains = {name: row["PQ against it"] for name, row in searches.items()}
    told = {name for name, gain in gains.items() if gain != ""}
    assert told == {name for name in searches if name.startswith(("exact", "none"))}
    assert report.parts["quantization"].goals[0].measured in gains.values()


def test_the_temporary_shards_are_gone_afterwards(report: Report, temporary: Path) -> None:
    assert "quantization" in report.parts
    assert list(temporary.iterdir()) == []


def test_stages_stand_below_the_whole_and_the_baseline(report: Report) -> None:
    stages = rows(report, "answering", "Stage")
    whole, personal, plain, *_ = stages
    assert whole == "message to ranked articles"
    assert personal == "message to ranked articles, personal"
    assert plain == "baseline: plain dense search"
    assert {"of it understander", "of it text_embedder", "of it retriever"} <= set(stages)
    assert 0 < stages.pop(personal)["messages"] <= TINY.messages
    counted = {row["messages"] for row in stages.values()}
    assert len(counted) == 1
    assert 0 < counted.pop() <= TINY.messages


def test_a_shop_of_few_words_is_measured_with_the_messages_there_are(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = messages

    def fewer(vocabulary: Vocabulary, number: int, seed: int) -> list[str]:
        return [*few(vocabulary, number, seed)[:-3], *few(vocabulary, number, seed)[-4:-2]]

    monkeypatch.setattr(answering, "messages", fewer)
    with contextlib.closing(open_index(shop)) as index:
        steps: list[tuple[int, int]] = []
        part = answering.measure_answering(shop, index, 6, lambda *step: steps.append(step))
    assert steps[-1] == (5, 5)
    counted = {row["Stage"]: row["messages"] for row in part.rows}
    # What was embedded for one way of asking is not measured again for the other.
    together = counted["message to ranked articles"]
    together += counted["message to ranked articles, personal"]
    assert together < 2 * 5


def test_noise_from_the_writer_counts_as_the_fallbacks(report: Report) -> None:
    total = rows(report, "writing", "Message")["all"]
    assert total["introduced"] >= 1
    assert total["by the model"] == 0


def test_both_embedders_make_the_same_vectors(report: Report) -> None:
    stock, ours = report.parts["embedding"].rows
    assert str(stock["Embedder"]).startswith("SentenceTransformer.encode")
    assert float(str(ours["lowest cosine"])) > 0.999


def test_the_papers_prompts_are_scored_by_type(report: Report) -> None:
    prompts = report.parts["paper"].rows
    assert len(prompts) == 6
    for row in prompts:
        # The small shop may hold fewer than 20 of a type; what is shown is of the type.
        assert row["Lookbook"] == int(str(row["shown"])) / 20
        assert row["Lookbook"] >= row["Plain dense"]


def test_the_index_and_the_machine_are_named(report: Report, shop: Settings) -> None:
    current = (shop.index_directory / "CURRENT").read_text(encoding="utf-8").strip()
    assert report.machine["index version"] == current
    assert {"processor", "cores", "memory", "load at the start", "load at the end"} <= set(
        report.machine
    )


def test_a_benchmark_changes_nothing_in_the_index(report: Report, shop: Settings) -> None:
    from pipeline.index import verify

    assert report.parts
    assert verify(shop).sound


def test_the_command_writes_json_and_a_page(
    shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {
        "HOME": str(shop.home),
        "EMBEDDING__MODEL": shop.embedding.model,
        "EMBEDDING__DTYPE": "float32",
        "CATALOGUE__PATH": str(shop.catalogue.path),
    }.items():
        monkeypatch.setitem(os.environ, f"LOOKBOOK__{key}", value)
    arguments = ["benchmark", "--quick", "--only", "paper", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "benchmark.json").read_text(encoding="utf-8"))
    assert list(written["parts"]) == ["paper"]
    assert isinstance(written["parts"]["paper"]["goals"][0]["reached"], bool)
    page = (tmp_path / "benchmark.md").read_text(encoding="utf-8")
    assert "## The paper's prompts" in page
    assert "| Jeans for women, tight. | Trousers |" in page


def test_an_unknown_part_is_refused_with_the_known_ones(shop: Settings) -> None:
    with pytest.raises(BenchmarkError, match="no part 'speed'") as caught:
        run_benchmark(shop, only=["speed"], progress=lambda *_: None)
    assert "quantization" in caught.value.mend


def test_a_page_shows_median_and_range_and_what_was_missed() -> None:
    goals = [
        Goal("speed", 1.5, "x", 1.3, at_least=True),
        Goal("wait", 40.0, "ms", 30, at_least=False),
    ]
    part = Part("Speed", "How.", [{"Way": "one", "ms": Spread.of([1.0, 4.0, 2.0])}], goals)
    page = Report({"cores": 2}, {"speed": part}).to_markdown()
    assert "| one | 2 (1 to 4) |" in page
    assert "| speed | 1.5 x | >= 1.3 x | reached |" in page
    assert "| wait | 40 ms | <= 30 ms | missed |" in page
