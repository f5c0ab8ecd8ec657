"""All that is kept of one shopper: read as a taste, read out, erased."""

import json
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    String,
    Table,
    bindparam,
    cast,
    delete,
    literal,
    select,
    union_all,
)

from bot.state.tables import (
    ANSWERS,
    CONVERSATIONS,
    JOBS,
    OPINIONS,
    PARTICIPANTS,
    PROFILES,
    UNWANTED_TYPES,
)
from pipeline.personal import Opinion, ShopperProfile, Taste


def _part(table: Table, value: Any, product_type: Any, liked: Any, at: Any) -> Select[Any]:
    """Return what one table has to say of a shopper's taste, in columns that all tables share."""
    return select(
        literal(table.name).label("part"),
        value.label("value"),
        product_type.label("product_type"),
        liked.label("liked"),
        at.label("at"),
    ).where(table.c.shopper == bindparam("shopper"))


_NOTHING = literal("")
_UNSAID = literal(value=False)
_TASTE = union_all(
    _part(PROFILES, cast(PROFILES.c.profile, String), _NOTHING, _UNSAID, PROFILES.c.updated_at),
    _part(
        OPINIONS,
        OPINIONS.c.article_id,
        OPINIONS.c.product_type,
        OPINIONS.c.liked,
        OPINIONS.c.at,
    ),
    _part(UNWANTED_TYPES, _NOTHING, UNWANTED_TYPES.c.product_type, _UNSAID, UNWANTED_TYPES.c.at),
    _part(
        ANSWERS, cast(ANSWERS.c.product_codes, String), _NOTHING, _UNSAID, ANSWERS.c.created_at
    ).where(ANSWERS.c.created_at >= bindparam("seen_since")),
)


def taste(connection: Connection, shopper: str, now: float, seen_since: float) -> Taste:
    """Return what a shopper likes; `seen` is what answers since then have shown."""
    rows = connection.execute(_TASTE, {"shopper": shopper, "seen_since": seen_since}).mappings()
    profile = ShopperProfile()
    opinions: list[Opinion] = []
    unwanted: dict[str, float] = {}
    seen: set[str] = set()
    for row in rows:
        match row["part"]:
            case PROFILES.name:
                profile = ShopperProfile.from_dict(json.loads(row["value"]))
            case OPINIONS.name:
                opinions.append(_opinion(row))
            case UNWANTED_TYPES.name:
                unwanted[row["product_type"]] = row["at"]
            case ANSWERS.name:
                seen.update(json.loads(row["value"]))
    opinions.sort(key=lambda opinion: (opinion.at, opinion.article_id))
    return Taste(profile, tuple(opinions), unwanted, frozenset(seen), now)


def _opinion(row: RowMapping) -> Opinion:
    return Opinion(row["value"], row["product_type"], bool(row["liked"]), row["at"])


def kept_of(connection: Connection, shopper: str) -> dict[str, Any]:
    """Return all that is kept of a shopper by table, JSON-ready."""
    kept: dict[str, Any] = {}
    for table in (PROFILES, OPINIONS, UNWANTED_TYPES, ANSWERS, JOBS):
        rows = connection.execute(select(table).where(table.c.shopper == shopper)).mappings()
        kept[table.name] = [dict(row) for row in rows]
    for job in kept[JOBS.name]:
        # Where the answer goes is the platform's affair, tokens among it, and nothing of theirs.
        job["request"] = {name: v for name, v in job["request"].items() if name != "address"}
    conversations = connection.execute(
        select(CONVERSATIONS).where(CONVERSATIONS.c.key.in_(_conversations(shopper)))
    ).mappings()
    kept[CONVERSATIONS.name] = [dict(row) for row in conversations]
    return kept


def erase(connection: Connection, shopper: str) -> None:
    """Erase all that is kept of a shopper, with all that others made of the shopper's words."""
    wishes = select(ANSWERS.c.wish).where(ANSWERS.c.shopper == shopper)
    connection.execute(
        delete(CONVERSATIONS).where(CONVERSATIONS.c.key.in_(_conversations(shopper)))
    )
    connection.execute(delete(ANSWERS).where(ANSWERS.c.wish.in_(wishes)))
    for table in (JOBS, OPINIONS, UNWANTED_TYPES, PROFILES):
        connection.execute(delete(table).where(table.c.shopper == shopper))


def _conversations(shopper: str) -> Select[tuple[str]]:
    return select(PARTICIPANTS.c.conversation).where(PARTICIPANTS.c.shopper == shopper)
