"""Second stage by a cross-encoder: a model that reads query and article together."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from haystack import Document, component, default_from_dict, default_to_dict

from config.settings import Settings
from pipeline.models import LocatedModel, ModelError
from pipeline.models.loading import LOADING
from pipeline.models.locating import find, verified
from pipeline.rerankers.order import reranked

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_ARCHITECTURE = "ForSequenceClassification"


@component
class CrossEncoderReranker:
    """Orders the best `depth` candidates by a cross-encoder's score (Nogueira and Cho 2019).

    `model` is a hub id or a directory, looked for also under `models_directory`; `sha256` the
    digest expected of its weights, "" for none. The model is loaded by `warm_up`.
    """

    def __init__(self, model: str, models_directory: str, *, depth: int, sha256: str = "") -> None:
        self.model = model
        self.models_directory = models_directory
        self.depth = depth
        self.sha256 = sha256
        self._encoder: CrossEncoder | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the reranker that the settings name."""
        reranking = settings.reranking
        return cls(
            reranking.model,
            str(settings.models_directory),
            depth=reranking.depth,
            sha256=reranking.sha256,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the component as Haystack serializes it."""
        return default_to_dict(
            self,
            model=self.model,
            models_directory=self.models_directory,
            depth=self.depth,
            sha256=self.sha256,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the component that `to_dict` described."""
        return default_from_dict(cls, data)

    def warm_up(self) -> None:
        """Load the model, once. Raises ModelError."""
        if self._encoder is None:
            with LOADING:
                self._encoder = _load(self.model, Path(self.models_directory), self.sha256)

    @component.output_types(documents=list[Document])
    def run(self, query: str, documents: list[Document]) -> dict[str, list[Document]]:
        """Return the documents by falling score. Raises ModelError while loading."""
        self.warm_up()
        return {"documents": reranked(documents, self.depth, lambda head: self._by(query, head))}

    def _by(self, query: str, documents: Sequence[Document]) -> list[Document]:
        assert self._encoder is not None  # noqa: S101 - warm_up has just loaded it
        pairs = [(query, document.content or "") for document in documents]
        scores = self._encoder.predict(pairs, show_progress_bar=False)
        best_first = sorted(range(len(documents)), key=lambda place: -float(scores[place]))
        return [documents[place] for place in best_first]


@lru_cache(maxsize=1)
def _load(model: str, models_directory: Path, sha256: str) -> "CrossEncoder":
    # Importing torch takes seconds: only those who rerank pay for it.
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder

    located = verified(find(model, "reranker", models_directory), models_directory, sha256=sha256)
    _refuse_others(located)
    try:
        encoder: CrossEncoder = CrossEncoder(
            str(located.directory),
            device="cuda" if torch.cuda.is_available() else "cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, ImportError) as error:
        raise ModelError(
            f"The reranker {model} in {located.directory} cannot be loaded "
            f"({type(error).__name__}).",
            "Fetch its files again.",
        ) from error
    return encoder


def _refuse_others(located: LocatedModel) -> None:
    """Refuse what is no cross-encoder: transformers would give it a head of noise."""
    try:
        config = json.loads((located.directory / "config.json").read_text(encoding="utf-8"))
        architecture = config["architectures"][0]
        scores = len(config.get("id2label", {"0": ""}))
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        architecture, scores = "", 0
    if not architecture.endswith(_ARCHITECTURE) or scores != 1:
        raise ModelError(
            f"The reranker {located.card.name} in {located.directory} is not a cross-encoder with "
            "one score.",
            "Name one, such as cross-encoder/ms-marco-MiniLM-L6-v2, as reranking.model.",
        )
