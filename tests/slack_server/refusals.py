"""How a method says no."""

from typing import Any


class Refused(Exception):  # noqa: N818
    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: dict[str, Any] = {"ok": False, "error": error, **more}
