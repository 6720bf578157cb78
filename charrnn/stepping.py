"""A model one character at a time: what generation spends its time on.

torch is made for minibatches: a step of a single sequence costs it ten times what the arithmetic
does. Here, in NumPy, every layer is one product of a vector, [inputs, hidden state, 1], with one
matrix that holds W_xh, W_hh and what is added, and a few elementwise functions, all into buffers
made once. The numbers are those of `CharRNN.forward` to float32's last digits.

Sequences side by side share the reading of the weights, which is what one alone waits for.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
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
_SMALL = 100_000  # numbers of a matrix that NumPy multiplies faster than torch can be asked to


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
            outputs = torch.cat(hidden[-directions:].unbind(), dim=-1)
            self._say(outputs @ model.output_weights + model.b_q)

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
        shape = () if count == 1 else (count,)
        layers: list[_Layer] = []
        for depth, parameters in enumerate(model.recurrence.by_layer()):
            before = [_array(s[depth]).reshape(*shape, -1) for s in states]
            below = layers[-1].hidden if layers else None
            layers.append(_Layer(model.config.cell, parameters, below, before))
        self._first, *self._upper = layers
        self._read = cache(_reading(model, self._first))
        self._each = list(self._first.added) if shape else None  # by sequence, of several
        W, b = _array(model.output_weights)[:, 1:], _array(model.b_q)[1:]
        self.logits: Floats = np.empty((*shape, len(b)), np.float32)
        self._say, _ = _affine(layers[-1].outputs, W, b, self.logits)
        # What overflows shows in `logits`. Asking NumPy not to warn of it costs a tenth of a step,
        # and only a ReLU's state and absurd weights can overflow.
        largest = max(float(np.abs(_array(weight)).max()) for weight in model.parameters())
        quietly = np.errstate(over="ignore", invalid="ignore")
        unbounded = model.config.cell == "relu" or largest > _ABSURD
        self.feed: Callable[[Any], None] = quietly(self._feed) if unbounded else self._feed
        with quietly:
            self._say()

    def _feed(self, ids: Any) -> None:
        if self._each is None:
            self._first.added[...] = self._read(ids)
        else:
            for added, i in zip(self._each, ids.tolist(), strict=True):
                added[...] = self._read(i)
        self._first.step()
        for layer in self._upper:
            layer.step()
        self._say()


class _Layer:
    """One layer: what it adds up, [inputs, hidden state] times [W_xh, W_hh], and its gates.

    The first layer has no inputs: characters are rows of W_xh, which come in what is `added`.
    """

    def __init__(
        self, cell: str, parameters: dict[str, Tensor], below: Floats | None, state: list[Floats]
    ) -> None:
        self._cell = cell
        W_hh, bias = parameters["W_hh"], parameters["b_h"][None]
        H = W_hh.shape[0]
        self.W_xh, b = self._columns(parameters["W_xh"], 0), self._columns(bias, 0)
        if cell == "gru":  # b_n goes with W_hh, whose product the reset gate multiplies
            zeros = torch.zeros(1, 2 * H)
            b = b + self._columns(torch.cat([zeros, parameters["b_n"][None]], dim=1), 1)
        self.bias: Floats = b  # (1, G·H)
        inputs = 0 if below is None else len(self.W_xh)
        W = np.concatenate([self.W_xh[:inputs], self._columns(W_hh, 1)])
        shape = state[0].shape[:-1]
        vector: Floats = np.ones((*shape, inputs + H + (not shape)), np.float32)
        self._below, self._inputs = below, vector[..., :inputs]
        self.outputs = vector[..., inputs:]  # the hidden state, as `_affine` wants it
        self.hidden = self.outputs[..., :H]
        self.hidden[...] = state[0]
        self._memory = state[-1].copy()
        gates = self._gates = np.empty((*shape, W.shape[1]), np.float32)
        self._add_up, self.added = _affine(vector, W, b[0], gates)
        self._parts = [gates[..., k * H : (k + 1) * H] for k in range(gates.shape[-1] // H)]
        self._sigmoids = gates[..., : {"gru": 2, "lstm": 3}.get(cell, 0) * H]
        steps: dict[str, Callable[[], object]] = {
            "tanh": partial(np.tanh, gates, out=self.hidden),
            "relu": partial(np.maximum, gates, 0, out=self.hidden),
            "gru": self._gru,
            "lstm": self._lstm,
        }
        self._advance = steps[cell]

    def _columns(self, W: Tensor, part: int) -> Floats:
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

    def step(self) -> None:
        """One step on, with what the layer below has now."""
        if self._below is not None:
            self._inputs[...] = self._below
        self._add_up()
        self._advance()

    def _gru(self) -> None:
        R, U, by_hidden, N = self._parts
        self._sigmoid()
        by_hidden *= R
        N += by_hidden
        np.tanh(N, out=N)
        self.hidden -= N
        self.hidden *= U
        self.hidden += N

    def _lstm(self) -> None:
        I, F, O, G = self._parts  # noqa: E741
        np.tanh(G, out=G)
        self._sigmoid()
        self._memory *= F
        G *= I
        self._memory += G
        np.tanh(self._memory, out=self.hidden)
        self.hidden *= O

    def _sigmoid(self) -> None:
        gates = self._sigmoids
        np.tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5


def _reading(model: CharRNN, first: _Layer) -> Callable[[int], Floats]:
    """A function of an id: what the character adds to the first layer, its bias included."""
    if model.config.input != "one-hot":
        embedding = _array(model.embedding)
        table = np.concatenate([embedding, np.ones_like(embedding[:, :1])], axis=1)
        W = np.concatenate([first.W_xh, first.bias])
        return lambda i: table[i].dot(W)
    rows: Floats = first.W_xh + first.bias
    return lambda i: rows[i]


def _affine(x: Floats, W: Floats, b: Floats, out: Floats) -> tuple[Callable[[], object], Floats]:
    """A function that does out = x @ W + added, and what is `added`: b, until it is written over.

    The arrays are those that it will always read and write. One x (I + 1,) ends in a 1, which
    takes what is added along as one more row of W: one call of NumPy's does all. Several, (K, I),
    share the reading of W.
    """
    if x.ndim == 1:
        matrix = np.concatenate([W, b[None]])
        return partial(x.dot, matrix, out), matrix[-1]
    added = np.repeat(b[None], len(x), axis=0)
    if W.size < _SMALL:
        W = np.ascontiguousarray(W)

        def add_up() -> None:
            np.dot(x, W, out=out)
            np.add(out, added, out=out)
    else:
        packed = Packed(torch.from_numpy(np.ascontiguousarray(W)), len(x))
        rows, addend = torch.from_numpy(x), torch.from_numpy(added)

        def add_up() -> None:
            out[...] = packed.times_plus(rows, addend).numpy()

    return add_up, added


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().numpy()
    return array
