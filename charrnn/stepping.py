"""A model one character at a time: what generation spends its time on.

torch is made for minibatches: a step of a single sequence costs it ten times what the arithmetic
does. Here, in NumPy, every layer is one product of a vector, [inputs, hidden state, 1], with one
matrix that holds W_xh, W_hh and the biases, and a few elementwise functions, all into buffers made
once. The numbers are those of `CharRNN.forward` to float32's last digits.

Sequences side by side share the reading of the weights, which is what one alone waits for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .evaluation import evaluating
from .model import CharRNN, State
from .recurrence import Packed

Floats = NDArray[np.float32]
_ABSURD = 1e30  # of a weight
_SMALL = 20_000  # numbers of a matrix that NumPy multiplies faster than torch can be asked to


class Steps(Protocol):
    """K sequences that can be read on. `logits` (K, V − 1) is what is expected next, by id from 1
    on: `<unk>` is left out. With K = 1 the first dimension is dropped."""

    logits: Floats

    def feed(self, ids: Any) -> None:
        """Read one more character each: ids (K,), or one id."""


def steps(model: CharRNN, state: State) -> Steps:
    """Go on from a state (L·D, K, H) that the model reached."""
    return Forward(model, state) if model.config.bidirectional else Stepper(model, state)


class Forward:
    """Steps by `CharRNN.forward`: what `Stepper` is measured against. (A model that reads from
    both ends has no next step; this gives what a text of one more character would.)"""

    def __init__(self, model: CharRNN, state: State) -> None:
        self._model, self._state = model, state
        hidden = state[0] if isinstance(state, tuple) else state
        directions = 2 if model.config.bidirectional else 1
        with torch.no_grad():
            self._say(torch.cat(hidden[-directions:].unbind(), dim=-1) @ model.W_hq + model.b_q)

    def feed(self, ids: Any) -> None:
        """Read one more character each."""
        X = torch.as_tensor(ids, dtype=torch.int64).reshape(-1, 1)
        with evaluating(self._model) as model:
            logits, self._state = model(X, self._state)
        self._say(logits)

    def _say(self, logits: Tensor) -> None:
        own = _array(logits)[:, 1:]
        self.logits: Floats = own[0] if len(own) == 1 else own


class Stepper:
    """Steps in NumPy, of a model that reads forwards. Its weights are copied as they are now."""

    def __init__(self, model: CharRNN, state: State) -> None:
        states = state if isinstance(state, tuple) else (state,)
        count = states[0].shape[1]
        self._shape: tuple[int, ...] = () if count == 1 else (count,)
        self._layers: list[_Layer] = []
        below = 0
        for depth, parameters in enumerate(model.recurrence.by_layer()):
            before = [_array(s[depth]).reshape(*self._shape, -1) for s in states]
            self._layers.append(_Layer(model.config.cell, parameters, below, before))
            below = model.config.hidden_size
        first = model.recurrence.by_layer()[0]["W_xh"]
        self._embedding = _array(model.embedding) if model.config.input == "embedding" else None
        self._W_xh = self._layers[0].columns(first, 0)
        self._rows: dict[int, Floats] = {}
        W = np.concatenate([_array(model.W_hq), _array(model.b_q[None])])[:, 1:]
        self._times_W_hq = _product(np.ascontiguousarray(W), self._shape)
        self._width = model.config.hidden_size + 1
        self.logits: Floats = np.empty((*self._shape, W.shape[1]), np.float32)
        # What overflows shows in `logits`. Asking NumPy not to warn of it costs a tenth of a step,
        # and only a ReLU's state and absurd weights can overflow.
        largest = max(float(np.abs(_array(weight)).max()) for weight in model.parameters())
        quietly = np.errstate(over="ignore", invalid="ignore")
        unbounded = model.config.cell == "relu" or largest > _ABSURD
        self.feed: Callable[[Any], None] = quietly(self._feed) if unbounded else self._feed
        with quietly:
            self._say()

    def _feed(self, ids: Any) -> None:
        below = self._layers[0].step(self._inputs(ids))
        for layer in self._layers[1:]:
            layer.vector[..., : below.shape[-1]] = below
            below = layer.step(None)
        self._say()

    def _say(self) -> None:
        hidden = self._layers[-1].vector[..., -self._width :]
        self._times_W_hq(hidden, self.logits)

    def _inputs(self, ids: Any) -> Floats:
        """What the characters add to the first layer: rows of W_xh, by way of the embedding."""
        if self._shape:
            return self._looked_up(ids)
        row = self._rows.get(ids)
        if row is None:
            row = self._rows[ids] = self._looked_up(ids)
        return row

    def _looked_up(self, ids: Any) -> Floats:
        rows: Floats = self._W_xh[ids] if self._embedding is None else self._embedding[ids]
        return rows if self._embedding is None else np.dot(rows, self._W_xh)


class _Layer:
    """One layer: `vector` (K, I + H + 1) holds its inputs (none for the first: they are rows of
    W_xh), its hidden state and a 1; the matrix takes it to the arguments of the gates."""

    def __init__(
        self, cell: str, parameters: dict[str, Tensor], inputs: int, state: list[Floats]
    ) -> None:
        self._cell = cell
        W_hh = parameters["W_hh"]
        H = W_hh.shape[0]
        W_xh = self.columns(parameters["W_xh"], 0)[:inputs]
        bias = self.columns(parameters["b_h"][None], 0)
        if cell == "gru":  # b_n goes with W_hh, whose product the reset gate multiplies
            zeros = torch.zeros(1, 2 * H)
            bias = bias + self.columns(torch.cat([zeros, parameters["b_n"][None]], dim=1), 1)
        matrix = np.concatenate([W_xh, self.columns(W_hh, 1), bias])
        shape = state[0].shape[:-1]
        self._times = _product(matrix, shape)
        self.vector: Floats = np.ones((*shape, inputs + H + 1), np.float32)
        self._hidden = self.vector[..., inputs:-1]
        self._hidden[...] = state[0]
        self._memory = state[-1].copy()
        self._gates: Floats = np.empty((*shape, matrix.shape[1]), np.float32)
        self._parts = [
            self._gates[..., k * H : (k + 1) * H] for k in range(self._gates.shape[-1] // H)
        ]
        self._sigmoids = self._gates[..., : {"gru": 2, "lstm": 3}.get(cell, 0) * H]
        steps: dict[str, Callable[[], None]] = {"gru": self._gru, "lstm": self._lstm}
        self._advance = steps.get(cell, self._plain)

    def columns(self, W: Tensor, part: int) -> Floats:
        """A weight (…, G·H) with its gates in the order of this layer's matrix.

        LSTM: I, F, O, G. GRU: R, U, then the candidate's arguments by the hidden state (`part` 1)
        and by the input (`part` 0), apart. The arguments of sigmoids are halved here, once, since
        σ(x) = (1 + tanh(x / 2)) / 2.
        """
        if self._cell == "lstm":
            I, F, G, O = W.chunk(4, dim=-1)  # noqa: E741
            W = torch.cat([I / 2, F / 2, O / 2, G], dim=-1)
        elif self._cell == "gru":
            R, U, N = W.chunk(3, dim=-1)
            zeros = torch.zeros_like(N)
            candidate = [zeros, N] if part == 0 else [N, zeros]
            W = torch.cat([R / 2, U / 2, *candidate], dim=-1)
        return np.ascontiguousarray(_array(W))

    def step(self, inputs: Floats | None) -> Floats:
        """One step on; returns the hidden state. `inputs` adds to the arguments of the gates."""
        self._times(self.vector, self._gates)
        if inputs is not None:
            np.add(self._gates, inputs, out=self._gates)
        self._advance()
        return self._hidden

    def _plain(self) -> None:
        if self._cell == "relu":
            np.maximum(self._gates, 0, out=self._hidden)
        else:
            np.tanh(self._gates, out=self._hidden)

    def _gru(self) -> None:
        R, U, by_hidden, N = self._parts
        self._sigmoid()
        by_hidden *= R
        N += by_hidden
        np.tanh(N, out=N)
        self._hidden -= N
        self._hidden *= U
        self._hidden += N

    def _lstm(self) -> None:
        I, F, O, G = self._parts  # noqa: E741
        np.tanh(G, out=G)
        self._sigmoid()
        self._memory *= F
        G *= I
        self._memory += G
        np.tanh(self._memory, out=self._hidden)
        self._hidden *= O

    def _sigmoid(self) -> None:
        gates = self._sigmoids
        np.tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5


def _product(matrix: Floats, shape: tuple[int, ...]) -> Callable[[Floats, Floats], object]:
    """A function of x and out that does out = x @ matrix, x being of `shape` + (K,)."""
    if not shape or matrix.size < _SMALL:
        return lambda x, out: np.dot(x, matrix, out=out)
    packed = Packed(torch.from_numpy(matrix), shape[0])  # for a few rows twice as fast as NumPy

    def times(x: Floats, out: Floats) -> None:
        out[...] = packed.times(torch.from_numpy(np.ascontiguousarray(x))).numpy()

    return times


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().numpy()
    return array
