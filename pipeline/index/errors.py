"""What goes wrong with the index in ways a person can mend."""

from config.errors import LookbookError


class IndexStateError(LookbookError):
    """There is no index, or the one that is live does not fit the settings or is damaged."""


class IndexBuildError(LookbookError):
    """A build could not finish; the live version is as it was."""


class BuildRunningError(IndexBuildError):
    """Another process is building this index."""
