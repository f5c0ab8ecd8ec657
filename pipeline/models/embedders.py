"""Haystack components that embed: a shopper's words, and the articles of a catalogue."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from haystack import Document, component, default_from_dict, default_to_dict

from config.settings import Settings

if TYPE_CHECKING:
    from pipeline.models.encoder import Dtype, Encoder

Progress = Callable[[int, int], None]
Vector = npt.NDArray[np.float32]

_REMEMBERED_QUERIES = 1024


@component
class TextEmbedder:
    """Embeds one query, with the model's query instruction before it.

    `model` is a name of `config/models.yaml`, a hub id or a directory, looked for also under
    `models_directory`; `sha256` the digest expected of its weights, "" for the known one.
    `query_instruction` None takes the model's own. The model is loaded by `warm_up`.
    """

    def __init__(
        self,
        model: str,
        models_directory: str,
        *,
        sha256: str = "",
        dtype: "Dtype" = "auto",
        query_instruction: str | None = None,
    ) -> None:
        self.model = model
        self.models_directory = models_directory
        self.sha256 = sha256
        self.dtype = dtype
        self.query_instruction = query_instruction
        self._embed: Callable[[str], Vector] | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the embedder that the settings name."""
        embedding = settings.embedding
        return cls(
            embedding.model,
            str(settings.models_directory),
            sha256=embedding.sha256,
            dtype=embedding.dtype,
            query_instruction=embedding.query_instruction,
        )

    def warm_up(self) -> None:
        """Load the model, once. Raises ModelError."""
        if self._embed is not None:
            return
        encoder = _encoder(self)
        instruction = self.query_instruction
        if instruction is None:
            instruction = encoder.card.query_instruction

        @lru_cache(maxsize=_REMEMBERED_QUERIES)
        def embed(text: str) -> Vector:
            vector = encoder.encode_query(instruction + text)
            vector.setflags(write=False)  # it is remembered
            return vector

        self._embed = embed

    @component.output_types(embedding=Vector)
    def run(self, text: str) -> dict[str, Vector]:
        """Return the embedding of the text, of unit length. Raises ModelError while loading.

        An array, unlike Haystack's own embedders: a pipeline copies a list float by float, which
        takes longer than the embedding.
        """
        return {"embedding": self.embed(text)}

    def embed(self, text: str) -> Vector:
        """Return the embedding of a text, as `run` does."""
        self.warm_up()
        assert self._embed is not None  # noqa: S101 - warm_up has just set it
        return self._embed(text)

    def to_dict(self) -> dict[str, Any]:
        """Return the component as Haystack serializes it."""
        return default_to_dict(
            self,
            model=self.model,
            models_directory=self.models_directory,
            sha256=self.sha256,
            dtype=self.dtype,
            query_instruction=self.query_instruction,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the component that `to_dict` described."""
        return default_from_dict(cls, data)


@component
class DocumentEmbedder:
    """Embeds documents by their content, each distinct text once.

    Arguments as of `TextEmbedder`; `batch_size` counts texts of 64 tokens: a batch holds as many
    tokens as they have, so fewer texts where those are longer.
    """

    def __init__(
        self,
        model: str,
        models_directory: str,
        *,
        sha256: str = "",
        dtype: "Dtype" = "auto",
        batch_size: int = 32,
    ) -> None:
        self.model = model
        self.models_directory = models_directory
        self.sha256 = sha256
        self.dtype = dtype
        self.batch_size = batch_size

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the embedder that the settings name."""
        embedding = settings.embedding
        return cls(
            embedding.model,
            str(settings.models_directory),
            sha256=embedding.sha256,
            dtype=embedding.dtype,
            batch_size=embedding.batch_size,
        )

    def warm_up(self) -> None:
        """Load the model, once. Raises ModelError."""
        _encoder(self)

    @component.output_types(documents=list[Document])
    def run(
        self, documents: list[Document], progress: Progress | None = None
    ) -> dict[str, list[Document]]:
        """Return the documents, in their order, each with its embedding of unit length.

        `progress` is called after each batch with (distinct texts done, distinct texts).
        """
        texts = list(dict.fromkeys(document.content or "" for document in documents))
        vectors = _encoder(self).encode(
            texts, tokens_per_batch=self.batch_size * 64, progress=progress
        )
        row_of = {text: row for row, text in enumerate(texts)}
        return {
            "documents": [
                replace(document, embedding=vectors[row_of[document.content or ""]].tolist())
                for document in documents
            ]
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the component as Haystack serializes it."""
        return default_to_dict(
            self,
            model=self.model,
            models_directory=self.models_directory,
            sha256=self.sha256,
            dtype=self.dtype,
            batch_size=self.batch_size,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the component that `to_dict` described."""
        return default_from_dict(cls, data)


def _encoder(embedder: TextEmbedder | DocumentEmbedder) -> "Encoder":
    # Importing torch takes seconds: only those who embed pay for it.
    from pipeline.models.encoder import load_encoder

    return load_encoder(
        embedder.model, Path(embedder.models_directory), embedder.sha256, embedder.dtype
    )
