"""The assistant behind every chat adapter: takes requests on, answers each exactly once.

A request is claimed in the state before anything is done for it, its last word is stored there
before it is said, and its job is dropped after. A process that dies in between leaves the job, and
the next start goes on with it: from the beginning in the same place of the chat, or, where the last
word was decided, by saying the same again there.
"""

import asyncio
import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from bot import phrases
from bot.assistant.answering import Answering, Decision
from bot.assistant.answers import page_of
from bot.assistant.failures import failure_of
from bot.assistant.line import Line, Ticket
from bot.assistant.live import LiveRecommender, OpenRecommender
from bot.assistant.personal import Personal
from bot.assistant.reindexing import Reindexing
from bot.assistant.replies import AnswerReply, Notice, Reply
from bot.assistant.requests import Conversation, Request, Shopper
from bot.assistant.wishes import OptionSlot, UnknownOptionError, suggestions
from bot.metrics import Metrics
from bot.state import Job, StateError, StateThread
from config.settings import Settings
from pipeline.index import status
from pipeline.personal import ShopperProfile
from pipeline.recommending import ArticleGoneError, Recommender

if TYPE_CHECKING:
    from bot.adapters.base import Delivery

RESUMABLE_S = 14 * 60.0
"""Age at which a request is no longer answered after a restart: Discord's tokens last 15 min."""

_LAST_WORD_S = 5.0
"""How long a stopping process waits for a platform, to say a last word or that it is put off."""
_PURGE_S = 3600.0

_LOG = logging.getLogger(__name__)

Deliver = Callable[[Request], "Delivery | None"]
Reading = TypeVar("Reading")


@dataclass(eq=False)
class _Work:
    """A request between being taken on and its last word."""

    request: Request
    delivery: "Delivery"
    taken_at: float
    ticket: Ticket | None
    opened: bool = False
    reply: Reply | None = None
    farewell: Reply | None = None
    """What to say instead of an answer, if it is cancelled."""
    stop: threading.Event = field(default_factory=threading.Event)
    task: asyncio.Task[None] | None = None


