"""One training step: forward, loss, backward, clipping, update."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from ..generation import iter_from_model
from ..generation.config import GenerationConfig
from ..model import CharRNN, ModelConfig, State, detach, eval_mode
from ..rnn import map_state, onednn_is_much_faster
from ..rnn.packed import continued_state, packed_hidden_states
from ..utils.process import available_cores
from ..vocabulary import Counts, Vocabulary
from .optimizer import RowMajorParameters, build_optimizer, clip_gradients
from .precision import Arithmetic, suits_bfloat16
from .resume_state import ResumeState, moments_of, restore_moments

if TYPE_CHECKING:
    from .config import TrainingConfig


# Multiplications from which threads share them: of one gate in one time step, or of the output
# layer in all time steps together.
_MIN_SHARED_MULTIPLICATIONS = 300_000
_MIN_SHARED_OUTPUT_MULTIPLICATIONS = 1_000_000


@dataclass(frozen=True)
class Update:
    """The result of a step: its loss, and its gradient norm before clipping.

    The loss is in nats per character, without smoothing, over so many characters. The norm is None
    where no update was due.
    """

    loss: float
    norm: float | None
    characters: int


class TrainStep:
    """A model, its optimizer, and the hidden state carried from minibatch to minibatch."""

    def __init__(
        self,
        model: ModelConfig,
        training: TrainingConfig,
        vocabulary_size: int,
        counts: Counts | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Build the model, with these `weights` if they are given.

        With `counts` (V,), its output bias begins at the symbols' log p.
        """
        self.config = training
        self.device = torch_device(training.device)
        suitable = training.threads or suitable_threads(model, training, vocabulary_size)
        self.threads = min(suitable, available_cores())
        torch.set_num_threads(self.threads)
        torch.manual_seed(training.seed)  # for dropout
        first = torch.Generator().manual_seed(training.seed)
        self.model = CharRNN(model, vocabulary_size, generator=first).to(self.device)
        if weights is not None:
            self.model.load_state_dict(weights)
        if counts is not None:
            self.model.init_output_bias(counts)
        self._parameters = RowMajorParameters(self.model.parameters())
        self.optimizer = build_optimizer(
            training.optimizer,
            self._parameters.rows,
            learning_rate=training.learning_rate,
            weight_decay=training.weight_decay,
        )
        self.state: State | None = None
        self._losses: list[Tensor] = []  # waiting for the end of the epoch

    @cached_property
    def arithmetic(self) -> Arithmetic:
        """The precision and libraries to compute with: measured on first use, or as the run began.

        A run counted by epochs should be repeatable, so for it nothing is measured.
        """
        config = self.config
        if config.precision != "auto" or config.epochs is not None or config.device != "cpu":
            bfloat16 = config.precision == "bfloat16"
        else:
            bfloat16 = suits_bfloat16(self.model, config.batch_size, config.steps)
        return Arithmetic(bfloat16, config.epochs is None and onednn_is_much_faster())

    @property
    def device_label(self) -> str:
        """The device and its precision, for the `start` event."""
        if self.device.type == "cuda":
            return f"cuda ({torch.cuda.get_device_name(self.device)}, float32)"
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"cpu ({threads}, {'bfloat16' if self.arithmetic.bfloat16 else 'float32'})"

    def set_max_threads(self, most: int | None) -> None:
        """Compute on at most this many threads from here on; None for as many as at first."""
        threads = self.threads if most is None else min(self.threads, most)
        if threads != torch.get_num_threads():
            torch.set_num_threads(threads)

    def begin_epoch(self) -> None:
        """Reset the hidden state to zeros."""
        self.state = None
        self._losses.clear()

    def train_on(
        self,
        X: Tensor,
        Y: Tensor,
        *,
        learning_rate: float,
        last: bool,
        soft_targets: Tensor | None = None,
        carried: Tensor | None = None,
    ) -> Update | None:
        """Learn from inputs and targets (B, T); `last` marks the last minibatch of an epoch.

        `soft_targets` (T·B, V) are n-gram distributions to smooth the targets with. Of documents,
        rows are padded, `soft_targets` have a row for each target, and `carried` (B,) says which
        row of the minibatch before each row continues, −1 for none. Returns None, and leaves the
        weights alone, if the loss or the gradient is not finite.
        """
        whole_epoch = self.config.truncate == "epoch"
        if self.config.sampling == "random":
            self.state = None
        elif self.state is not None:
            self.state = self._carry_state(
                self.state if whole_epoch else detach(self.state), carried
            )
        with self.arithmetic.forward():
            logits, targets, self.state = self._predict(X, Y, self.state)
        log_p = F.log_softmax(logits.float(), dim=1)
        objective = F.nll_loss(log_p, targets)
        loss = objective.item()
        if not math.isfinite(loss):
            return None
        if soft_targets is not None:
            cross_entropy = -(soft_targets.to(log_p) * log_p).sum(dim=1).mean()
            objective = torch.lerp(objective, cross_entropy, self.config.smoothing)
        if whole_epoch:
            self._losses.append(objective)
            if not last:
                return Update(loss, None, len(targets))
            objective = torch.stack(self._losses).mean()
            self._losses.clear()
        self._parameters.clear_gradients()
        with self.arithmetic.float32():
            objective.backward()  # type: ignore[no-untyped-call]
        self._parameters.collect_gradients()
        norm = clip_gradients(self._parameters.rows, self.config.clip)
        if not math.isfinite(norm):
            return None
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self._parameters.bump_versions()
        return Update(loss, norm, len(targets))

    def _predict(
        self, X: Tensor, Y: Tensor, state: State | None
    ) -> tuple[Tensor, Tensor, State | None]:
        """Return logits (N, V), their targets (N,), and the state after the minibatch."""
        if self.config.documents == "none":
            logits, after = self.model(X, state)
            return logits, Y.t().reshape(-1).to(self.device), after
        mask = Y != 0  # without padding
        lengths = mask.sum(dim=1).tolist()
        H, after = packed_hidden_states(self.model.hidden_states, X, lengths, state)
        return self.model.logits(H), Y[mask].to(self.device), after

    def _carry_state(self, state: State, carried: Tensor | None) -> State:
        """Return the state for the next minibatch, zero again for some of its sequences.

        A model that meets a zero state at the beginning of epochs only may never learn to write
        from one, and start every text with nonsense (seen: benchmarks/LOG.md).
        """
        if carried is not None:
            return continued_state(state, carried)
        if self.config.reset == 0:
            return state
        batch = state[0].shape[1] if isinstance(state, tuple) else state.shape[1]
        keep = (torch.rand(batch, 1) >= self.config.reset).float()
        return map_state(lambda s: s * keep.to(s.device), state)

    def loss(self, X: Tensor, Y: Tensor) -> float:
        """Return the mean loss in nats on a minibatch, from a zero state and without dropout."""
        with eval_mode(self.model), self.arithmetic.float32():
            logits, targets, _ = self._predict(X, Y, None)
            return float(F.cross_entropy(logits, targets))

    def samples(self, vocabulary: Vocabulary, prefixes: Sequence[str]) -> list[str]:
        """Return a sample for each prefix, the prefix included.

        Raises UserError if the model's numbers overflow.
        """
        # Generation is sequential, so the CPU is faster.
        model = self.model if self.config.device == "cpu" else deepcopy(self.model).cpu()
        config = GenerationConfig(
            self.config.sample_length, self.config.samples, seed=self.config.seed
        )
        texts = []
        with self.arithmetic.float32():
            for prefix in prefixes:
                generated = iter_from_model(
                    model, vocabulary, prefix, config, self.config.documents
                )
                texts.append(prefix + "".join(one.character for one in generated))
        return texts

    def load_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Continue with other weights; a graph through the current ones is cut."""
        self.model.load_state_dict(weights)
        self._losses.clear()
        self.state = None if self.state is None else detach(self.state)

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the current weights, in the CPU's memory."""
        weights = self.model.state_dict()
        return {name: weight.detach().clone().cpu() for name, weight in weights.items()}

    def resume_state(
        self,
        best: dict[str, Tensor],
        counters: dict[str, Any],
        compatibility_key: Mapping[str, Any],
    ) -> ResumeState:
        """Return everything needed to resume bit for bit, with the run's own `counters`."""
        moments = moments_of(self.optimizer)
        random = torch.get_rng_state()
        own = {"arithmetic": self.arithmetic.counters()}
        state = None if self.state is None else map_state(Tensor.cpu, self.state)
        return ResumeState(
            self.weights(), best, moments, state, random, counters | own, compatibility_key
        )

    def load_state(self, point: ResumeState) -> None:
        """Restore what `resume_state` returned."""
        self.model.load_state_dict(point.weights)
        restore_moments(self.optimizer, point.moments)
        state = point.state
        self.state = None if state is None else map_state(lambda s: s.to(self.device), state)
        self.arithmetic = Arithmetic.restored(point.counters["arithmetic"])
        torch.set_rng_state(point.random)


def torch_device(device: str) -> torch.device:
    """Return the device that holds the tensors of a run."""
    return torch.device(device)


def suitable_threads(model: ModelConfig, training: TrainingConfig, symbols: int) -> int:
    """Return how many threads to train with: one if products are small or run on a GPU, else all.

    Handing a small product to other threads costs more than computing it; on a busy machine a
    hundred times more.
    """
    if training.device != "cpu":
        return 1
    hidden = training.batch_size * model.hidden_size
    small = (
        hidden * model.hidden_size < _MIN_SHARED_MULTIPLICATIONS
        and hidden * symbols < _MIN_SHARED_OUTPUT_MULTIPLICATIONS
    )
    return 1 if small else available_cores()
