"""The catalogue item everything else speaks of, and the one text of it that is embedded."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from haystack import Document

CHUNK_SEPARATOR = " - "


@dataclass(frozen=True, slots=True)
class Article:
    """One catalogue item. Missing text is "", a missing price is None.

    `colour` is the fine colour ("Light Yellow"), `colour_family` the coarse one ("Yellow").
    `index_name` is the shop's own line ("Baby Sizes 50-98"), `index_group` the audience it belongs
    to ("Baby/Children"); both names are H&M's. `price` is in units of `currency` (ISO 4217).
    `extra` keeps what the source has and Lookbook has no field for.
    """

    id: str
    product_code: str
    name: str
    product_type: str
    colour: str = ""
    index_name: str = ""
    description: str = ""
    colour_family: str = ""
    product_group: str = ""
    pattern: str = ""
    index_group: str = ""
    section: str = ""
    garment_group: str = ""
    department: str = ""
    price: float | None = None
    currency: str = ""
    availability: str = ""
    url: str = ""
    image_url: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def chunk_text(self) -> str:
        """Return the paper's five values joined by " - " (section II.A), leaving out empty ones."""
        values = (self.name, self.product_type, self.colour, self.index_name, self.description)
        return CHUNK_SEPARATOR.join(value for value in values if value)

    def content_hash(self) -> str:
        """Return a digest (32 hex digits) that changes when any field of the article changes."""
        canonical = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()

    def to_document(self) -> Document:
        """Return the Haystack document: chunk text as content, every filled field in meta."""
        meta = {name: value for name, value in asdict(self).items() if value not in ("", None, {})}
        meta["article_id"] = meta.pop("id")
        return Document(id=self.id, content=self.chunk_text(), meta=meta)

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Return the article that `to_document` made this document of."""
        known: dict[str, Any] = {
            name: document.meta[name] for name in _FIELD_NAMES if name in document.meta
        }
        return cls(id=document.meta["article_id"], **known)


_FIELD_NAMES = frozenset(f.name for f in fields(Article)) - {"id"}
