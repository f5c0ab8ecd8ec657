"""The live index, opened for reading."""

from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from pipeline.index.checking import require_current, settings_problems, store_problems
from pipeline.index.errors import IndexStateError
from pipeline.index.manifest import Manifest
from pipeline.index.reading import VOCABULARY
from pipeline.index.storage import open_version
from pipeline.index.versions import IndexVersions
from pipeline.stores import ArticleStore
from pipeline.understanding import Vocabulary


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """One version, open for reading. It stays readable after newer versions came."""

    version: str
    manifest: Manifest
    directory: Path
    store: ArticleStore
    vocabulary: Vocabulary

    @property
    def vocabulary_path(self) -> Path:
        """Return where the version's vocabulary is saved."""
        return self.directory / VOCABULARY

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()


def open_index(settings: Settings) -> OpenIndex:
    """Return the live version.

    Raises IndexStateError when there is none, when it is partial, or when it was made by another
    embedder or storage than the settings name; ModelError when the embedder is not here; StoreError
    when the points cannot be opened.
    """
    versions = IndexVersions(settings.index_directory)
    version = require_current(versions)
    directory = versions.path(version)
    manifest = Manifest.read(directory)
    if problems := settings_problems(settings, manifest):
        raise IndexStateError(problems[0].problem, problems[0].mend)
    store = open_version(
        settings.index,
        version,
        directory,
        dimension=manifest.embedder.dimension,
        read_only=True,
    )
    if problems := store_problems(store, articles=manifest.counts.articles):
        store.close()
        raise IndexStateError(problems[0].problem, problems[0].mend)
    return OpenIndex(
        version=version,
        manifest=manifest,
        directory=directory,
        store=store,
        vocabulary=Vocabulary.load(directory / VOCABULARY),
    )
