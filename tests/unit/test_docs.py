"""README and docs: the commands, links, files and settings that they name are there."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_group
from typer.testing import CliRunner

from bot.cli.app import app
from config.settings import ENVIRONMENT_PREFIX, Settings, load_settings, profile_names
from pipeline.models import ModelCard

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^ {4}(\S.*)$", re.MULTILINE)
INLINE = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
VARIABLE = re.compile(rf"{ENVIRONMENT_PREFIX}[A-Z_]+")


def fenced(document: Path, language: str) -> list[str]:
    blocks = FENCED.findall(document.read_text(encoding="utf-8"))
    return [content for name, content in blocks if name == language]


def snippets(document: Path) -> list[str]:
    """Return lines of indented code and inline code, on one line each."""
    text = FENCED.sub("", document.read_text(encoding="utf-8"))
    inline = [" ".join(found.split()) for found in INLINE.findall(text)]
    return [*INDENTED.findall(text), *inline]


def commands(document: Path) -> Iterator[list[str]]:
    """Yield the arguments of every `lookbook ...` that a document quotes."""
    for snippet in snippets(document):
        words = shlex.split(snippet, comments=True) if "lookbook " in snippet else []
        while words and ASSIGNMENT.fullmatch(words[0]):
            words.pop(0)
        if len(words) > 1 and words[0] == "lookbook":
            yield words[1:]


def of_all_documents(find: Any) -> list[Any]:
    return [
        pytest.param(document, found, id=f"{document.name}: {found}")
        for document in DOCUMENTS
        for found in find(document)
    ]


def setting_names(model: type[BaseModel] = Settings, prefix: str = "") -> set[str]:
    names = set()
    for name, info in model.model_fields.items():
        names.add(f"{prefix}{name}")
        section = info.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            names |= setting_names(section, f"{prefix}{name}.")
    return names


SECTIONS = {name.split(".")[0] for name in setting_names() if "." in name}


def named_settings(document: Path) -> list[str]:
    """Return inline code such as `index.backend`, a value behind it left out."""
    keys = [snippet.partition(":")[0] for snippet in snippets(document)]
    return [
        key
        for key in keys
        if re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", key)
        and key.split(".")[0] in SECTIONS
        and not key.endswith((".md", ".py", ".yaml", ".csv"))
    ]


def named_files(document: Path) -> list[str]:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    return [
        snippet
        for snippet in snippets(document)
        if re.fullmatch(r"\w[\w.-]*(/[\w.-]+)+/?", snippet) and snippet.split("/")[0] in folders
    ]


@pytest.mark.parametrize(("document", "arguments"), of_all_documents(commands))
def test_every_quoted_command_is_one_that_the_command_line_takes(
    document: Path, arguments: list[str]
) -> None:
    # --help is dealt with after the names of options and before their values are asked for.
    result = CliRunner().invoke(app, [*arguments, "--help"])
    assert result.exit_code == 0, result.output
    profiles = {value for option, value in pairwise(arguments) if option == "--profile"}
    assert profiles <= set(profile_names())


def test_a_command_that_does_not_exist_would_be_found() -> None:
    for arguments in (["recomend"], ["index", "mend"], ["recommend", "--cuont", "3", "dress"]):
        assert CliRunner().invoke(app, [*arguments, "--help"]).exit_code != 0


def test_the_documents_quote_every_command() -> None:
    """Guard the tests above, too, against a pattern that no longer finds anything."""
    quoted = {arguments[0] for document in DOCUMENTS for arguments in commands(document)}
    assert quoted == {*get_group(app).commands}


def test_the_readme_opens_with_the_two_commands() -> None:
    code = INDENTED.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert code[:2] == ["make demo", "make test"]


@pytest.mark.parametrize(
    ("document", "target"),
    of_all_documents(lambda d: [s for s in snippets(d) if re.fullmatch(r"make [\w-]+", s)]),
)
def test_every_make_target_exists(document: Path, target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target.split()[1]}:", makefile, re.MULTILINE)


@pytest.mark.parametrize(
    ("document", "link"), of_all_documents(lambda d: LINK.findall(d.read_text(encoding="utf-8")))
)
def test_every_link_leads_somewhere(document: Path, link: str) -> None:
    assert (document.parent / link).exists()


@pytest.mark.parametrize(("document", "name"), of_all_documents(named_files))
def test_every_named_file_exists(document: Path, name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize(("document", "key"), of_all_documents(named_settings))
def test_every_named_setting_exists(document: Path, key: str) -> None:
    assert key in setting_names()


def test_every_setting_is_in_the_table_of_the_configuration_page() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", page, re.MULTILINE))
    names = setting_names()
    sections = {name.rpartition(".")[0] for name in names}
    assert names - sections <= rows


@pytest.mark.parametrize(
    ("document", "variable"),
    of_all_documents(lambda d: VARIABLE.findall(d.read_text(encoding="utf-8"))),
)
def test_every_named_variable_sets_something(document: Path, variable: str) -> None:
    key = variable.removeprefix(ENVIRONMENT_PREFIX).lower().replace("__", ".")
    assert key in setting_names() | {"section.key"}


@pytest.mark.parametrize(
    ("document", "example"), of_all_documents(lambda document: fenced(document, "yaml"))
)
def test_every_example_of_settings_loads(document: Path, example: str, tmp_path: Path) -> None:
    content = yaml.safe_load(example)
    if "writers" in content:  # an entry of config/models.yaml
        cards = [ModelCard(name=n, kind="writer", **v) for n, v in content["writers"].items()]
        assert cards
        return
    file = tmp_path / "shop.yaml"
    file.write_text(example, encoding="utf-8")
    loaded = load_settings(file=file).model_dump(mode="json")
    assert _within(content, loaded)


def _within(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return all(key in whole and _within(value, whole[key]) for key, value in part.items())
    return bool(part == whole)
