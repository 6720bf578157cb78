"""How far back a model remembers: gradients through time, and predictions without the past."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..checkpoint.checks import is_finite
from ..errors import UserError
from ..evaluation import overflow_error
from ..model import CharRNN, State, eval_mode
from ..utils import validation
from ..utils.yield_points import yield_point

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

MAX_STEPS = 257  # norms, for k = 0 … 256
CONTEXT_LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128)
_PLACES = 16  # of a text, over which gradients are averaged,
_MAX_STATE_NUMBERS = 4_000_000  # of all steps of the places that are differentiated together
_CONTEXT_PLACES = 64  # and over which predictions are compared
_CHUNK_STEPS = 16  # that many texts side by side are read without a pause
FORGOTTEN_BITS = 0.05  # a smaller divergence hardly matters
CELLS = ("tanh", "relu", "gru", "lstm")
_SMALLEST_NORM = 1e-38  # so that a gradient that has vanished altogether has a logarithm


@dataclass(frozen=True)
class GradientReach:
    """How the gradient of one prediction fades on its way back through time.

    norms: for k = 0, 1, … steps − 1 the norm of ∂loss_t / ∂H_{t−k} over all layers, the geometric
        mean of several places in the text.
    cell_norms: the same for the memory cell C of an LSTM; None for other cells.
    untrained: `norms` of a new model of each cell, with the same size and the same text. For the
        LSTM they are those of C, along which its gradient travels.
    """

    norms: list[float]
    cell_norms: list[float] | None
    untrained: dict[str, list[float]]


def gradient_reach(
    checkpoint: Checkpoint, text: str, *, steps: int = 64, seed: int = 0
) -> GradientReach:
    """Measure how far back the gradient of a prediction reaches, in a model and in new ones.

    Raises UserError for a bidirectional model, in which no gradient runs in one direction only, and
    for a text of less than `steps` + 1 characters.
    """
    norms, cell_norms = model_norms(checkpoint, text, steps)
    untrained = {
        cell: untrained_norms(checkpoint, text, steps, cell=cell, seed=seed) for cell in CELLS
    }
    return GradientReach(norms, cell_norms, untrained)


def model_norms(
    checkpoint: Checkpoint, text: str, steps: int
) -> tuple[list[float], list[float] | None]:
    """Return `norms` and `cell_norms` of a `GradientReach`. Raises UserError as that does."""
    model = _one_direction(checkpoint)
    norms = _gradient_norms(model, _windows(checkpoint, text, steps, _places(checkpoint, steps)))
    return norms[0], norms[1] if len(norms) > 1 else None


def untrained_norms(
    checkpoint: Checkpoint, text: str, steps: int, *, cell: str, seed: int = 0
) -> list[float]:
    """Return the norms in a new model of the same size with this cell, one of `CELLS`."""
    config = _one_direction(checkpoint).config
    windows = _windows(checkpoint, text, steps, _places(checkpoint, steps))
    generator = torch.Generator().manual_seed(seed)
    new = CharRNN(
        replace(config, cell=cell, implementation="fast"),
        checkpoint.model.vocabulary_size,
        generator=generator,
    )
    return _gradient_norms(new, windows)[-1]


def _places(checkpoint: Checkpoint, steps: int) -> int:
    """Return over how many places to average, fewer for a large model, whose graph takes memory."""
    config = checkpoint.model.config
    numbers = max(1, validation.as_int(steps, "steps")) * config.layers * config.hidden_size
    return max(1, min(_PLACES, _MAX_STATE_NUMBERS // numbers))


def _gradient_norms(model: CharRNN, windows: Tensor) -> list[list[float]]:
    """Return the norms for k = 0 … T − 1 of windows (B, T + 1): of H, and of C if there is one."""
    model = copy.deepcopy(model).eval()  # without dropout, but with gradients
    inputs, targets = windows[:, :-1], windows[:, -1]
    state: State = model.begin_state(len(windows))
    states: list[tuple[Tensor, ...]] = []
    with torch.enable_grad():
        for t in range(inputs.shape[1]):
            yield_point()
            logits, state = model(inputs[:, t : t + 1], state)
            states.append(state if isinstance(state, tuple) else (state,))
            on_way_back = states[-1][0].register_hook
            on_way_back(lambda _: yield_point())  # type: ignore[no-untyped-call]
        loss = F.cross_entropy(logits, targets, reduction="sum")
        before = [s for quantities in states[:-1] for s in quantities]
        gradients = torch.autograd.grad(loss, [logits, *before])
    # The last H (B, H) reaches the loss through the output layer only, and the last C through H.
    dH = gradients[0] @ model.output_weights.detach().t()
    found = [[_mean_norm(dH)]]
    for which in range(len(states[0])):
        later = [_mean_norm(g.transpose(0, 1)) for g in gradients[1 + which :: len(states[0])]]
        if which == 0:
            found[0] += reversed(later)
        else:
            hidden, cell = (s.detach()[-1] for s in states[-1])
            gate = hidden / torch.tanh(cell)  # O, since H = O tanh(C)
            first = dH * gate.nan_to_num() * (1 - torch.tanh(cell) ** 2)
            found.append([_mean_norm(first), *reversed(later)])
    return found


def _mean_norm(gradients: Tensor) -> float:
    """Return the geometric mean of the norms of gradients (B, …). Raises UserError for NaN."""
    norms = gradients.reshape(len(gradients), -1).norm(dim=1)
    mean = float(norms.clamp_min(_SMALLEST_NORM).log().mean().exp())
    if math.isnan(mean):
        raise overflow_error()
    return mean


@dataclass(frozen=True)
class ContextEffect:
    """What a prediction owes to the text before the last `length` characters.

    divergence: mean Kullback-Leibler divergence, in bits, from the prediction after the whole text
        to that after another text that ends in the same `length` characters.
    changed: the share of places where another character became the likeliest one.
    """

    length: int
    divergence: float
    changed: float


def context_effect(
    checkpoint: Checkpoint, text: str, *, lengths: tuple[int, ...] = CONTEXT_LENGTHS
) -> list[ContextEffect]:
    """Replace what precedes the last k characters by another part of the text, for each k.

    Raises UserError for a bidirectional model, and for a text that is too short.
    """
    model = _one_direction(checkpoint)
    windows = _windows(checkpoint, text, 2 * max(lengths), _CONTEXT_PLACES)[:, :-1]
    others = windows.roll(1, dims=0)  # each place has the past of the one before it
    effects: list[ContextEffect] = []
    state, place = model.begin_state(len(others)), 0  # of the others, which are read once
    with eval_mode(model):
        log_p = _last_log_probabilities(model, windows, state)
        for length in sorted(set(lengths), reverse=True):
            end = others.shape[1] - length
            state, place = _read(model, others[:, place:end], state), end
            log_q = _last_log_probabilities(model, windows[:, -length:], state)
            nats = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
            changed = (log_p.argmax(dim=1) != log_q.argmax(dim=1)).float().mean()
            effects.append(
                ContextEffect(length, max(0.0, float(nats)) / math.log(2), float(changed))
            )
    return effects[::-1]


def forgotten_after(effects: list[ContextEffect]) -> float | None:
    """Return the number of characters before which the text hardly matters to the predictions.

    It lies between two of the measured lengths: the divergence is taken to fall evenly on
    logarithmic scales. None if the text before the greatest length matters still.
    """
    matters = [k for k, effect in enumerate(effects) if effect.divergence > FORGOTTEN_BITS]
    if not matters:
        return float(effects[0].length)
    if matters[-1] == len(effects) - 1:
        return None
    last, first = effects[matters[-1]], effects[matters[-1] + 1]
    fall = math.log(last.divergence / max(first.divergence, FORGOTTEN_BITS / 100))
    share = math.log(last.divergence / FORGOTTEN_BITS) / fall
    return float(last.length * (first.length / last.length) ** share)


def _last_log_probabilities(model: CharRNN, windows: Tensor, state: State) -> Tensor:
    """Return the log-probabilities (B, V) of what follows windows (B, T), read from a state.

    Raises UserError if the logits overflow.
    """
    logits, _ = model(windows[:, -1:], _read(model, windows[:, :-1], state))
    if not is_finite(logits):
        raise overflow_error()
    return torch.log_softmax(logits.float(), dim=1)


def _read(model: CharRNN, ids: Tensor, state: State) -> State:
    """Return the state after reading ids (B, T), with a yield point every few steps."""
    for start in range(0, ids.shape[1], _CHUNK_STEPS):
        yield_point()
        state = model.next_state(ids[:, start : start + _CHUNK_STEPS], state)
    return state


def _one_direction(checkpoint: Checkpoint) -> CharRNN:
    """Return the model. Raises UserError for a bidirectional one."""
    validation.check_checkpoint(checkpoint)
    if checkpoint.model.config.bidirectional:
        raise UserError(
            "A bidirectional model reads the whole text at once, so it has no memory that reaches "
            "back: choose a model that reads in one direction.",
            field="checkpoint",
        )
    return checkpoint.model


def _windows(checkpoint: Checkpoint, text: str, steps: int, count: int) -> Tensor:
    """Return ids (B, steps + 1) of `count` evenly spaced parts of a text, or fewer.

    Raises UserError if it is too short.
    """
    if not 1 <= validation.as_int(steps, "steps") <= MAX_STEPS:
        raise UserError(
            "steps = {value}: give 1 to {most}.", value=steps, most=MAX_STEPS, field="steps"
        )
    ids = checkpoint.vocabulary.encode(validation.as_text(text, "text"))
    width = steps + 1
    if len(ids) < width + 1:
        raise UserError(
            "This text has {count:,} characters: give at least {least:,}.",
            count=len(ids),
            least=width + 1,
            field="text",
        )
    places = np.unique(np.linspace(0, len(ids) - width, count).astype(int))
    rows = np.stack([ids[place : place + width] for place in places])
    return torch.from_numpy(rows.astype(np.int64)).to(checkpoint.model.b_q.device)
