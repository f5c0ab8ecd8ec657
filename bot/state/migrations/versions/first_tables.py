"""Make the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.String(255)
_DIGEST = sa.String(32)
_ID = sa.String(16)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "claims",
        sa.Column("digest", _DIGEST, primary_key=True),
        sa.Column("claimed_at", sa.Float, nullable=False, index=True),
    )
    op.create_table(
        "jobs",
        sa.Column(
            "digest", _DIGEST, sa.ForeignKey("claims.digest", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("shopper", _KEY, nullable=False, index=True),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("opened", sa.Boolean, nullable=False),
        sa.Column("reply", sa.JSON),
    )
    op.create_table(
        "conversations",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("joined", sa.Boolean, nullable=False),
        sa.Column("wish", _ID, nullable=False),
        sa.Column("constraints", sa.JSON),
        sa.Column("updated_at", sa.Float, nullable=False, index=True),
    )
    op.create_table(
        "participants",
        sa.Column(
            "conversation",
            _KEY,
            sa.ForeignKey("conversations.key", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("shopper", _KEY, primary_key=True, index=True),
    )
    op.create_table(
        "answers",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("shopper", _KEY, nullable=False, index=True),
        sa.Column("wish", _ID, nullable=False, index=True),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("constraints", sa.JSON),
        sa.Column("reply", sa.JSON, nullable=False),
        sa.Column("product_codes", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False, index=True),
    )
    op.create_table(
        "feedback",
        sa.Column("answer", _ID, sa.ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("shopper", _KEY, primary_key=True, index=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("article_id", _KEY, nullable=False),
        sa.Column("liked", sa.Boolean, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "usage",
        sa.Column("workspace", _KEY, primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("requests", sa.Integer, nullable=False),
    )
