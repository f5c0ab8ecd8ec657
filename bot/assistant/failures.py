"""The closed set of what can fail, and what a shopper is told then."""

import logging
import secrets
import string
import traceback
from dataclasses import dataclass
from typing import Literal

from bot.assistant.replies import Notice
from bot.state import StateError
from config.errors import LookbookError
from pipeline.index import IndexBuildError, IndexStateError
from pipeline.models import ModelError
from pipeline.stores import StoreError
from pipeline.understanding.vocabulary import VocabularyError

Category = Literal["no index", "model", "state", "timeout", "index build", "unexpected"]

_TEXTS: dict[Category, str] = {
    "no index": "I can't get at the shelves just now. Please try again in a few minutes.",
    "model": "Something I need for my work is missing just now. Please try again later.",
    "state": "I can't open my notebook just now. Please try again in a few minutes.",
    "timeout": "That took me too long, sorry. Please try again, perhaps in fewer words.",
    "index build": "The refresh didn't work out. What was live before still is.",
    "unexpected": "Something went wrong on my side, sorry. Please try again.",
}
_REFERENCE_ALPHABET = string.ascii_uppercase + string.digits
_REFERENCE_LENGTH = 8
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure: what it was and the reference under which the log has the rest."""

    category: Category
    reference: str

    def notice(self) -> Notice:
        """Return what the shopper is told."""
        return Notice("failed", _TEXTS[self.category], reference=self.reference)


def failure_of(error: BaseException, request_id: str) -> Failure:
    """Return the failure that an exception is, logged with the request's id.

    The log line names the kind of exception and where it was raised. Its text is only logged where
    it is Lookbook's own: others may quote what the shopper wrote.
    """
    failure = Failure(_category(error), _reference())
    where = " < ".join(
        f"{frame.name} ({frame.filename.rpartition('/')[2]}:{frame.lineno})"
        for frame in reversed(traceback.extract_tb(error.__traceback__)[-4:])
    )
    _LOG.error(
        "Request %s failed (%s), reference %s: %s at %s",
        request_id,
        failure.category,
        failure.reference,
        error if isinstance(error, LookbookError) else type(error).__name__,
        where,
        extra={
            "request_id": request_id,
            "category": failure.category,
            "reference": failure.reference,
        },
    )
    return failure


def _category(error: BaseException) -> Category:
    match error:
        case TimeoutError():
            return "timeout"
        case StateError():
            return "state"
        case IndexStateError() | StoreError() | VocabularyError():
            return "no index"
        case IndexBuildError():
            return "index build"
        case ModelError():
            return "model"
        case _:
            return "unexpected"


def _reference() -> str:
    return "".join(secrets.choice(_REFERENCE_ALPHABET) for _ in range(_REFERENCE_LENGTH))
