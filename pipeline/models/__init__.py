"""Models: found, verified and loaded; the embedders and the writer's language model."""

from pipeline.models.cards import ModelCard
from pipeline.models.embedders import DocumentEmbedder, TextEmbedder
from pipeline.models.errors import ModelError, WriterError
from pipeline.models.locating import LocatedModel, locate

__all__ = [
    "DocumentEmbedder",
    "LocatedModel",
    "ModelCard",
    "ModelError",
    "TextEmbedder",
    "WriterError",
    "locate",
]
