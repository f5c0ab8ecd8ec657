"""The database of the state: opened, brought to this version's tables, its errors explained."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from bot.state.errors import StateError
from config.settings import Settings

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_TIMEOUT_MS = 5_000


def url_of(settings: Settings) -> str:
    """Return the SQLAlchemy URL of the state: the one that is set, or a file in the home."""
    url = settings.state.url
    if url is not None:
        return url.get_secret_value()
    return f"sqlite:///{settings.home.absolute() / 'state.sqlite3'}"


def open_database(url: str) -> Engine:
    """Return the engine of a SQLAlchemy URL, its tables as this version of Lookbook needs them.

    Raises StateError: a URL or driver that cannot be used, a database that does not answer, is
    locked or damaged, or was last used by a newer Lookbook.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = _sqlite(parsed)
        else:
            engine = create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError):
        raise StateError(
            "The setting 'state.url' is no SQLAlchemy URL of a database that is known here.",
            "Write it as postgresql+psycopg://user:password@host/name.",
        ) from None
    except ImportError as error:
        raise StateError(
            f"The database of state.url needs the Python package {error.name}.",
            f"Run `pip install {error.name}`.",
        ) from None
    with explained(engine), engine.begin() as connection:
        _migrate(connection, engine)
    return engine


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn what the database raises into StateErrors that name it and the mend."""
    try:
        yield
    except DBAPIError as error:
        raise _state_error(error, _place(engine)) from error


def fold(engine: Engine) -> None:
    """Let nothing of what was erased stay in SQLite's write-ahead log."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()  # a checkpoint cannot be part of a transaction
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def _sqlite(url: URL) -> Engine:
    if url.database:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(
                f"The directory of the state, {Path(url.database).parent}, cannot be made "
                f"({type(error).__name__}).",
                "Let this user write there, or set LOOKBOOK__HOME.",
            ) from None
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: object) -> None:
        # The driver's own transactions begin late and would fail instead of waiting for a lock.
        connection.isolation_level = None
        cursor = connection.cursor()
        # Only a power cut can take back the last transactions; a killed process loses none.
        for pragma in (
            f"busy_timeout = {_BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _migrate(connection: Connection, engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    if set(found) - known:
        raise StateError(
            f"The state {_place(engine)} was last used by a newer Lookbook "
            f"(revision {', '.join(found)}).",
            "Upgrade Lookbook, or move the state away to begin with an empty one.",
        )
    command.upgrade(config, "head")


def _place(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return engine.url.database or "in memory"
    return engine.url.render_as_string(hide_password=True)


def _state_error(error: DBAPIError, place: str) -> StateError:
    said = str(error.orig)
    if "locked" in said:
        return StateError(
            f"The state {place} is locked by another process.",
            "End the other process that uses it; one Lookbook runs on one state.",
        )
    if "malformed" in said or "not a database" in said or "disk image" in said:
        return StateError(
            f"The state {place} is damaged.",
            "Put a backup in its place, or move it away (with its -wal and -shm files) to begin "
            "with an empty one.",
        )
    if "full" in said or "disk I/O" in said:
        return StateError(f"The disk of the state {place} is full or failing.", "Free space there.")
    return StateError(
        f"The state {place} cannot be used ({type(error).__name__}).",
        "Check that the database runs, and that this user may read and write it.",
    )
