"""Trace steps of a model: all the numbers that the equations of the textbook compute."""

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

# The gates and candidates of each cell, in the order of the columns of W_xh.
WEIGHTED = {
    "tanh": ("H",),
    "relu": ("H",),
    "gru": ("R", "Z", "H_tilde"),
    "lstm": ("I", "F", "C_tilde", "O"),
}


@dataclass(frozen=True, eq=False)
class StepTrace:
    """What a model computes when it reads one character of a text.

    Attributes:
        place: The place of the character in the text, from 0.
        character: The character that is read.
        id: Its id in the vocabulary; 0 if the model does not know it.
        inputs: For each layer its input X (I,): the embedding of the character, or H of the layer
            below. None for a one-hot vector, which has a single 1, at `id`.
        layers: For each layer, the quantities of its cell after this step by their names in the
            textbook, (H,) each: H for all cells, and gates, candidate and memory cell.
        before: For each layer its state before this step, "H" and for the LSTM "C", (H,) each.
        logits: Those of all symbols but `<unk>`, (V − 1,).
        p: The probabilities that the model gives these symbols, (V − 1,).
        q: The probabilities to sample from, q ∝ p^α, (V − 1,).
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
    """The sum that one hidden unit passes to its activation function, in parts.

    Attributes:
        from_input: Its element of X_t W_xh.
        from_state: Its element of H_{t−1} W_hh.
        bias: Its element of b_h.
        state_bias: Its element of b_n, the bias inside the reset product; None but for the
            candidate of a GRU.
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
    """Return the traces of `count` steps from `place` on, fewer at the end of the text.

    The text before `place` is read from its beginning, or from the last saved state in `states`.
    Raises UserError for a place outside of the text, an alpha that is not above 0, a model whose
    numbers overflow, and a bidirectional model, which takes no steps.
    """
    validation.check_checkpoint(checkpoint)
    place, text = validation.as_int(place, "place"), validation.as_text(text, "text")
    alpha = GenerationConfig(alpha=alpha).alpha  # checks it
    if not 0 <= place < len(text):
        raise UserError(
            "There is no character {place} in this text: give 0 to {last}.",
            place=place,
            last=len(text) - 1,
            field="place",
        )
    if checkpoint.model.config.bidirectional:
        raise UserError(
            "A bidirectional model reads the whole text at once, not step by step: choose a model "
            "that reads in one direction.",
            field="checkpoint",
        )
    text = text[: place + count]
    start, state, resets = _nearest_state(checkpoint, text, place, states)
    ids = checkpoint.vocabulary.encode(text[start:])
    state = _read(checkpoint.model, ids[: place - start], state)
    return list(
        _steps(checkpoint.model, ids[place - start :], text[place:], place, state, alpha, resets)
    )


def _nearest_state(
    checkpoint: Checkpoint, text: str, place: int, states: SavedStates | None
) -> tuple[int, State | None, list[int]]:
    """Return the last place up to `place` where the state is known, and that state.

    None stands for zeros. Third are the places after `place` where the state is reset to zeros,
    counted from `place` on: a model of documents begins each of them anew.
    """
    if checkpoint.documents == "none":
        start, state = states.last_before(place) if states else (0, None)
        return start, state, []
    state, restarts = begin_text(checkpoint, checkpoint.vocabulary.encode(text))
    start = max((restart for restart in restarts if restart <= place), default=0)
    later = [restart - place for restart in restarts if restart > place]
    return start, None if start in restarts else state, later


def unit_sums(
    checkpoint: Checkpoint, trace: StepTrace, layer: int, unit: int
) -> dict[str, UnitSum]:
    """Return the sums of one unit in a step, by the names in `WEIGHTED`.

    `layer` and `unit` count from 0.
    """
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
    """Return the state after reading ids (N,). There is a yield point before each chunk."""
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
    """Yield the steps in which a model reads ids (N,) from `state` on; None is zeros.

    The first id is that of the character at `place`. At each of the `restarts`, counted from there,
    the state is reset to zeros.
    """
    quantities = QUANTITIES[model.config.cell]
    before, first = _state_by_layer(model, state), place
    for chunk in iter_activations(model, ids, quantities, state, restarts):
        arrays = [{name: values.cpu().numpy() for name, values in one.items()} for one in chunk]
        logits, p, q = _predict(model, chunk[-1]["H"], alpha)
        if place - first in restarts:  # a chunk begins at each of them
            before = _state_by_layer(model, None)
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


def _state_by_layer(model: CharRNN, state: State | None) -> list[dict[str, Floats]]:
    """Return a state (L, 1, H) as the "H" and, for an LSTM, "C" of each layer, (H,) each.

    None is zeros.
    """
    state = model.begin_state(1) if state is None else state
    parts = state if isinstance(state, tuple) else (state,)
    arrays = [part[:, 0].detach().float().cpu().numpy() for part in parts]
    names = ("H", "C")[: len(parts)]
    return [dict(zip(names, rows, strict=True)) for rows in zip(*arrays, strict=True)]


def _input(model: CharRNN, id_: int) -> Floats | None:
    """Return the embedding (E,) of an id; None for a model of one-hot inputs."""
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
