"""The form of `/profile`, as a Discord modal.

discord.py keeps open modals in memory alone. Here the form is read from the interaction that it is
sent in with, so one that was open during a restart is not lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord

from bot.adapters.discord import failures, limits
from bot.adapters.discord.ingress import Interaction, shopper_of
from bot.assistant import profile_form
from pipeline.personal import ShopperProfile

PROFILE = "lookbook:profile"
_FIRM = "firm"
_ONE_LINE = 100


class ProfileForm(discord.ui.Modal):
    """The fields of a profile, filled in with what is known."""

    def __init__(self, profile: ShopperProfile) -> None:
        title = limits.shortened(profile_form.TITLE, limits.MODAL_TITLE)
        super().__init__(title=title, custom_id=PROFILE)
        for field in profile_form.FIELDS:
            self._ask(field.label, _line(field, getattr(profile, field.part)))
        self._ask(profile_form.FIRM_LABEL, _choice(profile))

    def _ask(self, label: str, component: discord.ui.Item[Any]) -> None:
        text = limits.shortened(label, limits.MODAL_LABEL)
        self.add_item(discord.ui.Label(text=text, component=component))


async def take(interaction: Interaction) -> None:
    """Keep the profile that was sent in, and tell the one who sent it how it is understood."""

    async def keep(interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        notice = await interaction.client.assistant.set_profile(
            shopper_of(interaction), _sent_in(interaction.data or {})
        )
        await interaction.client.tell(interaction, notice)

    await failures.attempt(interaction, keep)


def _line(field: profile_form.FormField, known: str) -> discord.ui.TextInput[Any]:
    longest = min(field.longest, limits.MODAL_TEXT)
    many_words = longest > _ONE_LINE
    return discord.ui.TextInput(
        custom_id=field.part,
        style=discord.TextStyle.paragraph if many_words else discord.TextStyle.short,
        placeholder=limits.shortened(field.placeholder, limits.MODAL_PLACEHOLDER),
        default=known[:longest] or None,
        max_length=longest,
        required=False,
    )


def _choice(profile: ShopperProfile) -> discord.ui.Select[Any]:
    options = [
        discord.SelectOption(
            label=limits.shortened(text, limits.OPTION_TEXT),
            value=part,
            default=part in profile.firm,
        )
        for part, text in profile_form.FIRM_OPTIONS.items()
    ]
    return discord.ui.Select(
        custom_id=_FIRM,
        placeholder=limits.shortened(profile_form.FIRM_PLACEHOLDER, limits.SELECT_PLACEHOLDER),
        min_values=0,
        max_values=len(options),
        options=options,
        required=False,
    )


def _sent_in(data: Mapping[str, Any]) -> ShopperProfile:
    """Return the profile that the components of a sent-in form hold, each in its label."""
    inputs = {
        label["component"]["custom_id"]: label["component"] for label in data.get("components", [])
    }
    texts = {name: entry["value"] for name, entry in inputs.items() if "value" in entry}
    return profile_form.filled(texts, inputs.get(_FIRM, {}).get("values", []))
