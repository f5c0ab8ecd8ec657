"""What the bot must be allowed to do in a server, and how a shop invites it."""

import discord

SPEAK = discord.Permissions(view_channel=True, send_messages=True, read_message_history=True)
OPEN_THREAD = discord.Permissions(create_public_threads=True, send_messages_in_threads=True)
SHOW_CARDS = discord.Permissions(embed_links=True)

NEEDED = SPEAK | OPEN_THREAD | SHOW_CARDS
"""What the invitation asks for: nothing beyond what an answer needs."""

_NAMES = {
    "read_messages": "View Channel",  # discord.py's name for it
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "embed_links": "Embed Links",
    "read_message_history": "Read Message History",
}


def missing(granted: discord.Permissions, needed: discord.Permissions) -> str:
    """Return the needed permissions that are not granted, as Discord names them, "" if none."""
    lacking = discord.Permissions(needed.value & ~granted.value)
    return ", ".join(_NAMES[name] for name, lacks in lacking if lacks)


def server_invitation(application_id: int) -> str:
    """Return the address that adds the bot to a server."""
    address = discord.utils.oauth_url(
        application_id, permissions=NEEDED, scopes=("bot", "applications.commands")
    )
    return f"{address}&integration_type=0"


def user_invitation(application_id: int) -> str:
    """Return the address that adds the commands to a person's own account."""
    address = discord.utils.oauth_url(application_id, scopes=("applications.commands",))
    return f"{address}&integration_type=1"
