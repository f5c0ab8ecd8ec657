"""The weights that tell wishes from talk: learnt anew, and those that ship."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from config.settings import Settings
from pipeline.models import TextEmbedder
from pipeline.understanding.intents import (
    WISH,
    WORDS,
    IntentModel,
    intent_model,
    intent_terms,
)
from tests.tiny_embedder import make_tiny_embedder
from tests.unit.understanding_catalogues import sample
from training.errors import DataError
from training.intents import LABELS, learn, read_messages

SAID = {
    WISH: ["I need a {}", "show me a {} in red", "looking for a {} please", "any {} for men?"],
    "talk": ["my nan loves her {}", "nice {} you have on", "lol that {}", "I wore a {} today"],
    "service": ["my {} never arrived", "refund for the {}", "the {} I bought broke", "{} is late"],
    "other": ["how do I knit a {}", "draw me a {}", "who invented the {}", "spell {}"],
}


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    directory = tmp_path / "messages"
    directory.mkdir()
    for number, garments in enumerate((["coat", "dress", "hat"], ["scarf", "skirt", "belt"])):
        rows = [
            json.dumps({"text": said.format(garment), "label": label})
            for label, sentences in SAID.items()
            for said in sentences
            for garment in garments
        ]
        (directory / f"part_{number}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return directory


def test_what_is_learnt_of_some_garments_holds_for_others(messages: Path, tmp_path: Path) -> None:
    embedder = make_tiny_embedder(tmp_path / "tiny")
    settings = Settings(home=tmp_path, embedding={"model": str(embedder)})
    words, whole, served = learn(read_messages(messages), settings, tmp_path / "out")
    assert [row["weights"] for row in (words, whole, served)] == [WORDS, "tiny", "both, as served"]
    assert words["wish or not"] == 1
    assert served["wish or not"] == 1
    made = IntentModel.from_json((tmp_path / "out" / "tiny.json").read_text())
    text = "the gloves I bought broke"
    terms = intent_terms(sample().read(text))
    vector = TextEmbedder.from_settings(settings).embed(text)
    shares = made.shares(terms, vector)
    assert max(shares, key=lambda label: shares[label]) == "service"
    assert not np.isclose(shares[WISH], made.shares(terms)[WISH])


def test_a_row_with_another_label_is_refused(messages: Path) -> None:
    file = messages / "part_1.jsonl"
    file.write_text('{"text": "a coat", "label": "want"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"part_1\.jsonl:1 is no labelled message") as refused:
        read_messages(messages)
    assert "wish" in refused.value.mend


@pytest.mark.parametrize("line", ["no json", '["a coat"]', '{"text": "", "label": "wish"}'])
def test_a_line_that_is_no_message_is_refused_by_its_place(messages: Path, line: str) -> None:
    with (messages / "part_0.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(DataError, match=r"part_0\.jsonl:49 is no labelled message"):
        read_messages(messages)


def test_one_file_alone_is_refused(messages: Path) -> None:
    with pytest.raises(DataError, match="fewer than two files") as refused:
        read_messages(messages / "part_0.jsonl")
    assert "directory" in refused.value.mend


def test_the_weights_that_ship_know_the_messages_that_ship() -> None:
    model, shop, messages = intent_model(WORDS), sample(), read_messages()
    assert model is not None
    assert set(messages.labels) == set(LABELS)
    assert len(set(messages.texts)) == len(messages.texts)
    found = [
        (model.shares(intent_terms(shop.read(text)))[WISH] > 1 / 2) == (label == WISH)
        for text, label in zip(messages.texts, messages.labels, strict=True)
    ]
    assert np.mean(found) > 0.95


def test_the_command_shows_both_kinds_of_weights(messages: Path, tmp_path: Path) -> None:
    embedder = make_tiny_embedder(tmp_path / "tiny")
    config = tmp_path / "lookbook.yaml"
    config.write_text(f"home: {tmp_path}\nembedding: {{model: {embedder}}}\n", encoding="utf-8")
    out = tmp_path / "out"
    told = CliRunner().invoke(
        app,
        [
            *("train", "intents", "--config", str(config), "--messages", str(messages)),
            *("--out", str(out), "--quiet"),
        ],
    )
    assert told.exit_code == 0, told.output
    assert "wish or not" in told.output
    assert sorted(file.name for file in out.iterdir()) == ["tiny.json", "words.json"]
