"""Checks of an index version: is it whole, does it hold what it says, does it fit the settings."""

import time
from dataclasses import dataclass
from pathlib import Path

from config.errors import LookbookError
from config.settings import Settings
from pipeline.index.errors import IndexStateError
from pipeline.index.fingerprints import Fingerprints
from pipeline.index.manifest import MANIFEST, Manifest, StorageRecord, file_records
from pipeline.index.reading import VOCABULARY
from pipeline.index.storage import open_version
from pipeline.index.versions import IndexVersions
from pipeline.models import locate
from pipeline.stores import ArticleStore, QdrantEdgeDocumentStore
from pipeline.understanding import Vocabulary

REBUILD = "Run `lookbook index build --full`, or `lookbook index rollback` until then."
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one sentence, and what to do about it in another."""

    problem: str
    mend: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a check found. `version` is None where there is none to check."""

    version: str | None
    problems: list[Problem]
    files: int
    size: int
    """Bytes of the files that were read."""
    seconds: float

    @property
    def sound(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.problems


def verify(settings: Settings, version: str | None = None) -> VerifyReport:
    """Read every file of a version (the live one by default) and say all that is wrong with it."""
    started = time.monotonic()
    versions = IndexVersions(settings.index_directory)
    files: dict[str, int] = {}
    try:
        version = version or require_current(versions)
        directory = versions.path(version)
        if version not in versions.all():
            raise IndexStateError(f"There is no index version {version!r}.", _SEE_VERSIONS)
        manifest = Manifest.read(directory)
        found = file_records(directory)
        files = {name: record.size for name, record in found.items()}
        problems = [
            *_file_problems(manifest, set(manifest.files), set(found)),
            *_damage(manifest, {n: r.sha256 for n, r in found.items()}),
        ]
        problems = problems or _content_problems(settings, manifest, directory)
        problems.extend(settings_problems(settings, manifest))
    except LookbookError as error:
        problems = [Problem(error.problem, error.mend)]
    return VerifyReport(
        version=version,
        problems=problems,
        files=len(files),
        size=sum(files.values()),
        seconds=round(time.monotonic() - started, 2),
    )


_SEE_VERSIONS = "See `lookbook index versions`."


def require_current(versions: IndexVersions) -> str:
    """Return the live version. Raises IndexStateError when there is none."""
    version = versions.current()
    if version is None:
        raise IndexStateError(
            f"There is no index in {versions.directory} yet.", "Run `lookbook index build`."
        )
    return version


def settings_problems(settings: Settings, manifest: Manifest) -> list[Problem]:
    """Return why a version cannot serve under these settings. Raises ModelError: no embedder."""
    problems = []
    embedder = locate(settings.embedding.model, "embedder", settings)
    if embedder.sha256 != manifest.embedder.sha256:
        problems.append(
            Problem(
                f"The index version {manifest.version} was made with the embedder "
                f"{manifest.embedder.model}, and the settings name {embedder.card.name} "
                "(their weights differ).",
                "Run `lookbook index build`, or set embedding.model back.",
            )
        )
    asked = StorageRecord.of(settings.index).model_dump()
    for name, value in manifest.storage.model_dump().items():
        if asked[name] != value:
            problems.append(
                Problem(
                    f"The index version {manifest.version} was built with index.{name} "
                    f"{value!r}, and the settings say {asked[name]!r}.",
                    f"Run `lookbook index build`, or set index.{name} back.",
                )
            )
    return problems


def store_problems(store: ArticleStore, *, articles: int) -> list[Problem]:
    """Return what is wrong with the points of a version that should hold so many articles."""
    count = store.count_documents()
    if count != articles:
        return [Problem(f"The index holds {count} articles instead of {articles}.", REBUILD)]
    if isinstance(store, QdrantEdgeDocumentStore):
        unindexed = count - store.info().indexed_vectors_count
        allowed = store.indexing_threshold_kb * 1024 // (4 * store.embedding_dim)
        if unindexed > allowed:
            return [
                Problem(
                    f"{unindexed} of {count} vectors are not in the index's graph, so searches "
                    "are slow.",
                    REBUILD,
                )
            ]
    return []


def _file_problems(manifest: Manifest, listed: set[str], found: set[str]) -> list[Problem]:
    problems = []
    if missing := sorted(listed - found):
        problems.append(
            Problem(f"{manifest.version} lacks {_some(missing)} that {MANIFEST} lists.", REBUILD)
        )
    if extra := sorted(found - listed):
        problems.append(
            Problem(
                f"{manifest.version} holds {_some(extra)} that {MANIFEST} does not list.",
                "Remove what does not belong there, or run `lookbook index build --full`.",
            )
        )
    return problems


def _damage(manifest: Manifest, digests: dict[str, str]) -> list[Problem]:
    damaged = [
        name
        for name, record in manifest.files.items()
        if name in digests and digests[name] != record.sha256
    ]
    if not damaged:
        return []
    return [Problem(f"{manifest.version} is damaged: {_some(damaged)} changed.", REBUILD)]


def _content_problems(settings: Settings, manifest: Manifest, directory: Path) -> list[Problem]:
    problems: list[Problem] = []
    try:
        store = open_version(
            manifest.storage.to_settings(settings.index),
            manifest.version,
            directory,
            dimension=manifest.embedder.dimension,
            read_only=True,
        )
        try:
            problems.extend(store_problems(store, articles=manifest.counts.articles))
        finally:
            store.close()
        Vocabulary.load(directory / VOCABULARY)
        prints = len(Fingerprints.read(directory).by_id)
        if prints != manifest.counts.articles:
            problems.append(
                Problem(
                    f"{manifest.version} has fingerprints of {prints} articles instead of "
                    f"{manifest.counts.articles}.",
                    REBUILD,
                )
            )
    except LookbookError as error:
        problems.append(Problem(error.problem, error.mend))
    return problems


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
