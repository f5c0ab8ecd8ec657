"""The index: built in a child process, kept as immutable versions, swapped in one step."""

from pipeline.index.build import BuildReport
from pipeline.index.checking import Problem, VerifyReport, verify
from pipeline.index.errors import BuildRunningError, IndexBuildError, IndexStateError
from pipeline.index.launching import build_index
from pipeline.index.manifest import Manifest
from pipeline.index.opening import OpenIndex, open_index
from pipeline.index.operating import IndexStatus, VersionInfo, list_versions, rollback, status
from pipeline.index.progress import STAGES, Progress, Stage
from pipeline.index.versions import IndexVersions

__all__ = [
    "STAGES",
    "BuildReport",
    "BuildRunningError",
    "IndexBuildError",
    "IndexStateError",
    "IndexStatus",
    "IndexVersions",
    "Manifest",
    "OpenIndex",
    "Problem",
    "Progress",
    "Stage",
    "VerifyReport",
    "VersionInfo",
    "build_index",
    "list_versions",
    "open_index",
    "rollback",
    "status",
    "verify",
]
