import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from config.settings import Settings, WritingSettings
from tests.index_shop import rows, write_catalogue
from tests.tiny_models import save_deepseek
from training.recipe import Recipe


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep threads of tiny models from waiting for each other; they end alike with any number."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny LLaMA with DeepSeek's tokenizer and template."""
    return save_deepseek(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def introductions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty grounded introductions of a little catalogue beside them."""
    directory = tmp_path_factory.mktemp("data")
    articles = rows(40)
    write_catalogue(directory / "articles.csv", articles)
    file = directory / "introductions.jsonl"
    with file.open("w", encoding="utf-8") as stream:
        for number, article in enumerate(articles[::2]):
            row = {
                "article_id": article["article_id"],
                "catalogue": "articles.csv",
                "request": f"something plain for trip {number}",
                "introduction": f"In a soft weave, {article['prod_name']} goes along.",
            }
            stream.write(f"{json.dumps(row)}\n")
    return file


@pytest.fixture
def recipe(base: Path, introductions: Path) -> Recipe:
    return Recipe(
        name="tiny",
        model=str(base),
        introductions=(introductions,),
        held_out=0.2,
        max_steps=6,
        learning_rate=2e-3,
        batch_size=2,
        accumulation=2,
        optimizer="adamw_torch",
        evaluations_per_epoch=2,
        patience=9,
    )


@pytest.fixture
def settings(tmp_path: Path, base: Path, introductions: Path) -> Settings:
    writing = WritingSettings(model=str(base), max_new_tokens=8, candidates=1)
    catalogue = {"path": introductions.parent / "articles.csv"}
    return Settings(home=tmp_path / "home", writing=writing, catalogue=catalogue)
