"""Run by alembic, with the connection that `bot.state.database` has opened."""

from alembic import context

from bot.state.tables import METADATA

# SQLite alters tables only by copying them, which alembic calls a batch.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
context.run_migrations()
