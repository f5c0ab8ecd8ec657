"""Linear layers that are quicker on a processor than torch's: for one text, and for many."""

import copy
from collections.abc import Callable
from typing import TypeVar

import torch

_LEVELS = 127
_WIDTH = 32
"""Inputs that the kernel takes at once; it reads beyond the end of any that are left over."""

Module = TypeVar("Module", bound=torch.nn.Module)


class EightBitLinear(torch.nn.Module):
    """A linear layer for few rows at a time: then fetching the weights takes the time.

    Weights are kept in 8 bits, with one scale for each output. Rows and products are bfloat16, sums
    are float32 (torch's kernel for weight-only quantization).
    """

    _whole: torch.Tensor
    _scales: torch.Tensor

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        weights = linear.weight.detach().float()
        scales = weights.abs().amax(dim=1).clamp_min(1e-12) / _LEVELS
        self.register_buffer("_whole", (weights / scales[:, None]).round().to(torch.int8))
        self.register_buffer("_scales", scales.bfloat16())
        self._bias = None if linear.bias is None else linear.bias.detach().float()

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the layer's output for rows of shape (..., inputs), float32."""
        flat = rows.reshape(-1, rows.shape[-1]).bfloat16()
        product = torch._weight_int8pack_mm(flat, self._whole, self._scales)  # noqa: SLF001
        found = product.float().reshape(*rows.shape[:-1], -1)
        return found if self._bias is None else found + self._bias


class PackedLinear(torch.nn.Module):
    """A linear layer for many rows at a time, in bfloat16.

    The weights are laid out once as oneDNN's kernel reads them; torch's own layer has that done
    again in every call.
    """

    def __init__(self, linear: torch.nn.Linear) -> None:
        super().__init__()
        weights = linear.weight.detach().bfloat16()
        self._weights = torch.ops.mkldnn._reorder_linear_weight(weights, None)  # noqa: SLF001
        self._bias = None if linear.bias is None else linear.bias.detach().bfloat16()

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the layer's output for rows of shape (..., inputs), bfloat16."""
        product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(  # noqa: SLF001
            rows.bfloat16(), self._weights, self._bias, "none", [], ""
        )
        return product


def in_eight_bits(module: Module) -> Module:
    """Return a copy whose linear layers of 32, 64 ... inputs are in 8 bits; the rest is shared."""
    return _with_layers(module, EightBitLinear, lambda linear: linear.in_features % _WIDTH == 0)


def packed(module: Module) -> Module:
    """Return a copy whose linear layers are packed, where the processor can; the rest is shared."""
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():  # noqa: SLF001
        return module
    return _with_layers(module, PackedLinear, lambda _: True)


def _with_layers(
    module: Module,
    layer: Callable[[torch.nn.Linear], torch.nn.Module],
    fits: Callable[[torch.nn.Linear], bool],
) -> Module:
    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    copied = copy.deepcopy(module, shared)
    for parent in list(copied.modules()):
        for name, child in parent.named_children():
            if type(child) is torch.nn.Linear and fits(child):
                setattr(parent, name, layer(child))
    return copied
