"""A Slack to test against, written from the vendor's rules and not from the product."""

from tests.slack_server.server import SlackServer

__all__ = ["SlackServer"]
