"""Whether a build has nothing to do, changes a copy of the live version, or starts anew."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pipeline.index.errors import IndexStateError
from pipeline.index.fingerprints import Changes, Fingerprints
from pipeline.index.inputs import Inputs
from pipeline.index.manifest import Manifest, missing_or_resized
from pipeline.index.versions import IndexVersions

REFRESH_LIMIT = 0.2
"""Share of changed articles above which a new graph is cheaper and better than a patched one."""

Kind = Literal["none", "refresh", "full"]


@dataclass(frozen=True)
class Live:
    """The live version, as far as a build can lean on it."""

    manifest: Manifest
    directory: Path

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """Return what the version's articles were. Raises IndexStateError: damaged."""
        return Fingerprints.read(self.directory)

    @classmethod
    def find(cls, versions: IndexVersions) -> Self | None:
        """Return the live version; None before the first build and when it is damaged."""
        try:
            name = versions.current()
            if name is None:
                return None
            directory = versions.path(name)
            manifest = Manifest.read(directory)
            if missing_or_resized(directory, manifest):
                return None
            return cls(manifest, directory)
        except IndexStateError:
            return None


@dataclass(frozen=True, slots=True)
class Plan:
    """How the new version comes about, and the reason in words."""

    kind: Kind
    reason: str
    changes: Changes
    live: Live | None
    reuses_vectors: bool
    """Whether the live version's vectors are right for texts that are in both."""

    @property
    def base(self) -> Live | None:
        """Return the version whose points are copied and changed, None to start anew."""
        return self.live if self.kind == "refresh" else None

    @property
    def vectors(self) -> Live | None:
        """Return the version whose vectors are used again."""
        return self.live if self.reuses_vectors else None


def plan(live: Live | None, inputs: Inputs, fingerprints: Fingerprints, *, full: bool) -> Plan:
    """Decide how to come from the live version to these fingerprints; `full` reuses nothing."""
    changes = fingerprints.changes_since(live.fingerprints if live else Fingerprints())
    if live is None:
        reason = "there is no sound live version to build upon"
        return Plan("full", reason, changes, None, reuses_vectors=False)
    if full:
        return Plan("full", "a full build was asked for", changes, live, reuses_vectors=False)
    share = changes.total / len(live.fingerprints.by_id)
    said = f"{share:.1%} of the articles changed"
    if rebuild := inputs.rebuild_reason(live.manifest):
        same_embedder = live.manifest.embedder.sha256 == inputs.embedder.sha256
        return Plan("full", rebuild, changes, live, reuses_vectors=same_embedder)
    if not changes.total:
        return Plan("none", "no article changed", changes, live, reuses_vectors=True)
    kind: Kind = "refresh" if share <= REFRESH_LIMIT else "full"
    return Plan(kind, said, changes, live, reuses_vectors=True)
