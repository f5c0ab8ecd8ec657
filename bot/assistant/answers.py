"""From a recommendation to the answer that is shown, stored and paged."""

from collections.abc import Sequence
from dataclasses import replace

from bot.assistant.replies import AnswerReply, Card
from bot.phrases import article_facts, closing, headline, why
from pipeline.recommendation import Recommendation, RecommendedArticle


def answer_reply(
    recommendation: Recommendation,
    *,
    answer_id: str = "",
    opening: str = "",
    remarks: Sequence[str] = (),
    writing: bool = False,
    outfit: bool = False,
) -> AnswerReply:
    """Return the answer with all its cards on one page; `page_of` cuts it.

    `opening` takes the place of the usual headline, `remarks` are put below the answer. The first
    reason of a piece of an `outfit` is what it goes with; the others are the asker's taste.
    """
    return AnswerReply(
        answer_id=answer_id,
        headline=opening or headline(recommendation),
        cards=tuple(
            _card(recommendation, position, item, outfit=outfit)
            for position, item in enumerate(recommendation.articles)
        ),
        relaxations=recommendation.relaxations,
        closing=(*closing(recommendation), *remarks),
        writing=writing,
    )


def page_of(reply: AnswerReply, page: int, size: int) -> AnswerReply:
    """Return one page of a whole answer, to be shown; one that there is not becomes the nearest.

    What the cards say of the asker's taste is left out: others may see the page.
    """
    pages = max(1, -(-len(reply.cards) // size))
    page = max(0, min(page, pages - 1))
    cards = (replace(card, reason="") for card in reply.cards[page * size : (page + 1) * size])
    return replace(reply, cards=tuple(cards), page=page, pages=pages)


def _card(
    recommendation: Recommendation, position: int, item: RecommendedArticle, *, outfit: bool
) -> Card:
    article, public = item.article, int(outfit)
    return Card(
        position=position,
        article_id=article.id,
        title=article.name,
        facts=article_facts(article),
        introduction=item.introduction.text if item.introduction else "",
        why="".join(item.reasons[:public]).replace("*", "") or why(recommendation, article),
        url=article.url,
        image_url=article.image_url,
        product_type=article.product_type,
        reason="; ".join(item.reasons[public:]),
    )
