"""Optional second stages: a slower judge puts the candidates into a better order."""

from config.settings import Settings
from pipeline.rerankers.cross_encoder import CrossEncoderReranker
from pipeline.rerankers.listwise import ListwiseReranker

__all__ = ["CrossEncoderReranker", "ListwiseReranker", "reranker"]


def reranker(settings: Settings) -> CrossEncoderReranker | ListwiseReranker | None:
    """Return the second stage that the settings name, None where they name none."""
    match settings.reranking.kind:
        case "cross-encoder":
            return CrossEncoderReranker.from_settings(settings)
        case "listwise":
            return ListwiseReranker.from_settings(settings)
        case "none":
            return None
