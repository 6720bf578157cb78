"""Recurrent layers: tanh, ReLU, GRU and LSTM, stacked and in both directions.

Three implementations of the same functions, so that each can be checked against the others:

* `scratch`: the textbook's loop, one line of mathematics per line of code;
* `fast`: the same with hand-written gradients, on oneDNN's matrix products (the default);
* `torch`: torch's own `nn.RNN`, `nn.GRU` and `nn.LSTM`.

All take inputs (T, B) of symbol ids, read as one-hot vectors, or (T, B, I) of embeddings, and a
state, and return outputs (T, B, D·H) and the new state; D is 2 if bidirectional, else 1. The state
is a tensor (L·D, B, H), or for the LSTM a tuple of two, hidden and cell state; None is zeros.
"""

from __future__ import annotations

from .dropout import dropout
from .fast import run as run_layer
from .matmul import PackedWeight, affine, force_onednn, has_onednn, onednn_is_much_faster
from .stack import Recurrence
from .state import State, map_state
from .torch_layers import TorchRecurrence

__all__ = [
    "PackedWeight",
    "Recurrence",
    "State",
    "TorchRecurrence",
    "affine",
    "dropout",
    "force_onednn",
    "has_onednn",
    "map_state",
    "onednn_is_much_faster",
    "run_layer",
]
