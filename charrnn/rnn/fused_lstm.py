"""The LSTM by oneDNN's kernel for whole sequences, which `nn.LSTM` uses too.

It takes the inputs before their product with W_xh, so symbols go in as one-hot vectors; a large
vocabulary is better off with rows of W_xh and the loop in `fast`. There is no such kernel for the
other cells, nor for float64.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .matmul import has_onednn
from .state import State

_MAX_ONE_HOT_SYMBOLS = 256  # symbols worth a product with one-hot vectors


def can_run(cell: str, inputs: Tensor, W_xh: Tensor, dtype: torch.dtype) -> bool:
    """Whether the kernel can, and should, take these inputs."""
    narrow = inputs.is_floating_point() or W_xh.shape[0] <= _MAX_ONE_HOT_SYMBOLS
    return cell == "lstm" and narrow and has_onednn(dtype)


def lstm(
    inputs: Tensor, state: State, W_xh: Tensor, W_hh: Tensor, b_h: Tensor, dtype: torch.dtype
) -> tuple[Tensor, State]:
    """One LSTM layer over symbol ids (T, B) or inputs (T, B, I): outputs (T, B, H), last state.

    Nothing is copied where the weights lie in memory by columns, as those of `layers.Layer` do.
    """
    H, C = state
    if inputs.is_floating_point():
        inputs = inputs.to(dtype)
    else:
        inputs = F.embedding(inputs, torch.eye(W_xh.shape[0], dtype=dtype))  # one-hot vectors
    weights = [W.to(dtype) for W in (W_xh.t(), W_hh.t(), b_h, torch.zeros_like(b_h))]
    before = H[None].to(dtype), C[None].to(dtype)
    outputs, hidden, memory = torch._VF.lstm(
        inputs, before, weights, True, 1, 0.0, torch.is_grad_enabled(), False, False
    )
    return outputs, (hidden[0].to(W_hh.dtype), memory[0].to(W_hh.dtype))
