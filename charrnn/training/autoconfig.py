"""Time budgets: which model and which training suit a text and a machine, given how long they may
take. Measured, and what failed: benchmarks/LOG.md.

Everything follows from how many epochs the time is good for. Few: a small model, hardly held
back. Many: a large one, held back by dropout from learning the text by heart. That number comes
from a fraction of a second of training, measured on the machine at hand.

Where the number of epochs is given, nothing is measured: the size is what suits the budget's time
on a usual machine, all else follows from the epochs, and so a run can be repeated.
"""

from __future__ import annotations

import os
import time
from collections import deque
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from ..model import ModelConfig
from ..utils.process import available_cores
from ..utils.yield_points import yield_point
from ..vocabulary import Ids
from . import TrainingConfig
from .plateau import FIRST_EPOCHS
from .step import Learner

_SMALL, _LARGE = 40_000, 300_000  # characters
_WATCHABLE = {30.0: 20_000, float("inf"): 200_000}  # held out at most, by seconds of the budget
_UPDATES = 16  # an epoch of a small text should have at least so many
_LEARNING_RATE = {192: 0.015, 256: 0.012, 384: 0.01, 512: 0.008}
_MEASURED = 256, 64  # the size of an LSTM whose speed is measured, and its symbols
_USUAL_SPEED = 30_000.0  # characters a second of that LSTM, on two cores with AVX2
_AGAIN = 60.0  # seconds after which the machine's speed is looked at again
_LOOKS: deque[tuple[float, float]] = deque(maxlen=8)  # when, and characters a second
# Below which a smaller model has learnt more in the same time; the smallest is hardly through once.
_EPOCHS = {512: 6.0, 384: 3.0, 256: 1.0, 192: 0.0}
_DROPOUT = {5.0: 0.0, 8.0: 0.1, 12.0: 0.2, 40.0: 0.3, float("inf"): 0.4}  # below so many epochs
_HURRIED = 12.0  # epochs below which what is smoothed is moved faster, and hardly held back
# Symbols above which each is met so rarely that what is learnt of it as an input had better serve
# as an output too; and with a small text, epochs from which a larger model makes use of that.
_WIDE, _ENOUGH = 256, 8.0
_EXPECTED = 1 << 26  # characters times symbols for which targets are smoothed
_EXPECTING = 1e-5  # seconds for each character that it takes to find out what is expected
_OFTEN, _SURE = 15.0, 2.0  # see `Habits`


class Habits(NamedTuple):
    """What a text teaches of its `symbols`, so many with `<unk>`. Of a small one: how `often` each
    pair of neighbours comes in it, and how many different `followers` a symbol has, on average."""

    symbols: int = 100
    often: float = 1.0
    followers: float = float("inf")

    @classmethod
    def of(cls, ids: Ids, symbols: int) -> Habits:
        """Those of a text; of a large one no pairs are counted, since nothing depends on them."""
        if not 2 <= len(ids) < 2 * _SMALL:
            return cls(symbols)
        pairs = len(np.unique(ids[:-1].astype(np.int64) << 32 | ids[1:]))
        return cls(symbols, len(ids) / pairs, pairs / len(np.unique(ids[:-1])))


class _Hold(NamedTuple):
    """A model's size, how it is held back from learning a text by heart, and how it is moved: by
    minibatches of how many rows and steps, and how far."""

    hidden: int
    dropout: float
    weight_decay: float
    smoothing: float
    rows: int
    steps: int
    rate: float


class _Length(NamedTuple):
    """How long a run is: a budget's time, None for one that is open-ended; or so many epochs of
    whatever size suits that time."""

    seconds: float | None
    epochs: int | None = None

    @property
    def open_ended(self) -> bool:
        return self.seconds is None and self.epochs is None

    def passes(self, hidden: int, characters: int, symbols: int) -> float:
        """How many times an LSTM of that size goes through the text."""
        if self.epochs is not None:
            return self.epochs
        return epochs(hidden, characters, symbols, self.seconds)

    def suits(self, hidden: int, characters: int, symbols: int) -> bool:
        """Whether a model of that size learns more than a smaller one."""
        speed = None if self.epochs is None else _USUAL_SPEED
        return epochs(hidden, characters, symbols, self.seconds, speed) >= _EPOCHS[hidden]


