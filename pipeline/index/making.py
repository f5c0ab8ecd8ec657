"""Making a version: the shard filled, optimized and checked, and the manifest that describes it."""

import resource
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version as library_version
from pathlib import Path

from haystack import Document

from config.settings import Settings
from pipeline.index.checking import store_problems
from pipeline.index.errors import IndexBuildError
from pipeline.index.inputs import Inputs
from pipeline.index.manifest import ChangesRecord, EmbedderRecord, Manifest, file_records
from pipeline.index.planning import Plan
from pipeline.index.progress import Meter
from pipeline.index.reading import Reading
from pipeline.index.storage import copy_of, open_version
from pipeline.indexing import ArticleBatch, indexing_pipeline
from pipeline.models import DocumentEmbedder
from pipeline.stores import ArticleStore

BATCH = 4096
"""Articles that go through the indexing pipeline at a time, which sets its memory."""

_LIBRARIES = (
    "haystack-ai",
    "numpy",
    "pyarrow",
    "qdrant-edge-py",
    "qdrant-haystack",
    "sentence-transformers",
    "torch",
    "transformers",
)

Vectors = dict[str, list[float]]


class Making:
    """One version in the making, in a directory of its own."""

    def __init__(
        self,
        settings: Settings,
        inputs: Inputs,
        plan: Plan,
        reading: Reading,
        *,
        version: str,
        directory: Path,
        meter: Meter,
    ) -> None:
        self._settings = settings
        self._inputs = inputs
        self._plan = plan
        self._reading = reading
        self._version = version
        self._directory = directory
        self._meter = meter
        self._dimension = _dimension(settings, inputs, plan)
        self._embedded = 0

    def make(self) -> Manifest:
        """Make the version, its manifest included, and return that.

        Raises IndexBuildError when what was made does not hold what it should.
        """
        self._fill()
        self._reading.discard()
        self._meter.start("verifying", 2)
        self._check()
        self._meter.advance(1)
        manifest = self._manifest()
        manifest.write(self._directory)
        self._meter.advance(1)
        return manifest

    def _fill(self) -> None:
        """Write what is new or changed, embedding each text once, and index it."""
        old = self._old_store()
        store = copy_of(old, self._directory) if old and self._plan.base else None
        copied = store is not None
        if store is None:
            store = self._open(read_only=False)
        try:
            if copied:
                store.delete_documents(self._plan.changes.removed)
            self._write(store, old, changes_only=copied)
            self._meter.start("optimizing", 1)
            store.optimize()
            store.close()
            self._meter.advance(1)
        finally:
            if old:
                old.close()

    def _write(self, store: ArticleStore, old: ArticleStore | None, *, changes_only: bool) -> None:
        prints = self._reading.fingerprints.by_id
        changes = self._plan.changes
        wanted = {*changes.added, *changes.changed} if changes_only else set(prints)
        old_holders = self._plan.vectors.fingerprints.holders() if self._plan.vectors else {}
        new_holders: dict[bytes, str] = {}
        pipeline = indexing_pipeline(self._settings, store)
        self._meter.start("writing", len(wanted))
        to_embed = {prints[one].text for one in wanted} - old_holders.keys()
        self._meter.start("embedding", len(to_embed))
        for articles in self._reading.batches(wanted, BATCH):
            texts = {article.id: prints[article.id].text for article in articles}
            vectors = _vectors_of(texts, old_holders, old) if old else {}
            vectors |= _vectors_of(texts, new_holders, store)
            self._meter.start("writing" if len(vectors) == len(articles) else "embedding")
            pipeline.run(
                {
                    "chunker": {"batch": ArticleBatch(articles, vectors)},
                    "embedder": {"progress": self._embedding_progress()},
                }
            )
            self._meter.start("writing")
            self._meter.advance(len(articles))
            new_holders.update((text, article_id) for article_id, text in texts.items())

    def _embedding_progress(self) -> Callable[[int, int], None]:
        before = 0

        def progress(done: int, total: int) -> None:
            nonlocal before
            self._embedded += done - before
            self._meter.advance(done - before)
            before = done
            if done == total:
                self._meter.start("writing")

        return progress

    def _old_store(self) -> ArticleStore | None:
        live = self._plan.vectors
        if live is None:
            return None
        manifest = live.manifest
        return open_version(
            manifest.storage.to_settings(self._settings.index),
            manifest.version,
            live.directory,
            dimension=manifest.embedder.dimension,
            read_only=True,
        )

    def _open(self, *, read_only: bool) -> ArticleStore:
        return open_version(
            self._settings.index,
            self._version,
            self._directory,
            dimension=self._dimension,
            read_only=read_only,
        )

    def _check(self) -> None:
        store = self._open(read_only=True)
        try:
            problems = store_problems(store, articles=self._reading.counts.articles)
        finally:
            store.close()
        if problems:
            raise IndexBuildError(
                f"The new index version is not sound: {problems[0].problem}",
                "Run `lookbook index build --full`.",
            )

    def _manifest(self) -> Manifest:
        plan, card = self._plan, self._inputs.embedder.card
        instruction = self._settings.embedding.query_instruction
        return Manifest(
            version=self._version,
            previous=plan.live.manifest.version if plan.live else None,
            created=datetime.now(UTC),
            lookbook=library_version("lookbook"),
            rules=self._inputs.rules,
            embedder=EmbedderRecord(
                model=card.name,
                sha256=self._inputs.embedder.sha256,
                dimension=self._dimension,
                pooling=card.pooling,
                query_instruction=card.query_instruction if instruction is None else instruction,
            ),
            storage=self._inputs.storage,
            catalogue=self._inputs.catalogue_record,
            counts=self._reading.counts,
            changes=ChangesRecord(
                kind="refresh" if plan.base else "full",
                reason=plan.reason,
                added=len(plan.changes.added),
                changed=len(plan.changes.changed),
                removed=len(plan.changes.removed),
                embedded=self._embedded,
            ),
            libraries={name: library_version(name) for name in _LIBRARIES},
            timings_s=self._meter.timings_s,
            peak_memory_mb=peak_memory_mb(),
            files=file_records(self._directory),
        )


def peak_memory_mb() -> int:
    """Return the most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _vectors_of(texts: dict[str, bytes], holders: dict[bytes, str], store: ArticleStore) -> Vectors:
    """Return article id -> vector, for the articles whose text has a holder in a store."""
    held = {one: holders[text] for one, text in texts.items() if text in holders}
    found = store.get_embeddings(list(set(held.values()))) if held else {}
    return {one: found[holder] for one, holder in held.items() if holder in found}


def _dimension(settings: Settings, inputs: Inputs, plan: Plan) -> int:
    if plan.vectors:
        return plan.vectors.manifest.embedder.dimension
    if inputs.embedder.card.dimension:
        return inputs.embedder.card.dimension
    probe = DocumentEmbedder.from_settings(settings).run([Document(content="dress")])
    return len(probe["documents"][0].embedding or [])
