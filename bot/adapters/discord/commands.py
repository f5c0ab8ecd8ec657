"""The slash commands. Each acknowledges first; what it raises goes to the tree's error mapper."""

from __future__ import annotations

import io
import json
from typing import Any

import discord
from discord import app_commands

from bot.adapters.discord import failures, limits
from bot.adapters.discord.controls import confirmation
from bot.adapters.discord.failures import AdminsOnly
from bot.adapters.discord.forms import ProfileForm
from bot.adapters.discord.ingress import Interaction, begin, request_of, shopper_of
from bot.adapters.discord.rendering import rendered
from bot.assistant.replies import Notice
from bot.assistant.wishes import OptionSlot

_FORGET = (
    "Shall I forget your profile, what you liked, what you asked and the answers I gave you here? "
    "There is no way back."
)
_MY_DATA = "This is all that I keep about you here."
_MY_DATA_NAME = "lookbook-my-data.json"
_TOO_MUCH = Notice(
    "failed",
    "What I keep about you here is more than Discord lets me send. Please ask the people who run "
    "this shop for it; with `/forget-me` you can have it erased.",
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


@app_commands.command()
@app_commands.describe(
    wish="What the outfit is for, or what it should be built around",
    private="Show the answer to you alone",
)
async def outfit(
    interaction: Interaction,
    wish: str,
    private: bool = False,  # noqa: FBT001, FBT002
) -> None:
    """Put together pieces that go with each other."""
    address = await begin(interaction, private=private)
    await interaction.client.submit(
        request_of(interaction, "outfit", address, private=private, text=wish)
    )


@app_commands.command(name="help")
async def help_(interaction: Interaction) -> None:
    """Show what I can do."""
    content = rendered(interaction.client.assistant.help()).content
    await interaction.response.send_message(content, ephemeral=True)


@app_commands.command()
async def profile(interaction: Interaction) -> None:
    """Tell me who you shop for, and what you like."""
    known = await interaction.client.assistant.profile(shopper_of(interaction))
    if isinstance(known, Notice):
        await failures.say(interaction, known)
        return
    await interaction.response.send_modal(ProfileForm(known))


@app_commands.command(name="my-data")
async def my_data(interaction: Interaction) -> None:
    """Get all that I keep about you here, as a file."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    data = await interaction.client.assistant.my_data(shopper_of(interaction))
    if isinstance(data, Notice):
        await interaction.client.tell(interaction, data)
        return
    content = json.dumps(data, ensure_ascii=False, indent=2).encode()
    if len(content) > interaction.filesize_limit:
        await interaction.client.tell(interaction, _TOO_MUCH)
        return
    file = discord.File(io.BytesIO(content), _MY_DATA_NAME)
    await interaction.edit_original_response(content=_MY_DATA, attachments=[file])


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
    outfit,
    profile,
    help_,
    my_data,
    forget_me,
    reindex,
    index_status,
)
