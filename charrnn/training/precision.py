"""In which numbers a model is trained: float32, or bfloat16 where that is faster.

bfloat16 means products and states of the recurrence; weights, optimizer and loss stay float32.
Whether it pays depends on the processor and on the sizes, so `auto` asks both: what the processor
can do, and a quick measurement. A run whose epochs are set can be repeated: there it is float32.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from ..model import CharRNN
from ..rnn import force_onednn, has_onednn

_WORTH_IT = 1.05  # times as fast, or float32 it stays
_TOO_SMALL = 500_000  # multiplications of one step of one layer, below which bfloat16 gains nothing
_PAIRS = 3
_LONG_ENOUGH = 32  # steps


def has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself, rather than by way of float32."""
    return has_onednn(torch.bfloat16) and any(
        name in torch.backends.cpu.get_cpu_capability() for name in ("AVX512", "AMX", "SVE")
    )


def suits_bfloat16(model: CharRNN, batch_size: int, steps: int) -> bool:
    """Whether `model` trains faster in bfloat16, on minibatches (batch_size, steps).

    Takes as long as eight minibatches, cut to 32 steps; leaves the model and torch's random state
    as they were. Small models are never measured: it would be a toss-up, and a seed should repeat
    a run.
    """
    config = model.config
    gates = {"lstm": 4, "gru": 3}.get(config.cell, 1)
    if config.implementation == "scratch" or not has_bfloat16():
        return False
    if batch_size * config.hidden_size**2 * gates < _TOO_SMALL:
        return False
    ids = torch.zeros(batch_size, min(steps, _LONG_ENOUGH), dtype=torch.int64)
    training = model.training
    model.eval()  # dropout would draw random numbers
    try:
        _time(model, ids, bfloat16=False)  # the first of all pays for what is set up once
        _time(model, ids, bfloat16=True)
        ratios = [
            _time(model, ids, bfloat16=False) / _time(model, ids, bfloat16=True)
            for _ in range(_PAIRS)
        ]
    finally:
        model.train(training)
        model.zero_grad(set_to_none=True)
    return statistics.median(ratios) >= _WORTH_IT


@dataclass(frozen=True)
class Arithmetic:
    """What was settled when a run began, and decides how its sums are rounded."""

    bfloat16: bool
    far_ahead: bool  # see `rnn.onednn_is_much_faster`

    @contextmanager
    def forward(self) -> Iterator[None]:
        """The context in which a model computes."""
        with self.products(), autocast(self.bfloat16):
            yield

    def products(self) -> AbstractContextManager[None]:
        """The context in which gradients are found, and all that stays float32."""
        return force_onednn(self.far_ahead)


def autocast(bfloat16: bool) -> torch.autocast:
    """The context in which a model computes."""
    return torch.autocast("cpu", torch.bfloat16, enabled=bfloat16)


def _time(model: CharRNN, ids: torch.Tensor, *, bfloat16: bool) -> float:
    """Seconds for one minibatch, forwards and backwards."""
    began = time.perf_counter()
    with autocast(bfloat16):
        logits, _ = model(ids)
    F.cross_entropy(logits.float(), ids.t().reshape(-1)).backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - began
