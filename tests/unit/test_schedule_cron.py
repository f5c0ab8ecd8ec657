"""The cron of the settings, read as cron means it."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.schedule import trigger_of
from config.settings import ConfigurationError, ScheduleSettings

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SUNDAY_NOON = datetime(2026, 11, 22, 12, tzinfo=STOCKHOLM)


def next_run(cron: str, after: datetime = SUNDAY_NOON) -> datetime:
    trigger = trigger_of(ScheduleSettings(cron=cron, timezone="Europe/Stockholm"))
    found: datetime = trigger.get_next_fire_time(None, after)
    return found


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 4 * * *", "2026-11-23 04:00"),
        ("*/20 * * * *", "2026-11-22 12:00"),
        ("0 4 * * 0", "2026-11-29 04:00"),
        ("0 4 * * 7", "2026-11-29 04:00"),
        ("0 4 * * 1", "2026-11-23 04:00"),
        ("0 4 * * 2-6", "2026-11-24 04:00"),
        ("0 4 * * 5-1", "2026-11-23 04:00"),
        ("0 4 * * mon-fri", "2026-11-23 04:00"),
        ("0 4 * * MON", "2026-11-23 04:00"),
        ("0 13 * * */2", "2026-11-22 13:00"),
        ("0 4 * * 1-5/2", "2026-11-23 04:00"),
        ("30 2 1 * *", "2026-12-01 02:30"),
    ],
)
def test_weekdays_are_those_of_cron(cron: str, expected: str) -> None:
    assert f"{next_run(cron):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize("cron", ["", "   "])
def test_without_a_cron_nothing_is_planned(cron: str) -> None:
    assert trigger_of(ScheduleSettings(cron=cron)) is None


@pytest.mark.parametrize(
    "cron",
    ["nightly", "0 4 * *", "0 4 * * * *", "61 4 * * *", "0 4 * * 8", "0 4 * * noday", "a b c d e"],
)
def test_a_cron_that_is_none_is_named_with_an_example(cron: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        trigger_of(ScheduleSettings(cron=cron))
    assert repr(cron) in caught.value.problem
    assert "0 4 * * *" in caught.value.mend


def test_an_unknown_time_zone_is_named() -> None:
    with pytest.raises(ConfigurationError, match="Mars/Olympus"):
        trigger_of(ScheduleSettings(cron="0 4 * * *", timezone="Mars/Olympus"))
