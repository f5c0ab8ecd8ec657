"""The recommending pipeline as Haystack sees it, over a small shop and tiny random models."""

import csv
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from haystack import Pipeline

from config.settings import (
    CatalogueSettings,
    EmbeddingSettings,
    RerankingSettings,
    Settings,
    WritingSettings,
)
from pipeline.index.build import build
from pipeline.recommendation import Recommendation
from pipeline.recommending import ArticleGoneError, Recommender
from pipeline.retriever import POOL
from pipeline.sample import SAMPLE_CATALOGUE
from pipeline.stores import StoreError
from pipeline.understanding import Understander
from tests.tiny_models import save_deepseek

pytestmark = pytest.mark.haystack


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Settings:
    """Every seventh article of the sample, indexed; DeepSeek's architecture writes, in noise."""
    home = tmp_path_factory.mktemp("recommending")
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


def test_the_pipeline_survives_yaml(shop: Settings) -> None:
    with Recommender.open(shop) as recommender:
        loaded = Pipeline.loads(recommender.pipeline.dumps())
        assert loaded.to_dict()["components"] == recommender.pipeline.to_dict()["components"]
        assert set(loaded.graph.edges) == set(recommender.pipeline.graph.edges)
        inputs = {
            "understander": {"message": "two dresses"},
            "prompt_builder": {"query": "two dresses"},
            "truth_check": {"query": "two dresses"},
        }
        introductions = loaded.run(inputs)["truth_check"]["introductions"]
        assert len(introductions) == 2


def test_noise_from_the_model_never_reaches_the_shopper(shop: Settings) -> None:
    with Recommender.open(shop) as recommender:
        answer = recommender.recommend("three dresses")
    introductions = [item.introduction for item in answer.articles]
    assert len(introductions) == 3
    assert all(intro is not None and intro.written_by == "fallback" for intro in introductions)
    assert len({intro.text for intro in introductions if intro}) == 3


def test_articles_are_handed_out_before_their_introductions(shop: Settings) -> None:
    early: list[Recommendation] = []
    with Recommender.open(shop) as recommender:
        answer = recommender.recommend("three dresses", on_articles=early.append)
    assert len(early) == 1
    assert [a.article for a in early[0].articles] == [a.article for a in answer.articles]
    assert early[0].asked == answer.asked == 3
    assert all(item.introduction is None for item in early[0].articles)


def test_without_writing_no_language_model_is_touched(shop: Settings) -> None:
    nowhere = shop.model_copy(
        update={"writing": shop.writing.model_copy(update={"model": "/nowhere"})}
    )
    with Recommender.open(nowhere, writing=False) as recommender:
        assert set(recommender.pipeline.graph.nodes).isdisjoint({"generator", "truth_check"})
        answer = recommender.recommend("a dress")
    assert len(answer.articles) == 5
    assert answer.note == ""


def test_a_stopped_writer_still_leaves_every_article_introduced(shop: Settings) -> None:
    stop = threading.Event()
    stop.set()
    with Recommender.open(shop) as recommender:
        answer = recommender.recommend("three dresses", stop=stop)
    assert all(item.introduction and item.introduction.text for item in answer.articles)


@pytest.mark.parametrize("prompt", ["paper-original", "paper-modified"])
def test_the_papers_prompts_still_introduce_exactly_the_chosen(shop: Settings, prompt: str) -> None:
    paper = shop.model_copy(update={"writing": shop.writing.model_copy(update={"prompt": prompt})})
    with Recommender.open(paper) as recommender:
        answer = recommender.recommend("four dresses")
    assert len({item.article.id for item in answer.articles}) == 4
    assert all(item.introduction and item.introduction.text for item in answer.articles)


