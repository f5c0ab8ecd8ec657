"""Settings: what an operator can get wrong gets one sentence that says what to change."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from config.settings import ConfigurationError, Settings, load_settings, profile_names


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("LOOKBOOK_"):
            monkeypatch.delenv(name)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "lookbook.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_four_profiles_load() -> None:
    assert profile_names() == ["gpu", "local", "paper", "paper-baseline"]
    models = {name: load_settings(name).writing.model for name in profile_names()}
    assert models == {
        "gpu": "deepseek-llm-7b-chat",
        "local": "smollm2-135m-instruct",
        "paper": "deepseek-llm-7b-chat",
        "paper-baseline": "mistral-7b-instruct-v0.3",
    }


def test_the_paper_profile_is_the_papers_system() -> None:
    paper = load_settings("paper")
    assert paper.embedding.model == "bge-small-en"
    assert paper.index.quantization == "product"
    assert paper.retrieval.candidates == 100
    assert paper.ranking.default_count == 20
    assert paper.writing.prompt == "paper-modified"
    assert paper.writing.quantization == "nf4"


def test_a_file_overlays_the_profile_key_by_key(tmp_path: Path) -> None:
    settings = load_settings("gpu", written(tmp_path, "writing: {max_new_tokens: 40}"))
    assert settings.writing.max_new_tokens == 40
    assert settings.writing.model == "deepseek-llm-7b-chat"


def test_the_environment_overlays_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKBOOK__INDEX__QUANTIZATION", "turbo")
    file = written(tmp_path, "index: {quantization: scalar, keep_versions: 3}")
    settings = load_settings(file=file)
    assert settings.index.quantization == "turbo"
    assert settings.index.keep_versions == 3


def test_the_profile_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKBOOK__PROFILE", "paper")
    assert load_settings().profile == "paper"


def test_secrets_come_from_the_environment_and_are_not_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOOKBOOK__WRITING__SERVER__API_KEY", "s3cret-value")
    settings = load_settings()
    key = settings.writing.server.api_key
    assert key is not None
    assert key.get_secret_value() == "s3cret-value"
    assert "s3cret-value" not in repr(settings)


def test_secrets_come_from_a_directory_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "LOOKBOOK__INDEX__SERVER__API_KEY").write_text("from-a-file\n")
    monkeypatch.setenv("LOOKBOOK_SECRETS_DIRECTORY", str(tmp_path))
    key = load_settings().index.server.api_key
    assert key is not None
    assert key.get_secret_value() == "from-a-file"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("index: {quantisation: none}", "'index.quantisation'. Did you mean index.quantization?"),
        ("indx: {backend: edge}", "'indx'. Did you mean index?"),
        ("index: {hnsw: {m: many}}", "'index.hnsw.m' is not usable (it is 'many')"),
        ("index: {quantization: pq}", "'index.quantization' is not usable (it is 'pq')"),
        ("index: [unclosed", "is not valid YAML at line 1"),
        ("just words", "holds no sections"),
        ("writing: {server: {api_key: abc}}", "set LOOKBOOK__WRITING__SERVER__API_KEY"),
    ],
)
def test_a_mistake_in_the_file_names_the_key_and_the_mend(
    tmp_path: Path, text: str, expected: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file=written(tmp_path, text))
    assert expected in str(caught.value)
    assert caught.value.mend


def test_a_secret_in_a_file_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(file=written(tmp_path, "index: {server: {api_key: hunter2}}"))
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml does not exist"):
        load_settings(file=tmp_path / "nowhere.yaml")


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"home: caf\xe9")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_settings(file=path)


def test_an_unknown_profile_lists_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="gpu, local, paper, paper-baseline"):
        load_settings("papier")


def test_an_unknown_variable_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOKBOOK__INDEX__QUANTISATION", "none")
    with pytest.raises(ConfigurationError, match="Did you mean LOOKBOOK__INDEX__QUANTIZATION"):
        load_settings()


def test_a_wrong_type_in_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOOKBOOK__RANKING__MAX_COUNT", "lots")
    with pytest.raises(ConfigurationError, match="LOOKBOOK__RANKING__MAX_COUNT"):
        load_settings()


def test_the_operators_page_lists_every_key() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    listed = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    keys = {".".join(path) for path in leaf_keys(Settings)}
    assert keys <= listed, f"docs/configuration.md lacks {sorted(keys - listed)}"
    sections = {key.split(".")[0] for key in keys}
    stale = {name for name in listed if "." in name and name.split(".")[0] in sections} - keys
    assert not stale, f"docs/configuration.md lists what is no setting: {sorted(stale)}"


def leaf_keys(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, info in model.model_fields.items():
        section = info.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from ((name, *rest) for rest in leaf_keys(section))
        else:
            yield (name,)
