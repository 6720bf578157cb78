"""The forward pass one character at a time in NumPy, which is where generation spends its time.

torch is made for minibatches: a step of a single sequence takes ten times as long as its
arithmetic. Here, every layer is one product of a vector, [inputs, hidden state, 1], with one matrix
that holds W_xh, W_hh and the bias, and a few elementwise functions, all into buffers that are
allocated once. The numbers agree with `CharRNN.forward` to float32's last digits.

The matrices are built once per model (`DecoderWeights`) and shared by all texts that it generates.
Each text has its own state and buffers (`NumpyDecoder`). Sequences side by side in one
`NumpyDecoder` read the weights together; reading them is what a single sequence waits for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..model import CharRNN, State, eval_mode
from ..rnn import PackedWeight

Floats = NDArray[np.float32]
_HUGE_WEIGHT = 1e30  # a larger one may overflow
_MIN_PACKED_NUMBERS = 100_000  # of a matrix; NumPy multiplies a smaller one faster than torch
_INPUT_CACHE_BYTES = 8 << 20  # per model, of products of an embedding with W_xh


class Decoder(Protocol):
    """K sequences that can be continued.

    `logits` (K, V − 1) predict the next ids from 1 on: `<unk>` is left out. With K = 1 the first
    dimension is dropped.
    """

    @property
    def logits(self) -> Floats:
        """The logits, which `step` overwrites."""

    def step(self, ids: Any) -> None:
        """Read one more character per sequence: ids (K,), or one id."""

    def restart(self, other: Decoder, row: int) -> None:
        """Put one of the sequences where another decoder, of one sequence, stands."""


def make_decoder(model: CharRNN, state: State) -> Decoder:
    """Build a decoder that continues from a state (L·D, K, H) of the model."""
    if model.config.bidirectional:
        return TorchDecoder(model, state)
    return NumpyDecoder(shared_weights(model), state)


class TorchDecoder:
    """A decoder by `CharRNN.forward`: the reference for `NumpyDecoder`.

    A bidirectional model has no next step; this computes what a text of one more character would.
    """

    logits: Floats

    def __init__(self, model: CharRNN, state: State) -> None:
        self._model, self._state = model, state
        hidden = state[0] if isinstance(state, tuple) else state
        directions = 2 if model.config.bidirectional else 1
        with torch.no_grad():
            outputs = torch.cat(hidden[-directions:].unbind(), dim=-1)
            self._update_logits(outputs @ model.output_weights + model.b_q)

    def step(self, ids: Any) -> None:
        """Read one more character per sequence."""
        X = torch.as_tensor(ids, dtype=torch.int64).reshape(-1, 1)
        with eval_mode(self._model) as model:
            logits, self._state = model(X, self._state)
        self._update_logits(logits)

    def restart(self, other: Decoder, row: int) -> None:
        """Put one of the sequences where another decoder, of one sequence, stands."""
        assert isinstance(other, TorchDecoder)

        def put(own: Tensor, new: Tensor) -> Tensor:
            return own.index_copy(1, torch.tensor([row]), new)

        if isinstance(self._state, tuple) and isinstance(other._state, tuple):
            (H, C), (H_new, C_new) = self._state, other._state
            self._state = put(H, H_new), put(C, C_new)
        elif isinstance(self._state, Tensor) and isinstance(other._state, Tensor):
            self._state = put(self._state, other._state)
        self.logits = self.logits.copy()
        self.logits.reshape(-1, self.logits.shape[-1])[row] = other.logits

    def _update_logits(self, logits: Tensor) -> None:
        own = _array(logits)[:, 1:]
        self.logits = own[0] if len(own) == 1 else own


class DecoderWeights:
    """A snapshot of a unidirectional model's weights, laid out for `NumpyDecoder`.

    It never changes, so any number of texts, in any threads, can share one.
    """

    def __init__(self, model: CharRNN) -> None:
        cell, (first, *upper) = model.config.cell, model.recurrence.by_layer()
        self.layers = [_LayerWeights(cell, first, inputs=False)]
        self.layers += [_LayerWeights(cell, parameters, inputs=True) for parameters in upper]
        self.input_row = _input_rows(
            model, _gate_columns(cell, first["W_xh"], 0), self.layers[0].bias
        )
        W, b = _array(model.output_weights)[:, 1:], _array(model.b_q)[1:]
        self.output: Floats = np.concatenate([W, b[None]])  # (H + 1, V − 1)
        # Overflow shows in `logits`. Suppressing NumPy's warnings of it costs a tenth of a step,
        # and only a ReLU's state and huge weights can overflow.
        largest = max(float(np.abs(_array(weight)).max()) for weight in model.parameters())
        self.may_overflow = model.config.cell == "relu" or largest > _HUGE_WEIGHT


_SHARED: WeakKeyDictionary[CharRNN, tuple[object, DecoderWeights]] = WeakKeyDictionary()
_BUILD_LOCK = threading.Lock()


def shared_weights(model: CharRNN) -> DecoderWeights:
    """Return the model's decoder weights: the same object until the model's weights change."""
    weights = list(model.parameters())
    if any(weight.is_inference() for weight in weights):  # these do not count their changes
        return DecoderWeights(model)
    version = [(weight.data_ptr(), weight._version) for weight in weights]
    with _BUILD_LOCK:
        known, decoder = _SHARED.get(model, (None, None))
        if decoder is None or known != version:
            decoder = DecoderWeights(model)
            _SHARED[model] = version, decoder
        return decoder


class NumpyDecoder:
    """A decoder in NumPy: the state of K sequences side by side, and the buffers of a step."""

    def __init__(self, decoder: DecoderWeights, state: State) -> None:
        states = state if isinstance(state, tuple) else (state,)
        count = states[0].shape[1]
        shape = () if count == 1 else (count,)
        layers: list[_Layer] = []
        for depth, weights in enumerate(decoder.layers):
            before = [_array(s[depth]).reshape(*shape, -1) for s in states]
            layers.append(_Layer(weights, layers[-1].hidden if layers else None, before))
        self._first, *self._upper = layers
        self._input_row = decoder.input_row
        self._added = [*self._first.added] if shape else None  # by sequence, of several
        self.logits: Floats = np.empty((*shape, decoder.output.shape[1]), np.float32)
        self._update_logits = _affine(layers[-1].outputs, decoder.output, self.logits)
        quietly = np.errstate(over="ignore", invalid="ignore")
        self.step: Callable[[Any], None] = (
            quietly(self._step) if decoder.may_overflow else self._step
        )
        with quietly:
            self._update_logits()

    def restart(self, other: Decoder, row: int) -> None:
        """Put one of the sequences where another decoder, of one sequence, stands."""
        assert isinstance(other, NumpyDecoder)
        for own, layer in zip(
            [self._first, *self._upper], [other._first, *other._upper], strict=True
        ):
            own.restart(layer, row)
        self.logits.reshape(-1, self.logits.shape[-1])[row] = other.logits

    def _step(self, ids: Any) -> None:
        if self._added is None:
            self._first.added = self._input_row(ids)
        else:
            for added, i in zip(self._added, ids.tolist(), strict=True):
                added[...] = self._input_row(i)
        self._first.step()
        for layer in self._upper:
            layer.step()
        self._update_logits()


class _LayerWeights:
    """The weights of one layer: `matrix` (I + H + 1, G·H) is W_xh, W_hh and the `bias` (1, G·H).

    The first layer has no `inputs`, I = 0: characters are rows of W_xh, added to the product.
    """

    def __init__(self, cell: str, parameters: dict[str, Tensor], *, inputs: bool) -> None:
        W_hh, bias = parameters["W_hh"], parameters["b_h"][None]
        self.cell, self.hidden_size = cell, W_hh.shape[0]
        b = _gate_columns(cell, bias, 0)
        if cell == "gru":  # b_n goes with W_hh, whose product the reset gate multiplies
            others = torch.zeros(1, 2 * self.hidden_size)
            b = b + _gate_columns(cell, torch.cat([others, parameters["b_n"][None]], dim=1), 1)
        rows = [_gate_columns(cell, parameters["W_xh"], 0)] if inputs else []
        self.matrix: Floats = np.concatenate([*rows, _gate_columns(cell, W_hh, 1), b])
        self.bias = self.matrix[-1:]


class _Layer:
    """One layer's state, its buffers, and its step."""

    def __init__(self, weights: _LayerWeights, below: Floats | None, state: list[Floats]) -> None:
        H, matrix = weights.hidden_size, weights.matrix
        inputs = 0 if below is None else below.shape[-1]
        shape = state[0].shape[:-1]
        vector: Floats = np.ones((*shape, inputs + H + (not shape)), np.float32)
        self._below, self._inputs = below, vector[..., :inputs]
        self.outputs = vector[..., inputs:]  # the hidden state, as `_affine` takes it
        self.hidden = self.outputs[..., :H]
        self.hidden[...] = state[0]
        self._cell_state = state[-1].copy()
        gates = self._gates = np.empty((*shape, matrix.shape[1]), np.float32)
        self.added: Floats = np.empty(gates.shape, np.float32)  # to the product, by the first layer
        if below is not None:
            self._add_up = _affine(vector, matrix, gates)
        elif shape:
            self._add_up = _batched_affine(vector, matrix[:-1], self.added, gates)
        else:
            self._add_up = self._add_up_first
            self._multiply = partial(self.hidden.dot, matrix[:-1], gates)
        self._parts = [gates[..., k * H : (k + 1) * H] for k in range(gates.shape[-1] // H)]
        self._sigmoids = gates[..., : {"gru": 2, "lstm": 3}.get(weights.cell, 0) * H]
        advances: dict[str, Callable[[], object]] = {
            "tanh": partial(np.tanh, gates, out=self.hidden),
            "relu": partial(np.maximum, gates, 0, out=self.hidden),
            "gru": self._gru,
            "lstm": self._lstm,
        }
        self._advance = advances[weights.cell]

    def step(self) -> None:
        """Compute one step from the current output of the layer below, or from what is `added`."""
        if self._below is not None:
            self._inputs[...] = self._below
        self._add_up()
        self._advance()

    def restart(self, other: _Layer, row: int) -> None:
        """Take over the state of another layer, of one sequence, for one of the sequences."""
        np.atleast_2d(self.hidden)[row] = other.hidden
        np.atleast_2d(self._cell_state)[row] = other._cell_state

    def _add_up_first(self) -> None:
        self._multiply()
        np.add(self._gates, self.added, self._gates)

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
        self._cell_state *= F
        G *= I
        self._cell_state += G
        np.tanh(self._cell_state, out=self.hidden)
        self.hidden *= O

    def _sigmoid(self) -> None:
        gates = self._sigmoids
        np.tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5


def _gate_columns(cell: str, W: Tensor, part: int) -> Floats:
    """Return a weight (…, G·H) with its gates in the order of a layer's matrix.

    LSTM: I, F, O, G. GRU: R, U, then the candidate's arguments by the hidden state (`part` 1) and
    by the input (`part` 0), separately. The arguments of sigmoids are halved here, once, since σ(x)
    = (1 + tanh(x / 2)) / 2.
    """
    if cell == "lstm":
        I, F, G, O = W.chunk(4, dim=-1)  # noqa: E741
        W = torch.cat([I / 2, F / 2, O / 2, G], dim=-1)
    elif cell == "gru":
        R, U, N = W.chunk(3, dim=-1)
        zeros = torch.zeros_like(N)
        candidate = [zeros, N] if part == 0 else [N, zeros]
        W = torch.cat([R / 2, U / 2, *candidate], dim=-1)
    return np.ascontiguousarray(_array(W))


def _input_rows(model: CharRNN, W_xh: Floats, bias: Floats) -> Callable[[int], Floats]:
    """Return a function of an id: what the character adds to the first layer, bias included."""
    if model.config.input != "one-hot":
        embedding = _array(model.embedding)
        table = np.concatenate([embedding, np.ones_like(embedding[:, :1])], axis=1)
        W = np.concatenate([W_xh, bias])
        kept = max(64, _INPUT_CACHE_BYTES // W[0].nbytes)
        row: Callable[[int], Floats] = lru_cache(maxsize=kept)(lambda i: table[i].dot(W))
        return row
    rows: Floats = W_xh + bias
    return lambda i: rows[i]


def _affine(x: Floats, matrix: Floats, out: Floats) -> Callable[[], object]:
    """Return a function that computes out = [x, 1] @ matrix, always with these arrays.

    One x (I + 1,) ends in a 1 already; several, (K, I), share the reading of the matrix.
    """
    if x.ndim == 1:
        return partial(x.dot, matrix, out)
    return _batched_affine(x, matrix[:-1], np.repeat(matrix[-1:], len(x), axis=0), out)


def _batched_affine(x: Floats, W: Floats, added: Floats, out: Floats) -> Callable[[], object]:
    """Return a function that computes out = x @ W + added, x (K, I), always with these arrays."""
    if W.size < _MIN_PACKED_NUMBERS:

        def add_up() -> None:
            np.dot(x, W, out=out)
            np.add(out, added, out=out)
    else:
        packed = PackedWeight(torch.from_numpy(W), len(x))
        rows, addend = torch.from_numpy(x), torch.from_numpy(added)

        def add_up() -> None:
            out[...] = packed.times_plus(rows, addend).numpy()

    return add_up


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().numpy()
    return array
