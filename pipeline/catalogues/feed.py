"""A Google Merchant feed in XML (RSS 2.0 or Atom) as rows, one item at a time."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from pipeline.catalogues.errors import CatalogueError
from pipeline.catalogues.quarantine import Quarantine
from pipeline.catalogues.rows import CELL_LIMIT, COLUMN_SAMPLE, Row, fault_of
from pipeline.catalogues.source import Source

ITEM_LIMIT = 16 * CELL_LIMIT
"""Bytes of one item; a longer one stops the run, because XML cannot be read past it."""
_NAMESPACE = "{http://base.google.com/ns/1.0}"


class FeedRows:
    """The items (RSS) or entries (Atom) of a feed, numbered from 1; their elements are columns."""

    def __init__(self, source: Source) -> None:
        self._source = source
        sample = islice(self.read(Quarantine(), ()), COLUMN_SAMPLE)
        self.columns = list(dict.fromkeys(name for row in sample for name in row.values))
        if not self.columns:
            raise CatalogueError(
                f"The feed {source.path} has no items.", "Export it again, with products."
            )

    def read(
        self,
        quarantine: Quarantine,
        wanted: Collection[str],  # noqa: ARG002 - the whole item has to be parsed anyway
    ) -> Iterator[Row]:
        """Yield the items whose texts can be used."""
        number = 0
        with self._parsing(), self._source.open_bytes() as stream:
            budget = _Budget(stream, self._source)
            open_elements: list[Element] = []
            for event, element in iterparse(budget, ("start", "end"), forbid_dtd=True):
                name = _local(element.tag)
                if event == "start":
                    if not open_elements and name not in ("rss", "feed"):
                        raise self._no_feed(name)
                    open_elements.append(element)
                    continue
                open_elements.pop()
                if name not in ("item", "entry") or not open_elements:
                    continue
                number += 1
                values = _values(element)
                open_elements[-1].remove(element)
                budget.renew()
                if fault := fault_of(values):
                    quarantine.reject(self._source.path, number, fault, values)
                else:
                    yield Row(number, values)

    @contextmanager
    def _parsing(self) -> Iterator[None]:
        try:
            with self._source.reading():
                yield
        except ParseError as error:
            line, column = error.position
            raise CatalogueError(
                f"The catalogue {self._source.path} is not well-formed XML at line {line}, "
                f"column {column + 1} ({str(error).split(':', maxsplit=1)[0]}).",
                "Export it again; if it breaks off there, the export or the copy was cut short.",
            ) from None
        except DefusedXmlException:
            raise CatalogueError(
                f"The catalogue {self._source.path} declares a document type or entities, "
                "which a feed has no need of and which can be an attack.",
                "Export it without a DOCTYPE.",
            ) from None

    def _no_feed(self, root: str) -> CatalogueError:
        return CatalogueError(
            f"The catalogue {self._source.path} is XML but no RSS or Atom feed "
            f"(its root is <{root}>).",
            "Export a Google Merchant feed, or a CSV file with catalogue.mapping.",
        )


class _Budget:
    """Bytes for the parser, refused once too many came without an item's end."""

    def __init__(self, stream: BinaryIO, source: Source) -> None:
        self._stream = stream
        self._source = source
        self._spent = 0

    def read(self, size: int = -1, /) -> bytes:
        block = self._stream.read(size)
        self._spent += len(block)
        if self._spent > ITEM_LIMIT:
            raise CatalogueError(
                f"The catalogue {self._source.path} holds an item longer than "
                f"{ITEM_LIMIT:,} bytes, or none at all.",
                "Export it again without that item.",
            )
        return block

    def renew(self) -> None:
        self._spent = 0


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _values(item: Element) -> dict[str, str]:
    """Return the item's texts; Google's own elements go before RSS's and Atom's, first ones win."""
    values: dict[str, str] = {}
    for google in (True, False):
        for element in item:
            if element.tag.startswith(_NAMESPACE) == google:
                text = "".join(element.itertext()).strip() or element.get("href", "")
                values.setdefault(_local(element.tag), text)
    return values
