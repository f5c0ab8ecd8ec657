"""One build, from the catalogue to a live version. It runs in a process of its own.

Everything happens in `.building-<version>/`; the live version is only read. What a killed build
left behind is removed by the next one.
"""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Self

from config.settings import Settings
from pipeline.index.inputs import Inputs
from pipeline.index.locking import build_lock
from pipeline.index.making import Making, peak_memory_mb
from pipeline.index.manifest import Counts, Manifest
from pipeline.index.planning import Kind, Live, plan
from pipeline.index.progress import Meter, Progress
from pipeline.index.reading import Reading
from pipeline.index.storage import promote, remove
from pipeline.index.versions import IndexVersions
from pipeline.stores import StoreError


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `version` is live now; with kind "none" it was so before."""

    version: str
    kind: Kind
    reason: str
    counts: Counts
    added: int
    changed: int
    removed: int
    embedded: int
    """Texts that the embedder was run on."""
    seconds: float
    timings_s: dict[str, float]
    size: int
    """Bytes on disk."""
    peak_memory_mb: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready copy."""
        return {**asdict(self), "counts": self.counts.model_dump()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return what `to_dict` was made of."""
        return cls(**{**values, "counts": Counts(**values["counts"])})

    @classmethod
    def nothing_to_do(cls, live: Manifest, size: int, reason: str, seconds: float) -> Self:
        """Return the report of a build that left the live version as it is."""
        return cls(
            version=live.version,
            kind="none",
            reason=reason,
            counts=live.counts,
            added=0,
            changed=0,
            removed=0,
            embedded=0,
            seconds=round(seconds, 2),
            timings_s={},
            size=size,
            peak_memory_mb=peak_memory_mb(),
        )


def build(settings: Settings, *, full: bool, report: Callable[[Progress], None]) -> BuildReport:
    """Build a version and make it live, or find that nothing changed; `full` starts from nothing.

    `report` may raise to stop the build; it is called for the last time right before the new
    version becomes live. Raises LookbookError, OSError and what the engine raises; whatever is
    raised, the live version is as it was.
    """
    started = time.monotonic()
    versions = IndexVersions(settings.index_directory)
    with build_lock(versions.directory):
        for killed in versions.clean():
            remove(settings.index, killed)
        inputs = Inputs.gather(settings)
        live = Live.find(versions)
        version = versions.new_name(inputs.catalogue_record.sha256)
        directory = versions.start(version)
        meter = Meter(report)
        try:
            reading = Reading(inputs.catalogue, directory, meter)
            decided = plan(live, inputs, reading.fingerprints, full=full)
            if live and decided.kind == "none":
                seconds = time.monotonic() - started
                size = versions.size(live.manifest.version)
                return BuildReport.nothing_to_do(live.manifest, size, decided.reason, seconds)
            manifest = Making(
                settings,
                inputs,
                decided,
                reading,
                version=version,
                directory=directory,
                meter=meter,
            ).make()
            meter.start("swapping", 1)
            versions.publish(version)
            meter.send()
        finally:
            if directory.exists():  # not published
                with suppress(StoreError):  # then the next build cleans up
                    remove(settings.index, version)
                    shutil.rmtree(directory, ignore_errors=True)
        promote(settings.index, version)
        versions.make_current(version)
        for old in versions.removable(settings.index.keep_versions):
            remove(settings.index, old)
            versions.remove(old)
    return BuildReport(
        version=version,
        kind=decided.kind,
        reason=decided.reason,
        counts=manifest.counts,
        added=manifest.changes.added,
        changed=manifest.changes.changed,
        removed=manifest.changes.removed,
        embedded=manifest.changes.embedded,
        seconds=round(time.monotonic() - started, 2),
        timings_s=meter.timings_s,
        size=versions.size(version),
        peak_memory_mb=peak_memory_mb(),
    )
