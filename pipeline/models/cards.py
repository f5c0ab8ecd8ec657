"""What Lookbook knows of a model before it looks for its files: `config/models.yaml`."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

import config
from pipeline.models.errors import ModelError

Kind = Literal["embedder", "writer", "reranker"]
Pooling = Literal["mean", "cls"]

SHIPPED_ADAPTERS = Path(config.__file__).parent / "adapters"
"""A directory for each model, by its name, that an adapter ships for."""

_MODELS_FILE = Path(config.__file__).parent / "models.yaml"


class Package(BaseModel):
    """An installable Python package that carries weights: `path` is relative to the module."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    module: str
    path: str = ""

    @property
    def requirement(self) -> str:
        """Return the exact requirement for pip."""
        return f"{self.name}=={self.version}"


class ModelCard(BaseModel):
    """One model by name. `sha256` is the digest of `file`; `dimension` is in floats per vector.

    Empty fields are unknown: they are read from the model's own files where those say them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: Kind
    hub: str = ""
    package: Package | None = None
    file: str = "model.safetensors"
    sha256: str = ""
    dimension: int | None = None
    pooling: Pooling | None = None
    query_instruction: str = ""
    family: str = ""
    context_tokens: int | None = None


def adapter_of(choice: Literal["shipped"] | Path | None, model: str) -> Path | None:
    """Return the directory of the adapter that the settings choose for a model, by its name."""
    if choice != "shipped":
        return choice
    # A model may be named by its path, and a path may be absolute.
    directory = SHIPPED_ADAPTERS / Path(model).name
    return directory if Path(model).name == model and directory.is_dir() else None


@cache
def known_cards() -> tuple[ModelCard, ...]:
    """Return every card of `config/models.yaml`, embedders first, in the file's order."""
    content = yaml.safe_load(_MODELS_FILE.read_text(encoding="utf-8"))
    sections: tuple[tuple[str, Kind], ...] = (("embedders", "embedder"), ("writers", "writer"))
    return tuple(
        ModelCard(name=name, kind=kind, **fields)
        for section, kind in sections
        for name, fields in content[section].items()
    )


def card_for(reference: str, kind: Kind) -> ModelCard:
    """Return the card of that name or hub id, or a blank one for a model of the operator's own.

    Raises ModelError when the name belongs to a model of the other kind.
    """
    for card in known_cards():
        if reference in (card.name, card.hub):
            if card.kind == kind:
                return card
            raise ModelError(
                f"{reference} is {_A[card.kind]}, not {_A[kind]}.",
                f"Use one of: {', '.join(c.name for c in known_cards() if c.kind == kind)}.",
            )
    return ModelCard(name=reference, kind=kind, hub=reference if _is_hub_id(reference) else "")


_A: dict[Kind, str] = {
    "embedder": "an embedder",
    "writer": "a writer",
    "reranker": "a reranker",
}


def _is_hub_id(reference: str) -> bool:
    owner, slash, name = reference.partition("/")
    return bool(slash and owner and name) and "/" not in name and owner not in (".", "..", "~")
