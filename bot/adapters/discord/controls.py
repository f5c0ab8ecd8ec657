"""The controls below an answer. All they know is in their custom ids, so they outlive a restart.

Six things can be done with each of up to ten articles, and Discord allows five rows of five
buttons. So an answer has a numbered button for each article, above a row to turn pages and to see
more. A number opens the article's own buttons in a message that only the one who pressed sees:
what is said there of their taste stays between the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Self

import discord

from bot.adapters.discord import failures, limits
from bot.adapters.discord.embeds import embed_of, notice_text
from bot.adapters.discord.ingress import Interaction, begin, request_of, shopper_of
from bot.assistant.replies import AnswerReply, Notice
from bot.assistant.requests import Action

_PAGER_ROW = 2
_ASKING: Mapping[str, Action] = {"similar": "similar", "outfit": "outfit"}
_TELLING = {"like": "👍 I like it", "dislike": "👎 Not for me", "kind": "Not this kind"}
_ABOUT = {"similar": "More like this", "outfit": "Complete the outfit", "why": "Why this?"}


def controls(reply: AnswerReply) -> discord.ui.View | None:
    """Return what can be done with the answer, None if nothing."""
    if not reply.answer_id:
        return None
    view = discord.ui.View(timeout=None)
    for place, card in enumerate(reply.cards[: limits.EMBEDS]):
        view.add_item(Pick(reply.answer_id, card.position, row=place // limits.ROW_BUTTONS))
    if reply.pages > 1:
        view.add_item(Turn.to(reply, reply.page - 1, "◀"))
        view.add_item(Turn.to(reply, reply.page, f"{reply.page + 1} / {reply.pages}"))
        view.add_item(Turn.to(reply, reply.page + 1, "▶"))
    if reply.cards:
        view.add_item(More(reply.answer_id))
    return view if view.children else None


def panel(answer: str, position: int, *, private: bool) -> discord.ui.View:
    """Return the buttons of one article; answers to them are `private` where its own answer is."""
    view = discord.ui.View(timeout=None)
    for row, verbs in enumerate((_TELLING, _ABOUT)):
        for verb in verbs:
            view.add_item(Do(verb, answer, position, "private" if private else "open", row=row))
    return view


def confirmation() -> discord.ui.View:
    """Return the two buttons below the question of `/forget-me`."""
    view = discord.ui.View(timeout=None)
    view.add_item(Forget("yes"))
    view.add_item(Forget("no"))
    return view


class Control(discord.ui.DynamicItem[Any], template=r"lookbook:$"):
    """A button; every kind is made of what the groups of its template hold, by their names."""

    @classmethod
    async def from_custom_id(cls, _interaction: Any, _item: Any, match: re.Match[str], /) -> Self:
        """Return the button that was pressed."""
        known: dict[str, Any] = match.groupdict()
        return cls(**known)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what was pressed, refuse while stopping, and explain what went wrong."""
        await failures.attempt(interaction, self.press)

    async def press(self, interaction: Interaction) -> None:
        """Do it; whatever this raises is explained to the one who pressed."""
        raise NotImplementedError


class Pick(Control, template=r"lookbook:pick:(?P<answer>[A-Za-z0-9]{1,16}):(?P<position>\d{1,4})"):
    """The number of an article, which opens its buttons."""

    def __init__(self, answer: str, position: int | str, *, row: int = 0) -> None:
        self.answer, self.position = answer, int(position)
        super().__init__(
            discord.ui.Button(
                custom_id=f"lookbook:pick:{answer}:{position}", label=str(self.position + 1)
            ),
            row=row,
        )

    async def press(self, interaction: Interaction) -> None:
        """Show the article once more, to the one who pressed, above its buttons."""
        message = interaction.message
        shown = embed_of(message.embeds, self.position) if message else None
        await interaction.response.send_message(
            f"What about number {self.position + 1}?",
            embeds=[shown] if shown else [],
            view=panel(self.answer, self.position, private=_seen_by_one(interaction)),
            ephemeral=True,
        )


