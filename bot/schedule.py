"""Refreshing the index by the clock (APScheduler), through the same door as an admin's command."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import Engine

from bot.assistant.replies import Notice, Reply
from bot.assistant.requests import Conversation, Request, Shopper
from config.settings import ConfigurationError, ScheduleSettings

PLATFORM = "schedule"
JOB_ID = "refresh the index"
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = 5
_SUBMIT_S = 60.0
_LOG = logging.getLogger(__name__)

Submit = Callable[[Request], Awaitable[None]]
Tell = Callable[[str], Awaitable[None]]


class RefreshSchedule:
    """Submits a refresh whenever the cron says so.

    The job is kept in the state's database: a refresh that came due while Lookbook was stopped is
    made up for at the next start, if that is within `misfire_grace_s`, and only once. APScheduler
    has a thread of its own, so neither its waits nor its database are the event loop's.
    """

    _running: ClassVar["RefreshSchedule | None"] = None

    def __init__(
        self, settings: ScheduleSettings, *, engine: Engine, submit: Submit, tell_admins: Tell
    ) -> None:
        """Take the settings. Raises ConfigurationError for a cron or a time zone that is none."""
        self._trigger = trigger_of(settings)
        self._grace_s = settings.misfire_grace_s
        self._loop = asyncio.get_running_loop()
        self._submit = submit
        self._tell_admins = tell_admins
        self._scheduler = BackgroundScheduler(
            jobstores={"default": SQLAlchemyJobStore(engine=engine)},
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={
                "coalesce": True,
                "max_instances": 1,
                "misfire_grace_time": self._grace_s,
            },
            timezone="UTC",
        )
        self._scheduler.add_listener(self._missed, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)

    @property
    def next_refresh(self) -> datetime | None:
        """Return when the index is refreshed next, None if never."""
        job = self._scheduler.get_job(JOB_ID)
        return job.next_run_time if job else None

    async def start(self) -> datetime | None:
        """Begin, and return when the index is refreshed next, None if never.

        A cron that changed since the last start takes the place of the old one.
        """
        return await asyncio.to_thread(self._start)

    async def close(self) -> None:
        """Submit nothing more; what was submitted goes on."""
        RefreshSchedule._running = None
        await asyncio.to_thread(self._scheduler.shutdown, wait=False)

    def _start(self) -> datetime | None:
        RefreshSchedule._running = self
        self._scheduler.start(paused=True)
        job = self._scheduler.get_job(JOB_ID)
        if self._trigger is None:
            if job is not None:
                job.remove()
        elif job is None or repr(job.trigger) != repr(self._trigger):
            self._scheduler.add_job(refresh, self._trigger, id=JOB_ID, replace_existing=True)
        else:
            job.modify(misfire_grace_time=self._grace_s)
        self._scheduler.resume()
        return self.next_refresh

    def submit(self) -> None:
        """Hand one refresh to the event loop; for the scheduler's thread."""
        now = time.time()
        request = Request(
            key=f"{PLATFORM}:{int(now)}",
            action="reindex",
            shopper=Shopper(PLATFORM, "", PLATFORM),
            conversation=Conversation(PLATFORM, "", PLATFORM),
            address={},
        )
        submitted = asyncio.run_coroutine_threadsafe(self._submitted(request), self._loop)
        submitted.result(_SUBMIT_S)

    async def _submitted(self, request: Request) -> None:
        await self._submit(request)

    def _missed(self, event: Any) -> None:
        planned = getattr(event, "scheduled_run_time", None) or event.scheduled_run_times[0]
        text = f"The refresh of the index planned for {planned:%Y-%m-%d %H:%M %Z} "
        text += "was left out: Lookbook was not running then, or the one before was not done."
        _LOG.warning("%s", text)
        asyncio.run_coroutine_threadsafe(self._tell(text), self._loop)

    async def _tell(self, text: str) -> None:
        await self._tell_admins(text)


class ScheduledDelivery:
    """Where a refresh by the clock reports: the log, and the admins if it did not work out."""

    def __init__(self, tell_admins: Tell) -> None:
        self._tell_admins = tell_admins
        self._stage = ""

    async def open(self) -> Mapping[str, Any]:
        """Need no place."""
        return {}

    async def show(self, reply: Reply) -> None:
        """Log each stage once."""
        if isinstance(reply, Notice):
            stage = reply.text.split(":")[0].split(",")[0]
            if stage != self._stage:
                self._stage = stage
                _LOG.info("Refresh by the clock: %s", reply.text)

    async def finish(self, reply: Reply) -> bool:
        """Log how it ended; tell the admins of anything but success."""
        if not isinstance(reply, Notice):
            return False
        _LOG.info("Refresh by the clock: %s", reply.text)
        if reply.kind in ("failed", "refused"):
            reference = f" (reference {reply.reference})" if reply.reference else ""
            await self._tell_admins(f"The planned refresh of the index: {reply.text}{reference}")
        return True


def refresh() -> None:
    """Submit a refresh to the schedule that runs in this process: APScheduler's stored job."""
    if RefreshSchedule._running is not None:  # noqa: SLF001 - the stored job can only name this
        RefreshSchedule._running.submit()  # noqa: SLF001


def trigger_of(settings: ScheduleSettings) -> CronTrigger | None:
    """Return the trigger of a five-field cron, None where there is none.

    Weekdays are cron's: 0 and 7 are Sunday (APScheduler's own count begins with Monday). Raises
    ConfigurationError.
    """
    if not settings.cron.strip():
        return None
    try:
        zone = ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationError(
            f"The setting 'schedule.timezone' names no time zone (it is {settings.timezone!r}).",
            "Use a name such as Europe/Stockholm or UTC.",
        ) from None
    fields = settings.cron.split()
    try:
        if len(fields) != _FIELDS:
            raise ValueError(len(fields))  # noqa: TRY301 - all that is wrong is said once, below
        minute, hour, day, month, weekday = fields
        return CronTrigger(
            minute=minute,
            hour=hour,
            day=day,
            month=month,
            day_of_week=_weekdays(weekday),
            timezone=zone,
        )
    except ValueError:
        raise ConfigurationError(
            f"The setting 'schedule.cron' is no cron of five fields (it is {settings.cron!r}).",
            'Write minute, hour, day, month and weekday, such as "0 4 * * *" for each night at 4.',
        ) from None


def _weekdays(field: str) -> str:
    """Return cron's weekday field in names; raises ValueError."""
    if field == "*":
        return field
    names: dict[str, None] = {}
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        if span == "*":
            first, last = "0", "6"
        start = _weekday(first)
        end = _weekday(last) if last else (6 if step else start)
        if end < start:
            end += 7
        for number in range(start, end + 1, int(step or 1)):
            names.setdefault(_WEEKDAYS[number % 7])
    return ",".join(names)


def _weekday(text: str) -> int:
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    number = int(text)
    if not 0 <= number <= len(_WEEKDAYS):
        raise ValueError(text)
    return number
