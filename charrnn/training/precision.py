"""The precision of training: float32, or bfloat16 where that is faster.

bfloat16 applies to products and states of the recurrence; weights, optimizer and loss stay float32.
Whether it pays depends on the CPU and on the sizes, so `auto` checks what the CPU
supports and measures. A run counted by epochs should be repeatable, so there `auto` is float32.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from ..model import CharRNN
from ..rnn import force_onednn, has_onednn

_MIN_SPEEDUP = 1.05  # of bfloat16, to choose it
_MIN_MULTIPLICATIONS = 500_000  # of a step of one layer; below, bfloat16 gains nothing
_TIMED_PAIRS = 3
_MAX_TIMED_STEPS = 32


def has_bfloat16() -> bool:
    """Check whether the CPU multiplies bfloat16 natively, not by way of float32."""
    return has_onednn(torch.bfloat16) and any(
        name in torch.backends.cpu.get_cpu_capability() for name in ("AVX512", "AMX", "SVE")
    )


def suits_bfloat16(model: CharRNN, batch_size: int, steps: int) -> bool:
    """Measure whether `model` trains faster in bfloat16, on minibatches (batch_size, steps).

    Takes as long as eight minibatches, cut to 32 steps; leaves the model and torch's random state
    as they were. Small models are never measured: the result would be a toss-up, and a seed should
    repeat a run.
    """
    config = model.config
    gates = {"lstm": 4, "gru": 3}.get(config.cell, 1)
    if config.implementation == "scratch" or not has_bfloat16():
        return False
    if batch_size * config.hidden_size**2 * gates < _MIN_MULTIPLICATIONS:
        return False
    ids = torch.zeros(batch_size, min(steps, _MAX_TIMED_STEPS), dtype=torch.int64)
    training = model.training
    model.eval()  # dropout would draw random numbers
    try:
        _minibatch_seconds(
            model, ids, bfloat16=False
        )  # the first of all pays for what is set up once
        _minibatch_seconds(model, ids, bfloat16=True)
        ratios = [
            _minibatch_seconds(model, ids, bfloat16=False)
            / _minibatch_seconds(model, ids, bfloat16=True)
            for _ in range(_TIMED_PAIRS)
        ]
    finally:
        model.train(training)
        model.zero_grad(set_to_none=True)
    return statistics.median(ratios) >= _MIN_SPEEDUP


@dataclass(frozen=True)
class Arithmetic:
    """What decides how a run's sums are rounded; chosen when it begins, and saved to resume it."""

    bfloat16: bool
    onednn_is_much_faster: bool  # see the function of that name in `charrnn.rnn`

    def counters(self) -> dict[str, bool]:
        """Return what to save, as JSON."""
        # The second key is an older name of the field, which resume states have.
        return {"bfloat16": self.bfloat16, "far_ahead": self.onednn_is_much_faster}

    @classmethod
    def restored(cls, counters: Mapping[str, bool]) -> Arithmetic:
        """Rebuild it from what `counters` returned."""
        return cls(counters["bfloat16"], counters["far_ahead"])

    @contextmanager
    def forward(self) -> Iterator[None]:
        """Enter the context of the forward pass."""
        with self.float32(), autocast(self.bfloat16):
            yield

    def float32(self) -> AbstractContextManager[None]:
        """Return the context of the backward pass, and of all else that stays float32."""
        return force_onednn(self.onednn_is_much_faster)


def autocast(bfloat16: bool) -> torch.autocast:
    """Return the context of the forward pass."""
    return torch.autocast("cpu", torch.bfloat16, enabled=bfloat16)


def _minibatch_seconds(model: CharRNN, ids: torch.Tensor, *, bfloat16: bool) -> float:
    """Time one minibatch, forward and backward, in seconds."""
    began = time.perf_counter()
    with autocast(bfloat16):
        logits, _ = model(ids)
    F.cross_entropy(logits.float(), ids.t().reshape(-1)).backward()  # type: ignore[no-untyped-call]
    return time.perf_counter() - began
