import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from pipeline.index.build import build
from pipeline.index.errors import IndexStateError
from pipeline.index.manifest import Manifest
from pipeline.index.versions import CURRENT, IndexVersions
from pipeline.models import ModelError, locate
from pipeline.sample import SAMPLE_CATALOGUE
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


@pytest.fixture(scope="session")
def sample_index(default_models: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample catalogue, indexed with the default models; starts from the demo's, if any."""
    home = tmp_path_factory.mktemp("sample")
    (home / "models").symlink_to(default_models.models_directory)
    with suppress(IndexStateError):
        _copy_of_the_demo(IndexVersions(default_models.index_directory), home / "index")
    settings = default_models.model_copy(update={"home": home})
    build(settings, full=False, report=lambda _: None)
    return settings


def _copy_of_the_demo(versions: IndexVersions, copy: Path) -> None:
    version = versions.current()
    if version is None:
        return
    if Manifest.read(versions.path(version)).catalogue.path == str(SAMPLE_CATALOGUE):
        shutil.copytree(versions.path(version), copy / version)
        (copy / CURRENT).write_text(version, encoding="utf-8")
