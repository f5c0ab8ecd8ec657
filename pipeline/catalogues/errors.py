"""What a catalogue can be refused for."""

from config.errors import LookbookError


class CatalogueError(LookbookError):
    """The catalogue cannot be read as a whole; whatever was built from an earlier one stays."""


class BadRowError(Exception):
    """One row cannot become an article; `reason` is one of a small, fixed set of sentences."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
