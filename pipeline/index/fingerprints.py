"""What each article of a version was, in three columns, so that a refresh sees what changed."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.index.errors import IndexStateError

FINGERPRINTS = "fingerprints.parquet"

_SCHEMA = pa.schema({"id": pa.string(), "content_hash": pa.binary(16), "text_hash": pa.binary(16)})


class Fingerprint(NamedTuple):
    """Digests (16 bytes) of all fields of an article, and of its chunk text."""

    content: bytes
    text: bytes


class Changes(NamedTuple):
    """Ids of articles, each list in the catalogue's order."""

    added: list[str]
    changed: list[str]
    removed: list[str]

    @property
    def total(self) -> int:
        """Return how many articles differ."""
        return len(self.added) + len(self.changed) + len(self.removed)


@dataclass(slots=True)
class Fingerprints:
    """Article id -> fingerprint."""

    by_id: dict[str, Fingerprint] = field(default_factory=dict)

    def add(self, article_id: str, *, content: str, text: str) -> None:
        """Take the fingerprint of an article: of all its fields as text, and its chunk text."""
        self.by_id[article_id] = Fingerprint(_digest(content), _digest(text))

    def changes_since(self, earlier: Self) -> Changes:
        """Return what is new, different and gone against an earlier version."""
        before = earlier.by_id
        added, changed = [], []
        for article_id, fingerprint in self.by_id.items():
            old = before.get(article_id)
            if old is None:
                added.append(article_id)
            elif old.content != fingerprint.content:
                changed.append(article_id)
        return Changes(added, changed, [one for one in before if one not in self.by_id])

    def holders(self) -> dict[bytes, str]:
        """Return text hash -> an article that has this text."""
        return {fingerprint.text: article_id for article_id, fingerprint in self.by_id.items()}

    def write(self, directory: Path) -> None:
        """Write `fingerprints.parquet`."""
        pq.write_table(
            pa.table(
                [
                    list(self.by_id),
                    [fingerprint.content for fingerprint in self.by_id.values()],
                    [fingerprint.text for fingerprint in self.by_id.values()],
                ],
                schema=_SCHEMA,
            ),
            directory / FINGERPRINTS,
        )

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Return the fingerprints of a version. Raises IndexStateError: absent, damaged."""
        path = directory / FINGERPRINTS
        try:
            table = pq.read_table(path, schema=_SCHEMA)
        except (OSError, pa.ArrowException):
            raise IndexStateError(
                f"The fingerprints {path} are missing or damaged.",
                "Run `lookbook index build --full`.",
            ) from None
        columns = (table.column(name).to_pylist() for name in ("content_hash", "text_hash"))
        prints = (Fingerprint(content, text) for content, text in zip(*columns, strict=True))
        return cls(dict(zip(table.column("id").to_pylist(), prints, strict=True)))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
