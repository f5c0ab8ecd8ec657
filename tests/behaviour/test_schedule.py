"""Refreshes by the clock: kept over restarts, made up for once, told to admins when they fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bot.assistant.replies import Notice
from bot.assistant.requests import Request
from bot.schedule import JOB_ID, RefreshSchedule, ScheduledDelivery
from bot.state.database import open_database
from config.settings import ScheduleSettings


class Shop:
    """What a schedule talks to: submitted requests and what admins were told."""

    def __init__(self, home: Path) -> None:
        self.url = f"sqlite:///{home / 'state.sqlite3'}"
        self.submitted: asyncio.Queue[Request] = asyncio.Queue()
        self.told: asyncio.Queue[str] = asyncio.Queue()

    @asynccontextmanager
    async def running(self, cron: str, **settings: object) -> AsyncIterator[RefreshSchedule]:
        engine = open_database(self.url)
        schedule = RefreshSchedule(
            ScheduleSettings(cron=cron, **settings),
            engine=engine,
            submit=self.submitted.put,
            tell_admins=self.told.put,
        )
        await schedule.start()
        try:
            yield schedule
        finally:
            await schedule.close()
            engine.dispose()

    def set_next_refresh(self, when: datetime) -> None:
        engine = open_database(self.url)
        jobs = SQLAlchemyJobStore(engine=engine)
        jobs.start(BackgroundScheduler(), "default")
        job = jobs.lookup_job(JOB_ID)
        job._modify(next_run_time=when)
        jobs.update_job(job)
        engine.dispose()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


async def test_a_refresh_is_asked_for_when_its_time_comes(shop: Shop) -> None:
    async with shop.running("0 4 * * *"):
        pass
    shop.set_next_refresh(datetime.now(UTC) + timedelta(milliseconds=200))
    async with shop.running("0 4 * * *"):
        request = await asyncio.wait_for(shop.submitted.get(), 20)
    assert request.action == "reindex"
    assert shop.submitted.empty()


async def test_a_refresh_that_came_due_while_stopped_is_made_up_for_once(shop: Shop) -> None:
    async with shop.running("* * * * *") as schedule:
        planned = schedule.next_refresh
    assert planned is not None
    shop.set_next_refresh(planned - timedelta(minutes=30))
    async with shop.running("* * * * *") as schedule:
        await asyncio.wait_for(shop.submitted.get(), 20)
        assert shop.submitted.empty()
        following = schedule.next_refresh
    assert following is not None
    assert following >= planned


async def test_a_refresh_that_is_too_late_is_left_out_and_told(shop: Shop) -> None:
    async with shop.running("0 4 1 1 *", misfire_grace_s=60):
        pass
    shop.set_next_refresh(datetime.now(UTC) - timedelta(hours=2))
    async with shop.running("0 4 1 1 *", misfire_grace_s=60):
        told = await asyncio.wait_for(shop.told.get(), 20)
    assert "left out" in told
    assert shop.submitted.empty()


async def test_a_changed_cron_takes_the_place_of_the_old_one(shop: Shop) -> None:
    async with shop.running("0 4 * * *") as schedule:
        first = schedule.next_refresh
    async with shop.running("0 5 * * *") as schedule:
        second = schedule.next_refresh
    assert first is not None
    assert second is not None
    assert (first.hour, second.hour) == (4, 5)


async def test_without_a_cron_a_stored_refresh_is_dropped(shop: Shop) -> None:
    async with shop.running("0 4 * * *"):
        pass
    async with shop.running("") as schedule:
        assert schedule.next_refresh is None
    async with shop.running("") as schedule:
        assert schedule.next_refresh is None


@pytest.mark.parametrize("kind", ["failed", "refused"])
async def test_admins_hear_of_a_planned_refresh_that_did_not_work_out(kind: str) -> None:
    told: list[str] = []

    async def tell(text: str) -> None:
        told.append(text)

    delivery = ScheduledDelivery(tell)
    await delivery.open()
    await delivery.show(Notice("progress", "Reading", fraction=0.1))
    await delivery.finish(Notice(kind, "The disk is full.", reference="ABCD1234"))
    assert len(told) == 1
    assert "The disk is full." in told[0]
    assert "ABCD1234" in told[0]


async def test_admins_are_left_in_peace_when_it_worked() -> None:
    told: list[str] = []

    async def tell(text: str) -> None:
        told.append(text)

    await ScheduledDelivery(tell).finish(Notice("done", "The index is fresh.", fraction=1.0))
    assert told == []
