"""torch's own recurrent layers with the interface of `stack.Recurrence`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .state import State


class TorchRecurrence(nn.Module):
    """`nn.RNN`, `nn.GRU` or `nn.LSTM`, over symbol ids (T, B) or embeddings (T, B, I)."""

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        *,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        between = dropout if layers > 1 else 0.0  # torch warns about dropout in a single layer
        self.rnn: nn.RNN | nn.GRU | nn.LSTM
        if cell == "lstm":
            self.rnn = nn.LSTM(
                input_size, hidden_size, layers, bidirectional=bidirectional, dropout=between
            )
        elif cell == "gru":
            self.rnn = nn.GRU(
                input_size, hidden_size, layers, bidirectional=bidirectional, dropout=between
            )
        else:
            self.rnn = nn.RNN(
                input_size,
                hidden_size,
                layers,
                nonlinearity=cell,
                bidirectional=bidirectional,
                dropout=between,
            )

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the outputs (T, B, D·H) and the state after the last step."""
        if not inputs.is_floating_point():
            weight = next(self.rnn.parameters())
            inputs = F.one_hot(inputs, self.input_size).to(weight.dtype)
        outputs, after = self.rnn(inputs, state)
        return outputs, after

    def by_layer(self) -> list[dict[str, Tensor]]:
        """Return the parameters of each layer (and direction) by the textbook's names, shapes."""
        found = []
        for W_ih, W_hh, b_ih, b_hh in self.rnn.all_weights:
            b_h = b_ih + b_hh
            layer = {"W_xh": W_ih.t(), "W_hh": W_hh.t(), "b_h": b_h}
            if isinstance(self.rnn, nn.GRU):  # the candidate's own bias by the hidden state
                width = W_hh.shape[1]
                layer["b_h"] = torch.cat([b_h[: 2 * width], b_ih[2 * width :]])
                layer["b_n"] = b_hh[2 * width :]
            found.append(layer)
        return found

    @torch.no_grad()
    def load_layers(self, layers: list[dict[str, Tensor]]) -> None:
        """Copy parameters, as `by_layer` of any implementation returns them.

        torch's two biases of a gate are always added, so one of them becomes 0.
        """
        for (W_ih, W_hh, b_ih, b_hh), values in zip(self.rnn.all_weights, layers, strict=True):
            W_ih.copy_(values["W_xh"].t())
            W_hh.copy_(values["W_hh"].t())
            b_ih.copy_(values["b_h"])
            b_hh.zero_()
            if isinstance(self.rnn, nn.GRU):
                b_hh[2 * W_hh.shape[1] :] = values["b_n"]
