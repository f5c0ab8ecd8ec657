"""Linear layers whose weights are kept in 8 bits, one scale for each output."""

import copy
from typing import TypeVar

import torch

_LEVELS = 127
_WIDTH = 32
"""Inputs that the kernel takes at once; it reads beyond the end of any that are left over."""

Module = TypeVar("Module", bound=torch.nn.Module)


class EightBitLinear(torch.nn.Module):
    """A linear layer for few rows at a time, on a processor: then the weights' bytes take the time.

    Rows and products are bfloat16, sums are float32 (torch's kernel for weight-only quantization).
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


def in_eight_bits(module: Module) -> Module:
    """Return a copy whose linear layers of 32, 64 ... inputs are in 8 bits; the rest is shared."""
    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    copied = copy.deepcopy(module, shared)
    for parent in list(copied.modules()):
        for name, child in parent.named_children():
            if type(child) is torch.nn.Linear and child.in_features % _WIDTH == 0:
                setattr(parent, name, EightBitLinear(child))
    return copied
