"""Index versions on disk: `<home>/index/<version>/` and the CURRENT file that names the live one.

A version is built in `.building-<version>/`, made durable, renamed, and only then named by CURRENT,
which is replaced in one step. Whatever a killed build left behind starts with a dot.
"""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.index.durable import replace_text, sync_directory, sync_tree
from pipeline.index.errors import IndexStateError
from pipeline.index.manifest import Manifest

CURRENT = "CURRENT"
LOG_FILE = "build.log"
"""What builds and their libraries print, beside the versions."""

_BUILDING = ".building-"
_REMOVING = ".removing-"
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_TIME = "%Y%m%dT%H%M%SZ"


class IndexVersions:
    """The versions below one index directory. Names sort by age."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def all(self) -> list[str]:
        """Return the names of the versions, oldest first."""
        if not self.directory.is_dir():
            return []
        return sorted(p.name for p in self.directory.iterdir() if _NAME.fullmatch(p.name))

    def path(self, version: str) -> Path:
        """Return the directory of a version."""
        return self.directory / version

    def size(self, version: str) -> int:
        """Return the bytes that a version takes on disk; the engine's files have holes."""
        return sum(path.stat().st_blocks * 512 for path in self.path(version).rglob("*"))

    def current(self) -> str | None:
        """Return the live version, None before the first build.

        Raises IndexStateError when CURRENT names a version that is not there.
        """
        try:
            name = (self.directory / CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            name = ""
        if name not in self.all():
            raise IndexStateError(
                f"{self.directory / CURRENT} names the version {name!r}, which is not there.",
                "Run `lookbook index rollback` to use an earlier version, or `lookbook index "
                "build`.",
            )
        return name

    def new_name(self, digest: str) -> str:
        """Return a name later than every version's, even if the clock was set back."""
        now = datetime.now(UTC).replace(microsecond=0)
        if existing := self.all():
            newest = datetime.strptime(existing[-1].partition("-")[0], _TIME).replace(tzinfo=UTC)
            now = max(now, newest + timedelta(seconds=1))
        return f"{now:{_TIME}}-{digest[:6]}"

    def start(self, version: str) -> Path:
        """Return a new, empty directory to build a version in."""
        building = self.directory / f"{_BUILDING}{version}"
        building.mkdir(parents=True)
        return building

    def publish(self, version: str) -> None:
        """Make a built version durable and visible under its name; CURRENT stays as it is."""
        building = self.directory / f"{_BUILDING}{version}"
        sync_tree(building)
        building.rename(self.path(version))
        sync_directory(self.directory)

    def make_current(self, version: str) -> None:
        """Let CURRENT name this version, durably and in one step."""
        replace_text(self.directory / CURRENT, f"{version}\n")

    def rollback_target(self) -> str | None:
        """Return the version that a rollback would make live, None if there is none."""
        existing = self.all()
        try:
            live = self.current()
            replaced = live and Manifest.read(self.path(live)).previous
        except IndexStateError:
            live, replaced = self._named(), None
        if replaced in existing:
            return replaced
        earlier = [version for version in existing if live is None or version < live]
        return earlier[-1] if earlier else None

    def removable(self, keep: int) -> list[str]:
        """Return what may go: all but the newest `keep`, the live one and its rollback target."""
        existing = self.all()
        kept = {*existing[-keep:], self.current(), self.rollback_target()}
        return [version for version in existing if version not in kept]

    def remove(self, version: str) -> None:
        """Remove a version; a reader that holds it open is not disturbed."""
        doomed = self.directory / f"{_REMOVING}{version}"
        self.path(version).rename(doomed)
        shutil.rmtree(doomed)

    def leftovers(self) -> list[Path]:
        """Return the directories that killed builds left behind, or that a running one uses."""
        return [
            *self.directory.glob(f"{_BUILDING}*"),
            *self.directory.glob(f"{_REMOVING}*"),
        ]

    def clean(self) -> list[str]:
        """Remove what killed builds left behind; return their versions. Needs the build lock."""
        leftovers = self.leftovers()
        for path in leftovers:
            shutil.rmtree(path)
        return [path.name.removeprefix(_BUILDING).removeprefix(_REMOVING) for path in leftovers]

    def _named(self) -> str | None:
        try:
            return (self.directory / CURRENT).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None
