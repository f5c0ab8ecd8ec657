"""One person's conversation in a terminal: wishes, and commands that begin with a slash."""

import asyncio
import json
import os
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.live import Live

from bot.adapters.console import render
from bot.assistant import profile_form
from bot.assistant.assistant import Assistant
from bot.assistant.replies import AnswerReply, Notice, Reply
from bot.assistant.requests import Action, Conversation, Request, Shopper
from bot.phrases import GOODBYE, WELCOME

PLATFORM = "console"
_CLEAR = "-"
_HELP = """\
Tell me what you are looking for; each message builds on the ones before. An empty line ends the \
chat. N is the number of an article in the last answer.

/more             the next articles
/similar N        more like one of them
/outfit N         what goes with it, or /outfit and a wish
/why N            why it is there
/like N           and /dislike N; the same again takes it back
/not-this-kind N  fewer of its kind
/profile          what you told of yourself, to see and change
/my-data          all that is kept of you
/forget-me        erase it
/help             this list"""


class ConsoleDelivery:
    """Shows one answer in the terminal, each state of it in place of the one before."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.last: Reply | None = None

    async def open(self) -> Mapping[str, Any]:
        """Have no place to come back to."""
        return {}

    async def show(self, reply: Reply) -> None:
        """Show the reply."""
        self._live.update(render.reply(reply), refresh=True)

    async def finish(self, reply: Reply) -> bool:
        """Show the last reply and keep it."""
        self.last = reply
        await self.show(reply)
        return True


class Chat:
    """Talks until an empty line or the end of the input.

    The shopper is the user of the machine, the conversation is new each time.
    """

    def __init__(self, assistant: Assistant, runner: asyncio.Runner, console: Console) -> None:
        self._assistant = assistant
        self._runner = runner
        self._console = console
        self._shopper = Shopper(PLATFORM, "", str(os.getuid()))
        self._conversation = Conversation(PLATFORM, "", secrets.token_hex(8))
        self._answer: AnswerReply | None = None
        self._commands: dict[str, Callable[[str], None]] = {
            "more": lambda _: self._press("more"),
            "similar": lambda number: self._press("similar", number),
            "outfit": self._outfit,
            "why": lambda number: self._tell(number, assistant.why),
            "like": lambda number: self._rate(number, liked=True),
            "dislike": lambda number: self._rate(number, liked=False),
            "not-this-kind": lambda number: self._tell(number, assistant.not_this_kind),
            "profile": lambda _: self._profile(),
            "my-data": lambda _: self._my_data(),
            "forget-me": lambda _: self._forget(),
            "help": lambda _: self._say(_HELP),
        }

    def talk(self) -> None:
        """Take lines and answer each."""
        self._console.print(WELCOME, style="heading")
        while line := self._input("you >"):
            if not line.startswith("/"):
                self._ask("recommend", text=line)
                continue
            name, _, rest = line.removeprefix("/").partition(" ")
            command = self._commands.get(name)
            if command is None:
                self._say(f"I know no command */{name}*. Type */help* for a list.")
            else:
                command(rest.strip())
        self._console.print(GOODBYE, style="muted")

    def _ask(self, action: Action, **wish: Any) -> None:
        key = f"{PLATFORM}:{secrets.token_hex(8)}"
        request = Request(key, action, self._shopper, self._conversation, {}, **wish)
        with Live(console=self._console, auto_refresh=False, vertical_overflow="visible") as live:
            delivery = ConsoleDelivery(live)
            self._runner.run(self._answered(request, delivery))
        if isinstance(delivery.last, AnswerReply) and delivery.last.answer_id:
            self._answer = delivery.last

    async def _answered(self, request: Request, delivery: ConsoleDelivery) -> None:
        await self._assistant.submit(request, delivery)
        await self._assistant.idle()

    # --- what stands below an answer elsewhere ---

    def _press(self, action: Action, number: str = "1") -> None:
        if (found := self._article(number)) is not None:
            answer_id, position = found
            self._ask(action, answer_id=answer_id, position=position)

    def _outfit(self, said: str) -> None:
        if said.isdecimal() or not said:
            self._press("outfit", said)
        else:
            self._ask("outfit", text=said)

    def _tell(self, number: str, of: Callable[[Shopper, str, int], Any]) -> None:
        if (found := self._article(number)) is not None:
            self._reply(self._runner.run(of(self._shopper, *found)))

    def _rate(self, number: str, *, liked: bool) -> None:
        if (found := self._article(number)) is not None:
            self._reply(
                self._runner.run(self._assistant.feedback(self._shopper, *found, liked=liked))
            )

    def _article(self, number: str) -> tuple[str, int] | None:
        """Return the last answer's id and the position of its article, None if there is none."""
        cards = self._answer.cards if self._answer else ()
        if self._answer is None or not cards:
            self._say("There is no answer yet. Tell me what you are looking for first.")
            return None
        if not number.isdecimal() or not 1 <= int(number) <= len(cards):
            self._say(f"Say which one by its number, 1 to {len(cards)}.")
            return None
        return self._answer.answer_id, int(number) - 1

    # --- what is kept of the shopper ---

    def _profile(self) -> None:
        known = self._runner.run(self._assistant.profile(self._shopper))
        if isinstance(known, Notice):
            self._reply(known)
            return
        self._say(f"{profile_form.INTRODUCTION} Enter keeps what stands there, {_CLEAR} clears it.")
        texts: dict[str, str] = {
            field.part: self._field(field.label, field.placeholder, getattr(known, field.part))
            for field in profile_form.FIELDS
        }
        named = ", ".join(profile_form.FIRM_OPTIONS)
        firm = self._field(
            profile_form.FIRM_LABEL, f"any of {named}", ", ".join(sorted(known.firm))
        )
        profile = profile_form.filled(texts, firm.replace(",", " ").split())
        self._reply(self._runner.run(self._assistant.set_profile(self._shopper, profile)))

    def _field(self, label: str, placeholder: str, known: str) -> str:
        typed = self._input(f"{label} ({known or f'for example: {placeholder}'})")
        return "" if typed == _CLEAR else typed or known

    def _my_data(self) -> None:
        kept = self._runner.run(self._assistant.my_data(self._shopper))
        if isinstance(kept, Notice):
            self._reply(kept)
            return
        text = json.dumps(kept, ensure_ascii=False, indent=2)
        self._console.print(text, markup=False, soft_wrap=True)

    def _forget(self) -> None:
        self._say("I'll erase your profile, your opinions, your conversations and answers.")
        if self._input("Type yes to go on:").casefold() == "yes":
            self._reply(self._runner.run(self._assistant.forget(self._shopper)))
            self._answer = None

    # --- in and out ---

    def _reply(self, notice: Notice) -> None:
        self._console.print(render.reply(notice))

    def _say(self, text: str) -> None:
        self._console.print(render.starred(text))

    def _input(self, prompt: str) -> str:
        self._console.print(prompt, style="accent", markup=False, end=" ")
        try:
            return self._console.input().strip()
        except EOFError:
            self._console.print()
            return ""
