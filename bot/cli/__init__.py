"""The command line: `lookbook`."""

from bot.cli.app import main

__all__ = ["main"]
