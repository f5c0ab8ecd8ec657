"""LoRA adapters in PEFT's layout: put on, changed and taken off a loaded language model."""

import json
import warnings
from pathlib import Path
from typing import Any

from peft import PeftModel
from safetensors import SafetensorError, safe_open

from pipeline.models.errors import ModelError
from pipeline.models.locating import LocatedModel

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"


def attach_adapter(model: Any, path: Path, located: LocatedModel) -> Any:
    """Return the model with this adapter, and no other, on it.

    It fits when its `base_model_name_or_path` is this model (by hub id, name, directory or
    digest) and its matrices have the shapes of the modules they are for. Raises ModelError
    otherwise, and for pickled or damaged adapters.
    """
    _check_base_name(path, located)
    _check_shapes(path, model, located)
    try:
        if not isinstance(model, PeftModel):
            with warnings.catch_warnings():
                # PEFT uses names that transformers is about to change.
                warnings.simplefilter("ignore", FutureWarning)
                return PeftModel.from_pretrained(model, str(path), adapter_name="first").eval()
        (old,) = model.peft_config
        new = "second" if old == "first" else "first"
        model.load_adapter(str(path), adapter_name=new)
        model.set_adapter(new)
        model.delete_adapter(old)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise _damaged(path, type(error).__name__) from error
    return model


def detach_adapter(model: Any) -> Any:
    """Return the bare model."""
    return model.unload() if isinstance(model, PeftModel) else model


def _check_base_name(path: Path, located: LocatedModel) -> None:
    try:
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
        kind, base = config["peft_type"], str(config.get("base_model_name_or_path") or "")
    except FileNotFoundError:
        raise ModelError(
            f"There is no adapter in {path} ({CONFIG} is missing).",
            "Set writing.adapter to a directory that PEFT saved, or leave it out.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, CONFIG) from error
    if kind != "LORA":
        raise ModelError(f"The adapter in {path} is of type {kind}.", "Use a LoRA adapter.")
    card = located.card
    ours = (card.name, card.hub, str(located.directory), located.sha256)
    if base and _last_part(base) not in {_last_part(name) for name in ours if name}:
        raise ModelError(
            f"The adapter in {path} was made for {base}, not for {card.name}.",
            f"Set writing.model to {base}, or use an adapter of {card.name}.",
        )


def _last_part(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2].lower()


def _check_shapes(path: Path, model: Any, located: LocatedModel) -> None:
    file = path / WEIGHTS
    if not file.is_file():
        pickled = (path / "adapter_model.bin").is_file()
        raise ModelError(
            f"The adapter in {path} has {'pickled weights' if pickled else 'no weights'}.",
            f"Save it as safetensors ({WEIGHTS}).",
        )
    bare = model.get_base_model() if isinstance(model, PeftModel) else model
    modules = dict(bare.named_modules())
    try:
        with safe_open(file, "pt") as tensors:
            shapes = {key: tensors.get_slice(key).get_shape() for key in tensors.keys()}  # noqa: SIM118 - not a dict
    except (OSError, SafetensorError) as error:
        raise _damaged(path, WEIGHTS) from error
    for key, shape in shapes.items():
        name, _, matrix = key.removeprefix("base_model.model.").partition(".lora_")
        module = modules.get(name)
        expected = {
            "A.weight": getattr(module, "in_features", None),
            "B.weight": getattr(module, "out_features", None),
        }.get(matrix)
        found = shape[1] if matrix == "A.weight" else shape[0]
        if matrix in ("A.weight", "B.weight") and found != expected:
            raise ModelError(
                f"The adapter in {path} does not fit {located.card.name}: {name} has other "
                "dimensions there.",
                f"Use an adapter made for {located.card.name}.",
            )


def _damaged(path: Path, what: str) -> ModelError:
    return ModelError(
        f"The adapter in {path} cannot be loaded ({what}).",
        "Save it again with PEFT, or leave writing.adapter out.",
    )
