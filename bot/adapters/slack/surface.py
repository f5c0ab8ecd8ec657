"""What the Slack app asks a workspace for; the manifest in `config/` says the same."""

from types import MappingProxyType

PLATFORM = "slack"
SCOPES = MappingProxyType(
    {
        "app_mentions:read": "hear when somebody mentions the bot",
        "channels:history": "hear replies in the threads it answers in, in public channels",
        "chat:write": "post and edit its answers, and write to the person who asked",
        "commands": "offer its slash commands",
        "files:write": "send people what it keeps about them, as a file in their direct messages",
        "groups:history": "hear replies in the threads it answers in, in private channels",
        "im:history": "hear direct messages",
        "users:read": "see who is an admin of the workspace, for the admin commands",
    }
)
"""Bot scopes, each with the one reason for it."""
APP_SCOPES = ("connections:write",)
"""Scope of the app-level token, for Socket Mode."""
EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.im",
    "tokens_revoked",
)
RECOMMEND, OUTFIT = "/recommend", "/outfit"
PROFILE, MY_DATA, FORGET_ME = "/profile", "/my-data", "/forget-me"
REINDEX, INDEX_STATUS = "/reindex", "/index-status"
COMMANDS = (RECOMMEND, OUTFIT, PROFILE, MY_DATA, FORGET_ME, REINDEX, INDEX_STATUS)
EVENTS_PATH = "/slack/events"
"""Where HTTP mode hears events, commands and buttons."""