def test_what_people_can_mend_comes_out_of_the_pipeline_as_it_is(
    shop: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise StoreError("The store is gone.", "Start it.")

    with Recommender.open(shop, writing=False) as recommender:
        monkeypatch.setattr(recommender.index.store, "hybrid_search", unreachable)
        with pytest.raises(StoreError, match="Start it"):
            recommender.recommend("a dress")


def test_a_conversation_builds_on_what_was_said(shop: Settings) -> None:
    with Recommender.open(shop, writing=False) as recommender:
        first = recommender.recommend("a dress")
        second = recommender.recommend("only two, please", previous=first.constraints)
    assert {item.article.product_type for item in second.articles} == {"Dress"}
    assert len(second.articles) == 2


def test_no_more_than_the_most_are_shown_however_many_are_asked(shop: Settings) -> None:
    with Recommender.open(shop, writing=False) as recommender:
        answer = recommender.recommend("show me 50 trousers")
    assert answer.asked == shop.ranking.max_count
    assert len(answer.articles) <= shop.ranking.max_count


def test_no_usage_is_reported_to_the_makers_of_libraries() -> None:
    code = (
        "import pipeline.recommending\n"
        "from haystack.telemetry import _telemetry\n"
        "assert _telemetry.telemetry is None"
    )
    environment = {k: v for k, v in os.environ.items() if "TELEMETRY" not in k}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_the_stages_are_timed_by_name(shop: Settings) -> None:
    with Recommender.open(shop) as recommender:
        timings = recommender.recommend("a dress").timings
        nothing = recommender.recommend("hello").timings
    assert {"understander", "text_embedder", "retriever", "ranker", "generator"} <= set(timings)
    assert all(milliseconds >= 0 for milliseconds in timings.values())
    assert "retriever" not in nothing


def test_more_shows_the_next_articles_until_there_are_none(shop: Settings) -> None:
    with Recommender.open(shop, writing=False) as recommender:
        answer = recommender.recommend("10 black dresses")
        shown: list[str] = []
        while answer.articles:
            codes = [item.article.product_code for item in answer.articles]
            assert not set(codes) & set(shown)
            shown += codes
            answer = recommender.more(answer.constraints, count=10, exclude=shown)
        assert answer.relaxations == ()
        everything = recommender.recommend("20 black dresses")
        assert {item.article.product_code for item in everything.articles} <= set(shown)


def test_articles_seen_before_give_way_to_others_while_there_are_any(shop: Settings) -> None:
    with Recommender.open(shop, writing=False) as recommender:
        first = recommender.recommend("3 dresses")
        codes = {item.article.product_code for item in first.articles}
        second = recommender.recommend("3 dresses", exclude=codes)
        assert len(second.articles) == 3
        assert not codes & {item.article.product_code for item in second.articles}


def test_similar_articles_are_of_the_same_type_and_honour_exclusions(shop: Settings) -> None:
    with Recommender.open(shop, writing=False) as recommender:
        answer = recommender.recommend("a dress for women, not black")
        chosen = answer.articles[0].article
        alike = recommender.similar(chosen.id, constraints=answer.constraints, count=4)
        assert len(alike.articles) == 4
        for item in alike.articles:
            assert item.article.product_type == chosen.product_type
            assert item.article.product_code != chosen.product_code
            assert item.article.colour != "Black"


def test_nothing_is_like_an_article_that_is_gone(shop: Settings) -> None:
    with Recommender.open(shop, writing=False) as recommender, pytest.raises(ArticleGoneError):
        recommender.similar("no such article")


@pytest.mark.parametrize(("kind", "whole"), [("none", False), ("listwise", True)])
def test_a_second_stage_is_handed_every_candidate(shop: Settings, kind: str, whole: bool) -> None:
    reranking = RerankingSettings.model_validate({"kind": kind})
    settings = shop.model_copy(update={"reranking": reranking})
    with Recommender.open(settings, writing=False) as recommender:
        retriever = recommender.pipeline.get_component("retriever")
        constraints = Understander(recommender.index.vocabulary).understand("a dress")
        found = retriever.run(constraints, np.ones(32, dtype=np.float32), 2)["documents"]
    products = {document.meta["product_code"] for document in found}
    assert (len(products) > POOL * 2) is whole
