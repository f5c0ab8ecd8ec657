"""From a reply to the parts of one Discord message: its content and one embed per article.

Nothing here raises for what a catalogue, a model or a shopper wrote: texts are made harmless, cut
to Discord's limits, and what Discord would refuse is left out.
"""

from collections.abc import Sequence
from urllib.parse import quote

import discord

from bot.adapters.discord import limits
from bot.adapters.discord.markup import escaped, formatted, plain, web_address
from bot.assistant.replies import AnswerReply, Card, Notice

ACCENT = discord.Colour(0x7A5C48)
_BAR = 10
_HEADLINE = 700
_LINE = 280
_FACTS = 300
_GAP = "\n\n"
_HOW_TO_PICK = "Press an article's number to rate it, to ask why, or to see what is like it."


def notice_text(notice: Notice) -> str:
    """Return what a notice says, of any length."""
    lines = [formatted(notice.text)]
    if notice.kind == "progress" and notice.fraction is not None:
        share = min(max(notice.fraction, 0.0), 1.0)
        full = round(share * _BAR)
        lines.append(f"{'▰' * full}{'▱' * (_BAR - full)} {share:.0%}")
    if notice.reference:
        lines.append(small(f"Reference {notice.reference}"))
    return "\n".join(lines)


def answer_text(reply: AnswerReply, *, with_cards: bool) -> str:
    """Return what stands above the embeds; `with_cards` has the articles in it too."""
    lines = [formatted(limits.shortened(reply.headline, _HEADLINE))]
    lines += [formatted(limits.shortened(line, _LINE)) for line in reply.relaxations]
    if with_cards:
        lines += [_text_card(card) for card in reply.cards]
    lines += [small(limits.shortened(line, _LINE)) for line in reply.closing]
    if reply.answer_id and reply.cards:
        lines.append(small(_HOW_TO_PICK))
    if reply.writing:
        lines.append(small("I'm still writing the introductions …"))
    return "\n".join(lines)


def small(text: str) -> str:
    """Return the text as a line of small print."""
    return f"-# {formatted(text)}"


def embeds(cards: Sequence[Card], *, dressed: bool) -> tuple[discord.Embed, ...]:
    """Return an embed per card, `dressed` with link and picture; 6,000 characters in all."""
    shown = cards[: limits.EMBEDS]
    budget = limits.EMBEDS_TOTAL // max(len(shown), 1)
    links: set[str] = set()
    made = []
    for card in shown:
        embed = _embed(card, budget)
        if dressed:
            _dress(embed, card, links)
        made.append(embed)
    return tuple(made)


def embed_of(shown: Sequence[discord.Embed], position: int) -> discord.Embed | None:
    """Return the embed of the article at a position of an answer, None where none shows it."""
    number = _number(position)
    return next((embed for embed in shown if (embed.title or "").startswith(number)), None)


def _embed(card: Card, budget: int) -> discord.Embed:
    quarter = budget // 4
    title = limits.shortened(_title(card), min(quarter, limits.EMBED_TITLE))
    why = limits.shortened(plain(card.why), min(quarter, limits.EMBED_FOOTER))
    facts = limits.shortened(escaped(card.facts), quarter)
    room = min(budget - len(title) - len(why), limits.EMBED_DESCRIPTION) - len(facts) - len(_GAP)
    introduction = limits.shortened(escaped(card.introduction), room)
    embed = discord.Embed(
        title=title, description=_GAP.join(filter(None, (facts, introduction))), colour=ACCENT
    )
    return embed.set_footer(text=why) if why else embed


def _dress(embed: discord.Embed, card: Card, links: set[str]) -> None:
    """Add the picture and the link.

    Of embeds with the same link Discord shows one alone; variants of a product often share their
    page, so the second gets a fragment of its own, which every page ignores.
    """
    link = web_address(card.url)
    if link in links:
        link = "" if "#" in link else web_address(f"{link}#{quote(card.article_id)}")
    if link and link not in links:
        embed.url = link
        links.add(link)
    image = web_address(card.image_url)
    if image:
        embed.set_thumbnail(url=image)


def _title(card: Card) -> str:
    return f"{_number(card.position)}{escaped(card.title)}"


def _number(position: int) -> str:
    return f"{position + 1} · "


def _text_card(card: Card) -> str:
    link = web_address(card.url)
    parts = (
        f"**{limits.shortened(_title(card), limits.EMBED_TITLE)}**",
        escaped(limits.shortened(card.facts, _FACTS)),
        escaped(card.introduction),
        small(limits.shortened(card.why, _LINE)) if card.why else "",
        f"<{link}>" if link else "",
    )
    return "\n" + "\n".join(filter(None, parts))
