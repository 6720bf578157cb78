"""The numbers inside a model while it reads: hidden states, gates, memory cells.

A recurrence returns the hidden states of its last layer only. Here every layer is run by itself,
and what its cell computes on the way follows from its hidden states, in one matrix product for a
whole chunk of the text (the equations are those of `charrnn.rnn.scratch`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..model import CharRNN, eval_mode
from ..rnn import State, affine, map_state, run_layer
from ..utils.yield_points import yield_point
from ..vocabulary import Ids

Floats = NDArray[np.float32]
CHUNK_CHARACTERS = 512

# What each cell computes, by the textbook's names, H last.
QUANTITIES = {
    "tanh": ("H",),
    "relu": ("H",),
    "gru": ("R", "Z", "H_tilde", "H"),
    "lstm": ("I", "F", "C_tilde", "O", "C", "H"),
}
Activations = dict[str, Tensor]  # by quantity, (T, H) each


def iter_activations(
    model: CharRNN,
    ids: Ids,
    quantities: Sequence[str] = ("H",),
    before: State | None = None,
) -> Iterator[list[Activations]]:
    """Yield, for each chunk of a text, the activations of each layer and direction, (T, H) each.

    The state is carried from chunk to chunk, from `before` (L·D, 1, H) on; None is zeros. There is
    a yield point before each chunk.
    """
    config = model.config
    directions = 2 if config.bidirectional else 1
    parameters = model.recurrence.by_layer()
    before = model.begin_state(1) if before is None else before
    state: list[State] = [
        map_state(lambda s, k=k: s[k], before)  # type: ignore[misc]
        for k in range(len(parameters))
    ]
    for start in range(0, len(ids), CHUNK_CHARACTERS):
        yield_point()
        chunk: list[Activations] = []
        with eval_mode(model):
            piece = torch.from_numpy(ids[start : start + CHUNK_CHARACTERS].astype(np.int64))
            inputs = piece[:, None].to(model.b_q.device)  # (T, 1)
            if config.input != "one-hot":
                inputs = F.embedding(inputs, model.embedding)  # (T, 1, E)
            for depth in range(config.layers):
                outputs = []
                for direction in range(directions):
                    k = depth * directions + direction
                    way = inputs.flip(0) if direction else inputs
                    H, after = run_layer(config.cell, way, state[k], parameters[k])
                    found = _cell(config.cell, way, H, state[k], parameters[k], quantities)
                    if direction:
                        H, found = H.flip(0), {name: x.flip(0) for name, x in found.items()}
                    state[k] = after
                    outputs.append(H)
                    chunk.append(found)
                inputs = torch.cat(outputs, dim=-1)
        yield chunk


def read_activations(
    model: CharRNN, ids: Ids, quantities: Sequence[str] = ("H",)
) -> dict[str, Floats]:
    """Return activations (L·D, N, H) of a whole text, by quantity."""
    found = {
        name: np.empty((model.config.layer_count, len(ids), model.config.hidden_size), np.float32)
        for name in quantities
    }
    start = 0
    for chunk in iter_activations(model, ids, quantities):
        for k, layer in enumerate(chunk):
            for name, values in layer.items():
                found[name][k, start : start + len(values)] = values.cpu().numpy()
        start += CHUNK_CHARACTERS
    return found


def read_layer(model: CharRNN, ids: Ids, layer: int, quantity: str = "H") -> Floats:
    """Return one quantity of one layer for a whole text, (N, H)."""
    chunks = iter_activations(model, ids, (quantity,))
    return np.concatenate([chunk[layer][quantity].cpu().numpy() for chunk in chunks])


def _cell(
    cell: str,
    inputs: Tensor,
    H: Tensor,
    before: State,
    parameters: dict[str, Tensor],
    quantities: Sequence[str],
) -> Activations:
    """Return the quantities (T, H) of one layer whose hidden states H (T, 1, H) are known."""
    found = {"H": H[:, 0]}
    if set(quantities) - {"H"}:
        first = before[0] if isinstance(before, tuple) else before  # (1, H)
        H_before = torch.cat([first, H[:-1, 0]])
        compute = _gru if cell == "gru" else _lstm
        found |= compute(inputs, H_before, before, parameters)
    return {name: found[name] for name in quantities}


def _gru(
    inputs: Tensor, H_before: Tensor, before: State, parameters: dict[str, Tensor]
) -> Activations:
    X_r, X_z, X_n = _project(inputs, parameters).chunk(3, dim=1)
    H_r, H_z, H_n = (H_before @ parameters["W_hh"]).chunk(3, dim=1)
    R = torch.sigmoid(X_r + H_r)
    H_tilde = torch.tanh(X_n + R * (H_n + parameters["b_n"]))
    return {"R": R, "Z": torch.sigmoid(X_z + H_z), "H_tilde": H_tilde}


def _lstm(
    inputs: Tensor, H_before: Tensor, before: State, parameters: dict[str, Tensor]
) -> Activations:
    A = _project(inputs, parameters) + H_before @ parameters["W_hh"]
    A_i, A_f, A_c, A_o = A.chunk(4, dim=1)
    I, F, O = (torch.sigmoid(part) for part in (A_i, A_f, A_o))  # noqa: E741
    C_tilde = torch.tanh(A_c)
    C, last = torch.empty_like(I), before[1][0]
    for t, (forget, new) in enumerate(zip(F.unbind(), (I * C_tilde).unbind(), strict=True)):
        last = torch.addcmul(new, forget, last, out=C[t])
    return {"I": I, "F": F, "C_tilde": C_tilde, "O": O, "C": C}


def _project(inputs: Tensor, parameters: dict[str, Tensor]) -> Tensor:
    """Return X W_xh + b_h (T, G·H) of ids (T, 1) or inputs (T, 1, I)."""
    W_xh, b_h = parameters["W_xh"], parameters["b_h"]
    if inputs.is_floating_point():
        return affine(inputs[:, 0], W_xh, b_h)
    return W_xh[inputs[:, 0]] + b_h
