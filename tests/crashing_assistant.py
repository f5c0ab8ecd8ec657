"""A process with an assistant in it, to be killed: `python -m tests.crashing_assistant`.

Arguments: the home, the log of the deliveries, where to hang ("answer", "finish", "nowhere"), and
the keys of the requests to submit, each as often as it is named. Whatever was left by a process
before is resumed first. The log has one line for each thing that a delivery was asked to do.
"""

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.assistant.assistant import Assistant
from bot.assistant.replies import AnswerReply, Reply
from bot.assistant.requests import Conversation, Request
from tests.assistant_chat import chat_settings, request
from tests.fake_recommender import FakeRecommender


class LoggedDelivery:
    """Writes down what it is asked to do, as a platform would have seen it."""

    def __init__(self, log: Path, asked: Request, *, hangs: bool) -> None:
        self._log = log
        self._key = asked.key
        self._place = asked.address.get("ts", "")
        self._hangs = hangs

    async def open(self) -> Mapping[str, Any]:
        """Make a place."""
        self._place = f"place-of-{self._key}"
        self._write("open")
        return {"ts": self._place}

    async def show(self, reply: Reply) -> None:
        """Show something."""
        self._write("show")

    async def finish(self, reply: Reply) -> bool:
        """Say the last word, or die in the middle of it."""
        if self._hangs:
            self._write("dying")
            time.sleep(600)  # noqa: ASYNC251 - like a process that is killed right there
        said = reply.answer_id if isinstance(reply, AnswerReply) else reply.text
        self._write(f"finish {said}")
        return True

    def _write(self, event: str) -> None:
        with self._log.open("a", encoding="utf-8") as stream:
            stream.write(f"{self._key} {self._place} {event}\n")


async def main(home: Path, log: Path, hang: str, keys: list[str]) -> None:
    """Resume, submit, answer, end."""
    fake = FakeRecommender()
    if hang == "answer":
        fake.gate.clear()

    def deliver(asked: Request) -> LoggedDelivery:
        return LoggedDelivery(log, asked, hangs=hang == "finish")

    assistant = Assistant(
        chat_settings(home),
        open_recommender=fake.open,  # type: ignore[arg-type] - stands in for it
        clock=time.time,
    )
    await assistant.start(deliver)
    for key in keys:
        where = Conversation("slack", "T1", "C1", key)
        asked = request("a red dress", key=key, conversation=where)
        await assistant.submit(asked, deliver(asked))
    await assistant.idle()
    await assistant.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4:]))
