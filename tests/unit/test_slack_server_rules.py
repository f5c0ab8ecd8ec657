"""The loopback Slack finds fault with what Slack would: forms, menus, triggers and files."""

from typing import Any

import pytest

from tests.slack_server.blocks import COUNTS, faults_of_blocks
from tests.slack_server.files import Files, shareable
from tests.slack_server.modals import TRIGGER_S, Modals
from tests.slack_server.refusals import Refused
from tests.slack_server.rules import fault_of_view
from tests.slack_server.world import World


def text(words: str) -> dict[str, str]:
    return {"type": "plain_text", "text": words}


def option(words: str) -> dict[str, Any]:
    return {"text": text(words), "value": words}


def field(**element: Any) -> dict[str, Any]:
    whole = {"type": "plain_text_input", "action_id": "a", **element}
    return {"type": "input", "block_id": "b", "label": text("Likes"), "element": whole}


def modal(*blocks: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": text("Your profile"),
        "submit": text("Save"),
        "blocks": list(blocks or (field(),)),
        **values,
    }


TICKS = {"type": "checkboxes", "options": [option("one")]}
SECTION = {"type": "section", "text": text("x")}


def test_a_form_within_the_rules_is_taken() -> None:
    ticked = field(**{**TICKS, "initial_options": [option("one")]})
    whole = modal(field(initial_value="x" * 9, max_length=9), {**ticked, "block_id": "c"})
    assert fault_of_view(whole, "modal") == ("", "")


@pytest.mark.parametrize(
    "view",
    [
        {"type": "home", "blocks": [SECTION]},
        modal(title=text("x" * 25)),
        modal(submit=text("x" * 25)),
        modal(close=text("x" * 25)),
        modal(title={"type": "mrkdwn", "text": "Profile"}),
        {key: part for key, part in modal().items() if key != "submit"},
        {key: part for key, part in modal().items() if key != "title"},
        modal(blocks=[]),
        modal(blocks=[SECTION] * 101),
        modal(private_metadata="x" * 3001),
        modal(callback_id="x" * 256),
        modal(hash="1.1"),
        modal(field(initial_value="x" * 10, max_length=9)),
        modal(field(max_length=3001)),
        modal(field(placeholder=text("x" * 151))),
        modal(field(**TICKS, initial_options=[])),
        modal(field(**TICKS, initial_options=[option("two")])),
        modal(field(type="checkboxes", options=[option(str(n)) for n in range(11)])),
        modal(field(type="button", text=text("x"))),
        modal(field(), field()),
    ],
)
def test_a_form_beyond_a_rule_is_refused(view: dict[str, Any]) -> None:
    error, why = fault_of_view(view, "modal")
    assert error == "invalid_arguments"
    assert why


def test_a_view_of_more_than_250_kb_is_refused() -> None:
    blocks = [{"type": "section", "text": text("x" * 3000)}] * 90
    assert fault_of_view(modal(blocks=blocks), "modal")[0] == "view_too_large"


@pytest.mark.parametrize(
    "options",
    [
        [option("one")],
        [option(str(number)) for number in range(6)],
        [option("one"), option("one")],
        [option("one"), option("x" * 76)],
        [option("one"), {"text": text("two"), "value": "x" * 151}],
        [option("one"), {"text": {"type": "mrkdwn", "text": "two"}, "value": "2"}],
    ],
)
def test_a_menu_beyond_a_rule_is_refused(options: list[dict[str, Any]]) -> None:
    menu = {"type": "overflow", "action_id": "a", "options": options}
    assert list(faults_of_blocks([{"type": "actions", "elements": [menu]}], COUNTS["message"]))


@pytest.mark.parametrize("kind", ["plain_text_input", "image"])
def test_elements_stand_where_slack_shows_them(kind: str) -> None:
    element = {"type": kind, "image_url": "https://img.example/1.jpg", "alt_text": "x"}
    assert list(faults_of_blocks([{"type": "actions", "elements": [element]}], COUNTS["message"]))


def test_a_trigger_opens_one_form_within_three_seconds() -> None:
    world = World(frozenset(), frozenset())
    modals = Modals(world, [])
    for trigger, error in (
        ("trigger.unknown", "invalid_trigger_id"),
        (world.trigger("U1"), ""),
        (world.trigger("U2"), "expired_trigger_id"),
    ):
        if error.startswith("expired"):
            world.advance(TRIGGER_S + 0.1)
        if error:
            with pytest.raises(Refused, match=error):
                modals.open({"trigger_id": trigger, "view": modal()})
        else:
            modals.open({"trigger_id": trigger, "view": modal()})
            with pytest.raises(Refused, match="exchanged_trigger_id"):
                modals.open({"trigger_id": trigger, "view": modal()})
    assert modals.open_for.keys() == {"U1"}


def test_a_file_that_was_not_uploaded_cannot_be_shared_nor_any_to_a_persons_id() -> None:
    files = Files(World(frozenset(), frozenset()))
    with pytest.raises(Refused, match="missing_argument"):
        files.upload_url({"filename": "a.json", "length": 0})
    begun = files.upload_url({"filename": "a.json", "length": 3})
    with pytest.raises(Refused, match="file_not_found"):
        files.share({"files": [{"id": begun["file_id"]}]}, files.world.channels.get("DU1"))
    with pytest.raises(Refused, match="invalid_arguments"):
        shareable("U1")
