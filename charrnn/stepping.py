"""A model one character at a time, in NumPy: what generation spends its time on.

torch is made for minibatches: a step of a single sequence costs it ten times what the arithmetic
does. Here every layer is one product of a vector, [inputs, hidden state, 1], with one matrix that
holds W_xh, W_hh and the biases, and a few elementwise functions, all into buffers made once. The
numbers are those of `CharRNN.forward` to float32's last digits.

Sequences side by side share the reading of the weights, which is what one alone waits for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .model import CharRNN, State

Floats = NDArray[np.float32]


class Stepper:
    """A model with the state of K sequences. `logits` (K, V − 1) is what it expects next, by id
    from 1 on: `<unk>` is left out. With K = 1 the first dimension is dropped, here and below.
    """

    def __init__(self, model: CharRNN, state: State) -> None:
        """Go on from a state (L, K, H) of a model that reads forwards only."""
        if model.config.bidirectional:
            raise ValueError("a bidirectional model has no next step: it reads from both ends")
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
        self._embedding = (
            _array(model.embedding) if model.config.input == "embedding" else None
        )
        self._W_xh = self._layers[0].columns(first, 0)
        self._rows: dict[int, Floats] = {}
        W = torch.cat([model.W_hq, model.b_q[None]])[:, 1:]
        self._W_hq = np.ascontiguousarray(_array(W))
        self._width = model.config.hidden_size + 1
        self.logits: Floats = np.empty((*self._shape, self._W_hq.shape[1]), np.float32)
        self._say()

    def feed(self, ids: Any) -> None:
        """Read one more character each: ids (K,), or one id."""
        below = self._layers[0].step(self._inputs(ids))
        for layer in self._layers[1:]:
            layer.vector[..., : below.shape[-1]] = below
            below = layer.step(None)
        self._say()

    def _say(self) -> None:
        hidden = self._layers[-1].vector[..., -self._width :]
        np.dot(hidden, self._W_hq, out=self.logits)

    def _inputs(self, ids: Any) -> Floats:
        """What the characters add to the first layer: rows of W_xh, by way of the embedding."""
        if self._shape:
            if self._embedding is None:
                return self._W_xh[ids]
            return self._embedding[ids] @ self._W_xh
        row = self._rows.get(ids)
        if row is None:
            embedding = self._embedding
            row = self._W_xh[ids] if embedding is None else embedding[ids] @ self._W_xh
            self._rows[ids] = row
        return row


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
        self._matrix = np.concatenate([W_xh, self.columns(W_hh, 1), bias])
        shape = state[0].shape[:-1]
        self.vector: Floats = np.ones((*shape, inputs + H + 1), np.float32)
        self._hidden = self.vector[..., inputs:-1]
        self._hidden[...] = state[0]
        self._memory = state[-1].copy()
        self._gates: Floats = np.empty((*shape, self._matrix.shape[1]), np.float32)
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
        np.dot(self.vector, self._matrix, out=self._gates)
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


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().numpy()
    return array
