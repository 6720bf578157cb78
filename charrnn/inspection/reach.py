"""Measure how far back a model remembers, by gradients through time and by replaced context."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..checkpoint.checks import is_finite
from ..corpus.document_pieces import Pieces
from ..errors import UserError
from ..evaluation import overflow_error
from ..model import CharRNN, State, eval_mode
from ..rnn import map_state
from ..utils import validation
from ..utils.yield_points import yield_point

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

CELLS = ("tanh", "relu", "gru", "lstm")
MAX_STEPS = 257  # norms, for k = 0 … 256
CONTEXT_LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128)  # characters
FORGOTTEN_BITS = 0.05  # a divergence below this hardly matters
_GRADIENT_PLACES = 16  # of a text, over which gradients are averaged
_CONTEXT_PLACES = 64  # of a text, at which predictions are compared
_MAX_STATE_NUMBERS = 4_000_000  # in the graph of all places that are differentiated together
_CHUNK_STEPS = 16  # between two yield points
_MIN_NORM = 1e-38  # in place of 0, which has no logarithm


@dataclass(frozen=True)
class GradientReach:
    """How the gradient of one prediction fades on its way back through time.

    Attributes:
        norms: For k = 0, 1, … steps − 1 the norm of ∂loss_t / ∂H_{t−k} over all layers, the
            geometric mean over several places of the text. A model of documents begins each line
            (part, file) from a zero state: only places as far from there count, and the norms end
            where no place is.
        cell_norms: The same for the memory cell C of an LSTM; None for other cells.
        untrained: `norms` of a new model of each cell, with the same size, on the same text. For
            the LSTM they are those of C, along which its gradient travels.
    """

    norms: list[float]
    cell_norms: list[float] | None
    untrained: dict[str, list[float]]


def gradient_reach(
    checkpoint: Checkpoint, text: str, *, steps: int = 64, seed: int = 0
) -> GradientReach:
    """Measure how far back the gradient of a prediction reaches, in a model and in new ones.

    `seed` initializes the new models. Raises UserError for a bidirectional model, in which no
    gradient runs in one direction only, for a text of fewer than `steps` + 2 characters, and for a
    model whose numbers overflow on the text.
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
    """Return the number of places to average over: fewer for a model whose graph is large."""
    config = checkpoint.model.config
    numbers = max(1, validation.as_int(steps, "steps")) * config.layers * config.hidden_size
    return max(1, min(_GRADIENT_PLACES, _MAX_STATE_NUMBERS // numbers))


class _Windows(NamedTuple):
    """Windows of a text: `ids` (B, T), and whether the state `restarts` before each of them."""

    ids: Tensor
    restarts: Tensor

    def columns(self, start: int | None, end: int | None) -> _Windows:
        """Return the part of all windows from one column to another, as a slice does."""
        return _Windows(self.ids[:, start:end], self.restarts[:, start:end])


def _gradient_norms(model: CharRNN, windows: _Windows) -> list[list[float]]:
    """Return the norms for k = 0, 1, … in windows (B, T + 1): those of H, then those of C.

    Only an LSTM has the latter. They end at k = T − 1, or at the earliest restart.
    """
    model = copy.deepcopy(model).eval()  # without dropout, but with gradients
    (inputs, restarts), targets = windows.columns(None, -1), windows.ids[:, -1]
    state: State = model.begin_state(len(inputs))
    states: list[tuple[Tensor, ...]] = []
    with torch.enable_grad():
        for t in range(inputs.shape[1]):
            yield_point()
            logits, state = model(inputs[:, t : t + 1], _restart(state, restarts[:, t]))
            states.append(state if isinstance(state, tuple) else (state,))
            on_way_back = states[-1][0].register_hook
            on_way_back(lambda _: yield_point())  # type: ignore[no-untyped-call]
        loss = F.cross_entropy(logits, targets, reduction="sum")
        before = [s for quantities in states[:-1] for s in quantities]
        gradients = torch.autograd.grad(loss, [logits, *before])
    last = _last_gradients(gradients[0] @ model.output_weights.detach().t(), states[-1])
    # Whether the state after each step but the last is one that the prediction comes from.
    reached = restarts.flip(1).cumsum(dim=1).flip(1)[:, 1:] == 0  # (B, T - 1)
    norms = []
    for quantity, gradient in enumerate(last):
        earlier = gradients[1 + quantity :: len(last)]  # (L, B, H) each, from the first step on
        means = [
            _mean_norm(g.transpose(0, 1)[rows])
            for g, rows in zip(earlier, reached.unbind(dim=1), strict=True)
            if rows.any()
        ]
        norms.append([_mean_norm(gradient), *reversed(means)])
    return norms


def _restart(state: State, rows: Tensor) -> State:
    """Return a state (L, B, H) with zeros in some rows (B,)."""
    if not rows.any():
        return state
    return map_state(lambda part: part.masked_fill(rows[:, None], 0.0), state)


def _last_gradients(dH: Tensor, state: tuple[Tensor, ...]) -> list[Tensor]:
    """Return the gradients (B, H) of the last layer's H and, for an LSTM, its C, at the last step.

    `dH` is that of H, which reaches the loss through the output layer only, and `state` the state
    (L, B, H) after the step. C reaches the loss through H = O tanh(C).
    """
    if len(state) == 1:
        return [dH]
    H, C = (part.detach()[-1] for part in state)
    O = (H / torch.tanh(C)).nan_to_num()  # noqa: E741
    return [dH, dH * O * (1 - torch.tanh(C) ** 2)]


def _mean_norm(gradients: Tensor) -> float:
    """Return the geometric mean of the norms of gradients (B, …). Raises UserError for NaN."""
    norms = gradients.reshape(len(gradients), -1).norm(dim=1)
    mean = float(norms.clamp_min(_MIN_NORM).log().mean().exp())
    if math.isnan(mean):
        raise overflow_error()
    return mean


@dataclass(frozen=True)
class ContextEffect:
    """How much predictions depend on the text before the last `length` characters.

    Attributes:
        length: The number of characters that are kept.
        divergence: The mean Kullback-Leibler divergence, in bits, from the prediction after the
            whole text to that after another text that ends in the same `length` characters.
        changed: The share of places where another character became the likeliest one.
    """

    length: int
    divergence: float
    changed: float


def context_effect(
    checkpoint: Checkpoint, text: str, *, lengths: tuple[int, ...] = CONTEXT_LENGTHS
) -> list[ContextEffect]:
    """Replace what precedes the last k characters by another part of the text, for each k.

    `lengths` are the k; the result is in ascending order. Raises UserError for a bidirectional
    model, for a text that is too short, and for a model whose numbers overflow on it.
    """
    model = _one_direction(checkpoint)
    windows = _windows(checkpoint, text, 2 * max(lengths), _CONTEXT_PLACES).columns(None, -1)
    others = _Windows(*(part.roll(1, dims=0) for part in windows))  # the past of another window
    effects: list[ContextEffect] = []
    state, place = model.begin_state(len(others.ids)), 0  # how far `others` have been read
    with eval_mode(model):
        log_p = _last_log_probabilities(model, windows, state)
        for length in sorted(set(lengths), reverse=True):
            end = others.ids.shape[1] - length
            state, place = _read(model, others.columns(place, end), state), end
            log_q = _last_log_probabilities(model, windows.columns(-length, None), state)
            nats = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
            changed = (log_p.argmax(dim=1) != log_q.argmax(dim=1)).float().mean()
            effects.append(
                ContextEffect(length, max(0.0, float(nats)) / math.log(2), float(changed))
            )
    return effects[::-1]


def forgotten_after(effects: list[ContextEffect]) -> float | None:
    """Return how many characters back the text hardly matters to the predictions any more.

    The divergence of `effects`, in ascending order of length, is interpolated on logarithmic scales
    to where it is `FORGOTTEN_BITS`. None if it is larger even at the greatest length.
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


def _last_log_probabilities(model: CharRNN, windows: _Windows, state: State) -> Tensor:
    """Return the log-probabilities (B, V) of what follows windows (B, T), read from a state.

    Raises UserError if the logits overflow.
    """
    state = _restart(_read(model, windows.columns(None, -1), state), windows.restarts[:, -1])
    logits, _ = model(windows.ids[:, -1:], state)
    if not is_finite(logits):
        raise overflow_error()
    return torch.log_softmax(logits.float(), dim=1)


def _read(model: CharRNN, windows: _Windows, state: State) -> State:
    """Return the state after reading windows (B, T), with a yield point every few steps."""
    for start, end in _chunks(windows.restarts):
        yield_point()
        state = _restart(state, windows.restarts[:, start])
        state = model.next_state(windows.ids[:, start:end], state)
    return state


def _chunks(restarts: Tensor) -> Iterator[tuple[int, int]]:
    """Yield the columns of each chunk of windows, in which only the first may restart a state."""
    length = restarts.shape[1]
    begins = {*range(0, length, _CHUNK_STEPS), *restarts.any(dim=0).nonzero()[:, 0].tolist()}
    yield from pairwise([*sorted(begins), length])


def _one_direction(checkpoint: Checkpoint) -> CharRNN:
    """Return the model of a checkpoint. Raises UserError for a bidirectional one."""
    validation.check_checkpoint(checkpoint)
    if checkpoint.model.config.bidirectional:
        raise UserError(
            "A bidirectional model reads the whole text at once, so it has no memory that reaches "
            "back: choose a model that reads in one direction.",
            field="checkpoint",
        )
    return checkpoint.model


def _windows(checkpoint: Checkpoint, text: str, steps: int, count: int) -> _Windows:
    """Return up to `count` evenly spaced windows (B, steps + 1) of a text.

    Raises UserError for a wrong number of steps, and for a text of fewer than `steps` + 2
    characters.
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
    restarts = np.zeros(len(ids), bool)
    pieces = Pieces.of(ids, checkpoint.vocabulary, checkpoint.documents)
    if pieces is not None:
        restarts[pieces.restarts] = True
    places = np.unique(np.linspace(0, len(ids) - width, count).astype(int))
    columns = places[:, None] + np.arange(width)
    device = checkpoint.model.b_q.device
    rows = torch.from_numpy(ids[columns].astype(np.int64)).to(device)
    return _Windows(rows, torch.from_numpy(restarts[columns]).to(device))
