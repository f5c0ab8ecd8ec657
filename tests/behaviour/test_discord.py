"""What a person on Discord sees, on a simulated Discord that keeps its rules."""

from pathlib import Path

from tests.discord_shop import ShopAssistant, always, answer, world


async def test_recommend_shows_a_card_for_each_article(tmp_path: Path) -> None:
    assistant = ShopAssistant(always(answer(3)))
    async with world(tmp_path, assistant) as shop:
        result = await shop.alice.slash(shop.channel, "recommend", query="linen shirts")

    message = result.response
    assert message is not None
    assert message.content.startswith("You'd like **linen shirts**.")
    assert [embed.title for embed in message.embeds] == [
        "1 · Linen shirt 0",
        "2 · Linen shirt 1",
        "3 · Linen shirt 2",
    ]
    first = message.embeds[0]
    assert "39.00 EUR" in (first.description or "")
    assert "cut for warm days" in (first.description or "")
    assert first.footer.text == "linen, white"
    assert first.url == "https://shop.example/shirts/0"
    assert first.thumbnail.url == "https://shop.example/shirts/0.jpg"
