"""What is known of one shopper: read as a taste, read out, erased, kept through a migration."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, select

import bot.state
from bot.assistant.replies import AnswerReply, Card
from bot.assistant.requests import Request, Shopper
from bot.state import Memory, State, StoredAnswer
from bot.state.database import open_database
from bot.state.tables import METADATA, OPINIONS
from config.settings import PersonalSettings, Settings
from pipeline.personal import Opinion, ShopperProfile
from pipeline.understanding import QueryConstraints
from tests.assistant_chat import ANN, BOB, NOON, THREAD, request

DAY = 86_400.0
PROFILE = ShopperProfile(likes="zanzibar linen", firm=frozenset(["likes"]))
ELSEWHERE = (
    replace(ANN, workspace="T2"),
    replace(ANN, platform="discord"),
    replace(ANN, user="U-an"),
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def state(settings: Settings) -> Iterator[State]:
    opened = State.open(settings)
    yield opened
    opened.close()


def card(article_id: str, product_type: str = "Dress") -> Card:
    return Card(0, article_id, "Model", product_type, product_type=product_type)


def answered(
    state: State,
    asked: Request,
    answer_id: str,
    *codes: str,
    now: float = NOON,
    wish: str = "",
    words: str = "a dress",
) -> None:
    """Let a request be answered by products with these codes."""
    constraints = QueryConstraints(free_text=words, message=words)
    reply = AnswerReply(answer_id, "Found.", (card("a0"),))
    chain = wish or answer_id
    found = StoredAnswer(reply, asked.shopper.key, chain, 5, constraints, codes)
    assert state.claim(asked, now) is not None
    state.opened(asked, now)
    state.decide(asked, reply, now, answer=found, memory=Memory(constraints, chain))
    state.finish(asked)


def tell_everything(state: State, shopper: Shopper, words: str, mark: str) -> Request:
    """Leave something of a shopper in every table; return the request that is unfinished."""
    where = replace(THREAD, channel=f"C-{mark}")
    profile = ShopperProfile(words, words, words, words, frozenset(["likes", "limits"]))
    state.set_profile(shopper, profile, NOON)
    state.rate(shopper, card(f"{mark}-liked"), NOON, liked=True)
    state.rate(shopper, card(f"{mark}-disliked", f"{mark} type"), NOON, liked=False)
    state.refuse_type(shopper, f"{mark} kind", NOON)
    asked = request(words, shopper=shopper, conversation=where)
    answered(state, asked, f"{mark}A", f"{mark}-code", words=words)
    waiting = request(words, shopper=shopper, conversation=where, options={"type": words})
    state.claim(waiting, NOON)
    state.opened(waiting, NOON)
    return waiting


# --- taste ---


def test_a_newcomer_has_an_empty_taste(state: State) -> None:
    taste = state.taste(ANN, NOON)
    assert not taste.profile
    assert (taste.opinions, dict(taste.unwanted_types), taste.seen) == ((), {}, frozenset())
    assert taste.now == NOON


def test_a_taste_is_all_that_was_told_in_the_order_of_telling(state: State) -> None:
    state.set_profile(ANN, PROFILE, NOON)
    state.rate(ANN, card("2"), NOON + 1, liked=True)
    state.rate(ANN, card("1", "Hat"), NOON + 2, liked=False)
    state.refuse_type(ANN, "Cap/peaked", NOON + 3)
    answered(state, request(), "A1", "p1", "p2", now=NOON + 4)
    answered(state, request(), "A2", "p2", "p3", now=NOON + 5)
    taste = state.taste(ANN, NOON + 6)
    assert taste.profile == PROFILE
    assert taste.opinions == (
        Opinion("2", "Dress", True, NOON + 1),
        Opinion("1", "Hat", False, NOON + 2),
    )
    assert taste.unwanted_types == {"Cap/peaked": NOON + 3}
    assert taste.seen == {"p1", "p2", "p3"}


def test_a_taste_is_one_statement_over_indexes(state: State) -> None:
    tell_everything(state, ANN, "words", "m")
    run: list[tuple[str, Any]] = []

    @event.listens_for(state._engine, "before_cursor_execute")
    def _note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        run.append((statement, parameters))

    state.taste(ANN, NOON)
    [(statement, parameters)] = [ran for ran in run if ran[0].startswith("SELECT")]
    with state._engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps = [row[-1] for row in plan if row[-1].startswith(("SEARCH", "SCAN"))]
    assert len(steps) == 4
    assert all("USING INDEX" in step and "shopper=?" in step for step in steps)


def test_what_one_shopper_told_is_nobody_elses(state: State) -> None:
    tell_everything(state, ANN, "zanzibar", "ann")
    before = {shopper: state.taste(shopper, NOON) for shopper in (BOB, *ELSEWHERE)}
    assert all(not taste.profile and not taste.opinions for taste in before.values())
    assert all(not taste.seen and not taste.unwanted_types for taste in before.values())
    for shopper in ELSEWHERE:
        assert "zanzibar" not in json.dumps(state.kept_of(shopper))
        state.set_profile(shopper, ShopperProfile(likes="other"), NOON)
        state.rate(shopper, card("ann-liked"), NOON, liked=False)
        state.forget(shopper)
    assert state.taste(ANN, NOON).profile.likes == "zanzibar"
    assert state.taste(ANN, NOON).opinions[-1].liked


def test_what_was_seen_comes_back_after_a_while(tmp_path: Path) -> None:
    state = State.open(Settings(home=tmp_path, personal=PersonalSettings(seen_days=2)))
    answered(state, request(), "A1", "old", now=NOON)
    answered(state, request(), "A2", "new", now=NOON + DAY)
    assert state.taste(ANN, NOON + 2 * DAY).seen == {"old", "new"}
    assert state.taste(ANN, NOON + 2 * DAY + 1).seen == {"new"}
    state.close()


def test_an_empty_profile_takes_the_place_of_the_one_before(
    state: State, settings: Settings
) -> None:
    state.set_profile(ANN, PROFILE, NOON)
    state.set_profile(ANN, ShopperProfile(), NOON)
    assert state.taste(ANN, NOON).profile == ShopperProfile()
    assert state.kept_of(ANN)["profiles"] == []


def test_a_kind_that_was_turned_down_is_taken_back_by_saying_it_again(state: State) -> None:
    assert [state.refuse_type(ANN, "Hat", NOON) for _ in range(3)] == [True, False, True]
    assert state.refuse_type(BOB, "Hat", NOON)


def test_opinions_outlive_their_answers_until_they_expire(tmp_path: Path) -> None:
    state = State.open(Settings(home=tmp_path, personal=PersonalSettings(opinions_days=100)))
    answered(state, request(), "A1", "p1")
    state.rate(ANN, card("a0"), NOON, liked=True)
    state.refuse_type(ANN, "Hat", NOON)
    state.set_profile(ANN, PROFILE, NOON)
    state.purge(NOON + 99 * DAY)
    assert state.answer("A1") is None
    assert len(state.taste(ANN, NOON).opinions) == 1
    state.purge(NOON + 101 * DAY)
    taste = state.taste(ANN, NOON)
    assert (taste.opinions, dict(taste.unwanted_types)) == ((), {})
    assert taste.profile == PROFILE
    state.close()


# --- reading out and erasing ---


def test_all_that_is_kept_of_a_shopper_is_read_out(state: State) -> None:
    tell_everything(state, ANN, "zanzibar", "ann")
    tell_everything(state, BOB, "timbuktu", "bob")
    kept = state.kept_of(ANN)
    told = json.dumps(kept)
    theirs = {table.name for table in METADATA.sorted_tables if "shopper" in table.columns}
    assert set(kept) == (theirs | {"conversations"}) - {"participants"}
    assert all(kept.values())
    assert "address" not in kept["jobs"][0]["request"]  # it may hold a platform's token
    for own in ("ann-liked", "ann type", "ann kind", "annA", "ann-code"):
        assert own in told
    assert "bob" not in told
    assert "timbuktu" not in told


def test_forgetting_leaves_a_shopper_in_no_column_of_any_table(
    state: State, settings: Settings
) -> None:
    tell_everything(state, ANN, "zanzibar", "ann")
    tell_everything(state, BOB, "timbuktu", "bob")
    assert traces(settings, ANN.key, "U-ann", "zanzibar", "annA") == {
        "answers": 1,
        "conversations": 1,
        "jobs": 1,
        "opinions": 2,
        "participants": 1,
        "profiles": 1,
        "unwanted_types": 1,
    }
    bobs = state.kept_of(BOB)
    state.forget(ANN)
    assert traces(settings, ANN.key, "U-ann", "zanzibar", "ann-", "annA", "ann kind") == {}
    assert state.kept_of(BOB) == bobs


def traces(settings: Settings, *words: str) -> dict[str, int]:
    """Return in how many rows of each table any column holds one of the words."""
    engine = create_engine(f"sqlite:///{settings.home / 'state.sqlite3'}")
    found = {}
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            rows = [repr(tuple(row)) for row in connection.execute(select(table))]
            found[table.name] = sum(any(word in row for word in words) for row in rows)
    engine.dispose()
    return {name: count for name, count in found.items() if count}


def test_answers_that_others_got_to_a_shoppers_words_go_with_them(
    state: State, settings: Settings
) -> None:
    answered(state, request("zanzibar"), "A1", "p1", words="zanzibar")
    bobs = replace(request(shopper=BOB), answer_id="A1", action="more")
    answered(state, bobs, "B1", "p2", wish="A1", words="zanzibar")
    elsewhere = request(shopper=BOB, conversation=replace(THREAD, thread="2.2"))
    answered(state, elsewhere, "B2", "p3")
    state.forget(ANN)
    assert traces(settings, "zanzibar") == {}
    assert state.answer("B1") is None
    assert state.answer("B2") is not None


@pytest.mark.parametrize("pressed", [True, False])
def test_who_is_forgotten_while_others_build_on_their_words_stays_forgotten(
    state: State, settings: Settings, pressed: bool
) -> None:
    answered(state, request("zanzibar"), "A1", "p1", words="zanzibar")
    where = replace(THREAD, thread="2.2") if pressed else THREAD
    bobs = request(shopper=BOB, conversation=where, answer_id="A1" if pressed else "")
    state.claim(bobs, NOON)
    state.opened(bobs, NOON)
    state.forget(ANN)
    constraints = QueryConstraints(free_text="zanzibar")
    reply = AnswerReply("B1", "Found.", (card("a0"),))
    found = StoredAnswer(reply, BOB.key, "A1", 5, constraints, ("p2",))
    state.decide(bobs, reply, NOON, answer=found, memory=Memory(constraints, "A1"))
    assert traces(settings, "zanzibar") == {}
    [job] = state.unfinished()
    assert job.reply == reply


@pytest.mark.parametrize("shoppers", [2, 12])
def test_what_was_forgotten_is_left_in_no_file_of_a_running_state(
    state: State, settings: Settings, shoppers: int
) -> None:
    """Pages that split, shrink and empty out are overwritten, too, and the log is folded."""
    everybody = [Shopper("slack", "T1", f"U{number:03}") for number in range(shoppers)]
    for turn in range(4):
        for number, shopper in enumerate(everybody):
            words = f"zanzibar{number:03}x" * (1 + 40 * turn)
            state.finish(tell_everything(state, shopper, words, f"m{number:03}t{turn}"))
    leaving = everybody[::2]
    for shopper in leaving:
        state.forget(shopper)
    kept = b"".join(path.read_bytes() for path in settings.home.iterdir())
    assert b"zanzibar001x" in kept
    for number in range(0, shoppers, 2):
        assert f"zanzibar{number:03}".encode() not in kept
        assert f"U{number:03}".encode() not in kept
        assert f"m{number:03}t".encode() not in kept


# --- the migration ---


def test_opinions_on_answers_of_before_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    at_revision_1(path)
    cards = [
        {"position": 0, "article_id": "100", "title": "One", "facts": "Dress · Red · Ladieswear"},
        {"position": 1, "article_id": "200", "title": "Two", "facts": ""},
    ]
    sentences: dict[str, list[str]] = {"relaxations": [], "closing": []}
    reply = json.dumps({"answer_id": "A1", "headline": "Found.", "cards": cards, **sentences})
    with sqlite3.connect(path) as old:
        for answer_id, shopper in (("A1", ANN.key), ("A2", BOB.key)):
            old.execute(
                "INSERT INTO answers VALUES (?, ?, 'A1', 5, NULL, ?, '[\"p1\"]', ?)",
                (answer_id, shopper, reply, NOON),
            )
        old.executemany(
            "INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?)",
            [
                ("A1", ANN.key, 0, "100", False, NOON + 2),
                ("A2", ANN.key, 0, "100", True, NOON + 3),
                ("A1", ANN.key, 1, "200", False, NOON + 1),
                ("A1", BOB.key, 0, "100", False, NOON),
            ],
        )
    state = State(open_database(f"sqlite:///{path}"), Settings(home=tmp_path))
    assert state.taste(ANN, NOON + 9).opinions == (
        Opinion("200", "", False, NOON + 1),
        Opinion("100", "Dress", True, NOON + 3),
    )
    assert state.taste(BOB, NOON + 9).opinions == (Opinion("100", "Dress", False, NOON),)
    assert state.taste(ANN, NOON + 9).seen == {"p1"}
    assert state.rate(ANN, card("100"), NOON + 9, liked=True) is False  # said again: taken back
    stored = state.answer("A1")
    assert stored is not None
    assert [c.article_id for c in stored.reply.cards] == ["100", "200"]
    state.close()


def test_a_state_without_opinions_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    at_revision_1(path)
    engine = open_database(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert connection.execute(select(OPINIONS)).all() == []
    engine.dispose()


def at_revision_1(path: Path) -> None:
    """Make a state as the first tables were."""
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    migrations = Path(bot.state.__file__).parent / "migrations"
    config.set_main_option("script_location", str(migrations))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "1")
    engine.dispose()
