"""A process that answers is killed with SIGKILL; the next one goes on where it was."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

START_S = 120
"""A generous limit for a child to start, not a measure of anything."""


class Process:
    """A child with an assistant in it, over one home and one log."""

    def __init__(self, home: Path) -> None:
        self.home = home / "home"
        self.log = home / "log"
        self.log.touch()

    def start(self, hang: str, *keys: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "tests.crashing_assistant", self.home, self.log, hang, *keys]
        )

    def run(self, *keys: str) -> None:
        """Run one that dies of nothing to its end."""
        assert self.start("nowhere", *keys).wait(START_S) == 0

    def kill_at(self, event: str, times: int, hang: str, *keys: str) -> None:
        """Run one and kill it once its log has the event so many times."""
        child = self.start(hang, *keys)
        try:
            until = time.monotonic() + START_S
            while len(self.events(event)) < times:
                assert child.poll() is None
                assert time.monotonic() < until, self.log.read_text()
                time.sleep(0.02)
        finally:
            child.kill()
            child.wait()

    def events(self, kind: str) -> list[list[str]]:
        """Return key, place and event of the lines of a kind."""
        lines = [line.split() for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if line[2] == kind]


@pytest.fixture
def process(tmp_path: Path) -> Process:
    return Process(tmp_path)


def test_killed_in_mid_answer_each_request_is_answered_once_in_its_place(process: Process) -> None:
    process.kill_at("show", 2, "answer", "k1", "k1", "k2")
    assert process.events("finish") == []
    process.run("k1", "k2", "k1", "k2")
    assert sorted(line[:2] for line in process.events("finish")) == [
        ["k1", "place-of-k1"],
        ["k2", "place-of-k2"],
    ]
    assert len(process.events("open")) == 2
    process.run("k1", "k2")
    assert len(process.events("finish")) == 2


def test_killed_while_saying_the_last_word_the_same_is_said_again_in_its_place(
    process: Process,
) -> None:
    process.kill_at("dying", 1, "finish", "k1")
    process.kill_at("dying", 2, "finish", "k1")
    process.run("k1")
    [[key, place, _, answer_id]] = process.events("finish")
    assert (key, place) == ("k1", "place-of-k1")
    assert answer_id.isalnum()
    assert len(process.events("open")) == 1
    process.run("k1")
    assert len(process.events("finish")) == 1


def test_killed_in_a_storm_of_duplicates_and_waiting_requests_nothing_is_lost_or_doubled(
    process: Process,
) -> None:
    keys = [f"k{number}" for number in range(12)]
    process.kill_at("open", 12, "answer", *keys, *keys)
    process.run(*keys, *keys)
    assert sorted(line[0] for line in process.events("finish")) == sorted(keys)
