"""What goes wrong with training in ways a person can mend."""

from config.errors import LookbookError


class DataError(LookbookError):
    """A training set cannot be used: missing, unreadable, of another shape, or empty."""


class TrainingError(LookbookError):
    """Training cannot start, go on or end: too little memory, a full disk, another recipe."""
