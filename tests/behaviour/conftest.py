from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from pipeline.models import ModelError, locate
from tests.conftest import HOME
from tests.tiny_embedder import make_tiny_embedder


@pytest.fixture(scope="session")
def tiny_embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_embedder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def default_models() -> Settings:
    """The default settings, where `lookbook models fetch` has brought both default models."""
    settings = load_settings().model_copy(update={"home": HOME})
    try:
        locate(settings.embedding.model, "embedder", settings)
        locate(settings.writing.model, "writer", settings)
    except ModelError as error:
        pytest.skip(str(error))
    return settings
