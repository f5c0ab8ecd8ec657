"""`lookbook experiment personalization`, over a small shop and purchases made up for it."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from config.settings import CatalogueSettings, EmbeddingSettings, Settings
from pipeline.article import Article
from pipeline.catalogues import Quarantine, deduplicated, open_catalogue
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.experiments import run_personalization
from pipeline.evaluation.labelled import SAMPLE_QUERIES, LabelledQueries
from pipeline.evaluation.next_purchases import SIGNALS
from pipeline.evaluation.purchases import HISTORIES, LAST_WEEK
from pipeline.evaluation.report import Report
from pipeline.evaluation.simulated_shoppers import ROUNDS, SHOWN, hidden_tastes, visit
from pipeline.index.build import build
from pipeline.recommending import Recommender
from pipeline.sample import SAMPLE_CATALOGUE

FIGURES = ("personalization-purchases", "personalization-shoppers")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Settings:
    """Every fifth article of the sample, indexed."""
    home = tmp_path_factory.mktemp("personalization")
    with SAMPLE_CATALOGUE.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    catalogue = home / "articles.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([rows[0], *rows[1::5]])
    settings = Settings(
        home=home,
        catalogue=CatalogueSettings(path=catalogue),
        embedding=EmbeddingSettings(model=str(tiny_embedder), dtype="float32"),
    )
    build(settings, full=False, report=lambda _: None)
    return settings


@pytest.fixture(scope="module")
def articles(shop: Settings) -> list[Article]:
    return list(deduplicated(open_catalogue(shop.catalogue), Quarantine()))


@pytest.fixture(scope="module")
def queries() -> LabelledQueries:
    sample = LabelledQueries.read(SAMPLE_QUERIES)
    return sample.model_copy(update={"queries": sample.queries[:4]})


@pytest.fixture(scope="module")
def purchases(tmp_path_factory: pytest.TempPathFactory, articles: list[Article]) -> Path:
    """Customers who buy again what they bought before, and newcomers who buy what sells."""
    directory = tmp_path_factory.mktemp("purchases")
    ids = [article.id for article in articles]
    histories = [
        row
        for number in range(8)
        for row in (
            *(("2020-08-01", f"c{number}", ids[number + many]) for many in range(1 + 3 * number)),
            ("2020-09-01", f"c{number}", ids[number]),
        )
    ]
    histories += [("2020-09-20", f"new{number}", ids[-1]) for number in range(4)]
    week = [("2020-09-16", f"w{number}", ids[-1]) for number in range(9)]
    names = ("t_dat", "customer_id", "article_id")
    for name, rows in ((HISTORIES, histories), (LAST_WEEK, week)):
        columns = zip(names, zip(*rows, strict=True), strict=True)
        pq.write_table(pa.table(dict(columns)), directory / name)
    return directory


@pytest.fixture(scope="module")
def measured(shop: Settings, queries: LabelledQueries, purchases: Path) -> tuple[Report, Path]:
    directory = shop.home / "report"
    report = run_personalization(
        shop, queries, directory, purchases=purchases, shoppers=2, progress=lambda *_: None
    )
    return report, directory


@pytest.fixture(scope="module")
def recommender(shop: Settings) -> Iterator[Recommender]:
    with Recommender.open(shop, writing=False) as opened:
        yield opened


def test_every_way_is_scored_at_every_history_length(measured: tuple[Report, Path]) -> None:
    rows = measured[0].parts["purchases"].rows
    lengths = {
        length: {r["Way"] for r in rows if r["Bought before"] == length}
        for length in ("0", "1 to 4", "5 to 19", "20 and more")
    }
    assert {length: len(ways) for length, ways in lengths.items()} == {
        "0": 2,
        "1 to 4": len(SIGNALS) + 2,
        "5 to 19": len(SIGNALS) + 2,
        "20 and more": len(SIGNALS) + 2,
    }


def test_newcomers_get_what_is_popular_and_others_what_they_keep_buying(
    measured: tuple[Report, Path],
) -> None:
    scores = {
        (row["Bought before"], str(row["Way"]).partition(":")[0]): str(row["recall@12"])[:5]
        for row in measured[0].parts["purchases"].rows
    }
    assert scores["0", "popularity"] == scores["0", "ours"] == "1.000"
    assert scores["1 to 4", "repeat purchase, same product code"] == "1.000"
    assert scores["1 to 4", "ours"] == "1.000"


def test_goals_compare_ours_with_popularity_and_with_plain_content(
    measured: tuple[Report, Path],
) -> None:
    goals = measured[0].parts["purchases"].goals
    assert len(goals) == 1 + 2 * 3
    assert all(goal.reached for goal in goals)


def test_each_strength_has_its_share_of_fitting_answers_and_of_constraints_met(
    measured: tuple[Report, Path], shop: Settings
) -> None:
    rows = measured[0].parts["strengths"].rows
    assert rows[0]["Strength"] == "learning nothing"
    assert f"{shop.personal.strength:g}, as set" in {row["Strength"] for row in rows}
    assert len(measured[0].parts["shoppers"].rows) == ROUNDS


def test_the_report_lies_beside_both_figures(measured: tuple[Report, Path]) -> None:
    names = {path.name for path in measured[1].iterdir()}
    figures = {f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")}
    assert names == {"personalization.json", "personalization.md", *figures}


def test_purchases_of_another_shop_are_refused(
    shop: Settings, queries: LabelledQueries, tmp_path: Path
) -> None:
    for name in (HISTORIES, LAST_WEEK):
        row = {"t_dat": ["2020-09-16"], "customer_id": ["c"], "article_id": ["elsewhere"]}
        pq.write_table(pa.table(row), tmp_path / name)
    with pytest.raises(EvaluationError, match="lacks 1 of the articles"):
        run_personalization(
            shop, queries, tmp_path, purchases=tmp_path, shoppers=2, progress=lambda *_: None
        )


def test_shoppers_come_without_purchases(
    shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "home": str(shop.home),
        "catalogue": {"path": str(shop.catalogue.path)},
        "embedding": {"model": shop.embedding.model, "dtype": "float32"},
    }
    (tmp_path / "shop.yaml").write_text(json.dumps(settings), encoding="utf-8")
    lines = SAMPLE_QUERIES.read_text(encoding="utf-8").splitlines()[:2]
    (tmp_path / "queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.delenv("LOOKBOOK_HM_DATA", raising=False)
    arguments = ["experiment", "personalization", "--shoppers", "2", "--json"]
    files = ["--queries", tmp_path / "queries.jsonl", "--config", tmp_path / "shop.yaml"]
    result = CliRunner().invoke(app, [*arguments, *map(str, files), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert list(json.loads(result.stdout)["parts"]) == ["shoppers", "strengths"]


def test_hidden_tastes_are_of_what_the_shop_has_for_these_people(articles: list[Article]) -> None:
    women, men, *_ = hidden_tastes(articles, 4, seed=1)
    assert (women.audience, men.audience) == ("women", "men")
    for hidden in (women, men):
        assert hidden.types <= {article.product_type for article in articles}
        assert hidden.colours <= {article.colour_family for article in articles}
        assert any(hidden.fits(article) for article in articles)
    assert hidden_tastes(articles, 4, seed=1)[0] == women


def test_a_shopper_comes_again_and_again_and_sees_something_new(
    recommender: Recommender, articles: list[Article]
) -> None:
    hidden = hidden_tastes(articles, 1, seed=1)[0]
    visits = visit(recommender, hidden, 5, learning=True)
    assert len(visits.fits) == ROUNDS
    assert all(0 < len(fits) <= SHOWN for fits in visits.fits)
    assert len(visits.taste.seen) > ROUNDS


def test_a_shopper_says_what_fits_and_what_does_not(
    recommender: Recommender, articles: list[Article]
) -> None:
    hidden = hidden_tastes(articles, 1, seed=1)[0]
    by_id = {article.id: article for article in articles}
    opinions = visit(recommender, hidden, 5, learning=True).taste.opinions
    assert {opinion.liked for opinion in opinions} == {True, False}
    for opinion in opinions:
        met = hidden.met(by_id[opinion.article_id])
        assert met > 1 if opinion.liked else met == 0


def test_likes_and_dislikes_bring_more_of_what_fits(
    recommender: Recommender, articles: list[Article]
) -> None:
    def fitting(*, learning: bool) -> int:
        tastes = hidden_tastes(articles, 6, seed=1)
        visits = [visit(recommender, one, s, learning=learning) for s, one in enumerate(tastes)]
        return sum(map(sum, (fits for made in visits for fits in made.fits[1:])))

    assert fitting(learning=True) > fitting(learning=False)
