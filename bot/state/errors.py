"""What goes wrong with the state in ways a person can mend."""

from config.errors import LookbookError


class StateError(LookbookError):
    """The state cannot be opened, read or written."""
