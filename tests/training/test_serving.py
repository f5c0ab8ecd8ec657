"""An adapter that was trained here is served, and changed while answers are being written."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.settings import Settings
from pipeline.index.build import build
from pipeline.models import ModelError, load_writer
from pipeline.recommending import Recommender
from tests.index_shop import shop_settings
from tests.tiny_embedder import make_tiny_embedder
from tests.tiny_models import save_adapter
from training.fine_tuning import fine_tune
from training.recipe import Recipe
from training.run import save_adapter as save_trained

MESSAGE = "a red dress"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, introductions: Path, base: Path) -> Settings:
    """An indexed shop whose writer is the tiny base."""
    home = tmp_path_factory.mktemp("shop")
    embedder = make_tiny_embedder(home / "embedder")
    settings = shop_settings(
        home / "home", introductions.parent / "articles.csv", embedder, quantization="none"
    )
    build(settings, full=False, report=lambda _: None)
    return settings


def served(shop: Settings, base: Path, adapter: Path | None) -> Settings:
    writing = shop.writing.model_copy(
        update={"model": str(base), "adapter": adapter, "max_new_tokens": 8, "candidates": 1}
    )
    return shop.model_copy(update={"writing": writing})


def test_an_adapter_trained_in_four_bits_serves_answers(
    shop: Settings, base: Path, recipe: Recipe, settings: Settings, tmp_path: Path
) -> None:
    short = recipe.model_copy(update={"max_steps": 1})
    training = fine_tune(short, settings, tmp_path / "adapter", progress=lambda *_: None)
    save_trained(training, tmp_path / "adapter")
    with Recommender.open(served(shop, base, tmp_path / "adapter")) as recommender:
        answer = recommender.recommend(MESSAGE, count=2)
    assert len(answer.articles) == 2
    assert not answer.note
    assert all(item.introduction is not None for item in answer.articles)


def test_an_adapter_of_another_base_is_refused_by_name(
    shop: Settings, base: Path, tmp_path: Path
) -> None:
    other = save_adapter(tmp_path / "other", base, base_name="somebody/else-7b")
    with pytest.raises(ModelError, match="was made for somebody/else-7b"):
        load_writer(served(shop, base, other))


def test_adapters_change_under_running_answers_and_drop_none(
    shop: Settings, base: Path, tmp_path: Path
) -> None:
    adapters = [save_adapter(tmp_path / str(seed), base, seed=seed) for seed in (1, 2)]
    settings = served(shop, base, adapters[0])
    with Recommender.open(settings) as recommender, ThreadPoolExecutor(3) as shoppers:
        recommender.warm_up()
        answers = [shoppers.submit(recommender.recommend, MESSAGE, count=2) for _ in range(9)]
        for adapter in (adapters[1], None, adapters[0]):
            load_writer(settings).swap_adapter(adapter)
        written = [answer.result() for answer in answers]
    assert [len(answer.articles) for answer in written] == [2] * 9
    assert not any(answer.note for answer in written)
