"""Slack, over slack-bolt."""

from bot.adapters.slack.adapter import SlackAdapter

__all__ = ["SlackAdapter"]
