"""What a request comes down to, asked of the recommender; for worker threads."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot import phrases
from bot.assistant.live import Serving
from bot.assistant.replies import Card
from bot.assistant.requests import Request
from bot.assistant.wishes import firm
from bot.state import Memory, StoredAnswer
from pipeline.personal import Taste, understood
from pipeline.recommendation import Recommendation
from pipeline.understanding import QueryConstraints

OnArticles = Callable[[Recommendation], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """A request with all that it builds on. `source` is the answer that a button belongs to."""

    request: Request
    text: str
    cut: bool
    memory: Memory | None
    source: StoredAnswer | None
    exclude: frozenset[str]
    taste: Taste

    @property
    def previous(self) -> QueryConstraints | None:
        """The constraints of the conversation so far."""
        return self.memory.constraints if self.memory else None

    @property
    def chosen(self) -> Card:
        """The article that a button belongs to; only where there is one."""
        card = self.source.card(self.request.position) if self.source else None
        assert card is not None  # noqa: S101
        return card


def recommend(
    serving: Serving, wish: Wish, on_articles: OnArticles, stop: threading.Event
) -> Recommendation:
    """Return what the recommender finds, `on_articles` called as it does."""

    def hand_out(early: Recommendation) -> None:
        on_articles(_discreet(serving, wish, early))

    return _discreet(serving, wish, _recommended(serving, wish, hand_out, stop))


def _recommended(
    serving: Serving, wish: Wish, on_articles: OnArticles, stop: threading.Event
) -> Recommendation:
    request, recommender, source = wish.request, serving.recommender, wish.source
    if request.action == "similar" and source is not None:
        return recommender.similar(
            wish.chosen.article_id,
            constraints=source.constraints,
            count=request.count,
            exclude=wish.exclude,
            taste=wish.taste,
            on_articles=on_articles,
            stop=stop,
        )
    if request.action == "outfit":
        return recommender.outfit(
            wish.chosen.article_id if source else "",
            wish.text,
            constraints=source.constraints if source else None,
            count=request.count,
            taste=wish.taste,
            on_articles=on_articles,
            stop=stop,
        )
    given = _given(serving, wish)
    if given is not None:
        return recommender.more(
            given,
            count=source.asked if source else request.count,
            exclude=wish.exclude,
            taste=wish.taste,
            on_articles=on_articles,
            stop=stop,
        )
    return recommender.recommend(
        wish.text,
        count=request.count,
        previous=wish.previous,
        taste=wish.taste,
        on_articles=on_articles,
        stop=stop,
    )


def _given(serving: Serving, wish: Wish) -> QueryConstraints | None:
    """Return the constraints that stand in for a message: an answer's, or a command's fields."""
    if wish.source is not None:
        return wish.source.constraints
    if any(wish.request.options.values()):
        return firm(serving.understander, wish.text, wish.request.options, wish.previous)
    return None


def _discreet(serving: Serving, wish: Wish, found: Recommendation) -> Recommendation:
    """Return an answer that others may see: what a profile insisted on in vain is not named."""
    profile = wish.taste.profile
    if not (found.relaxations and profile.firm):
        return found
    understander = serving.understander
    said = _given(serving, wish) or understander.understand(wish.text, wish.previous)
    insisted = understood(profile, understander).beside(said).insisted(said)
    private = _given_up(insisted) - _given_up(said)
    told = (
        phrases.BEYOND_PROFILE if sentence in private else sentence
        for sentence in found.relaxations
    )
    return replace(found, relaxations=tuple(dict.fromkeys(told)))


def _given_up(constraints: QueryConstraints) -> set[str]:
    """Return the sentences that are told where constraints are given up."""
    return {sentence for _, sentence in constraints.relaxations()}
