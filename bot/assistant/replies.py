"""What the assistant says, before an adapter gives it a platform's form.

Texts are plain; *stars* mark emphasis. Nothing in them is escaped for any platform, and any of it
may hold what a shopper, a catalogue or a model wrote: adapters neutralise mentions and markup.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

NoticeKind = Literal["waiting", "info", "refused", "failed", "progress", "done"]
"""`waiting` and `progress` are followed by another reply, the others are last."""


@dataclass(frozen=True, slots=True)
class Card:
    """One article as it is shown. `position` counts from 0 through the whole answer.

    `why` says in a few words which wishes it meets, or what it goes with, without emphasis: it may
    stand where a platform has none. `introduction` is "" until it is written. `reason` is what the
    asker's own taste has to do with it: it is kept with the answer for `Assistant.why`, and "" in
    what is shown, which others may see.
    """

    position: int
    article_id: str
    title: str
    facts: str
    introduction: str = ""
    why: str = ""
    url: str = ""
    image_url: str = ""
    product_type: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AnswerReply:
    """Articles, or the sentence that says why there are none; `cards` are those of this page.

    `answer_id` is what buttons carry: at most 16 characters of A-Z, a-z and 0-9, "" where there is
    nothing to press. `writing` is true while introductions are still to come.
    """

    answer_id: str
    headline: str
    cards: tuple[Card, ...] = ()
    relaxations: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()
    page: int = 0
    pages: int = 1
    writing: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say. `reference` (8 characters) is also in the log, for failures.

    `fraction` (0 to 1) is how far a `progress` is, None while unknown.
    """

    kind: NoticeKind
    text: str
    reference: str = ""
    fraction: float | None = None


Reply = AnswerReply | Notice


def reply_to_dict(reply: Reply) -> dict[str, Any]:
    """Return the reply as JSON-ready data."""
    return asdict(reply)


def reply_from_dict(data: Mapping[str, Any]) -> Reply:
    """Return the reply that `reply_to_dict` made this data of."""
    if "kind" in data:
        return Notice(**data)
    sentences = {name: tuple(data[name]) for name in ("relaxations", "closing")}
    cards = tuple(Card(**card) for card in data["cards"])
    return AnswerReply(**{**data, **sentences, "cards": cards})
