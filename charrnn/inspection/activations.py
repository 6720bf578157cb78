"""The numbers inside a model while it reads: hidden states, gates, memory cells.

A recurrence returns the hidden states of its last layer only. Here every layer is run by itself,
and what its cell computes on the way follows from its hidden states, in one matrix product for a
whole chunk of the text (the equations are those of `charrnn.rnn.scratch`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..corpus.document_pieces import Pieces
from ..model import CharRNN, eval_mode
from ..rnn import State, affine, map_state, run_layer
from ..utils.yield_points import yield_point
from ..vocabulary import Ids

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

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
    restarts: Sequence[int] = (),
) -> Iterator[list[Activations]]:
    """Yield, for each chunk of a text, the activations of each layer and direction, (T, H) each.

    The state is carried from chunk to chunk, from `before` (L·D, 1, H) on; None is zeros. In the
    places `restarts` it is zeros again, and a chunk begins. There is a yield point before each.
    """
    config = model.config
    directions = 2 if config.bidirectional else 1
    parameters = model.recurrence.by_layer()
    zeros = model.begin_state(1)
    state = _by_layer(zeros if before is None else before, len(parameters))
    starts_anew = set(restarts)
    for start, end in _chunks(len(ids), restarts):
        yield_point()
        if start in starts_anew:
            state = _by_layer(zeros, len(parameters))
        chunk: list[Activations] = []
        with eval_mode(model):
            piece = torch.from_numpy(ids[start:end].astype(np.int64))
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


def _by_layer(state: State, count: int) -> list[State]:
    """Return a state (L·D, 1, H) as those of each layer and direction, (1, H) each."""
    return [map_state(lambda s, k=k: s[k], state) for k in range(count)]  # type: ignore[misc]


def _chunks(length: int, restarts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield begin and end of chunks of a text, none of which goes beyond a restart."""
    for start, end in pairwise(sorted({0, *restarts, length})):
        for begin in range(start, end, CHUNK_CHARACTERS):
            yield begin, min(begin + CHUNK_CHARACTERS, end)


class Beginning(NamedTuple):
    """How a model begins a text: the state before it, None for zeros, and where that restarts."""

    state: State | None
    restarts: list[int]


def begin_text(checkpoint: Checkpoint, ids: Ids) -> Beginning:
    """Return how a model begins to read a text: one of documents starts anew after each of them."""
    pieces = Pieces.of(ids, checkpoint.vocabulary, checkpoint.documents)
    if pieces is None:
        return Beginning(None, [])
    with eval_mode(checkpoint.model) as model:
        state = model.next_state(torch.tensor([[pieces.start]]), None)
    return Beginning(state, pieces.restarts.tolist())


def iter_text_activations(
    checkpoint: Checkpoint, ids: Ids, quantities: Sequence[str] = ("H",)
) -> Iterator[list[Activations]]:
    """Yield the activations of a text as `iter_activations` does, read as in training."""
    return iter_activations(checkpoint.model, ids, quantities, *begin_text(checkpoint, ids))


def read_activations(
    checkpoint: Checkpoint, ids: Ids, quantities: Sequence[str] = ("H",)
) -> dict[str, Floats]:
    """Return activations (L·D, N, H) of a whole text, by quantity."""
    model = checkpoint.model
    found = {
        name: np.empty((model.config.layer_count, len(ids), model.config.hidden_size), np.float32)
        for name in quantities
    }
    start = 0
    for chunk in iter_text_activations(checkpoint, ids, quantities):
        for k, layer in enumerate(chunk):
            for name, values in layer.items():
                found[name][k, start : start + len(values)] = values.cpu().numpy()
        start += len(values)
    return found


def read_layer(checkpoint: Checkpoint, ids: Ids, layer: int, quantity: str = "H") -> Floats:
    """Return one quantity of one layer for a whole text, (N, H)."""
    chunks = iter_text_activations(checkpoint, ids, (quantity,))
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
