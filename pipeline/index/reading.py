"""The first stage of a build: one pass over the catalogue that leaves nothing to read twice."""

import json
from collections.abc import Collection, Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path

from pipeline.article import Article
from pipeline.catalogues import Catalogue, Quarantine, deduplicated
from pipeline.catalogues.duplicates import SUPERSEDED
from pipeline.index.fingerprints import Fingerprints
from pipeline.index.manifest import Counts
from pipeline.index.progress import Meter
from pipeline.understanding import Vocabulary

QUARANTINE = "quarantine.jsonl"
VOCABULARY = "vocabulary.json"
_SPOOL = ".articles.jsonl"
_FIELDS = tuple(field.name for field in fields(Article))


class Reading:
    """The articles of a catalogue, put aside in a version's directory while it is built.

    Reading also takes the fingerprints, learns the vocabulary (`vocabulary.json`) and writes the
    rejected rows (`quarantine.jsonl`). Memory: the fingerprints, 0.2 KB an article.
    """

    def __init__(self, catalogue: Catalogue, directory: Path, meter: Meter) -> None:
        self._spool = directory / _SPOOL
        self.fingerprints = Fingerprints()
        self._product_codes: set[str] = set()
        with Quarantine(directory / QUARANTINE) as quarantine:
            vocabulary = Vocabulary.learn(self._put_aside(catalogue, quarantine, meter))
        (directory / QUARANTINE).touch()
        vocabulary.save(directory / VOCABULARY)
        self.fingerprints.write(directory)
        prints = self.fingerprints.by_id.values()
        duplicates = quarantine.reasons[SUPERSEDED]
        self.counts = Counts(
            articles=len(prints),
            texts=len({fingerprint.text for fingerprint in prints}),
            product_codes=len(self._product_codes),
            quarantined=quarantine.count - duplicates,
            duplicates=duplicates,
        )

    def batches(self, wanted: Collection[str] | None, size: int) -> Iterator[list[Article]]:
        """Yield the articles with these ids (None: all), `size` at a time."""
        with self._spool.open(encoding="utf-8") as stream:
            articles = (
                Article(**values)
                for values in map(json.loads, stream)
                if wanted is None or values["id"] in wanted
            )
            while batch := list(islice(articles, size)):
                yield batch

    def discard(self) -> None:
        """Remove the articles that were put aside; they are no part of the version."""
        self._spool.unlink()

    def _put_aside(
        self, catalogue: Catalogue, quarantine: Quarantine, meter: Meter
    ) -> Iterator[Article]:
        meter.start("reading")
        with self._spool.open("w", encoding="utf-8") as stream:
            for article in deduplicated(catalogue, quarantine):
                # dataclasses.asdict copies every value, which takes longer than all the rest.
                line = json.dumps({name: getattr(article, name) for name in _FIELDS})
                stream.write(line + "\n")
                self.fingerprints.add(article.id, content=line, text=article.chunk_text())
                self._product_codes.add(article.product_code)
                meter.advance(1)
                yield article
