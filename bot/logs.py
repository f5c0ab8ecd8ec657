"""The log of a running bot: one JSON object a line on standard error.

Lookbook logs what happened and to which request, never what somebody wrote. Whatever a library
might log, the secrets of the settings are masked.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, SecretStr

from config.settings import Settings

_OWN = {"bot", "pipeline", "config", "training"}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_MASK = "***"


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON: time, level, logger, message, and what was passed as `extra`."""

    def __init__(self, secrets: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Of an exception it holds the kind and the place, not the text."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                code = trace.tb_frame.f_code
                line["where"] = f"{code.co_filename}:{trace.tb_lineno} {code.co_name}"
        text = json.dumps(line, ensure_ascii=False, default=str)
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text


def log_to_standard_error(settings: Settings) -> None:
    """Send Lookbook's log from INFO on, and that of libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(frozenset(_secrets(settings))))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    # It warns of a missing package that only speeds up 4-bit models on processors.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    for name in _OWN:
        logging.getLogger(name).setLevel(logging.INFO)


def _secrets(section: BaseModel) -> list[str]:
    found: list[str] = []
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, SecretStr) and value.get_secret_value():
            found.append(value.get_secret_value())
        elif isinstance(value, BaseModel):
            found += _secrets(value)
    return found
