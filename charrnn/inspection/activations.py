"""The activations of a model while it reads a text: hidden states, gates, memory cells.

A recurrence returns the hidden states of its last layer only. Here every layer is run by itself.
Its gates then follow from its hidden states, in one matrix product for a whole chunk of the text
(the equations are those of `charrnn.rnn.scratch`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding

from ..checkpoint.checks import is_finite
from ..corpus.document_pieces import Pieces
from ..evaluation import overflow_error
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

    The state is carried from chunk to chunk, from `before` (L·D, 1, H) on; None is zeros. At each
    of the places `restarts` the state is reset to zeros, and a new chunk begins. There is a yield
    point before each chunk. Raises UserError if an activation overflows.
    """
    layer_count = model.config.layer_count
    zeros = _by_layer(model.begin_state(1), layer_count)
    state = zeros if before is None else _by_layer(before, layer_count)
    resets = set(restarts)
    for start, end in _chunks(len(ids), restarts):
        yield_point()
        if start in resets:
            state = zeros
        with eval_mode(model):
            chunk, state = _run_layers(model, ids[start:end], state, quantities)
        if not all(is_finite(values) for layer in chunk for values in layer.values()):
            raise overflow_error()
        yield chunk


def _run_layers(
    model: CharRNN, ids: Ids, state: Sequence[State], quantities: Sequence[str]
) -> tuple[list[Activations], list[State]]:
    """Read ids (T,); return the activations of each layer and direction, and the states after.

    `state` holds one state (1, H) for each layer and direction.
    """
    config = model.config
    directions = 2 if config.bidirectional else 1
    inputs = torch.from_numpy(ids.astype(np.int64))[:, None].to(model.b_q.device)  # (T, 1)
    if config.input != "one-hot":
        inputs = embedding(inputs, model.embedding)  # (T, 1, E)
    activations: list[Activations] = []
    states: list[State] = []
    outputs: list[Tensor] = []
    for k, parameters in enumerate(model.recurrence.by_layer()):
        backward = k % directions == 1
        X = inputs.flip(0) if backward else inputs
        H, after = run_layer(config.cell, X, state[k], parameters)
        found = _cell_quantities(config.cell, X, H, state[k], parameters, quantities)
        if backward:
            H, found = H.flip(0), {name: values.flip(0) for name, values in found.items()}
        activations.append(found)
        states.append(after)
        outputs.append(H)
        if len(outputs) == directions:
            inputs, outputs = torch.cat(outputs, dim=-1), []
    return activations, states


def _by_layer(state: State, count: int) -> list[State]:
    """Return a state (L·D, 1, H) as those of each layer and direction, (1, H) each."""
    return [map_state(lambda s, k=k: s[k], state) for k in range(count)]  # type: ignore[misc]


def _chunks(length: int, restarts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the begin and the end of each chunk of a text; no chunk goes beyond a restart."""
    for start, end in pairwise(sorted({0, *restarts, length})):
        for begin in range(start, end, CHUNK_CHARACTERS):
            yield begin, min(begin + CHUNK_CHARACTERS, end)


class Beginning(NamedTuple):
    """The state before a text, None for zeros, and the places where it is reset to zeros."""

    state: State | None
    restarts: list[int]


def begin_text(checkpoint: Checkpoint, ids: Ids) -> Beginning:
    """Return how a model begins to read a text (N,).

    A model of documents has read the start of a document, and its state is reset after each one.
    """
    pieces = Pieces.of(ids, checkpoint.vocabulary, checkpoint.documents)
    if pieces is None:
        return Beginning(None, [])
    with eval_mode(checkpoint.model) as model:
        state = model.next_state(torch.tensor([[pieces.start]]), None)
    return Beginning(state, pieces.restarts.tolist())


def iter_text_activations(
    checkpoint: Checkpoint, ids: Ids, quantities: Sequence[str] = ("H",)
) -> Iterator[list[Activations]]:
    """Yield the activations of a text (N,) as `iter_activations` does, read as in training."""
    return iter_activations(checkpoint.model, ids, quantities, *begin_text(checkpoint, ids))


def read_activations(
    checkpoint: Checkpoint, ids: Ids, quantities: Sequence[str] = ("H",)
) -> dict[str, Floats]:
    """Return activations (L·D, N, H) of a whole text (N,), by quantity.

    Raises UserError if one overflows.
    """
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
    """Return one quantity of one layer, with directions counted, for a whole text, (N, H).

    Raises UserError if one overflows.
    """
    chunks = iter_text_activations(checkpoint, ids, (quantity,))
    return np.concatenate([chunk[layer][quantity].cpu().numpy() for chunk in chunks])


def _cell_quantities(
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
    """Return the gates and the candidate (T, H) of a GRU after hidden states H_{t−1} (T, H)."""
    X_r, X_z, X_n = _project(inputs, parameters).chunk(3, dim=1)
    H_r, H_z, H_n = (H_before @ parameters["W_hh"]).chunk(3, dim=1)
    R = torch.sigmoid(X_r + H_r)
    H_tilde = torch.tanh(X_n + R * (H_n + parameters["b_n"]))
    return {"R": R, "Z": torch.sigmoid(X_z + H_z), "H_tilde": H_tilde}


def _lstm(
    inputs: Tensor, H_before: Tensor, before: State, parameters: dict[str, Tensor]
) -> Activations:
    """Return gates, candidate and memory cell (T, H) of an LSTM after H_{t−1} (T, H)."""
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
