"""Who is served when."""

import asyncio

from bot.assistant.line import Line, Ticket


def entered(line: Line, conversation: str) -> Ticket:
    ticket = line.enter(conversation)
    assert ticket is not None
    return ticket


class Waiting:
    """A ticket on its way to its turn, and what it was told."""

    def __init__(self, line: Line, ticket: Ticket) -> None:
        self.told: list[int] = []
        self.task = asyncio.create_task(line.turn(ticket, self.tell))

    async def tell(self, place: int) -> None:
        self.told.append(place)

    async def has_its_turn(self) -> bool:
        for _ in range(10):
            await asyncio.sleep(0)
        return self.task.done()


async def test_conversations_are_served_side_by_side_up_to_the_workers() -> None:
    line = Line(workers=2, queue=10)
    tickets = [entered(line, name) for name in "abc"]
    waiting = [Waiting(line, ticket) for ticket in tickets]
    assert [await w.has_its_turn() for w in waiting] == [True, True, False]
    assert (line.running, line.waiting) == (2, 1)
    line.leave(tickets[1])
    assert await waiting[2].has_its_turn()


async def test_one_conversation_is_served_in_order_however_many_workers_are_free() -> None:
    line = Line(workers=3, queue=10)
    first, second, other = entered(line, "a"), entered(line, "a"), entered(line, "b")
    late = Waiting(line, second)
    assert not await late.has_its_turn()
    assert await Waiting(line, other).has_its_turn()
    assert await Waiting(line, first).has_its_turn()
    assert not await late.has_its_turn()
    line.leave(first)
    assert await late.has_its_turn()


async def test_a_request_that_waits_for_its_conversation_does_not_hold_up_others() -> None:
    line = Line(workers=2, queue=10)
    first, second, third = (entered(line, name) for name in "aab")
    assert await Waiting(line, first).has_its_turn()
    assert not await Waiting(line, second).has_its_turn()
    assert await Waiting(line, third).has_its_turn()


async def test_who_waits_is_told_the_place_once_and_again_when_next() -> None:
    line = Line(workers=1, queue=10)
    tickets = [entered(line, name) for name in "abcd"]
    waiting = [Waiting(line, ticket) for ticket in tickets]
    assert not await waiting[3].has_its_turn()
    assert [w.told for w in waiting] == [[], [1], [2], [3]]
    for ticket in tickets[:3]:
        line.leave(ticket)
        assert await waiting[0].has_its_turn()
    assert await waiting[3].has_its_turn()
    assert [w.told for w in waiting] == [[], [1], [2, 1], [3, 1]]


async def test_a_full_line_lets_nobody_in_but_those_who_were_promised() -> None:
    line = Line(workers=1, queue=1)
    entered(line, "a")
    last = entered(line, "b")
    assert line.enter("c") is None
    assert line.enter("c", beyond=True) is not None
    line.leave(last)
    assert line.enter("d") is None


async def test_who_leaves_without_a_turn_lets_the_next_of_the_conversation_go() -> None:
    line = Line(workers=1, queue=10)
    first, second = entered(line, "a"), entered(line, "a")
    late = Waiting(line, second)
    assert not await late.has_its_turn()
    line.leave(first)
    assert await late.has_its_turn()


async def test_who_is_not_ready_keeps_nobody_of_another_conversation_waiting() -> None:
    line = Line(workers=1, queue=10)
    entered(line, "a")
    assert await Waiting(line, entered(line, "b")).has_its_turn()
