"""How much memory a recipe takes, computed from the model's shape before anything is loaded."""

from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from training.errors import TrainingError
from training.recipe import Recipe

GB = 1e9

NF4_BYTES = 4.127 / 8
"""Per weight: 4 bits, and 0.127 for doubly quantized constants (QLoRA, arXiv 2305.14314, s. 3)."""

_HALF, _FULL = 2, 4
_STATES = 2
"""Adam's two moments."""

_TILE_TOKENS, _TILE_WORDS = 4096, 32768
"""What of the logits TRL holds at a time on a GPU."""

_OF_HIDDEN, _OF_INNER = 18, 6
"""Activations that a layer keeps for its backward pass, in rows of its two widths: the inputs of
its linear layers and their copies after LoRA's dropout, queries, keys, values, norms, the gate."""

_OVERHEAD = 1.0 * GB
"""The library's own: a CUDA context and workspaces, or torch and the tokenizer."""

_ADAPTED_OPTIMIZER_BYTES = {"paged_adamw_8bit": 1, "adamw_8bit": 1, "adamw_bnb_8bit": 1}


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes by what they are for, at the peak of a training step on one device."""

    parts: dict[str, float]

    @property
    def total(self) -> float:
        """Return all of them together, in bytes."""
        return sum(self.parts.values())


def estimate_memory(config: Any, recipe: Recipe, *, gpu: bool) -> MemoryEstimate:
    """Return what a step on a full batch of the longest examples takes.

    `config` is transformers' configuration of a LLaMA-like model. Attention is taken to need no
    memory that grows with the square of the length (SDPA's kernels).
    """
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    head = model.get_output_embeddings()
    linear = [part for part in model.modules() if isinstance(part, nn.Linear) and part is not head]
    weights = sum(layer.weight.numel() for layer in linear)
    # A head that shares its weights with the embeddings is counted once.
    others = sum(one.numel() for one in {id(p): p for p in model.parameters()}.values()) - weights
    adapter = recipe.lora.rank * sum(layer.in_features + layer.out_features for layer in linear)
    quantized = recipe.quantization == "nf4"
    precision = _HALF if quantized else _FULL
    tokens = recipe.batch_size * recipe.max_tokens
    hidden, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    of_a_layer = tokens * _HALF * (_OF_HIDDEN * hidden + _OF_INNER * inner)
    if recipe.gradient_checkpointing:
        activations = of_a_layer + layers * tokens * hidden * _HALF
    else:
        activations = layers * of_a_layer
    if gpu:
        logits = min(tokens, _TILE_TOKENS) * min(config.vocab_size, _TILE_WORDS) * _HALF
    else:  # those of the answers, in both precisions and with their gradient
        logits = tokens * config.vocab_size * (_HALF + 2 * _FULL) // 4
    moments = _STATES * _ADAPTED_OPTIMIZER_BYTES.get(recipe.optimizer, precision)
    return MemoryEstimate(
        {
            "matrices": weights * (NF4_BYTES if quantized else _HALF),
            "embeddings, head and norms": others * _HALF,
            "one matrix in 16 bits": max(one.weight.numel() for one in linear) * _HALF * quantized,
            "adapter and its gradient": 2.0 * adapter * precision,
            "optimizer": float(adapter * moments),
            "activations": float(activations),
            "logits": float(logits),
            "libraries": _OVERHEAD,
        }
    )


def free_memory(*, gpu: bool) -> int:
    """Return the bytes that are free on the GPU, or in the machine."""
    if gpu:
        return torch.cuda.mem_get_info()[0]
    return psutil.virtual_memory().available


def check_memory(estimate: MemoryEstimate, free: int, recipe: Recipe) -> None:
    """Raise TrainingError where the estimate is above what is free (bytes)."""
    if estimate.total <= free:
        return
    largest = max(estimate.parts, key=lambda part: estimate.parts[part])
    raise TrainingError(
        f"The recipe {recipe.name} takes about {estimate.total / GB:.1f} GB, most of it "
        f"{largest}, and {free / GB:.1f} GB are free.",
        "Lower batch_size or max_tokens (and raise accumulation), set gradient_checkpointing: true "
        "or quantization: nf4, or free memory.",
    )
