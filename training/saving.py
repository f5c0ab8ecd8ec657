"""Writing to a disk that may be full."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from training.errors import TrainingError


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turn a disk that takes no more into a TrainingError that names the path."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: BaseException) -> TrainingError:
    """Return the error that says why a path cannot be written, and what to do."""
    said = getattr(error, "strerror", None) or type(error).__name__
    return TrainingError(
        f"{path} cannot be written ({said}).",
        "Free some disk space or choose another --out; the same command goes on from where it was.",
    )
