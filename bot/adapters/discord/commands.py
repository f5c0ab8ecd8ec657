"""The slash commands. Each acknowledges first; what it raises goes to the tree's error mapper."""

from __future__ import annotations

from typing import Any

from discord import app_commands

from bot.adapters.discord import limits
from bot.adapters.discord.controls import confirmation
from bot.adapters.discord.failures import AdminsOnly
from bot.adapters.discord.ingress import Interaction, begin, request_of
from bot.adapters.discord.rendering import rendered
from bot.assistant.wishes import OptionSlot

_FORGET = (
    "Shall I forget what you liked, what you asked and the answers I gave you here? "
    "There is no way back."
)


@app_commands.command()
@app_commands.rename(kind="type")
@app_commands.describe(
    query="What you are looking for, in your own words",
    count="How many articles to show",
    kind="Only this type of article",
    colour="Only this colour",
    section="Only this part of the shop",
    private="Show the answer to you alone",
)
async def recommend(  # noqa: PLR0917 - discord.py reads options from parameters
    interaction: Interaction,
    query: str,
    count: app_commands.Range[int, 1, 50] | None = None,
    kind: str = "",
    colour: str = "",
    section: str = "",
    private: bool = False,  # noqa: FBT001, FBT002
) -> None:
    """Find something to wear."""
    address = await begin(interaction, private=private)
    options = {"type": kind, "colour": colour, "section": section}
    await interaction.client.submit(
        request_of(
            interaction,
            "recommend",
            address,
            private=private,
            text=query,
            count=count,
            options={slot: value for slot, value in options.items() if value.strip()},
        )
    )


def _suggest(
    interaction: Interaction, slot: OptionSlot, typed: str
) -> list[app_commands.Choice[str]]:
    found = interaction.client.assistant.suggestions(slot, typed)
    return [
        app_commands.Choice(name=value, value=value)
        for value in found
        if 0 < len(value) <= limits.CHOICE_TEXT
    ][: limits.CHOICES]


@recommend.autocomplete("kind")
async def _types(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return _suggest(interaction, "type", typed)


@recommend.autocomplete("colour")
async def _colours(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return _suggest(interaction, "colour", typed)


@recommend.autocomplete("section")
async def _sections(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    return _suggest(interaction, "section", typed)


@app_commands.command(name="help")
async def help_(interaction: Interaction) -> None:
    """Show what I can do."""
    content = rendered(interaction.client.assistant.help()).content
    await interaction.response.send_message(content, ephemeral=True)


@app_commands.command(name="forget-me")
async def forget_me(interaction: Interaction) -> None:
    """Delete what I keep about you here."""
    await interaction.response.send_message(_FORGET, view=confirmation(), ephemeral=True)


def _admin(interaction: Interaction) -> bool:
    """Return whether the one who asks may run the shop; Discord's own setting only hides.

    Managers count where the bot is a member of their server. A person who has the commands on
    their own account manages servers that have nothing to do with the shop.
    """
    if interaction.user.id in interaction.client.admins:
        return True
    here = interaction.guild_id is not None and interaction.client.get_guild(interaction.guild_id)
    if here and interaction.permissions.manage_guild:
        return True
    raise AdminsOnly


@app_commands.command()
@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.check(_admin)
async def reindex(interaction: Interaction) -> None:
    """Read the catalogue again."""
    address = await begin(interaction, private=True)
    await interaction.client.submit(request_of(interaction, "reindex", address, private=True))


@app_commands.command(name="index-status")
@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.check(_admin)
async def index_status(interaction: Interaction) -> None:
    """Show which catalogue I answer from."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.client.tell(interaction, await interaction.client.assistant.index_status())


ALL: tuple[app_commands.Command[Any, ..., None], ...] = (
    recommend,
    help_,
    forget_me,
    reindex,
    index_status,
)
