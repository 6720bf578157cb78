"""The character-level language model: ids and a state in, logits and the next state out.

One-hot or embedded input, a recurrence (`charrnn.rnn`), dropout, and an output layer q_t = H_t W_hq
+ b_q, whose weights may be the embedding's (Press and Wolf 2017). The model knows ids only;
characters live in `charrnn.vocabulary`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .errors import Message, UserError
from .rnn import Recurrence, State, TorchRecurrence, affine, dropout, map_state
from .utils.config_fields import check, config_html, config_repr, setting
from .utils.validation import as_instance, as_int
from .vocabulary import Counts

__all__ = ["CharRNN", "ModelConfig", "State", "detach", "eval_mode"]


@dataclass(frozen=True)
class ModelConfig:
    """The architecture of a model. Raises UserError for a value out of range."""

    cell: str = setting(
        "lstm",
        "The recurrent cell: plain tanh or ReLU, or the gated GRU and LSTM",
        choices=("tanh", "relu", "gru", "lstm"),
    )
    implementation: str = setting(
        "fast",
        "How it is computed: with hand-written gradients, the textbook's loop, or torch's layers",
        choices=("fast", "scratch", "torch"),
    )
    hidden_size: int = setting(256, "Hidden units per layer", low=1, high=4096)
    layers: int = setting(1, "Recurrent layers, one on top of the other", low=1, high=8)
    bidirectional: bool = setting(
        False, "Also read backwards: sees the future, so training looks perfect and text is useless"
    )
    input: str = setting(
        "one-hot",
        "How a character enters: one-hot as in the textbook, a learned embedding, or one tied to "
        "the output layer, for texts of a thousand symbols",
        choices=("one-hot", "embedding", "tied"),
    )
    embedding_size: int = setting(
        64, "Width of a learned embedding; a tied one is as wide as the state", low=1, high=4096
    )
    dropout: float = setting(
        0.0, "Probability that a hidden unit is set to zero in training", low=0.0, high=0.9
    )
    initialization: str = setting(
        "orthogonal",
        "Initial weights: the textbook's normal(0, 0.01²), torch's uniform, or orthogonal",
        choices=("normal", "uniform", "orthogonal"),
    )

    __repr__ = config_repr
    _repr_html_ = config_html

    def __post_init__(self) -> None:
        check(self)

    @property
    def layer_count(self) -> int:
        """L·D: the number of layers, with both directions (D = 2) of a bidirectional model."""
        return self.layers * (2 if self.bidirectional else 1)

    @property
    def label(self) -> str:
        """A short description, such as "LSTM 512" or "2 × GRU 256, bidirectional"."""
        name = {"tanh": "tanh RNN", "relu": "ReLU RNN", "gru": "GRU", "lstm": "LSTM"}[self.cell]
        depth = f"{self.layers} × " if self.layers > 1 else ""
        both = ", bidirectional" if self.bidirectional else ""
        return f"{depth}{name} {self.hidden_size}{both}"


def detach(state: State) -> State:
    """Return the state without its graph: gradients do not flow back through it."""
    return map_state(Tensor.detach, state)


class CharRNN(nn.Module):
    """A character-level RNN language model.

    `vocabulary_size` counts `<unk>`. `generator` makes the initial weights repeatable. Raises
    UserError for arguments of a wrong type, and for a model of no symbols.

    The names of its parameters are those of the weights in every checkpoint.
    """

    def __init__(
        self,
        config: ModelConfig,
        vocabulary_size: int,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        as_instance(config, ModelConfig, "config", Message("give a ModelConfig"))
        vocabulary_size = as_int(vocabulary_size, "vocabulary_size")
        if vocabulary_size < 1:
            raise UserError("A model needs at least one symbol.", field="vocabulary_size")
        self.config = config
        self.vocabulary_size = vocabulary_size
        outputs = config.hidden_size * (2 if config.bidirectional else 1)
        sizes = {"one-hot": vocabulary_size, "embedding": config.embedding_size, "tied": outputs}
        input_size = sizes[config.input]
        if config.input != "one-hot":
            self.embedding = nn.Parameter(torch.empty(vocabulary_size, input_size))
        own = config.implementation != "torch"
        build = (
            partial(Recurrence, implementation=config.implementation) if own else TorchRecurrence
        )
        self.recurrence: Recurrence | TorchRecurrence = build(
            config.cell,
            input_size,
            config.hidden_size,
            layers=config.layers,
            bidirectional=config.bidirectional,
            dropout=config.dropout,
        )
        if config.input != "tied":
            columns = torch.empty(vocabulary_size, outputs)
            self.W_hq = nn.Parameter(columns.t())  # column-major, like its gradient
        self.b_q = nn.Parameter(torch.empty(vocabulary_size))
        if not self.b_q.is_meta:
            self._initialize(generator)

    def __repr__(self) -> str:
        return (
            f"<CharRNN {self.config.label}: {self.vocabulary_size - 1:,} symbols, "
            f"{self.parameter_count:,} parameters>"
        )

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return logits of the character after each of `ids` (B, T), and the state after the last.

        The logits are (T·B, V), time step by time step, as in the textbook: their targets are
        `targets.T.reshape(-1)`. The state is (L·D, B, H), or two of them for the LSTM; None is
        zeros.
        """
        H, state = self.hidden_states(ids, state)
        return self.logits(H), state

    def logits(self, H: Tensor) -> Tensor:
        """Return the logits (N, V) by hidden states (…, D·H), N of them, dropout included."""
        H = self._drop_out(H)
        flat = H.reshape(-1, H.shape[-1])
        if self.config.implementation == "fast":
            return affine(flat, self.output_weights, self.b_q)
        return flat @ self.output_weights + self.b_q

    def next_state(self, ids: Tensor, state: State | None = None) -> State:
        """Return the state after `ids` (B, T), without the logits that `forward` also computes."""
        return self.hidden_states(ids, state)[1]

    def hidden_states(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Return the hidden states (T, B, D·H) after each of `ids` (B, T), and the last state."""
        inputs = ids.to(self.b_q.device).t()  # (T, B)
        if self.config.input != "one-hot":
            inputs = self._drop_out(F.embedding(inputs, self.embedding))  # (T, B, E)
        outputs: tuple[Tensor, State] = self.recurrence(inputs, state)
        return outputs

    @property
    def output_weights(self) -> Tensor:
        """W_hq (D·H, V), or the transposed embedding if the two are tied."""
        return self.embedding.t() if self.config.input == "tied" else self.W_hq

    def _drop_out(self, x: Tensor) -> Tensor:
        """Apply dropout around the recurrence, not within it (Zaremba et al. 2014)."""
        return dropout(x, self.config.dropout, self.training)

    @torch.no_grad()
    def init_output_bias(self, counts: Counts) -> None:
        """Set the output bias to log p of each symbol, by its count (V,) plus one (Laplace).

        With small initial weights, the model then predicts each symbol as often as it occurs.
        """
        likely = torch.from_numpy(counts + 1.0)
        self.b_q.copy_((likely / likely.sum()).log())

    def begin_state(self, batch_size: int) -> State:
        """Return a state of zeros for `batch_size` sequences."""
        config = self.config
        zeros = self.b_q.new_zeros(config.layer_count, batch_size, config.hidden_size)
        return (zeros, zeros.clone()) if config.cell == "lstm" else zeros

    @property
    def parameter_count(self) -> int:
        """The number of trainable parameters."""
        return sum(parameter.numel() for parameter in self.parameters())

    @torch.no_grad()
    def _initialize(self, generator: torch.Generator | None) -> None:
        """Set the initial weights.

        Orthogonal: Saxe et al. 2014. Forget bias 1: Jozefowicz et al. 2015.
        """
        scheme, H = self.config.initialization, self.config.hidden_size
        for name, parameter in self.named_parameters():
            # Row-major, so that numbers are drawn in the same order whatever the memory layout.
            weight = torch.empty(parameter.shape)
            bias = weight.ndim == 1
            if scheme == "normal":
                weight.zero_() if bias else weight.normal_(0.0, 0.01, generator=generator)
            elif scheme == "uniform":
                bound = 1 / math.sqrt(H)
                weight.uniform_(-bound, bound, generator=generator)
            elif bias:
                weight.zero_()
                if self.config.cell == "lstm" and ("b_h" in name or "bias_ih" in name):
                    weight[H : 2 * H] = 1.0
            elif "W_hh" in name or "weight_hh" in name:
                for gate in torch.split(weight, H, dim=0 if "weight_hh" in name else 1):
                    nn.init.orthogonal_(gate, generator=generator)
            elif name == "embedding":
                deviation = 0.1 if self.config.input == "tied" else 0.5  # for even initial logits
                weight.normal_(0.0, deviation, generator=generator)
            else:
                nn.init.xavier_uniform_(weight, generator=generator)
            parameter.copy_(weight)


@contextmanager
def eval_mode(model: CharRNN) -> Iterator[CharRNN]:
    """Compute without gradients and without dropout; restores the model's mode afterwards."""
    training = model.training
    with torch.no_grad():
        try:
            yield model.eval()
        finally:
            model.train(training)
