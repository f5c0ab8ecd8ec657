"""For every test: Lookbook before Haystack, and temporary files in memory where there is room."""

import os
import shutil
from pathlib import Path

import pipeline  # noqa: F401 - as the product does, so that Haystack reports no usage

IN_MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a directory of its own in there
ROOM = 4_000_000_000

# What an operator has set is not for the tests; only where the default models lie is kept.
HOME = Path(os.environ.get("LOOKBOOK__HOME", ".lookbook")).absolute()
for name in [name for name in os.environ if name.startswith("LOOKBOOK__")]:
    del os.environ[name]

# The tests make hundreds of shards, and waiting for a disk to sync each takes most of their time.
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
