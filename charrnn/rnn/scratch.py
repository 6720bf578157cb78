"""Recurrent layers from scratch, as the textbook writes them: one step, one line of mathematics.

Dive into Deep Learning, "Recurrent Neural Network Implementation from Scratch", "Gated Recurrent
Units (GRU)" and "Long Short-Term Memory (LSTM)". The GRU applies the reset gate after the matrix
product, as cuDNN and torch do, so that the three implementations compute the same function.

Autograd finds the gradients. These loops are for reading and for checking the fast ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .state import State

Parameters = Mapping[str, Tensor]


def rnn(
    inputs: Tensor, H: Tensor, parameters: Parameters, activation: str
) -> tuple[Tensor, Tensor]:
    """Return hidden states (T, B, H) of inputs (T, B, I) from H (B, H), and the last state."""
    W_xh, W_hh, b_h = (parameters[name] for name in ("W_xh", "W_hh", "b_h"))
    φ = torch.tanh if activation == "tanh" else torch.relu
    outputs = []
    for X in inputs:  # (B, I)
        H = φ(X @ W_xh + H @ W_hh + b_h)  # (B, H)
        outputs.append(H)
    return torch.stack(outputs), H


def gru(inputs: Tensor, H: Tensor, parameters: Parameters) -> tuple[Tensor, Tensor]:
    """Run as `rnn` does, with a reset gate R and an update gate Z."""
    W_xr, W_xz, W_xn = parameters["W_xh"].chunk(3, dim=1)
    W_hr, W_hz, W_hn = parameters["W_hh"].chunk(3, dim=1)
    b_r, b_z, b_xn = parameters["b_h"].chunk(3)
    b_hn = parameters["b_n"]
    outputs = []
    for X in inputs:
        R = torch.sigmoid(X @ W_xr + H @ W_hr + b_r)
        Z = torch.sigmoid(X @ W_xz + H @ W_hz + b_z)
        N = torch.tanh(X @ W_xn + b_xn + R * (H @ W_hn + b_hn))
        H = Z * H + (1 - Z) * N
        outputs.append(H)
    return torch.stack(outputs), H


def lstm(
    inputs: Tensor, state: tuple[Tensor, Tensor], parameters: Parameters
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Run as `rnn` does, with input, forget, output gates I, F, O and a cell state C (B, H)."""
    W_xi, W_xf, W_xc, W_xo = parameters["W_xh"].chunk(4, dim=1)
    W_hi, W_hf, W_hc, W_ho = parameters["W_hh"].chunk(4, dim=1)
    b_i, b_f, b_c, b_o = parameters["b_h"].chunk(4)
    H, C = state
    outputs = []
    for X in inputs:
        I = torch.sigmoid(X @ W_xi + H @ W_hi + b_i)  # noqa: E741 (the textbook's name)
        F = torch.sigmoid(X @ W_xf + H @ W_hf + b_f)
        C_tilde = torch.tanh(X @ W_xc + H @ W_hc + b_c)
        O = torch.sigmoid(X @ W_xo + H @ W_ho + b_o)  # noqa: E741
        C = F * C + I * C_tilde
        H = O * torch.tanh(C)
        outputs.append(H)
    return torch.stack(outputs), (H, C)


def run(cell: str, inputs: Tensor, state: State, parameters: Parameters) -> tuple[Tensor, State]:
    """Run one layer of `cell` over inputs (T, B, I)."""
    if isinstance(state, tuple):
        return lstm(inputs, state, parameters)
    if cell == "gru":
        return gru(inputs, state, parameters)
    return rnn(inputs, state, parameters, cell)
