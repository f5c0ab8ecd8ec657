"""What goes wrong with models in ways a person can mend."""

from config.errors import LookbookError


class ModelError(LookbookError):
    """A model is missing, damaged, refused or unfit for what the settings ask."""


class WriterError(LookbookError):
    """The language model was loaded but could not write: out of memory, too long a prompt."""
