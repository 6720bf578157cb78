"""Dropout with masks made from random bytes.

torch draws a number for every element, one after the other, which takes a third of a training step;
a byte for each, eight at a time, takes a fifth of that. The probability is therefore a multiple of
1/256. The bytes come from torch's generator, so a seed repeats them and a saved random state
continues them.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def dropout(x: Tensor, p: float, training: bool) -> Tensor:
    """Zero each element of x with probability p, and scale up the others to keep the mean.

    Srivastava et al. 2014. Returns x itself unless `training`.
    """
    dropped = round(p * 256)  # bytes below this drop their element
    if not training or dropped == 0:
        return x
    return cast(Tensor, _Dropout.apply(x, dropped))  # type: ignore[no-untyped-call]


class _Dropout(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, dropped: int) -> Tensor:
        words = torch.empty((x.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        keep = (words.view(torch.uint8)[: x.numel()] >= dropped).view(x.shape).to(x.device)
        ctx.save_for_backward(keep)
        ctx.scale = 256 / (256 - dropped)
        return (x * keep).mul_(ctx.scale)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        (keep,) = ctx.saved_tensors
        return (dy * keep).mul_(ctx.scale), None
