"""An adapter and its base made one model, which anything that reads transformers models can run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from config.settings import Settings
from pipeline.models import ModelError, locate
from pipeline.models.adapters import attach_adapter
from pipeline.models.language_model import LanguageModel, load
from pipeline.models.loading import LOADING
from training.errors import TrainingError
from training.saving import saving

FARTHEST = 0.02
"""Mean divergence (Kullback-Leibler, nats a token) that 16-bit rounding may bring about."""

_PROBE = (
    {
        "role": "user",
        "content": "Introduce the article in one sentence: black dress, long sleeves.",
    },
    {"role": "assistant", "content": "This black dress has long sleeves and falls to the knee."},
)


@dataclass(frozen=True, slots=True)
class Export:
    """How near the merged model is to base and adapter, on one chat."""

    divergence: float
    """Mean over the tokens, in nats."""
    largest: float
    """The largest difference of two logits."""


def export(settings: Settings, adapter: Path, out: Path) -> Export:
    """Merge an adapter into the settings' writer and save the model in `out`.

    The base is loaded in 16 bits even if the settings serve it in 4: merging into 4 bits loses
    what was learnt to rounding. Raises ModelError for a base that is missing or not the
    adapter's; TrainingError where the merged model computes other logits, or cannot be saved.
    """
    located = locate(settings.writing.model, "writer", settings)
    if out.exists() and any(out.iterdir()):
        raise TrainingError(f"{out} is not empty.", "Name another directory with --out.")
    with LOADING:
        base = load(located, settings.models_directory, "none")
    model = attach_adapter(base.model, adapter, located)
    expected = _logits(model, base)
    merged = _merged(model, adapter)
    found = _logits(merged, base)
    result = Export(
        divergence=torch.nn.functional.kl_div(
            found.log_softmax(-1), expected.log_softmax(-1), log_target=True, reduction="sum"
        ).item()
        / expected.shape[0],
        largest=(found - expected).abs().max().item(),
    )
    if not result.divergence <= FARTHEST:
        raise TrainingError(
            f"The merged model computes other logits ({result.divergence:.3f} nats a token).",
            "Serve the adapter as it is, with writing.adapter.",
        )
    with saving(out):
        merged.save_pretrained(out)
        base.tokenizer.save_pretrained(out)
    return result


def _merged(model: Any, adapter: Path) -> Any:
    try:
        return model.merge_and_unload(safe_merge=True)
    except ValueError as error:
        raise ModelError(
            f"The adapter in {adapter} holds weights that are no numbers.",
            "Train it again with a lower learning_rate.",
        ) from error


def _logits(model: Any, writer: LanguageModel) -> torch.Tensor:
    text = writer.prompt_text(_PROBE)
    ids = writer.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        logits: torch.Tensor = model(input_ids=ids.to(model.device)).logits
    return logits[0].float().cpu()
