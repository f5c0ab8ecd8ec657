"""What the bots remember: claims, jobs, conversations, answers, tastes and usage."""

from bot.state.errors import StateError
from bot.state.state import Job, Memory, State, StoredAnswer
from bot.state.thread import StateThread

__all__ = ["Job", "Memory", "State", "StateError", "StateThread", "StoredAnswer"]
