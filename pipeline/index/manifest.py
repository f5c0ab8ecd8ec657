"""`manifest.json`: what an index version was made of, and the digests that prove it is whole."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from config.settings import HnswSettings, IndexSettings, Quantization
from pipeline.index.durable import replace_text
from pipeline.index.errors import IndexStateError

MANIFEST = "manifest.json"


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EmbedderRecord(_Record):
    """The model that made the vectors; the digest of its weights is its identity."""

    model: str
    sha256: str
    dimension: int
    pooling: str | None
    query_instruction: str


class StorageRecord(_Record):
    """How the vectors are stored. `compression` is "" unless the quantization is "product"."""

    backend: Literal["edge", "server"]
    quantization: Quantization
    compression: str
    hnsw: HnswSettings

    @classmethod
    def of(cls, settings: IndexSettings) -> Self:
        """Return the record of what these settings ask for."""
        return cls(
            backend=settings.backend,
            quantization=settings.quantization,
            compression=settings.compression if settings.quantization == "product" else "",
            hnsw=settings.hnsw,
        )

    def to_settings(self, settings: IndexSettings) -> IndexSettings:
        """Return these settings with this storage in them, to open what was stored so."""
        compression = self.compression or settings.compression
        return settings.model_copy(update={**dict(self), "compression": compression})


class CatalogueRecord(_Record):
    """The catalogue file that was read, the digest of its bytes, and how it was read."""

    path: str
    format: str
    sha256: str
    mapping: dict[str, str]
    currency: str


class Counts(_Record):
    """Articles indexed, and rows of the catalogue that were not."""

    articles: int
    texts: int
    """Distinct chunk texts."""
    product_codes: int
    quarantined: int
    duplicates: int


class ChangesRecord(_Record):
    """How this version came about, and articles added, changed and removed by it."""

    kind: Literal["full", "refresh"]
    reason: str
    added: int
    changed: int
    removed: int
    embedded: int
    """Texts that the embedder was run on; the other vectors were reused."""


class FileRecord(_Record):
    """One file of the version: size in bytes and digest."""

    size: int
    sha256: str


class Manifest(_Record):
    """One index version. Written last into a version, so a version without one is partial."""

    format: Literal[2] = 2
    version: str
    previous: str | None
    """The version that was live when this one was built; where a rollback goes."""
    created: datetime
    lookbook: str
    rules: str
    """Digest of the code and word lists that derive features from an article."""
    embedder: EmbedderRecord
    storage: StorageRecord
    catalogue: CatalogueRecord
    counts: Counts
    changes: ChangesRecord
    libraries: dict[str, str]
    timings_s: dict[str, float]
    peak_memory_mb: int
    files: dict[str, FileRecord]
    """Path relative to the version's directory -> record, the manifest itself left out."""

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Return the manifest of a version's directory. Raises IndexStateError: absent, damaged."""
        path = directory / MANIFEST
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise IndexStateError(
                f"The index version {directory.name} is incomplete: {path} is missing.", _REBUILD
            ) from None
        except (OSError, ValidationError):
            raise IndexStateError(
                f"The manifest {path} is damaged or of another Lookbook.", _REBUILD
            ) from None

    def write(self, directory: Path) -> None:
        """Write the manifest durably, in one step."""
        replace_text(directory / MANIFEST, self.model_dump_json(indent=1))


_REBUILD = "Run `lookbook index build`, or `lookbook index rollback` to use an earlier version."


def file_records(directory: Path) -> dict[str, FileRecord]:
    """Return the record of every file below a version's directory but the manifest."""
    paths = [p for p in sorted(directory.rglob("*")) if p.is_file() and p.name != MANIFEST]
    with ThreadPoolExecutor() as pool:  # hashing and reading both let go of the interpreter
        return dict(
            zip(
                (path.relative_to(directory).as_posix() for path in paths),
                pool.map(_record, paths),
                strict=True,
            )
        )


def _record(path: Path) -> FileRecord:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return FileRecord(size=path.stat().st_size, sha256=digest)


def missing_or_resized(directory: Path, manifest: Manifest) -> list[str]:
    """Return the files of a version that are gone or of another size; reads none of them."""
    return [
        name
        for name, record in manifest.files.items()
        if not (directory / name).is_file() or (directory / name).stat().st_size != record.size
    ]
