"""The LSTM by oneDNN's kernel for whole sequences, which `nn.LSTM` uses too.

It takes the inputs before their product with W_xh, so symbols enter as one-hot vectors; for a large
vocabulary, rows of W_xh and the loop in `fast` are better. There is no such kernel for the other
cells, nor for float64.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .matmul import has_onednn
from .state import State

_MAX_ONE_HOT_SYMBOLS = 256  # for which a product with one-hot vectors pays


def can_run(cell: str, inputs: Tensor, W_xh: Tensor, dtype: torch.dtype) -> bool:
    """Check whether the kernel can, and should, take these inputs."""
    narrow = inputs.is_floating_point() or W_xh.shape[0] <= _MAX_ONE_HOT_SYMBOLS
    return cell == "lstm" and narrow and has_onednn(dtype)


def lstm(
    inputs: Tensor, state: State, W_xh: Tensor, W_hh: Tensor, b_h: Tensor, dtype: torch.dtype
) -> tuple[Tensor, State]:
    """Run one LSTM layer over symbol ids (T, B) or inputs (T, B, I).

    Returns the outputs (T, B, H) and the last state. Nothing is copied if the weights are
    column-major, as those of `stack.Layer` are.
    """
    H, C = state
    if inputs.is_floating_point():
        inputs = inputs.to(dtype)
    else:
        inputs = F.embedding(inputs, torch.eye(W_xh.shape[0], dtype=dtype))  # one-hot vectors
    weights = [W.to(dtype) for W in (W_xh.t(), W_hh.t(), b_h, torch.zeros_like(b_h))]
    before = H[None].to(dtype), C[None].to(dtype)
    outputs, hidden, cell_state = torch._VF.lstm(
        inputs, before, weights, True, 1, 0.0, torch.is_grad_enabled(), False, False
    )
    return outputs, (hidden[0].to(W_hh.dtype), cell_state[0].to(W_hh.dtype))
