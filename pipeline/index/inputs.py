"""What an index is made from, gathered without loading a model or reading a row."""

import hashlib
import inspect
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Self

import config
from config.settings import Settings
from pipeline.catalogues import Catalogue, open_catalogue
from pipeline.index.manifest import CatalogueRecord, Manifest, StorageRecord
from pipeline.models import LocatedModel, locate
from pipeline.stores import FILTERABLE
from pipeline.understanding import features, lexicon, tokens
from pipeline.understanding.lexicon import FILES

_TAGGING = (features, lexicon, tokens)
"""Modules whose code decides which tags an article gets."""
_VOCABULARY_DIRECTORY = Path(config.__file__).parent / "vocabulary"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Embedder, storage settings, catalogue and rules: equal inputs make equal indexes."""

    embedder: LocatedModel
    storage: StorageRecord
    catalogue: Catalogue
    catalogue_record: CatalogueRecord
    rules: str
    """Digest of Lookbook's version, of the word lists and the code that features are derived with,
    and of which fields can be filtered by."""

    @classmethod
    def gather(cls, settings: Settings) -> Self:
        """Return the inputs that the settings name.

        Raises ModelError and CatalogueError for an embedder or a catalogue that cannot be used.
        """
        catalogue = open_catalogue(settings.catalogue)
        return cls(
            embedder=locate(settings.embedding.model, "embedder", settings),
            storage=StorageRecord.of(settings.index),
            catalogue=catalogue,
            catalogue_record=CatalogueRecord(
                path=str(catalogue.path),
                format=catalogue.format,
                sha256=catalogue.digest(),
                mapping=settings.catalogue.mapping,
                currency=settings.catalogue.currency,
            ),
            rules=_rules(),
        )

    def rebuild_reason(self, live: Manifest) -> str | None:
        """Return why no version can be made by changing the live one, None if one can."""
        if live.embedder.sha256 != self.embedder.sha256:
            return f"the embedder changed from {live.embedder.model} to {self.embedder.card.name}"
        if live.storage != self.storage:
            before, now = live.storage.model_dump(), self.storage.model_dump()
            changed = next(name for name in now if now[name] != before[name])
            return f"the setting index.{changed} changed"
        if live.rules != self.rules:
            return "Lookbook or its word lists changed"
        return None

    def same_catalogue(self, live: Manifest) -> bool:
        """Return whether the live version was made of this very catalogue; its path may differ."""
        anywhere = {"path": ""}
        return live.catalogue.model_copy(update=anywhere) == self.catalogue_record.model_copy(
            update=anywhere
        )


def _rules() -> str:
    digest = hashlib.sha256(f"{version('lookbook')} {sorted(FILTERABLE.items())}".encode())
    for name in FILES:
        digest.update((_VOCABULARY_DIRECTORY / f"{name}.yaml").read_bytes())
    for module in _TAGGING:
        digest.update(inspect.getsource(module).encode())
    return digest.hexdigest()
