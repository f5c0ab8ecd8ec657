"""The chat in the terminal, over a recommender without models."""

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bot import phrases
from bot.adapters.console.chat import Chat
from bot.assistant.assistant import Assistant
from bot.cli.console import THEME
from tests.assistant_chat import chat_settings
from tests.fake_recommender import FakeRecommender


class Terminal:
    """Types lines into a chat and returns what it printed."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        self.fake = FakeRecommender()

    def __call__(self, *lines: str) -> str:
        typed: Iterator[str] = iter(lines)

        def read(_: str = "") -> str:
            try:
                return next(typed)
            except StopIteration:
                raise EOFError from None

        self._monkeypatch.setattr("builtins.input", read)
        printed = io.StringIO()
        console = Console(file=printed, theme=THEME, width=200)
        with asyncio.Runner() as runner:
            assistant = Assistant(chat_settings(self.home), open_recommender=self.fake.open)  # type: ignore[arg-type]
            runner.run(assistant.start())
            try:
                Chat(assistant, runner, console).talk()
            finally:
                runner.run(assistant.stop())
        assert list(typed) == []
        return printed.getvalue()


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(tmp_path, monkeypatch)


def test_messages_build_on_each_other_until_the_input_ends(terminal: Terminal) -> None:
    told = terminal("two red dresses", "in black instead")
    assert told.startswith(phrases.WELCOME)
    assert " 1  Model 0  Dress · Red · Ladieswear" in told
    assert "A dress to dance in." in told
    assert "I looked for two dresses in black." in told
    assert told.rstrip().endswith(phrases.GOODBYE)


def test_commands_are_about_an_article_of_the_last_answer(terminal: Terminal) -> None:
    told = terminal(
        "two red dresses",
        "/why 1",
        "/like 2",
        "/dislike 1",
        "/not-this-kind 1",
        "/similar 2",
        "/outfit 1",
        "/more",
    )
    assert "Model 0: red." in told
    assert "Noted: you like Model 3." in told
    assert "Noted: Model 0 is not for you." in told
    assert phrases.kind_refused("Dress", holds=True).replace("*", "") in told
    assert "These come closest to Model 3." in told
    assert terminal.fake.calls == ["two red dresses", "<similar>", "<outfit>", "<more>"]
    taste = terminal.fake.tastes[-1]
    assert [(o.article_id, o.liked) for o in taste.opinions] == [("003", True), ("000", False)]
    assert list(taste.unwanted_types) == ["Dress"]


@pytest.mark.parametrize("line", ["/like 1", "/why", "/outfit 3", "/more"])
def test_without_an_answer_a_command_says_what_comes_first(terminal: Terminal, line: str) -> None:
    assert "There is no answer yet" in terminal(line)


@pytest.mark.parametrize("number", ["", "0", "3", "one", "-1"])
def test_a_number_that_is_none_is_explained(terminal: Terminal, number: str) -> None:
    told = terminal("two red dresses", f"/like {number}")
    assert "Say which one by its number, 1 to 2." in told


def test_an_outfit_is_also_asked_for_in_words(terminal: Terminal) -> None:
    terminal("/outfit something for a wedding")
    assert terminal.fake.calls == ["<outfit>"]


def test_an_unknown_command_names_the_list_of_those_there_are(terminal: Terminal) -> None:
    told = terminal("/pirate", "/help")
    assert "I know no command /pirate." in told
    for command in ("/profile", "/my-data", "/outfit", "/forget-me", "/like"):
        assert command in told


def test_a_profile_is_told_seen_changed_and_goes_into_the_next_chat(terminal: Terminal) -> None:
    told = terminal("/profile", "women", "red", "", "", "likes")
    assert "Noted." in told
    told = terminal("/profile", "", "black", "", "", "-", "a dress")
    assert "Who do you shop for? (women)" in told
    assert "What do you like? (red)" in told
    assert "(likes)" in told
    profile = terminal.fake.tastes[-1].profile
    assert (profile.wearer, profile.likes, profile.firm) == ("women", "black", frozenset())


def test_all_that_is_kept_is_shown_and_erased_on_a_yes(terminal: Terminal) -> None:
    told = terminal("/profile", "", "zanzibar", "", "", "", "/my-data")
    kept = json.loads(told[told.index("{") : told.rindex("}") + 1])
    assert kept["profiles"][0]["profile"]["likes"] == "zanzibar"
    told = terminal("/forget-me", "no", "/my-data")
    assert "zanzibar" in told
    told = terminal("/forget-me", "yes", "/my-data")
    assert phrases.FORGOTTEN in told
    assert "zanzibar" not in told
    files = (path.read_bytes() for path in terminal.home.iterdir() if path.is_file())
    assert b"zanzibar" not in b"".join(files)
