"""Pure functions from an answer to what a terminal shows."""

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.phrases import article_facts, closing, headline
from pipeline.article import Article
from pipeline.recommendation import Recommendation, RecommendedArticle

INDENT = (0, 0, 0, 4)


def answer(recommendation: Recommendation, *, quiet: bool = False) -> RenderableType:
    """Return the whole answer; `quiet` leaves out all but the articles, where there are any."""
    articles = _articles(recommendation.articles)
    if quiet and recommendation.articles:
        return articles
    return Group(
        starred(headline(recommendation), "heading"),
        *(starred(sentence, "warning") for sentence in recommendation.relaxations),
        "",
        articles,
        *(Text(line, style="muted") for line in closing(recommendation)),
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


def _articles(recommended: Iterable[RecommendedArticle]) -> RenderableType:
    parts: list[RenderableType] = []
    for number, item in enumerate(recommended, start=1):
        parts.append(_title(number, item.article))
        if item.introduction is not None:
            parts.append(Padding(Text(item.introduction.text), INDENT))
        if item.article.url:
            parts.append(Padding(Text(item.article.url, style="muted"), INDENT))
        parts.append("")
    return Group(*parts)


def _title(number: int, article: Article) -> Text:
    title = Text(f"{number:>2}  ", style="accent")
    title.append(article.name, style="heading")
    title.append(f"  {article_facts(article)}", style="muted")
    return title


def _table(*headings: str) -> Table:
    return Table(*headings, box=box.SIMPLE_HEAD, header_style="muted", pad_edge=False)
