"""Sentences that every adapter says, in one voice: warm, short and exact. *Stars* mark emphasis."""

from collections.abc import Iterator

from pipeline.article import Article
from pipeline.recommendation import Recommendation

WELCOME = "Hello! Tell me what you are looking for, and I'll go through the shelves."
GOODBYE = "Come back any time."
FRIENDLY = (
    "I'm here for clothes, shoes and accessories. Tell me a garment, a colour or an occasion, "
    "and I'll find something."
)
DOT = " · "


def headline(recommendation: Recommendation) -> str:
    """Return the sentence that opens an answer."""
    constraints = recommendation.constraints
    if constraints.outcome == "off_topic":
        return FRIENDLY
    if constraints.outcome == "not_carried":
        return f"We don't carry *{constraints.subject}*, sorry. Is there anything else you'd like?"
    found = len(recommendation.articles)
    if found == 0:
        return f"{constraints.said()} Nothing in the shop matches. Shall we drop one of the wishes?"
    if found < recommendation.asked:
        only = "Only one matches." if found == 1 else f"Only {found} match."
        return f"{constraints.said()} {only}"
    return constraints.said()


def article_facts(article: Article) -> str:
    """Return the facts that stand beside an article's name."""
    facts = [article.product_type, article.colour, article.index_name, price(article)]
    return DOT.join(fact for fact in facts if fact)


def price(article: Article) -> str:
    """Return the price with its currency, "" where the catalogue has none."""
    if article.price is None:
        return ""
    return f"{article.price:,.2f} {article.currency}".strip()


def closing(recommendation: Recommendation) -> Iterator[str]:
    """Yield the lines that end an answer."""
    if (recommendation.constraints.count or 0) > recommendation.asked > 0:
        yield f"I show {recommendation.asked} at most at a time."
    if recommendation.note:
        yield recommendation.note