class Assistant:
    """Serves the requests of all adapters on one event loop.

    Everything that takes long runs in threads. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        metrics: Metrics | None = None,
        open_recommender: OpenRecommender = Recommender.open,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.metrics = metrics or Metrics()
        self.live = LiveRecommender(settings, open_recommender)
        self._settings = settings
        self._own = settings.assistant
        self._clock = clock
        self._state = StateThread(settings)
        self._personal = Personal(self._state, self.live, self.metrics, clock)
        self._reindexing = Reindexing(settings, self.live)
        self._line = Line(workers=self._own.workers, queue=self._own.queue)
        self._answering = Answering(self._own, self._state, self.live, self.metrics, clock)
        self._works: dict[str, _Work] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: list[Job] = []
        self._last_asked: dict[str, float] = {}
        self._purging: asyncio.Task[None] | None = None
        self._stopping = False

    # --- from start to stop ---

    async def start(self, deliver: Deliver | None = None) -> None:
        """Open the state and the index; the jobs that a stop or a crash left are kept for `resume`.

        With `deliver` they are resumed at once. Raises StateError. An index that cannot be opened
        only keeps requests from being answered (`live.problem`).
        """
        await self._state.open()
        now = self._clock()
        self._left = await self._state(lambda state: state.unfinished())
        await self._state(lambda state: state.purge(now))
        await self.live.start()
        self._purging = asyncio.create_task(self._purge(), name="purge the state")
        if deliver is not None:
            await self.resume(deliver)

    async def resume(self, deliver: Deliver) -> None:
        """Go on with the jobs of before the start, once their platforms can be reached.

        `deliver` makes the delivery of a request, or returns None where its platform is off now;
        such jobs wait for another start.
        """
        left, self._left = self._left, []
        for job in left:
            delivery = deliver(job.request)
            if delivery is None:
                continue
            work = _Work(
                job.request, delivery, job.taken_at, None, opened=job.opened, reply=job.reply
            )
            if job.request.action != "reindex":
                work.ticket = self._line.enter(job.request.conversation.key, beyond=True)
            self._begin(work)

    async def stop(self) -> None:
        """Answer what can be answered within `drain_s`, leave the rest to the next start, close.

        What is left keeps its place in the chat, which says so; the next start answers it there.
        """
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._own.drain_s)
        saying = [w.task for w in self._works.values() if w.reply is not None and w.task]
        if saying:
            await asyncio.wait(saying, timeout=_LAST_WORD_S)
        left = list(self._works.values())
        for work in left:
            _interrupt(work)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*map(_put_off, left))
        if self._purging is not None:
            self._purging.cancel()
        self._answering.close()
        self._reindexing.close()
        await self.live.close()
        await self._state.close()

    async def idle(self) -> None:
        """Return once every request that was taken on so far has got its last word."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # --- requests ---

    async def submit(self, request: Request, delivery: "Delivery") -> None:
        """Take a request on, or drop it if it was taken on before; never raises.

        Returns once it is in line. The delivery then gets exactly one `finish`, unless this process
        ends first; then the next one sees to it.
        """
        try:
            await self._take_on(request, delivery)
        except Exception as error:  # noqa: BLE001 - whatever it is, the shopper gets an answer
            decision = Decision(failure_of(error, _id(request)).notice(), "failed")
            await self._say(request, delivery, decision)

    async def cancel(self, key: str, farewell: Notice | None = None) -> bool:
        """Give up a request and say so in its place; return whether it was still to be answered."""
        await asyncio.sleep(0)  # a task that has not begun would be cancelled without a word
        work = self._works.get(key)
        if work is None or work.reply is not None or work.task is None:
            return False
        work.farewell = farewell or Notice("done", phrases.STOPPED)
        _interrupt(work)
        await asyncio.wait({work.task})
        return True

    async def _take_on(self, request: Request, delivery: "Delivery") -> None:
        now = self._clock()
        used = await self._state(lambda state: state.claim(request, now))
        if used is None:
            self.metrics.duplicates.labels(request.shopper.platform).inc()
            _LOG.info("Request %s came again.", _id(request), extra={"request_id": _id(request)})
            return
        work = _Work(request, delivery, now, None)
        if self._stopping:
            await self._open(work)
            await _put_off(work)
            return
        refusal = None
        if request.action != "reindex":
            refusal = self._refusal(request, used, now)
            if refusal is None:
                work.ticket = self._line.enter(request.conversation.key)
                refusal = None if work.ticket else Decision(_refused(phrases.BUSY), "queue full")
        if refusal is None:
            self._begin(work)
            return
        await self._state(lambda state: state.refuse(request, now))
        await self._say(request, delivery, refusal)

    def _refusal(self, request: Request, used: int, now: float) -> Decision | None:
        if used > self._own.daily_limit:
            return Decision(_refused(phrases.used_up(self._own.daily_limit)), "daily limit")
        shopper = request.shopper.key
        wait = self._last_asked.get(shopper, -math.inf) + self._own.cooldown_s - now
        if wait > 0:
            return Decision(_refused(phrases.too_soon(math.ceil(wait))), "cooldown")
        self._last_asked[shopper] = now
        return None

    def _begin(self, work: _Work) -> None:
        self._works[work.request.key] = work
        work.task = asyncio.create_task(self._serve(work), name=f"request {_id(work.request)}")
        self._tasks.add(work.task)
        work.task.add_done_callback(lambda _: self._end(work))
        self._measure_line()

    def _end(self, work: _Work) -> None:
        del self._works[work.request.key]
        if work.task is not None:
            self._tasks.discard(work.task)
        if work.ticket is not None:
            self._line.leave(work.ticket)
        self._measure_line()

    async def _serve(self, work: _Work) -> None:
        """Bring a request to its last word and say it."""
        if work.reply is not None:  # decided before the restart
            decision = Decision(work.reply, "resumed")
        else:
            decision = await self._decide(work)
        await self._say(work.request, work.delivery, decision)
        with suppress(StateError):  # then the next start says the same again
            await self._state(lambda state: state.finish(work.request))

    async def _decide(self, work: _Work) -> Decision:
        request = work.request
        try:
            decision = await self._answer_in_turn(work)
        except asyncio.CancelledError:
            if work.farewell is None:  # the process stops; the next one answers
                raise
            decision = Decision(work.farewell, "cancelled")
        except UnknownOptionError as error:
            told = phrases.no_such_option(error.slot, error.value, error.nearest)
            decision = Decision(Notice("info", told), "unknown option")
        except ArticleGoneError:
            decision = Decision(Notice("info", phrases.GONE), "gone")
        except Exception as error:  # noqa: BLE001 - every kind has its category
            failure = failure_of(error, _id(request))
            decision = Decision(failure.notice(), "failed")
        work.reply = decision.reply
        now = self._clock()
        try:
            await self._state(
                lambda state: state.decide(
                    request,
                    decision.reply,
                    now,
                    answer=decision.answer,
                    memory=decision.memory,
                )
            )
        except StateError as error:
            failure_of(error, _id(request))  # for the log: the shopper has the answer all the same
            if isinstance(decision.reply, AnswerReply):
                whole = decision.answer.reply if decision.answer else decision.reply
                return replace(decision, reply=replace(whole, answer_id=""))
        return decision

    async def _answer_in_turn(self, work: _Work) -> Decision:
        if self._clock() - work.taken_at > RESUMABLE_S:
            return Decision(Notice("info", phrases.RESTARTED), "too old")
        if not work.opened:
            await self._open(work)
        if work.ticket is None:  # a refresh of the index
            notice = await self._reindexing.run(
                work.request.shopper.key, work.delivery.show, _id(work.request)
            )
            return Decision(notice, notice.kind)
        began = time.monotonic()

        async def tell(place: int) -> None:
            await work.delivery.show(Notice("waiting", phrases.in_line(place)))

        await self._line.turn(work.ticket, tell)
        self._measure_line()
        self.metrics.stages.labels("wait").observe(time.monotonic() - began)
        return await self._answering.answer(work.request, work.delivery.show, work.stop)

    async def _open(self, work: _Work) -> None:
        """Make the request's place in the chat, and keep where it is."""
        address = await work.delivery.open()
        request = replace(work.request, address={**work.request.address, **address})
        now = self._clock()
        await self._state(lambda state: state.opened(request, now))
        work.request = request
        work.opened = True

    async def _say(self, request: Request, delivery: "Delivery", decision: Decision) -> None:
        """Say the last word and count it."""
        platform = request.shopper.platform
        reply = decision.reply
        if isinstance(reply, AnswerReply):
            reply = page_of(reply, reply.page, self._own.page_size)
        try:
            taken = await delivery.finish(reply)
        except Exception as error:  # noqa: BLE001 - an adapter's fault must not be said again
            failure_of(error, _id(request))
            taken = False
        if not taken:
            self.metrics.undelivered.labels(platform).inc()
        self.metrics.requests.labels(platform, request.action, decision.outcome).inc()
        _LOG.info(
            "Request %s: %s, %s.",
            _id(request),
            request.action,
            decision.outcome,
            extra={
                "request_id": _id(request),
                "platform": platform,
                "action": request.action,
                "outcome": decision.outcome,
                "delivered": taken,
            },
        )

    # --- buttons and small questions ---

    async def page(self, shopper: Shopper, answer_id: str, page: int) -> Reply:  # noqa: ARG002
        """Return a page of an answer (from 0); a page that there is not becomes the nearest."""

        async def turn() -> Reply:
            answer = await self._state(lambda state: state.answer(answer_id))
            if answer is None:
                return Notice("info", phrases.EXPIRED)
            return page_of(answer.reply, page, self._own.page_size)

        return await self._kindly(turn())

    async def feedback(
        self,
        shopper: Shopper,
        answer_id: str,
        position: int,
        liked: bool,  # noqa: FBT001 - the pressed button, by its place in the contract
    ) -> Notice:
        """Note an opinion: the other one replaces it, the same one again takes it back."""
        return await self._kindly(
            self._personal.feedback(shopper, answer_id, position, liked=liked)
        )

    async def not_this_kind(self, shopper: Shopper, answer_id: str, position: int) -> Notice:
        """Note that an article's product type is not wanted; said again, that is taken back."""
        return await self._kindly(self._personal.not_this_kind(shopper, answer_id, position))

    async def why(self, shopper: Shopper, answer_id: str, position: int) -> Notice:
        """Explain an article in one line; what it owes to the asker's taste, to the asker only."""
        return await self._kindly(self._personal.why(shopper, answer_id, position))

    async def profile(self, shopper: Shopper) -> ShopperProfile | Notice:
        """Return what a shopper told of themselves, or why it cannot be read."""
        return await self._kindly(self._personal.profile(shopper))

    async def set_profile(self, shopper: Shopper, profile: ShopperProfile) -> Notice:
        """Keep a profile in the place of the one before, and say how it is understood."""
        return await self._kindly(self._personal.set_profile(shopper, profile))

    async def my_data(self, shopper: Shopper) -> dict[str, Any] | Notice:
        """Return all that is kept of a shopper, JSON-ready, or why it cannot be read."""
        return await self._kindly(self._personal.data(shopper))

    async def forget(self, shopper: Shopper) -> Notice:
        """Erase all that is kept of a shopper, and give up what they are waiting for."""

        async def erase() -> Notice:
            forgotten = Notice("done", phrases.FORGOTTEN)
            for work in list(self._works.values()):
                if work.request.shopper == shopper and work.ticket is not None:
                    await self.cancel(work.request.key, forgotten)
                    if work.task is not None:
                        await asyncio.wait({work.task})
            self._last_asked.pop(shopper.key, None)
            await self._state(lambda state: state.forget(shopper))
            return forgotten

        return await self._kindly(erase())

    async def index_status(self) -> Notice:
        """Return what is live and whether a refresh runs, for admins."""

        async def look() -> Notice:
            found = await asyncio.to_thread(status, self._settings)
            return Notice("info", phrases.index_state(found))

        return await self._kindly(look())

    def help(self) -> Notice:
        """Return what the assistant can do."""
        return Notice("info", phrases.HELP)

    def suggestions(self, slot: OptionSlot, typed: str) -> list[str]:
        """Return at most 25 of the catalogue's values for a field of a command, from memory."""
        understander = self.live.understander
        return suggestions(understander.vocabulary, slot, typed) if understander else []

    async def knows(self, conversation: Conversation) -> bool:
        """Return whether a conversation is one that began with us, and goes on without mentions."""

        async def look() -> bool:
            now = self._clock()
            memory = await self._state(lambda state: state.memory(conversation, now))
            return memory is not None and not memory.joined

        return await self._kindly(look()) is True

    async def _kindly(self, doing: Coroutine[Any, Any, Reading]) -> Reading | Notice:
        try:
            return await doing
        except Exception as error:  # noqa: BLE001 - whatever it is, the shopper gets an answer
            return failure_of(error, "-").notice()

    # --- housekeeping ---

    async def _purge(self) -> None:
        while True:
            await asyncio.sleep(_PURGE_S)
            await self._purge_at(self._clock())

    async def _purge_at(self, now: float) -> None:
        asked, cooldown = self._last_asked, self._own.cooldown_s
        self._last_asked = {shopper: at for shopper, at in asked.items() if at + cooldown > now}
        try:
            await self._state(lambda state: state.purge(now))
        except StateError as error:
            _LOG.warning("The state could not be purged: %s", error)

    def _measure_line(self) -> None:
        self.metrics.queue.labels("waiting").set(self._line.waiting)
        self.metrics.queue.labels("running").set(self._line.running)


async def _put_off(work: _Work) -> None:
    """Say in an unfinished request's place that it is answered after a restart."""
    if work.reply is not None:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(_LAST_WORD_S):
            await work.delivery.show(Notice("waiting", phrases.RESTARTING))


def _interrupt(work: _Work) -> None:
    work.stop.set()
    if work.task is not None:
        work.task.cancel()


def _id(request: Request) -> str:
    """Return the request's id in logs; it says nothing of who asked or where."""
    return hashlib.blake2b(request.key.encode(), digest_size=6).hexdigest()


def _refused(text: str) -> Notice:
    return Notice("refused", text)
