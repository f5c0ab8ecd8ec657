"""What stands in a log line, and what never does."""

import json
import logging

import pytest

from bot.logs import JsonFormatter, log_to_standard_error
from config.settings import Settings, SlackSettings, StateSettings


@pytest.fixture(autouse=True)
def _root_logger_as_before() -> object:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], level = before[0], before[1]
    root.setLevel(level)


def line(record: logging.LogRecord, *secrets: str) -> dict[str, object]:
    made: dict[str, object] = json.loads(JsonFormatter(frozenset(secrets)).format(record))
    return made


def record(message: str, **fields: object) -> logging.LogRecord:
    return logging.makeLogRecord(
        {"name": "bot.x", "levelname": "INFO", "msg": message, "args": (), **fields}
    )


def test_a_line_carries_the_request_it_belongs_to() -> None:
    made = line(record("Answered.", request_id="ab12"))
    assert (made["level"], made["logger"], made["message"]) == ("info", "bot.x", "Answered.")
    assert made["request_id"] == "ab12"
    assert str(made["time"]).endswith("+00:00")


def test_an_exception_is_named_by_kind_and_place_but_not_quoted() -> None:
    try:
        int("what somebody wrote")
    except ValueError as error:
        made = line(record("Failed.", exc_info=(ValueError, error, error.__traceback__)))
    assert made["exception"] == "ValueError"
    assert "test_logs.py" in str(made["where"])
    assert "somebody" not in json.dumps(made)


def test_no_secret_of_the_settings_reaches_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(
        slack=SlackSettings(bot_token="xoxb-secret", signing_secret="signing"),
        state=StateSettings(url="postgresql://u:hidden@host/db"),
    )
    log_to_standard_error(settings)
    log = logging.getLogger("bot.test")
    log.info("%s", "xoxb-secret and signing and postgresql://u:hidden@host/db")
    logging.getLogger("a.library").info("chatter")
    written = capsys.readouterr().err
    assert json.loads(written)["message"] == "*** and *** and ***"
