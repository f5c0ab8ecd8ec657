"""Pure functions from an answer to what a terminal shows."""

from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.assistant.replies import AnswerReply, Card, NoticeKind, Reply
from pipeline.recommendation import Recommendation

INDENT = (0, 0, 0, 4)
_NOTICES: Mapping[NoticeKind, str] = {"failed": "bad", "refused": "warning", "done": "good"}


def reply(said: Reply) -> RenderableType:
    """Return what was said, whatever it is."""
    if isinstance(said, AnswerReply):
        return answer(said, why=True)
    text = starred(said.text, _NOTICES.get(said.kind, ""))
    return text.append(f" Reference {said.reference}.", "muted") if said.reference else text


def answer(found: AnswerReply, *, quiet: bool = False, why: bool = False) -> RenderableType:
    """Return the whole answer; `quiet` leaves out all but the articles, where there are any.

    With `why` each article says which wishes it meets, or what it goes with.
    """
    cards = _cards(found.cards, why=why)
    if quiet and found.cards:
        return cards
    return Group(
        starred(found.headline, "heading"),
        *(starred(sentence, "warning") for sentence in found.relaxations),
        "",
        cards,
        *(starred(line, "muted") for line in found.closing),
    )


def explanation(recommendation: Recommendation) -> RenderableType:
    """Return how the answer came about: what was understood, the scores, where the time went."""
    constraints = recommendation.constraints
    understood = _table("Understood", "Slot", "Meaning", "Words")
    for part in ("kinds", "required", "preferred", "excluded"):
        for condition in getattr(constraints, part):
            understood.add_row(part, condition.slot, condition.name, condition.words)
    understood.add_row("searched for", "", constraints.search_text, "")
    ranking = _table("Article", "Product", "Score")
    for item in recommendation.articles:
        ranking.add_row(item.article.id, item.article.product_code, f"{item.score:.3f}")
    stages = _table("Stage", "ms")
    stages.columns[1].justify = "right"
    for stage, milliseconds in recommendation.timings.items():
        stages.add_row(stage, f"{milliseconds:.1f}")
    stages.add_row("total", f"{sum(recommendation.timings.values()):.1f}", style="heading")
    version = Text(f"Index version {recommendation.index_version}", style="muted")
    return Group(understood, "", ranking, "", stages, "", version)


def starred(sentence: str, style: str = "") -> Text:
    """Return the sentence with its *starred* words set off."""
    text = Text(style=style)
    for position, part in enumerate(sentence.split("*")):
        text.append(part, style="accent" if position % 2 else "")
    return text


def _cards(cards: Iterable[Card], *, why: bool) -> RenderableType:
    parts: list[RenderableType] = []
    for card in cards:
        parts.append(_title(card))
        if card.introduction:
            parts.append(Padding(Text(card.introduction), INDENT))
        if card.why and why:
            parts.append(Padding(starred(card.why, "muted"), INDENT))
        if card.url:
            parts.append(Padding(Text(card.url, style="muted"), INDENT))
        parts.append("")
    return Group(*parts)


def _title(card: Card) -> Text:
    title = Text(f"{card.position + 1:>2}  ", style="accent")
    title.append(card.title, style="heading")
    title.append(f"  {card.facts}", style="muted")
    return title


def _table(*headings: str) -> Table:
    return Table(*headings, box=box.SIMPLE_HEAD, header_style="muted", pad_edge=False)