def choose(
    characters: int,
    seconds: float | None,
    held_out: float,
    habits: Habits | None = None,
    epochs: int | None = None,
) -> tuple[ModelConfig, TrainingConfig]:
    """A model and its training for a text of `characters`, of which a share `held_out` is not
    trained on, in `seconds`; None is open-ended, until it stops improving. With `epochs` the run
    takes these, and `seconds` are those of the budget whose size of a model is wanted: then nothing
    depends on the machine."""
    habits = habits or Habits()
    training = round(characters * (1 - held_out))
    by_heart = not held_out and training < _SMALL
    hold = _hold(training, _Length(seconds, epochs), held_out, habits)
    steps = max(1, min(hold.steps, training // 8))
    # A rare symbol of a small text is better off with more hope.
    known = training >= _SMALL or habits.often >= _OFTEN
    model = ModelConfig(
        cell="lstm",
        hidden_size=hold.hidden,
        input="tied" if held_out and habits.symbols > _WIDE else "embedding",
        dropout=hold.dropout,
    )
    settled = TrainingConfig(
        batch_size=max(1, min(hold.rows, training // (steps * _UPDATES))),
        steps=steps,
        reset=0.0 if by_heart else 0.03,  # its epochs are short, and each begins with zeros
        prior=known or (hold.smoothing > 0 and training > 5_000),
        smoothing=hold.smoothing,
        optimizer="adamw",
        learning_rate=hold.rate,
        weight_decay=hold.weight_decay,
        schedule="cosine",
        clip=1.0,
        epochs=epochs,
        seconds=seconds if epochs is None else None,
        validation=held_out,
    )
    most = next(most for limit, most in _WATCHABLE.items() if (seconds or 1e9) <= limit)
    if characters * held_out > most:
        settled = replace(settled, validation=round(most / characters, 6))
    return model, settled


def epochs(
    hidden: int,
    characters: int,
    symbols: int,
    seconds: float | None,
    measured: float | None = None,
) -> float:
    """How many times an LSTM of that size goes through the text in the time; without an end, until
    the learning rate is down for the first time. `measured` is the speed to reckon with, by default
    that of this machine."""
    if seconds is None:
        return FIRST_EPOCHS
    relative = _work(hidden, symbols) / _work(*_MEASURED)
    return seconds * (measured or speed()) / relative / max(characters, 1)


def _work(hidden: int, symbols: int) -> float:
    """What a character costs an LSTM: products of its input, its state and its output."""
    inputs = hidden if symbols > _WIDE else 64
    return hidden * (4 * inputs + 4 * hidden + symbols)


def speed() -> float:
    """Characters a second that the LSTM `_MEASURED` trains on, on all cores: the best of a few
    quick looks. An app that lives for long takes another look now and then, in case it was busy;
    but not while it is, which would tell nothing new and keep a page's visitors waiting."""
    now = time.monotonic()
    if not _LOOKS or (now - _LOOKS[-1][0] > _AGAIN and not _busy()):
        _LOOKS.append((now, _measured_speed()))
    return max(seen for _, seen in _LOOKS)


def _busy() -> bool:
    """Whether the machine has had much to do in the last minute, where it tells."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > available_cores() / 2


def _measured_speed() -> float:
    threads = torch.get_num_threads()
    hidden, symbols = _MEASURED
    model = ModelConfig(hidden_size=hidden, input="embedding", embedding_size=64)
    training = TrainingConfig(seconds=1, batch_size=16, steps=64)
    try:
        with torch.random.fork_rng(devices=[]):
            learner = Learner(model, training, symbols)
            X = torch.zeros(16, 64, dtype=torch.int64)
            times = []
            for _ in range(6):
                yield_point()
                began = time.perf_counter()
                learner.train_on(X, X, learning_rate=0.0, last=False)
                times.append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    return X.numel() / min(times)


def _hold(characters: int, length: _Length, held_out: float, habits: Habits) -> _Hold:
    hidden = _hidden(characters, habits.symbols, length)
    if not held_out and characters < _SMALL:
        return _Hold(hidden, 0.0, 0.01, 0.0, 32, 35, 0.008)
    rows = 32 if hidden > 256 else 16  # of large texts, enough updates a second;
    steps = 32 if hidden == min(_EPOCHS) else 64  # where there is time for few: rather for more
    if not held_out:
        return _Hold(hidden, 0.0, 0.01, 0.0, rows, steps, _LEARNING_RATE[hidden])
    smoothing = _smoothing(characters, habits.symbols, length)
    if characters >= _SMALL:
        many = length.open_ended and characters < _LARGE  # epochs follow, each of them short
        gone = length.passes(hidden, characters, habits.symbols)
        dropout = 0.4 if many else _dropout(gone)
        if smoothing and gone < _HURRIED:
            return _Hold(hidden, min(dropout, 0.1), 0.01, smoothing, 16, 32, 0.02)
        if smoothing:
            return _Hold(hidden, round(dropout - 0.1, 1), 0.01, smoothing, 8, 64, 0.008)
        decay = 0.1 if gone >= 3 else 0.01
        return _Hold(hidden, dropout, decay, 0.0, rows, steps, _LEARNING_RATE[hidden])
    often = habits.often >= _OFTEN
    if habits.followers < _SURE:  # nearly each symbol says which comes next
        return _Hold(128, 0.1, 0.01, 0.0, 8, 64 if often else 35, 0.02)
    if smoothing and often:
        return _Hold(128, 0.2, 0.1, smoothing, 8, 64, 0.03)
    if smoothing and habits.symbols > _WIDE:
        gone = length.passes(hidden, characters, habits.symbols)
        if gone < _ENOUGH:
            return _Hold(128, 0.3, 0.2, smoothing, 16, 20, 0.015)
        return _Hold(hidden, max(0.3, _dropout(gone)), 0.2, smoothing, 16, 20, 0.01)
    if smoothing:
        return _Hold(128, 0.3, 0.1, smoothing, 8, 35, 0.015)
    if often:
        return _Hold(256, 0.5, 0.1, 0.0, 16, 64, 0.006)
    return _Hold(128, 0.6, 0.5, 0.0, 16, 35, 0.003)


def _smoothing(characters: int, symbols: int, length: _Length) -> float:
    """Of targets, for texts that are not gone through often enough otherwise; none where it takes
    too long to find out what is expected, or too much memory."""
    seconds = None if length.epochs is not None else length.seconds
    too_long = seconds is not None and characters * _EXPECTING > seconds / 10
    if characters >= _LARGE or characters * symbols > _EXPECTED or too_long:
        return 0.0
    return 0.6 if characters < _SMALL else 0.5


def _hidden(characters: int, symbols: int, length: _Length) -> int:
    if characters < _LARGE:
        return 256
    return next(hidden for hidden in _EPOCHS if length.suits(hidden, characters, symbols))


def _dropout(epochs: float) -> float:
    """More for what is seen more often."""
    return next(share for below, share in _DROPOUT.items() if epochs < below)
