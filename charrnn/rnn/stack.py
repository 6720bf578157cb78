"""The parameters, stacking, directions, dropout and state that `scratch` and `fast` share.

A layer's parameters keep the textbook's names, with the gates side by side in one matrix:

    W_xh  (I, G·H)   input to hidden          G = 1 for tanh and ReLU,
    W_hh  (H, G·H)   hidden to hidden             3 for the GRU (reset, update, candidate),
    b_h   (G·H,)                                  4 for the LSTM (input, forget, candidate, output)
    b_n   (H,)       only the GRU: the bias inside the reset product
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from . import fast, scratch
from .dropout import dropout
from .state import State, map_state

GATES = {"tanh": 1, "relu": 1, "gru": 3, "lstm": 4}


class Layer(nn.Module):
    """The parameters of one layer in one direction."""

    def __init__(self, cell: str, input_size: int, hidden_size: int) -> None:
        super().__init__()
        width = GATES[cell] * hidden_size
        self.W_xh = nn.Parameter(_weight(input_size, width, by_columns=cell == "lstm"))
        self.W_hh = nn.Parameter(_weight(hidden_size, width, by_columns=cell == "lstm"))
        self.b_h = nn.Parameter(torch.empty(width))
        if cell == "gru":
            self.b_n = nn.Parameter(torch.empty(hidden_size))


def _weight(rows: int, columns: int, *, by_columns: bool) -> Tensor:
    """Return an empty weight (rows, columns), column-major if `fused_lstm` takes it so."""
    return torch.empty(columns, rows).t() if by_columns else torch.empty(rows, columns)


class Recurrence(nn.Module):
    """Stacked recurrent layers, computed by `scratch` or `fast`."""

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        *,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        implementation: str = "fast",
    ) -> None:
        super().__init__()
        self.cell, self.hidden_size, self.dropout = cell, hidden_size, dropout
        self.directions = 2 if bidirectional else 1
        self.depth = layers
        self.implementation = implementation
        self.layers = nn.ModuleList(
            Layer(cell, input_size if depth == 0 else self.directions * hidden_size, hidden_size)
            for depth in range(layers)
            for _ in range(self.directions)
        )

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the outputs (T, B, D·H) and the state after the last step."""
        batch = inputs.shape[1]
        if state is None:
            weight = next(self.parameters())
            zeros = weight.new_zeros(len(self.layers), batch, self.hidden_size)
            state = (zeros, zeros) if self.cell == "lstm" else zeros
        after: list[State] = []
        outputs = inputs
        for depth in range(self.depth):
            if depth > 0:
                outputs = dropout(outputs, self.dropout, self.training)
            directions = []  # the outputs of each
            for direction in range(self.directions):
                k = depth * self.directions + direction
                layer = self.layers[k]
                assert isinstance(layer, Layer)
                before = map_state(lambda s, k=k: s[k], state)  # type: ignore[misc]
                ordered = outputs.flip(0) if direction else outputs
                H, new = self._run(layer, ordered, before)
                directions.append(H.flip(0) if direction else H)
                after.append(new)
            outputs = directions[0] if self.directions == 1 else torch.cat(directions, dim=-1)
        if self.cell == "lstm":
            hidden, cell = zip(*after, strict=True)
            return outputs, (torch.stack(hidden), torch.stack(cell))
        return outputs, torch.stack(after)  # type: ignore[arg-type]

    def by_layer(self) -> list[dict[str, Tensor]]:
        """Return the parameters of each layer (and direction) by the textbook's names."""
        return [dict(layer.named_parameters()) for layer in self.layers]

    @torch.no_grad()
    def load_layers(self, layers: list[dict[str, Tensor]]) -> None:
        """Copy parameters, as `by_layer` of any implementation returns them."""
        for own, values in zip(self.layers, layers, strict=True):
            for name, parameter in own.named_parameters():
                parameter.copy_(values[name])

    def _run(self, layer: Layer, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        if self.implementation == "scratch":
            if not inputs.is_floating_point():
                inputs = F.one_hot(inputs, layer.W_xh.shape[0]).to(layer.W_xh.dtype)
            return scratch.run(self.cell, inputs, state, dict(layer.named_parameters()))
        return fast.run(self.cell, inputs, state, dict(layer.named_parameters()))
