"""What is kept, for how long, and what happens to a database that cannot be used."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, insert, inspect, select

from bot.assistant.replies import AnswerReply, Card, Notice
from bot.assistant.requests import Request, Shopper
from bot.state import Memory, State, StateError, StoredAnswer
from bot.state.database import open_database
from bot.state.tables import METADATA, USAGE
from config.settings import Settings, StateSettings
from pipeline.understanding import QueryConstraints
from tests.assistant_chat import ANN, BOB, NOON, THREAD, request

DAY = 86_400.0
DRESS = Card(0, "a0", "Model 0", "Dress · Red", product_type="Dress")
CONSTRAINTS = QueryConstraints(free_text="soft", message="something soft from ann")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def state(settings: Settings) -> Iterator[State]:
    opened = State.open(settings)
    yield opened
    opened.close()


def answer(
    answer_id: str = "A1",
    wish: str = "A1",
    codes: tuple[str, ...] = ("p1",),
    shopper: Shopper = ANN,
) -> StoredAnswer:
    reply = AnswerReply(answer_id, "Found.", (DRESS,))
    return StoredAnswer(reply, shopper.key, wish, 3, CONSTRAINTS, codes)


def taken(state: State, asked: Request, now: float = NOON) -> Request:
    assert state.claim(asked, now) is not None
    state.opened(asked, now)
    return asked


def answered(state: State, asked: Request, found: StoredAnswer, now: float = NOON) -> None:
    taken(state, asked, now)
    memory = Memory(found.constraints, found.wish)
    state.decide(asked, found.reply, now, answer=found, memory=memory)
    state.finish(asked)


def everything(settings: Settings) -> str:
    """Return every value of every table, as text."""
    engine = create_engine(f"sqlite:///{settings.home / 'state.sqlite3'}")
    found = MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        rows = [row for table in found.sorted_tables for row in connection.execute(select(table))]
    engine.dispose()
    return "\n".join(map(repr, rows))


# --- claims and jobs ---


def test_the_same_key_is_claimed_once_even_by_another_process(
    state: State, settings: Settings
) -> None:
    asked = request(key="slack:T1:C1:1.1")
    assert state.claim(asked, NOON) == 1
    assert state.claim(asked, NOON) is None
    other = State.open(settings)
    assert other.claim(asked, NOON + 3_000) is None
    other.close()


def test_a_job_comes_back_with_its_address_and_its_last_word(
    state: State, settings: Settings
) -> None:
    asked = request("two red dresses", options={"type": "Dress"}, count=2, anew=True)
    state.claim(asked, NOON)
    [job] = state.unfinished()
    assert (job.request, job.opened, job.reply) == (asked, False, None)
    placed = replace(asked, address={"channel": "C1", "ts": "5.5"})
    state.opened(placed, NOON)
    state.decide(placed, answer().reply, NOON)
    state.close()
    again = State.open(settings)
    [job] = again.unfinished()
    assert (job.request, job.opened, job.reply) == (placed, True, answer().reply)
    again.finish(placed)
    assert again.unfinished() == []
    again.close()


def test_requests_count_by_workspace_and_utc_day(state: State) -> None:
    midnight = NOON - NOON % DAY + DAY
    assert [state.claim(request(), midnight - 1) for _ in range(2)] == [1, 2]
    assert state.claim(request(), midnight) == 1
    assert state.claim(request(shopper=replace(ANN, workspace="T2")), midnight) == 1


def test_a_refused_request_does_not_count_and_is_not_taken_on_again(state: State) -> None:
    asked = request()
    state.claim(asked, NOON)
    state.refuse(asked, NOON)
    assert state.unfinished() == []
    assert state.claim(asked, NOON) is None
    assert state.claim(request(), NOON) == 1


def test_what_was_asked_is_gone_when_the_job_is_done(state: State, settings: Settings) -> None:
    asked = request("zanzibar secret words")
    taken(state, asked)
    assert "zanzibar" in everything(settings)
    state.decide(asked, Notice("info", "Sorry."), NOON)
    state.finish(asked)
    assert "zanzibar" not in everything(settings)


# --- conversations, answers, feedback ---


def test_a_conversation_is_remembered_until_it_expires(state: State) -> None:
    answered(state, request(), answer())
    remembered = state.memory(THREAD, NOON + DAY - 1)
    assert remembered == Memory(CONSTRAINTS, "A1")
    assert state.memory(THREAD, NOON + DAY + 1) is None
    assert state.memory(replace(THREAD, thread="200.2"), NOON) is None


def test_a_conversation_that_was_only_joined_stays_so(state: State) -> None:
    taken(state, request(joined=True))
    answered(state, request(), answer())
    memory = state.memory(THREAD, NOON)
    assert memory is not None
    assert memory.joined


def test_an_answer_comes_back_whole(state: State) -> None:
    answered(state, request(), answer())
    assert state.answer("A1") == answer()
    assert state.answer("A2") is None


def test_constraints_of_another_version_cost_the_memory_but_not_the_cards(
    state: State, settings: Settings
) -> None:
    answered(state, request(), answer())
    with sqlite3.connect(settings.home / "state.sqlite3") as connection:
        connection.execute("UPDATE answers SET constraints = '{\"shape\": 2}'")
        connection.execute("UPDATE conversations SET constraints = '{\"shape\": 2}'")
    stored = state.answer("A1")
    assert stored is not None
    assert stored.constraints is None
    assert stored.reply == answer().reply
    assert state.memory(THREAD, NOON) == Memory(None, "A1")


def test_all_answers_to_one_wish_say_what_was_shown(state: State) -> None:
    answered(state, request(), answer("A1", "A1", ("p1", "p2")))
    answered(state, request(), answer("A2", "A1", ("p3",)))
    answered(state, request(), answer("A3", "A3", ("p4",)))
    assert state.shown("A1") == {"p1", "p2", "p3"}


# --- what is known of a shopper ---


def test_an_opinion_is_replaced_by_the_other_and_taken_back_by_the_same(state: State) -> None:
    said = [state.rate(ANN, DRESS, NOON, liked=liked) for liked in (True, False, False, False)]
    assert said == [True, True, False, True]
    assert state.rate(BOB, DRESS, NOON, liked=False) is True


# --- forgetting ---


def test_forgetting_leaves_no_trace_of_a_shopper_in_any_table(
    state: State, settings: Settings
) -> None:
    words = "something soft from ann"
    shared = replace(THREAD, thread="9.9")
    answered(state, request(words), answer("A1"))
    answered(state, request(words, conversation=shared), answer("A2", "A2"))
    answered(
        state, request("by bob", shopper=BOB, conversation=shared), answer("B1", "B1", shopper=BOB)
    )
    theirs = replace(THREAD, thread="8.8")
    bobs = replace(
        answer("B2", "B2", shopper=BOB), constraints=QueryConstraints(message="bob's own")
    )
    answered(state, request("bob's own", shopper=BOB, conversation=theirs), bobs)
    state.rate(ANN, DRESS, NOON, liked=True)
    state.rate(BOB, DRESS, NOON, liked=True)
    taken(state, request(words))
    assert ANN.user in everything(settings)

    state.forget(ANN)

    left = everything(settings)
    assert ANN.user not in left
    assert "A1" not in left
    assert "A2" not in left
    assert state.memory(THREAD, NOON) is None
    assert state.memory(shared, NOON) is None  # her words were in it
    assert state.answer("B2") is not None
    assert state.memory(theirs, NOON) is not None
    assert state.rate(BOB, DRESS, NOON, liked=True) is False  # his opinion was still there


def test_what_was_forgotten_is_not_left_in_the_files(state: State, settings: Settings) -> None:
    answered(state, request("something soft from ann"), answer())
    state.forget(ANN)
    state.close()
    kept = b"".join(path.read_bytes() for path in settings.home.iterdir())
    assert ANN.user.encode() not in kept
    assert b"soft from ann" not in kept


def test_what_has_expired_is_purged_and_nothing_else(state: State) -> None:
    finished, waiting = request("old"), request("of a platform that is gone")
    answered(state, finished, answer())
    taken(state, waiting)
    state.rate(ANN, DRESS, NOON, liked=True)
    state.purge(NOON + DAY - 10)
    assert [job.request for job in state.unfinished()] == [waiting]
    assert state.claim(finished, NOON) is None
    assert state.memory(THREAD, NOON) is not None
    state.purge(NOON + DAY + 10)
    assert state.unfinished() == []
    assert state.claim(finished, NOON) is not None
    assert state.memory(THREAD, NOON) is None
    assert state.answer("A1") is not None
    state.purge(NOON + 31 * DAY)
    assert state.answer("A1") is None
    assert state.taste(ANN, NOON).opinions


def test_the_periods_are_the_settings(tmp_path: Path) -> None:
    kept = StateSettings(claims_days=1 / 24, conversations_days=0.5, answers_days=2)
    state = State.open(Settings(home=tmp_path, state=kept))
    asked = request()
    answered(state, asked, answer())
    state.purge(NOON + 3_601)
    assert state.claim(asked, NOON) is not None
    assert state.memory(THREAD, NOON + DAY / 2 + 1) is None
    state.purge(NOON + 2 * DAY + 1)
    assert state.answer("A1") is None
    state.close()


# --- the database ---


def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    modelled = create_engine("sqlite://")
    METADATA.create_all(modelled)
    made, meant = inspect(engine), inspect(modelled)
    assert set(made.get_table_names()) - {"alembic_version"} == set(meant.get_table_names())
    for table in meant.get_table_names():
        columns = [
            {column["name"]: (str(column["type"]), column["nullable"]) for column in columns}
            for columns in (made.get_columns(table), meant.get_columns(table))
        ]
        assert columns[0] == columns[1]
        assert made.get_pk_constraint(table) == meant.get_pk_constraint(table)
        assert made.get_foreign_keys(table) == meant.get_foreign_keys(table)
        assert made.get_indexes(table) == meant.get_indexes(table)
    engine.dispose()


def test_a_state_of_a_newer_lookbook_is_refused(settings: Settings) -> None:
    State.open(settings).close()
    path = settings.home / "state.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '999'")
    with pytest.raises(StateError, match=r"newer Lookbook \(revision 999\)") as raised:
        State.open(settings)
    assert str(path) in raised.value.problem
    assert "Upgrade" in raised.value.mend


def test_a_damaged_database_is_named_with_the_mend(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "state.sqlite3").write_bytes(b"no database at all, " * 500)
    with pytest.raises(StateError, match="is damaged") as raised:
        State.open(settings)
    assert "backup" in raised.value.mend


def test_a_locked_database_is_named_with_the_mend(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.state.database._BUSY_TIMEOUT_MS", 10)
    State.open(settings).close()
    holder = sqlite3.connect(settings.home / "state.sqlite3", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StateError, match="locked by another process"):
        State.open(settings)
    holder.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "no SQLAlchemy URL"),
        ("oracle2+x://user:hunter2@host/db", "no SQLAlchemy URL"),
        ("postgresql+pg8000://user:hunter2@host/db", "pg8000"),
    ],
)
def test_a_url_that_cannot_be_used_is_explained_without_its_password(
    tmp_path: Path, url: str, told: str
) -> None:
    settings = Settings(home=tmp_path, state=StateSettings.model_validate({"url": url}))
    with pytest.raises(StateError, match=told) as raised:
        State.open(settings)
    assert "hunter2" not in str(raised.value)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="cannot be made"):
        State.open(Settings(home=tmp_path / "file" / "home"))


def test_an_error_of_the_database_quotes_no_values(state: State) -> None:
    broken = insert(USAGE).values(workspace="secret-workspace", day=None, requests=1)
    with pytest.raises(StateError) as raised, state._transaction() as connection:
        connection.execute(broken)
    assert "secret-workspace" not in str(raised.value)
    assert "secret-workspace" not in str(raised.value.__cause__)


def test_a_transaction_that_fails_changes_nothing(state: State) -> None:
    twice = [{"workspace": "w", "day": "d", "requests": n} for n in (1, 2)]
    with pytest.raises(StateError), state._transaction() as connection:
        connection.execute(insert(USAGE), twice)
    with state._transaction() as connection:
        assert connection.execute(select(USAGE)).all() == []
