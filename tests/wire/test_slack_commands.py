"""`/recommend`, `/reindex` and `/index-status` against a loopback Slack."""

from collections.abc import AsyncIterator

import pytest

from tests.slack_server import SlackServer
from tests.wire.slack_shop import Shop, open_shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    async with SlackServer() as slack, open_shop(slack) as opened:
        yield opened


async def test_recommend_is_acknowledged_first_and_answered_for_the_asker_alone(shop: Shop) -> None:
    handed = await shop.slack.command("/recommend", "a red dress", user="U1")
    assert handed.acknowledged
    assert "Looking" in handed.answer["text"]

    await shop.slack.until(
        lambda: any("Linen dress 1" in m.words for m in shop.slack.world.seen_only_by("U1"))
    )
    (message,) = shop.slack.world.seen_only_by("U1")
    assert "Red dresses for you." in message.words
    assert shop.slack.world.by_bot("C1") == []
    assert shop.assistant.requests[0].text == "a red dress"
