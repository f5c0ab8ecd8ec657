"""The controls below an answer. All they know is in their custom ids, so they outlive a restart.

A page shows up to ten articles, and Discord allows five rows of five buttons: three buttons per
article do not fit, nor would numbered rows of them read well on a telephone. So two menus name the
articles, one to rate them and one to see more like one of them, above a row to turn pages and to
see more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import discord

from bot.adapters.discord import failures, limits
from bot.adapters.discord.ingress import CALL_ERRORS, Interaction, begin, request_of, shopper_of
from bot.adapters.discord.markup import plain
from bot.assistant.replies import AnswerReply, Card, Notice
from bot.assistant.requests import Action

_LIKE, _DISLIKE = "like", "dislike"


def controls(reply: AnswerReply) -> discord.ui.View | None:
    """Return what can be done with the answer, None if nothing."""
    if not reply.answer_id:
        return None
    view = discord.ui.View(timeout=None)
    if reply.cards:
        view.add_item(Rate.over(reply.answer_id, reply.cards))
        view.add_item(Similar.over(reply.answer_id, reply.cards))
    if reply.pages > 1:
        view.add_item(Turn.to(reply, reply.page - 1, "◀"))
        view.add_item(Turn.to(reply, reply.page, f"{reply.page + 1} / {reply.pages}"))
        view.add_item(Turn.to(reply, reply.page + 1, "▶"))
    if reply.cards:
        view.add_item(More(reply.answer_id))
    return view if view.children else None


def confirmation() -> discord.ui.View:
    """Return the two buttons below the question of `/forget-me`."""
    view = discord.ui.View(timeout=None)
    view.add_item(Forget("yes"))
    view.add_item(Forget("no"))
    return view


class Control(discord.ui.DynamicItem[Any], template=r"lookbook:$"):
    """What every control does: refuse while stopping, and explain what went wrong."""

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what was pressed."""
        if not await interaction.client.takes(interaction):
            return
        try:
            await self.press(interaction)
        except Exception as error:  # noqa: BLE001 - the mapper knows every error
            await failures.explain(interaction, error)

    async def press(self, interaction: Interaction) -> None:
        """Do it; whatever this raises is explained to the one who pressed."""
        raise NotImplementedError


