"""Who is served when: by arrival, one at a time within a conversation, several over all."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Ticket:
    """One request's place in line."""

    conversation: str
    before: "Ticket | None"
    """The request before it in the same conversation."""
    ready: bool = False
    """Whether it could begin if it were its turn."""
    running: bool = False
    left: bool = False
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def may_run(self) -> bool:
        """Whether nothing but the workers keeps it waiting."""
        return self.ready and not self.running and (self.before is None or self.before.left)


class Line:
    """Tickets from arrival to leaving. `workers` run at once, `queue` more may wait."""

    def __init__(self, *, workers: int, queue: int) -> None:
        self._workers = workers
        self._room = workers + queue
        self._tickets: list[Ticket] = []

    @property
    def running(self) -> int:
        """Return how many tickets run."""
        return sum(ticket.running for ticket in self._tickets)

    @property
    def waiting(self) -> int:
        """Return how many tickets do not run yet."""
        return len(self._tickets) - self.running

    def enter(self, conversation: str, *, beyond: bool = False) -> Ticket | None:
        """Return a ticket, to be given back by `leave`; None if the line is full.

        `beyond` lets one in who was already promised a turn.
        """
        if len(self._tickets) >= self._room and not beyond:
            return None
        same = [ticket for ticket in self._tickets if ticket.conversation == conversation]
        ticket = Ticket(conversation, same[-1] if same else None)
        self._tickets.append(ticket)
        return ticket

    async def turn(self, ticket: Ticket, tell: Callable[[int], Awaitable[None]]) -> None:
        """Return when it is the ticket's turn; it runs until it leaves.

        `tell` is called with its place in line (1: next) if it has to wait, and once more when it
        is next.
        """
        ticket.ready = True
        told = 0
        while not self._may_start(ticket):
            place = self._place(ticket)
            if not told or place == 1 < told:
                told = place
                await tell(place)
                continue  # the line may have moved meanwhile
            ticket.moved.clear()
            await ticket.moved.wait()
        ticket.running = True

    def leave(self, ticket: Ticket) -> None:
        """Take the ticket out of the line, wherever it is."""
        self._tickets.remove(ticket)
        ticket.left = True
        for other in self._tickets:
            if other.before is ticket:
                other.before = None
            other.moved.set()

    def _may_start(self, ticket: Ticket) -> bool:
        if not ticket.may_run:
            return False
        sooner = sum(other.may_run for other in self._ahead(ticket))
        return self.running + sooner < self._workers

    def _place(self, ticket: Ticket) -> int:
        return 1 + sum(not other.running for other in self._ahead(ticket))

    def _ahead(self, ticket: Ticket) -> list[Ticket]:
        return self._tickets[: self._tickets.index(ticket)]
