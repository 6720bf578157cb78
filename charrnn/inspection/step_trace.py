"""Steps of a model with their numbers: what the equations of the textbook compute."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from ..errors import UserError
from ..generation.config import GenerationConfig
from ..model import CharRNN, eval_mode
from ..rnn import State
from ..utils import validation
from ..utils.yield_points import yield_point
from ..vocabulary import Ids
from .activations import CHUNK_CHARACTERS, QUANTITIES, begin_text, iter_activations
from .saved_states import SavedStates

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

Floats = NDArray[np.float32]

# What has weights of its own in each cell, in the order of the columns of W_xh.
WEIGHTED = {
    "tanh": ("H",),
    "relu": ("H",),
    "gru": ("R", "Z", "H_tilde"),
    "lstm": ("I", "F", "C_tilde", "O"),
}


@dataclass(frozen=True, eq=False)
class StepTrace:
    """What a model computes when it reads one character of a text.

    place: of the character, from 0.
    character: that is read.
    id: of the character in the vocabulary; 0 for one that the model does not know.
    inputs: for each layer its input X (I,): the embedding of the character, or H of the layer
        below. None for a one-hot vector, which has a single 1, in place `id`.
    layers: for each layer, the quantities of its cell after this step by their names in the
        textbook, (H,) each: H for all cells, and gates, candidate and memory cell.
    before: for each layer its state before this step, "H" and for the LSTM "C", (H,) each.
    logits: (V − 1,), of all symbols but `<unk>`.
    p, q: the probabilities that the model gives each of them, and q ∝ p^α, (V − 1,).
    """

    place: int
    character: str
    id: int
    inputs: list[Floats | None]
    layers: list[dict[str, Floats]]
    before: list[dict[str, Floats]]
    logits: Floats
    p: Floats
    q: Floats


@dataclass(frozen=True)
class UnitSum:
    """The sum that one hidden unit passes to its activation function, in three parts.

    from_input: its part of X_t W_x, from_state: of H_{t−1} W_h, bias: of b.
    state_bias: of the bias inside the reset product, only for the candidate of a GRU.
    """

    from_input: float
    from_state: float
    bias: float
    state_bias: float | None = None


def trace_step(checkpoint: Checkpoint, text: str, place: int, *, alpha: float = 1.0) -> StepTrace:
    """Read a text up to the character at `place`, and return the numbers of that last step.

    Raises UserError as `trace_steps` does.
    """
    return trace_steps(checkpoint, text, place, alpha=alpha)[0]


def trace_steps(
    checkpoint: Checkpoint,
    text: str,
    place: int,
    count: int = 1,
    *,
    alpha: float = 1.0,
    states: SavedStates | None = None,
) -> list[StepTrace]:
    """Return the numbers of `count` steps from `place` on, fewer at the end of the text.

    The text before them is read from its beginning, or from the last of `states`. Raises UserError
    for a place outside of the text, an alpha that is not above 0, and a bidirectional model, which
    takes no steps.
    """
    validation.check_checkpoint(checkpoint)
    place, text = validation.as_int(place, "place"), validation.as_text(text, "text")
    alpha = GenerationConfig(alpha=alpha).alpha  # checks it
    if not 0 <= place < len(text):
        raise UserError(
            "There is no character {place} in a text of {count:,} characters.",
            place=place,
            count=len(text),
            field="place",
        )
    model = checkpoint.model
    if model.config.bidirectional:
        raise UserError(
            "A bidirectional model reads the whole text at once, not step by step: choose a model "
            "that reads in one direction.",
            field="checkpoint",
        )
    if checkpoint.documents == "none":
        start, state = states.last_before(place) if states else (0, None)
        later: list[int] = []
    else:
        whole = checkpoint.vocabulary.encode(text[: place + count])
        state, restarts = begin_text(checkpoint, whole)
        start = max((at for at in restarts if at <= place), default=0)
        state = None if start in restarts else state
        later = [at - place for at in restarts if at > place]
    ids = checkpoint.vocabulary.encode(text[start : place + count])
    state = _read(model, ids[: place - start], state)
    characters = text[place : place + count]
    return list(_steps(model, ids[place - start :], characters, place, state, alpha, later))


def unit_sums(
    checkpoint: Checkpoint, trace: StepTrace, layer: int, unit: int
) -> dict[str, UnitSum]:
    """Return what one unit of a layer, both from 0, adds up in a step, for each of `WEIGHTED`."""
    config = checkpoint.model.config
    parameters = checkpoint.model.recurrence.by_layer()[layer]
    X, H = trace.inputs[layer], torch.from_numpy(trace.before[layer]["H"])
    sums = {}
    with torch.no_grad():
        for gate, name in enumerate(WEIGHTED[config.cell]):
            column = gate * config.hidden_size + unit
            weights = parameters["W_xh"][:, column].float().cpu()
            from_input = weights[trace.id] if X is None else torch.from_numpy(X) @ weights
            from_state = H @ parameters["W_hh"][:, column].float().cpu()
            has_state_bias = config.cell == "gru" and name == "H_tilde"
            sums[name] = UnitSum(
                float(from_input),
                float(from_state),
                float(parameters["b_h"][column]),
                float(parameters["b_n"][unit]) if has_state_bias else None,
            )
    return sums


def _read(model: CharRNN, ids: Ids, state: State | None) -> State | None:
    """Return the state after reading ids (N,), in chunks with a yield point before each."""
    with eval_mode(model):
        for start in range(0, len(ids), CHUNK_CHARACTERS):
            yield_point()
            piece = ids[start : start + CHUNK_CHARACTERS].astype(np.int64)
            state = model.next_state(torch.from_numpy(piece)[None], state)
    return state


def _steps(
    model: CharRNN,
    ids: Ids,
    characters: str,
    place: int,
    state: State | None,
    alpha: float,
    restarts: list[int],
) -> Iterator[StepTrace]:
    """Yield the steps in which a model in this state reads ids (N,), from `place` on.

    `restarts` are those of the ids that are read from a zero state again.
    """
    quantities = QUANTITIES[model.config.cell]
    before, first = _by_layer(model, state), place
    for chunk in iter_activations(model, ids, quantities, state, restarts):
        arrays = [{name: values.cpu().numpy() for name, values in one.items()} for one in chunk]
        logits, p, q = _predict(model, chunk[-1]["H"], alpha)
        if place - first in restarts:  # where a chunk begins
            before = _by_layer(model, None)
        for row in range(len(arrays[0]["H"])):
            id_, character = int(ids[row]), characters[row]
            layers = [{name: values[row] for name, values in one.items()} for one in arrays]
            inputs = [_input(model, id_), *(one["H"] for one in layers[:-1])]
            yield StepTrace(
                place, character, id_, inputs, layers, before, logits[row], p[row], q[row]
            )
            before = [{name: one[name] for name in before[0]} for one in layers]
            place += 1
        ids, characters = ids[len(arrays[0]["H"]) :], characters[len(arrays[0]["H"]) :]


def _by_layer(model: CharRNN, state: State | None) -> list[dict[str, Floats]]:
    """Return a state (L, 1, H), or zeros for None, as the quantities of each layer, (H,) each."""
    state = model.begin_state(1) if state is None else state
    parts = state if isinstance(state, tuple) else (state,)
    arrays = [part[:, 0].detach().float().cpu().numpy() for part in parts]
    names = ("H", "C")[: len(parts)]
    return [dict(zip(names, rows, strict=True)) for rows in zip(*arrays, strict=True)]


def _input(model: CharRNN, id_: int) -> Floats | None:
    """Return the embedding (E,) of a character; None if it enters as a one-hot vector."""
    if model.config.input == "one-hot":
        return None
    embedding: Floats = model.embedding[id_].detach().float().cpu().numpy()
    return embedding


def _predict(model: CharRNN, H: Tensor, alpha: float) -> tuple[Floats, Floats, Floats]:
    """Return logits, p and q ∝ p^α (T, V − 1) after hidden states (T, H)."""
    with eval_mode(model):
        logits = (H @ model.output_weights + model.b_q)[:, 1:].float().cpu()
        log_p = F.log_softmax(logits, dim=1)
        q = F.softmax(min(alpha, math.sqrt(torch.finfo(log_p.dtype).max)) * log_p, dim=1)
    return logits.numpy(), log_p.exp().numpy(), q.numpy()
