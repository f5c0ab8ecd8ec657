"""The tables of the state. Times are seconds since 1970; migrations make the tables.

Whatever belongs to a shopper has a `shopper` column (`Shopper.key`), or hangs on a row that has
one. Claims hold digests only, so that nothing of a shopper is in them.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

METADATA = MetaData()
_KEY = String(255)
_DIGEST = String(32)
_ID = String(16)

CLAIMS = Table(
    "claims",
    METADATA,
    Column("digest", _DIGEST, primary_key=True),
    Column("claimed_at", Float, nullable=False, index=True),
)
"""Every message, click and command that was taken on, by the digest of `Request.key`."""

JOBS = Table(
    "jobs",
    METADATA,
    Column("digest", _DIGEST, ForeignKey("claims.digest", ondelete="CASCADE"), primary_key=True),
    Column("shopper", _KEY, nullable=False, index=True),
    Column("taken_at", Float, nullable=False),
    Column("request", JSON, nullable=False),
    Column("opened", Boolean, nullable=False),
    Column("reply", JSON),
)
"""Requests that are not finished; `reply` is the last word, once it is decided."""

CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("key", _KEY, primary_key=True),
    Column("joined", Boolean, nullable=False),
    Column("wish", _ID, nullable=False),
    Column("constraints", JSON),
    Column("updated_at", Float, nullable=False, index=True),
)
"""What a conversation is about so far. `joined`: it was there before the bot came in. `wish` is
the first answer of what is looked for now."""

PARTICIPANTS = Table(
    "participants",
    METADATA,
    Column(
        "conversation", _KEY, ForeignKey("conversations.key", ondelete="CASCADE"), primary_key=True
    ),
    Column("shopper", _KEY, primary_key=True, index=True),
)
"""Whose words a conversation holds."""

ANSWERS = Table(
    "answers",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("shopper", _KEY, nullable=False),
    Column("wish", _ID, nullable=False, index=True),
    Column("asked", Integer, nullable=False),
    Column("constraints", JSON),
    Column("reply", JSON, nullable=False),
    Column("product_codes", JSON, nullable=False),
    Column("created_at", Float, nullable=False, index=True),
    Index("ix_answers_shopper_created_at", "shopper", "created_at"),
)
"""Answers with articles, whole, so that their buttons work whatever index is live."""

PROFILES = Table(
    "profiles",
    METADATA,
    Column("shopper", _KEY, primary_key=True),
    Column("profile", JSON, nullable=False),
    Column("updated_at", Float, nullable=False),
)
"""What shoppers told of themselves."""

OPINIONS = Table(
    "opinions",
    METADATA,
    Column("shopper", _KEY, primary_key=True),
    Column("article_id", _KEY, primary_key=True),
    Column("product_type", _KEY, nullable=False),
    Column("liked", Boolean, nullable=False),
    Column("at", Float, nullable=False, index=True),
)
"""What a shopper likes and dislikes, one opinion an article; they outlive the answers."""

UNWANTED_TYPES = Table(
    "unwanted_types",
    METADATA,
    Column("shopper", _KEY, primary_key=True),
    Column("product_type", _KEY, primary_key=True),
    Column("at", Float, nullable=False, index=True),
)
"""Product types that a shopper turned down as a kind."""

USAGE = Table(
    "usage",
    METADATA,
    Column("workspace", _KEY, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("requests", Integer, nullable=False),
)
"""Requests taken on by workspace and UTC day."""