class Rate(Control, template=r"lookbook:rate:(?P<answer>[A-Za-z0-9]{1,16})"):
    """The menu to like or dislike an article."""

    def __init__(self, answer: str, options: Sequence[discord.SelectOption] = ()) -> None:
        self.answer = answer
        super().__init__(
            discord.ui.Select(
                custom_id=f"lookbook:rate:{answer}",
                placeholder="What do you think of …",
                options=list(options),
            )
        )

    @classmethod
    def over(cls, answer: str, cards: Sequence[Card]) -> Self:
        """Return the menu over the cards, each to be liked or not."""
        options = [
            _option(card, f"{verdict}:{card.position}", emoji)
            for card in cards[: limits.SELECT_OPTIONS // 2]
            for verdict, emoji in ((_LIKE, "👍"), (_DISLIKE, "👎"))
        ]
        return cls(answer, options)

    @classmethod
    async def from_custom_id(cls, _interaction: Any, item: Any, match: re.Match[str], /) -> Self:
        """Return the menu that was used, with the options that it has in its message."""
        return cls(match["answer"], item.options)

    async def press(self, interaction: Interaction) -> None:
        """Record the verdict of whoever chose it, and thank them alone."""
        await interaction.response.defer()
        verdict, position = _chosen(interaction).split(":")
        notice = await interaction.client.assistant.feedback(
            shopper_of(interaction), self.answer, int(position), verdict == _LIKE
        )
        await failures.say(interaction, notice)
        await self._reset(interaction)

    async def _reset(self, interaction: Interaction) -> None:
        """Show the menu afresh: Discord lets nobody choose the same twice, to take it back."""
        try:
            await interaction.edit_original_response(view=self.view)
        except CALL_ERRORS as error:
            interaction.client.note(error)


class Similar(Control, template=r"lookbook:similar:(?P<answer>[A-Za-z0-9]{1,16})"):
    """The menu to see more like one article."""

    def __init__(self, answer: str, options: Sequence[discord.SelectOption] = ()) -> None:
        self.answer = answer
        super().__init__(
            discord.ui.Select(
                custom_id=f"lookbook:similar:{answer}",
                placeholder="Show me more like …",
                options=list(options),
            )
        )

    @classmethod
    def over(cls, answer: str, cards: Sequence[Card]) -> Self:
        """Return the menu over the cards."""
        return cls(
            answer, [_option(card, str(card.position), "🔎") for card in cards[: limits.EMBEDS]]
        )

    @classmethod
    async def from_custom_id(cls, _interaction: Any, _item: Any, match: re.Match[str], /) -> Self:
        """Return the menu that was used."""
        return cls(match["answer"])

    async def press(self, interaction: Interaction) -> None:
        """Ask for articles like the chosen one, as an answer of its own."""
        await _ask(interaction, "similar", self.answer, int(_chosen(interaction)))


class More(Control, template=r"lookbook:more:(?P<answer>[A-Za-z0-9]{1,16})"):
    """The button for the next articles of an answer."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        super().__init__(
            discord.ui.Button(
                custom_id=f"lookbook:more:{answer}",
                label="Show more",
                style=discord.ButtonStyle.primary,
            )
        )

    @classmethod
    async def from_custom_id(cls, _interaction: Any, _item: Any, match: re.Match[str], /) -> Self:
        """Return the button that was pressed."""
        return cls(match["answer"])

    async def press(self, interaction: Interaction) -> None:
        """Ask for the next articles, as an answer of its own."""
        await _ask(interaction, "more", self.answer)


class Turn(Control, template=r"lookbook:page:(?P<answer>[A-Za-z0-9]{1,16}):(?P<page>-?\d{1,4})"):
    """A button that turns to a page, disabled where there is none."""

    def __init__(self, answer: str, page: int, label: str = "·", *, disabled: bool = False) -> None:
        self.answer, self.page = answer, page
        super().__init__(
            discord.ui.Button(
                custom_id=f"lookbook:page:{answer}:{page}",
                label=label,
                style=discord.ButtonStyle.secondary,
                disabled=disabled,
            )
        )

    @classmethod
    def to(cls, reply: AnswerReply, page: int, label: str) -> Self:
        """Return the button to a page of the answer."""
        there = 0 <= page < reply.pages and page != reply.page
        return cls(reply.answer_id, page, label, disabled=not there)

    @classmethod
    async def from_custom_id(cls, _interaction: Any, _item: Any, match: re.Match[str], /) -> Self:
        """Return the button that was pressed."""
        return cls(match["answer"], int(match["page"]))

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

    @classmethod
    async def from_custom_id(cls, _interaction: Any, _item: Any, match: re.Match[str], /) -> Self:
        """Return the button that was pressed."""
        return cls(match["answer"])

    async def press(self, interaction: Interaction) -> None:
        """Forget, or leave everything as it is."""
        await interaction.response.defer()
        if self.answer == "yes":
            notice = await interaction.client.assistant.forget(shopper_of(interaction))
        else:
            notice = Notice("done", "All right, nothing changes.")
        await interaction.client.tell(interaction, notice)


ALL = (Rate, Similar, More, Turn, Forget)


def _option(card: Card, value: str, emoji: str) -> discord.SelectOption:
    title = plain(f"{card.position + 1} · {card.title}")
    return discord.SelectOption(
        label=limits.shortened(title, limits.OPTION_TEXT),
        description=limits.shortened(plain(card.facts), limits.OPTION_TEXT) or None,
        value=value,
        emoji=emoji,
    )


def _chosen(interaction: Interaction) -> str:
    data: Mapping[str, Any] = interaction.data or {}
    return str(data["values"][0])


async def _ask(interaction: Interaction, action: Action, answer: str, position: int = 0) -> None:
    private = interaction.message is not None and interaction.message.flags.ephemeral
    address = await begin(interaction, private=private)
    await interaction.client.submit(
        request_of(
            interaction, action, address, private=private, answer_id=answer, position=position
        )
    )
