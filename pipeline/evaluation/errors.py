"""What keeps a benchmark from running."""

from config.errors import LookbookError


class BenchmarkError(LookbookError):
    """The benchmark cannot be run as asked."""


def nothing_found() -> BenchmarkError:
    """Return the error for an index that answers none of the made-up messages."""
    return BenchmarkError(
        "None of the made-up messages found an article, so nothing can be timed.",
        "Check the index with `lookbook index verify`.",
    )


class EvaluationError(LookbookError):
    """The evaluation cannot be run as asked."""


class LabelError(LookbookError):
    """A file of labelled queries cannot be used as it is."""
