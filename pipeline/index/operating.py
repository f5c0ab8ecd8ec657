"""What an operator does with the versions that exist."""

from dataclasses import dataclass

from config.settings import Settings
from pipeline.index.checking import require_current
from pipeline.index.errors import IndexStateError
from pipeline.index.locking import build_lock, running_build
from pipeline.index.manifest import Manifest
from pipeline.index.storage import promote
from pipeline.index.versions import IndexVersions


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """One version. `manifest` is None where it is partial, and `problem` says so.

    `size` is in bytes on disk.
    """

    version: str
    live: bool
    rollback_target: bool
    size: int
    manifest: Manifest | None
    problem: str


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The state of the index. `building` is " since ... (pid ...)" while a build runs, or ""."""

    live: VersionInfo | None
    versions: int
    building: str


def list_versions(settings: Settings) -> list[VersionInfo]:
    """Return the versions that exist, oldest first."""
    known = IndexVersions(settings.index_directory)
    try:
        live = known.current()
    except IndexStateError:
        live = None
    target = known.rollback_target()
    infos = []
    for version in known.all():
        manifest, problem = None, ""
        try:
            manifest = Manifest.read(known.path(version))
        except IndexStateError as error:
            problem = error.problem
        infos.append(
            VersionInfo(
                version=version,
                live=version == live,
                rollback_target=version == target,
                size=known.size(version),
                manifest=manifest,
                problem=problem,
            )
        )
    return infos


def status(settings: Settings) -> IndexStatus:
    """Return the live version and whether a build runs.

    Raises IndexStateError when CURRENT names a version that is not there.
    """
    known = IndexVersions(settings.index_directory)
    known.current()
    infos = list_versions(settings)
    return IndexStatus(
        live=next((info for info in infos if info.live), None),
        versions=len(infos),
        building=running_build(settings.index_directory) or "",
    )


def rollback(settings: Settings, to: str | None = None) -> str:
    """Make an earlier version live and return it; by default the one that the live one replaced.

    Raises IndexStateError when there is none, none of that name, or when it is partial;
    BuildRunningError while a build runs.
    """
    known = IndexVersions(settings.index_directory)
    with build_lock(known.directory):
        target = to or known.rollback_target()
        if target is None:
            require_current(known)
            raise IndexStateError(
                f"{known.directory} holds no earlier version.",
                "Versions to go back to come with builds; see index.keep_versions.",
            )
        if target not in known.all():
            raise IndexStateError(
                f"There is no index version {target!r}.",
                f"Use one of: {', '.join(known.all()) or 'none; run `lookbook index build`'}.",
            )
        Manifest.read(known.path(target))
        promote(settings.index, target)
        known.make_current(target)
    return target
