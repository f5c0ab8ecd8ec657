"""Registering the commands with Discord, only when they have changed.

Discord allows 200 new commands a day; a bot that registers at every start uses them up.
"""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

from discord import app_commands

_log = logging.getLogger(__name__)


def fingerprint(tree: app_commands.CommandTree[Any], application_id: int) -> str:
    """Return what the commands of this application come down to, as a SHA-256 digest."""
    commands = sorted(
        (command.to_dict(tree) for command in tree.get_commands()), key=lambda each: each["name"]
    )
    content = json.dumps([application_id, commands], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).hexdigest()


async def sync_if_changed(
    tree: app_commands.CommandTree[Any], application_id: int, record: Path
) -> bool:
    """Register the commands unless `record` says that they are; return whether it did.

    Raises discord.HTTPException.
    """
    wanted = fingerprint(tree, application_id)
    if _read(record) == wanted:
        return False
    await tree.sync()
    _write(record, wanted)
    _log.info("Discord commands registered")
    return True


def _read(record: Path) -> str:
    try:
        return record.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _write(record: Path, value: str) -> None:
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(f"{value}\n", encoding="utf-8")
    except OSError as error:
        # The next start registers once more, which does no harm.
        _log.warning("Discord commands' record not written: %s", type(error).__name__)
