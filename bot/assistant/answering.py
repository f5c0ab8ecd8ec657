"""From a request whose turn has come to its last word."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from bot import phrases
from bot.assistant.answers import answer_reply, page_of
from bot.assistant.asking import Wish, recommend
from bot.assistant.live import LiveRecommender
from bot.assistant.messages import (
    LONGEST,
    asks_for_more,
    asks_for_the_same,
    cleaned,
    is_foreign,
)
from bot.assistant.replies import AnswerReply, Notice, Reply
from bot.assistant.requests import Request
from bot.metrics import Metrics
from bot.state import Memory, StateThread, StoredAnswer
from bot.state.state import new_answer_id
from config.settings import AssistantSettings
from pipeline.recommendation import Recommendation
from pipeline.understanding import QueryConstraints
from pipeline.writing.generator import PLAIN_DESCRIPTIONS_NOTE

_GRACE = 0.1
"""Share of the deadline that a writer gets to end its sentence once it was told to stop."""
_SPARE_THREADS = 4
"""Threads for each worker: one that hangs past its deadline must not take the worker with it."""
_REMEMBERED_CHARS = 1_000
_REMEMBERED_WORDS = 40
"""Of all that was wished for in a conversation, how much of its end is kept as text."""

Show = Callable[[Reply], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Decision:
    """The last word on a request, and what it leaves behind."""

    reply: Reply
    outcome: str
    answer: StoredAnswer | None = None
    memory: Memory | None = None


class Answering:
    """Reads what a request builds on, has it recommended in a thread, decides what is said."""

    def __init__(
        self,
        settings: AssistantSettings,
        state: StateThread,
        live: LiveRecommender,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._own = settings
        self._state = state
        self._live = live
        self._metrics = metrics
        self._clock = clock
        self._threads = ThreadPoolExecutor(
            settings.workers * _SPARE_THREADS, thread_name_prefix="answer"
        )

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def answer(self, request: Request, show: Show, stop: threading.Event) -> Decision:
        """Return what is said to a request; articles are shown before their introductions come.

        Setting `stop` ends the writing early. Raises TimeoutError at the deadline where there are
        no articles by then, and what the recommender and the state raise.
        """
        text, was_cut = cleaned(request.text)
        if not _is_of_an_answer(request):
            if not text and not any(request.options.values()):
                return Decision(Notice("info", phrases.ASK), "empty")
            if is_foreign(text):
                return Decision(Notice("info", phrases.ENGLISH), "foreign")
        wish = await self._wish(request, text, cut=was_cut)
        if wish.source is None and (_is_of_an_answer(request) or asks_for_the_same(text)):
            return Decision(Notice("info", phrases.EXPIRED), "expired")
        if wish.source is not None and asks_for_the_same(text):
            return Decision(wish.source.reply, "answered", memory=wish.memory)
        recommendation = await self._recommended(wish, show, stop)
        self._measure(recommendation)
        return self._decision(wish, recommendation)

    async def _wish(self, request: Request, text: str, *, cut: bool) -> Wish:
        """Read from the state what the request builds on."""
        now = self._clock()
        memory = await self._state(lambda state: state.memory(request.conversation, now))
        if request.anew or (memory is not None and memory.constraints is None):
            memory = None
        taste = await self._state(lambda state: state.taste(request.shopper, now))
        source = None
        exclude: frozenset[str] = frozenset()
        if _is_of_an_answer(request):
            source = await self._state(lambda state: state.answer(request.answer_id))
            if request.action != "more" and source and source.card(request.position) is None:
                source = None
        elif memory is not None and request.action == "recommend" and not request.options:
            source, request = await self._continued(memory, request, text)
        if source is not None:
            chain = source.wish
            exclude = frozenset(await self._state(lambda state: state.shown(chain)))
        return Wish(request, text, cut, memory, source, exclude, taste)

    async def _continued(
        self, memory: Memory, request: Request, text: str
    ) -> tuple[StoredAnswer | None, Request]:
        """Return the answer that words ask to see again, or more of, and the request for that."""
        if asks_for_the_same(text):
            return await self._state(lambda state: state.latest(memory.wish)), request
        if not asks_for_more(text):
            return None, request
        source = await self._state(lambda state: state.answer(memory.wish))
        if source is None:
            return None, request
        return replace(source, constraints=memory.constraints), replace(request, action="more")

    async def _recommended(self, wish: Wish, show: Show, stop: threading.Event) -> Recommendation:
        """Return the recommendation, having shown its articles early; at the deadline, those."""
        loop = asyncio.get_running_loop()
        early: asyncio.Future[Recommendation] = loop.create_future()

        def on_articles(recommendation: Recommendation) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, early, recommendation)

        thread = loop.run_in_executor(self._threads, self._in_thread, wish, on_articles, stop)
        thread.add_done_callback(_look_at)
        deadline = self._own.deadline_s
        try:
            async with asyncio.timeout(deadline):
                await asyncio.wait({thread, early}, return_when=asyncio.FIRST_COMPLETED)
                if early.done() and not thread.done():
                    shown = _reply(wish, early.result(), writing=True)
                    await show(page_of(shown, 0, self._own.page_size))
                await asyncio.wait({thread})
        except TimeoutError:
            stop.set()
            await asyncio.wait({thread}, timeout=_GRACE * deadline)
            if not thread.done():
                if not early.done():
                    raise
                return replace(early.result(), note=PLAIN_DESCRIPTIONS_NOTE)
        finally:
            stop.set()
        return thread.result()

    def _in_thread(
        self, wish: Wish, on_articles: Callable[[Recommendation], None], stop: threading.Event
    ) -> Recommendation:
        with self._live.lease() as serving:
            return recommend(serving, wish, on_articles, stop)

    def _decision(self, wish: Wish, found: Recommendation) -> Decision:
        request, constraints = wish.request, _bounded(found.constraints)
        if constraints.outcome != "recommend":
            reply = _reply(wish, found)
            return Decision(reply, constraints.outcome, memory=wish.memory)
        if not found.articles and wish.source is not None:
            return Decision(Notice("info", _nothing_more(wish)), "nothing", memory=wish.memory)
        answer_id = new_answer_id()
        chain = answer_id
        if wish.source is not None:
            chain = wish.source.wish
        elif wish.memory is not None and wish.memory.wish:
            chain = wish.memory.wish
        reply = _reply(wish, found, answer_id=answer_id)
        answer = StoredAnswer(
            reply=reply,
            shopper=request.shopper.key,
            wish=chain,
            asked=found.asked,
            constraints=constraints,
            product_codes=tuple(item.article.product_code for item in found.articles),
        )
        # What goes with an article is beside what the conversation looks for.
        beside = request.action == "outfit" and wish.source is not None
        memory = wish.memory if beside else Memory(constraints, chain)
        if not found.articles:  # kept all the same: the words of a wish have an owner
            return Decision(replace(reply, answer_id=""), "nothing", answer=answer, memory=memory)
        return Decision(reply, "answered", answer=answer, memory=memory)

    def _measure(self, recommendation: Recommendation) -> None:
        for stage, milliseconds in recommendation.timings.items():
            self._metrics.stages.labels(stage).observe(milliseconds / 1000)
        for item in recommendation.articles:
            if item.introduction is not None:
                self._metrics.introductions.labels(item.introduction.written_by).inc()


def _is_of_an_answer(request: Request) -> bool:
    """Return whether a request is a button of an answer, not words that stand for themselves."""
    return request.action in ("more", "similar") or bool(request.answer_id)


def _reply(
    wish: Wish, found: Recommendation, *, answer_id: str = "", writing: bool = False
) -> AnswerReply:
    return answer_reply(
        found,
        answer_id=answer_id,
        opening=_opening(wish) if found.articles else "",
        remarks=[phrases.cut(LONGEST)] if wish.cut and not writing else [],
        writing=writing,
        outfit=wish.request.action == "outfit",
    )


def _opening(wish: Wish) -> str:
    """Return the headline of what a button was pressed for, "" where the usual one is right."""
    match wish.request.action:
        case "similar":
            return phrases.alike(wish.chosen.title)
        case "outfit":
            return phrases.goes_with(wish.chosen.title) if wish.source else phrases.OUTFIT
    return ""


def _nothing_more(wish: Wish) -> str:
    match wish.request.action:
        case "similar":
            return phrases.none_alike(wish.chosen.title)
        case "outfit":
            return phrases.none_with(wish.chosen.title)
    return phrases.ALL_SHOWN


def _bounded(constraints: QueryConstraints) -> QueryConstraints:
    """Return the constraints to keep: wishes instead of the message, no more than may add up."""
    return replace(
        constraints,
        message=constraints.search_text[-_REMEMBERED_CHARS:],
        free_text=" ".join(constraints.free_text.split()[-_REMEMBERED_WORDS:]),
    )


def _settle(future: asyncio.Future[Recommendation], recommendation: Recommendation) -> None:
    if not future.done():
        future.set_result(recommendation)


def _look_at(thread: asyncio.Future[Recommendation]) -> None:
    """Take note of what a thread raised that nobody waits for any more."""
    if not thread.cancelled():
        thread.exception()
