"""Modals: opened with a trigger within three seconds, filled in, submitted, closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.slack_server import rules
from tests.slack_server.blocks import INPUT_TEXT, units
from tests.slack_server.refusals import Refused
from tests.slack_server.world import World

TRIGGER_S = 3.0
"""How long a trigger may be exchanged for a modal; it works once."""

Answer = dict[str, Any]


@dataclass
class Modal:
    id: str
    hash: str
    view: dict[str, Any]

    @property
    def filled(self) -> dict[str, str | list[str]]:
        """Return by label what stands in the inputs: a text, or the labels that are ticked."""
        return {
            block["label"]["text"]: (
                [option["text"]["text"] for option in block["element"].get("initial_options", [])]
                if block["element"]["type"] == "checkboxes"
                else block["element"].get("initial_value", "")
            )
            for block in self.inputs
        }

    @property
    def inputs(self) -> list[dict[str, Any]]:
        return [block for block in self.view["blocks"] if block["type"] == "input"]

    def values(self, given: Mapping[str, str | list[str]]) -> dict[str, Any]:
        """Return the state of the form with these texts and ticks, others as they stand.

        Raises AssertionError for what the client would not let a person do.
        """
        unknown = given.keys() - self.filled.keys()
        if unknown:
            raise AssertionError(f"no input is called {', '.join(unknown)}")
        filled = {**self.filled, **given}
        return {
            block["block_id"]: {
                block["element"]["action_id"]: _value(block, filled[block["label"]["text"]])
            }
            for block in self.inputs
        }


class Modals:
    def __init__(self, world: World, problems: list[str]) -> None:
        self.world = world
        self.problems = problems
        self.open_for: dict[str, Modal] = {}
        """The modal that a person sees."""

    def open(self, arguments: Answer) -> Answer:
        """views.open."""
        trigger = self.world.triggers.get(arguments.get("trigger_id", ""))
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.exchanged:
            raise Refused("exchanged_trigger_id")
        if self.world.now() > trigger.made_at + TRIGGER_S:
            raise Refused("expired_trigger_id")
        view = arguments.get("view", {})
        error, why = rules.fault_of_view(view, "modal")
        if error:
            self.problems.append(f"views.open: {why}")
            raise Refused(error)
        trigger.exchanged = True
        numbered = [
            {"block_id": f"generated{number}", **block}
            for number, block in enumerate(view["blocks"])
        ]
        modal = Modal(self.world.new_id("V"), self.world.new_ts(), {**view, "blocks": numbered})
        self.open_for[trigger.user] = modal
        return {"view": {**modal.view, "id": modal.id, "hash": modal.hash}}

    def submitted(self, user: str, answer: Answer) -> None:
        """Do what the acknowledgement of a submission says; an empty one closes the modal."""
        if answer:
            self.problems.append(f"this server does not know the answer {answer} to a submission")
        del self.open_for[user]


def _value(block: Mapping[str, Any], given: str | list[str]) -> Answer:
    element, label = block["element"], block["label"]["text"]
    if not given and not block.get("optional"):
        raise AssertionError(f"{label} must be filled in")
    if element["type"] == "checkboxes":
        chosen = [option for option in element["options"] if option["text"]["text"] in given]
        if len(chosen) < len(given):
            raise AssertionError(f"{label} has no such choice among {given}")
        return {"type": "checkboxes", "selected_options": chosen}
    if not isinstance(given, str) or units(given) > element.get("max_length", INPUT_TEXT):
        raise AssertionError(f"{label} takes no more than its max_length")
    return {"type": element["type"], "value": given or None}
