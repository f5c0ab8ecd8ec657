"""What the documentation tells an operator to grant is what the code asks for."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import discord

from bot.adapters.discord import permissions

DOCUMENT = (Path(__file__).parents[2] / "docs" / "discord.md").read_text(encoding="utf-8")
NAMES = permissions.missing(discord.Permissions.none(), permissions.NEEDED)


def addresses() -> list[str]:
    return [line.strip() for line in DOCUMENT.splitlines() if "oauth2/authorize" in line]


def test_the_documented_integer_is_the_permissions_that_the_code_needs() -> None:
    assert f"`{permissions.NEEDED.value}`" in DOCUMENT


def test_every_needed_permission_is_explained() -> None:
    assert len(NAMES.split(", ")) == 6
    for name in NAMES.split(", "):
        assert f"| {name} |" in DOCUMENT


def test_the_documented_invitations_are_those_that_the_code_makes() -> None:
    made = [permissions.server_invitation(7), permissions.user_invitation(7)]

    for documented, address in zip(addresses(), made, strict=True):
        ours = parse_qs(urlsplit(address.replace("=7", "=APPLICATION")).query)
        assert parse_qs(urlsplit(documented).query) == ours


def test_only_what_is_lacking_is_named() -> None:
    granted = discord.Permissions(view_channel=True, read_message_history=True)

    assert permissions.missing(granted, permissions.SPEAK) == "Send Messages"
    assert permissions.missing(permissions.NEEDED, permissions.NEEDED) == ""
