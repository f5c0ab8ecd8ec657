"""What every chat adapter is to the assistant and to the process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.assistant.replies import Reply
from bot.assistant.requests import Request


class Delivery(Protocol):
    """The one place where one request's answer appears: pending, then shown, then finished.

    The assistant calls it from one task. No method raises for what a platform does: a delivery
    degrades (plain text, another message, no images), counts and logs.
    """

    async def open(self) -> Mapping[str, Any]:
        """Show a sign of life and return what `address` must hold to find it after a restart."""
        ...

    async def show(self, reply: Reply) -> None:
        """Show the reply in place of the one before; may be skipped if a newer one follows."""
        ...

    async def finish(self, reply: Reply) -> bool:
        """Show the last reply, surely; return whether the platform took it. Called once."""
        ...


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether an adapter hears its platform now. `detail` is one line for an operator."""

    connected: bool
    detail: str


class Adapter(Protocol):
    """One platform. Made by `bot.adapters.open_adapters`, the only place that names platforms."""

    name: str

    async def check(self) -> str:
        """Return one line for `lookbook doctor`, after asking the platform about the tokens.

        Hears no messages, and is not called on an adapter that runs. Raises LookbookError.
        """
        ...

    async def start(self) -> None:
        """Connect and begin to listen; return once that is under way.

        Raises LookbookError for what an operator must mend: a refused token, a missing scope.
        """
        ...

    async def stop_intake(self) -> None:
        """Take no new requests; deliveries still work."""
        ...

    async def close(self) -> None:
        """Disconnect."""
        ...

    async def connection(self) -> Connection:
        """Return the state of the connection, asked of the platform's client itself."""
        ...

    def delivery(self, request: Request) -> Delivery:
        """Return the delivery for a request of this platform, also one from before a restart."""
        ...

    async def tell_admins(self, text: str) -> None:
        """Tell the admins that this platform knows about something an index refresh met."""
        ...