class Do(
    Control,
    template=r"lookbook:(?P<verb>like|dislike|kind|similar|outfit|why):"
    r"(?P<answer>[A-Za-z0-9]{1,16}):(?P<position>\d{1,4}):(?P<audience>open|private)",
):
    """One thing to do with one article."""

    def __init__(
        self, verb: str, answer: str, position: int | str, audience: str, *, row: int = 0
    ) -> None:
        self.verb, self.answer, self.position = verb, answer, int(position)
        self.private = audience == "private"
        super().__init__(
            discord.ui.Button(
                custom_id=f"lookbook:{verb}:{answer}:{position}:{audience}",
                label={**_TELLING, **_ABOUT}[verb],
            ),
            row=row,
        )

    async def press(self, interaction: Interaction) -> None:
        """Ask for an answer of its own, or say above the buttons what was noted or why."""
        action = _ASKING.get(self.verb)
        if action:
            await _ask(
                interaction, action, self.answer, position=self.position, private=self.private
            )
            return
        await interaction.response.defer()
        told = notice_text(await self._tell(interaction))
        await interaction.edit_original_response(content=limits.shortened(told, limits.CONTENT))

    async def _tell(self, interaction: Interaction) -> Notice:
        assistant, shopper = interaction.client.assistant, shopper_of(interaction)
        if self.verb == "why":
            return await assistant.why(shopper, self.answer, self.position)
        if self.verb == "kind":
            return await assistant.not_this_kind(shopper, self.answer, self.position)
        return await assistant.feedback(shopper, self.answer, self.position, self.verb == "like")


class More(Control, template=r"lookbook:more:(?P<answer>[A-Za-z0-9]{1,16})"):
    """The button for the next articles of an answer."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        super().__init__(
            discord.ui.Button(
                custom_id=f"lookbook:more:{answer}",
                label="Show more",
                style=discord.ButtonStyle.primary,
            ),
            row=_PAGER_ROW,
        )

    async def press(self, interaction: Interaction) -> None:
        """Ask for the next articles, as an answer of its own."""
        await _ask(interaction, "more", self.answer, private=_seen_by_one(interaction))


class Turn(Control, template=r"lookbook:page:(?P<answer>[A-Za-z0-9]{1,16}):(?P<page>-?\d{1,4})"):
    """A button that turns to a page, disabled where there is none."""

    def __init__(
        self, answer: str, page: int | str, label: str = "·", *, disabled: bool = False
    ) -> None:
        self.answer, self.page = answer, int(page)
        super().__init__(
            discord.ui.Button(
                custom_id=f"lookbook:page:{answer}:{page}", label=label, disabled=disabled
            ),
            row=_PAGER_ROW,
        )

    @classmethod
    def to(cls, reply: AnswerReply, page: int, label: str) -> Self:
        """Return the button to a page of the answer."""
        there = 0 <= page < reply.pages and page != reply.page
        return cls(reply.answer_id, page, label, disabled=not there)

    async def press(self, interaction: Interaction) -> None:
        """Show the page in place of the one there, or put the controls away and say why."""
        await interaction.response.defer()
        reply = await interaction.client.assistant.page(
            shopper_of(interaction), self.answer, self.page
        )
        if isinstance(reply, AnswerReply):
            await interaction.client.tell(interaction, reply)
            return
        if reply.kind == "info":  # the answer is no longer kept
            await interaction.edit_original_response(view=None)
        await failures.say(interaction, reply)


class Forget(Control, template=r"lookbook:forget:(?P<answer>yes|no)"):
    """The two buttons below the question of `/forget-me`."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        sure = answer == "yes"
        super().__init__(
            discord.ui.Button(
                custom_id=f"lookbook:forget:{answer}",
                label="Forget me" if sure else "Keep it",
                style=discord.ButtonStyle.danger if sure else discord.ButtonStyle.secondary,
            )
        )

    async def press(self, interaction: Interaction) -> None:
        """Forget, or leave everything as it is."""
        await interaction.response.defer()
        if self.answer == "yes":
            notice = await interaction.client.assistant.forget(shopper_of(interaction))
        else:
            notice = Notice("done", "All right, nothing changes.")
        await interaction.client.tell(interaction, notice)


ALL = (Pick, Do, More, Turn, Forget)


def is_known(custom_id: str) -> bool:
    """Return whether a control of today has the id; those below old messages may not."""
    return any(kind.__discord_ui_compiled_template__.fullmatch(custom_id) for kind in ALL)


def _seen_by_one(interaction: Interaction) -> bool:
    return interaction.message is not None and interaction.message.flags.ephemeral


async def _ask(
    interaction: Interaction, action: Action, answer: str, *, position: int = 0, private: bool
) -> None:
    address = await begin(interaction, private=private)
    await interaction.client.submit(
        request_of(
            interaction, action, address, private=private, answer_id=answer, position=position
        )
    )
