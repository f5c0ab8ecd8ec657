"""A shop's catalogue as a stream of articles, and the rows that could not become any."""

from pipeline.catalogues.catalogue import Catalogue, open_catalogue
from pipeline.catalogues.duplicates import deduplicated
from pipeline.catalogues.errors import CatalogueError
from pipeline.catalogues.quarantine import Quarantine

__all__ = ["Catalogue", "CatalogueError", "Quarantine", "deduplicated", "open_catalogue"]
