"""What shoppers tell of themselves and of single articles, and what they are told of it."""

import asyncio
from collections.abc import Callable
from typing import Any

from bot import phrases
from bot.assistant.live import LiveRecommender
from bot.assistant.profile_form import filled
from bot.assistant.replies import Card, Notice
from bot.assistant.requests import Shopper
from bot.metrics import Metrics
from bot.state import StateThread
from config.errors import LookbookError
from pipeline.personal import ShopperProfile, UnderstoodProfile, understood


class Personal:
    """Notes, shows and explains a shopper's taste. Every method may raise StateError.

    Whoever presses a button is meant by it, whoever's answer it belongs to.
    """

    def __init__(
        self,
        state: StateThread,
        live: LiveRecommender,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._live = live
        self._metrics = metrics
        self._clock = clock

    async def profile(self, shopper: Shopper) -> ShopperProfile:
        """Return what a shopper told of themselves."""
        now = self._clock()
        return (await self._state(lambda state: state.taste(shopper, now))).profile

    async def set_profile(self, shopper: Shopper, profile: ShopperProfile) -> Notice:
        """Keep what a form says, and say how it is understood."""
        tidy = filled(profile.to_dict(), profile.firm)
        now = self._clock()
        await self._state(lambda state: state.set_profile(shopper, tidy, now))
        if not tidy:
            return Notice("done", phrases.NO_PROFILE)
        meaning = await asyncio.to_thread(self._meaning, tidy)
        return Notice("done", phrases.profile_kept(meaning))

    async def data(self, shopper: Shopper) -> dict[str, Any]:
        """Return all that is kept of a shopper, JSON-ready."""
        return await self._state(lambda state: state.kept_of(shopper))

    async def feedback(
        self, shopper: Shopper, answer_id: str, position: int, *, liked: bool
    ) -> Notice:
        """Note an opinion: the other one replaces it, the same one again takes it back."""
        card, _ = await self._card(answer_id, position)
        if card is None:
            return Notice("info", phrases.EXPIRED)
        now = self._clock()
        holds = await self._state(lambda state: state.rate(shopper, card, now, liked=liked))
        self._count(shopper, "like" if liked else "dislike", holds=holds)
        return Notice("done", phrases.opinion(card.title, liked=liked, holds=holds))

    async def not_this_kind(self, shopper: Shopper, answer_id: str, position: int) -> Notice:
        """Note that an article's product type is not wanted; said again, that is taken back."""
        card, _ = await self._card(answer_id, position)
        if card is None or not card.product_type:  # an answer from before cards named their type
            return Notice("info", phrases.EXPIRED)
        kind, now = card.product_type, self._clock()
        holds = await self._state(lambda state: state.refuse_type(shopper, kind, now))
        self._count(shopper, "not this kind", holds=holds)
        return Notice("done", phrases.kind_refused(kind, holds=holds))

    async def why(self, shopper: Shopper, answer_id: str, position: int) -> Notice:
        """Explain an article in one line; what it owes to the asker's taste, to the asker only."""
        card, owner = await self._card(answer_id, position)
        if card is None:
            return Notice("info", phrases.EXPIRED)
        reason = card.reason if owner == shopper.key else ""
        return Notice("info", phrases.because(card.title, card.why, reason))

    def _meaning(self, profile: ShopperProfile) -> UnderstoodProfile | None:
        """Return what a profile means in the shop, None while the shop is closed."""
        try:
            with self._live.lease() as serving:
                return understood(profile, serving.understander)
        except LookbookError:
            return None

    async def _card(self, answer_id: str, position: int) -> tuple[Card | None, str]:
        """Return a card of an answer, None if it is gone, and the key of whoever asked."""
        answer = await self._state(lambda state: state.answer(answer_id))
        if answer is None:
            return None, ""
        return answer.card(position), answer.shopper

    def _count(self, shopper: Shopper, opinion: str, *, holds: bool) -> None:
        self._metrics.opinions.labels(shopper.platform, opinion if holds else "taken back").inc()
