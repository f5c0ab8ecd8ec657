"""Make the tables of profiles and opinions, and keep the opinions on answers in them."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None

_KEY = sa.String(255)
_ID = sa.String(16)

_OLD_OPINIONS = """
SELECT feedback.shopper, feedback.article_id, feedback.position, feedback.liked, feedback.at,
       answers.reply
FROM feedback JOIN answers ON answers.id = feedback.answer
ORDER BY feedback.at
"""


def upgrade() -> None:
    """Make the tables, move the opinions, and drop their old table."""
    op.create_table(
        "profiles",
        sa.Column("shopper", _KEY, primary_key=True),
        sa.Column("profile", sa.JSON, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    opinions = op.create_table(
        "opinions",
        sa.Column("shopper", _KEY, primary_key=True),
        sa.Column("article_id", _KEY, primary_key=True),
        sa.Column("product_type", _KEY, nullable=False),
        sa.Column("liked", sa.Boolean, nullable=False),
        sa.Column("at", sa.Float, nullable=False, index=True),
    )
    op.create_table(
        "unwanted_types",
        sa.Column("shopper", _KEY, primary_key=True),
        sa.Column("product_type", _KEY, primary_key=True),
        sa.Column("at", sa.Float, nullable=False, index=True),
    )
    newest = {}
    for row in op.get_bind().execute(sa.text(_OLD_OPINIONS)).mappings():
        newest[row["shopper"], row["article_id"]] = {
            "shopper": row["shopper"],
            "article_id": row["article_id"],
            "product_type": _product_type(row["reply"], row["position"]),
            "liked": bool(row["liked"]),
            "at": row["at"],
        }
    op.bulk_insert(opinions, list(newest.values()))
    op.drop_table("feedback")
    op.drop_index("ix_answers_shopper", "answers")
    op.create_index("ix_answers_shopper_created_at", "answers", ["shopper", "created_at"])


def _product_type(reply: str | dict[str, Any], position: int) -> str:
    """Return the first of a card's facts: its product type, before cards named it."""
    data = json.loads(reply) if isinstance(reply, str) else reply
    facts = next((card["facts"] for card in data["cards"] if card["position"] == position), "")
    return str(facts).partition(" · ")[0]
