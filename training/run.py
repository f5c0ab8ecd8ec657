"""The whole of `lookbook train`: train, save, measure before and after, write the card."""

import os
import warnings
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from peft import get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import save_file

from config.settings import Settings
from pipeline.models.adapters import WEIGHTS
from training.card import write_card
from training.evaluation import Evaluation, evaluate
from training.fine_tuning import Progress, Training, fine_tune
from training.recipe import Recipe
from training.saving import saving

_NO_DEADLINE_S = 3600.0
"""A slow machine must not cut what is measured."""


def train(
    recipe: Recipe, settings: Settings, out: Path, *, progress: Progress, restart: bool = False
) -> dict[str, Any]:
    """Make an adapter in `out` and return its figures, as they stand in `metrics.json`.

    With several processes only the first returns; the others end here. Raises as `fine_tune`.
    """
    writing = settings.writing.model_copy(
        update={
            "model": recipe.model,
            "quantization": recipe.quantization,
            "adapter": None,
            "deadline_s": _NO_DEADLINE_S,
        }
    )
    settings = settings.model_copy(update={"writing": writing})
    # The libraries' notes to each other about what they will rename.
    warnings.simplefilter("ignore", FutureWarning)
    training = fine_tune(recipe, settings, out, progress=progress, restart=restart)
    main: bool = training.trainer.is_world_process_zero()
    save_adapter(training, out, write=main)
    model, trainer = training.trainer.peft_model, training.trainer
    loss_after = float(trainer.evaluate()["eval_loss"])
    with model.disable_adapter():
        loss_before = float(trainer.evaluate()["eval_loss"])
    # From here on the first process needs no other; one that ended in the group would abort.
    PartialState().destroy_process_group()
    if not main:
        # At once: gloo's threads may still wait for the interpreter's lock to let go of their last
        # tensor, and whoever destroys the trainer would wait for them with that lock in hand.
        os._exit(0)
    after = _measured(training, settings, loss_after)
    with model.disable_adapter():
        before = _measured(training, settings, loss_before)
    with saving(out):
        return write_card(out, training, before, after)


def save_adapter(training: Training, out: Path, *, write: bool = True) -> None:
    """Write the adapter in PEFT's layout, made for the base by the name that it is known by.

    Several processes call it together, and one of them is to `write`. In 16 bits, half the size;
    the model keeps the rounded weights, so that what is measured afterwards is what was written.
    """
    model, card = training.trainer.peft_model, training.model.located.card
    model.peft_config["default"].base_model_name_or_path = card.hub or card.name
    weights = get_peft_model_state_dict(model, save_embedding_layers=False)
    rounded = {name: tensor.to(torch.bfloat16) for name, tensor in weights.items()}
    set_peft_model_state_dict(model, rounded)
    if not write:
        return
    with saving(out):
        model.save_pretrained(out, save_embedding_layers=False)
        save_file(rounded, out / WEIGHTS, metadata={"format": "pt"})


def _measured(training: Training, settings: Settings, loss: float) -> Evaluation:
    training.model.model.eval()
    return evaluate(
        settings,
        training.model,
        training.data.introductions[1],
        training.data.outfits[1],
        loss=loss,
        seed=training.recipe.seed,
    )
