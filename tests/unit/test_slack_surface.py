"""The code, the manifest and the guide ask a workspace for the same."""

import re
from pathlib import Path

import yaml

from bot.adapters.slack.surface import APP_SCOPES, COMMANDS, EVENTS, EVENTS_PATH, SCOPES
from tests.slack_server import rules

ROOT = Path(__file__).parents[2]
MANIFEST_TEXT = (ROOT / "config" / "slack-manifest.yaml").read_text(encoding="utf-8")
MANIFEST = yaml.safe_load(MANIFEST_TEXT)
GUIDE = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, str]:
    """Return the rows of the guide's table below a heading: the first cell's code, the second."""
    part = GUIDE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|$", part, re.MULTILINE))


def test_the_manifest_asks_for_the_scopes_of_the_code_each_with_its_reason() -> None:
    commented = dict(re.findall(r"^ +- ([\w:.]+)  # (.+)$", MANIFEST_TEXT, re.MULTILINE))
    assert commented == dict(SCOPES)
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == SCOPES.keys()


def test_the_guide_gives_every_scope_with_the_same_reason() -> None:
    assert table("Scopes") == dict(SCOPES)
    assert all(f"`{scope}`" in GUIDE for scope in APP_SCOPES)


def test_the_manifest_and_the_guide_name_the_events_of_the_code() -> None:
    assert tuple(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == EVENTS
    assert set(table("Events")) == set(EVENTS)


def test_the_manifest_and_the_guide_name_the_commands_of_the_code() -> None:
    named = [entry["command"] for entry in MANIFEST["features"]["slash_commands"]]
    assert tuple(named) == COMMANDS
    assert all(f"`{command}" in GUIDE for command in COMMANDS)


def test_every_event_has_the_scope_that_slack_wants_for_it() -> None:
    needed = {scope for event in EVENTS for scope in rules.SCOPES_OF_EVENTS[event]}
    assert needed <= SCOPES.keys()


def test_the_app_is_installed_for_socket_mode_with_buttons_and_a_home() -> None:
    settings = MANIFEST["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["token_rotation_enabled"] is False
    app_home = MANIFEST["features"]["app_home"]
    assert app_home["home_tab_enabled"] is True
    assert app_home["messages_tab_enabled"] is True
    assert app_home["messages_tab_read_only_enabled"] is False


def test_the_guide_names_the_path_of_http_mode() -> None:
    assert EVENTS_PATH in GUIDE
