"""Models: found, verified and loaded; the embedders and the writer's language model."""

from typing import TYPE_CHECKING

from config.settings import Settings
from pipeline.models.cards import ModelCard, adapter_of
from pipeline.models.embedders import DocumentEmbedder, TextEmbedder
from pipeline.models.errors import ModelError, WriterError
from pipeline.models.locating import LocatedModel, locate

if TYPE_CHECKING:
    from pipeline.models.language_model import LanguageModel

__all__ = [
    "DocumentEmbedder",
    "LocatedModel",
    "ModelCard",
    "ModelError",
    "TextEmbedder",
    "WriterError",
    "adapter_of",
    "load_writer",
    "locate",
]


def load_writer(settings: Settings) -> "LanguageModel":
    """Return the local language model of the settings; see `language_model.load_writer`."""
    # Importing torch takes seconds: only those who write pay for it.
    from pipeline.models import language_model

    return language_model.load_writer(settings)
