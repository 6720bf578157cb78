"""Choose a model and its training for a text, a machine and a time budget.

Everything follows from how many epochs fit into the time. Few: a small model with hardly any
regularization. Many: a large one, with dropout against overfitting. That number comes from a
fraction of a second of training, measured on this machine. All constants were measured; what failed
is in benchmarks/LOG.md.

Where the number of epochs is given, nothing is measured, so that a run can be repeated: the size
suits the budget's time on a typical machine, and all else follows from the epochs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..model import ModelConfig
from ..vocabulary import Ids
from . import TrainingConfig
from .machine_speed import BENCHMARK_SIZES, machine_speed
from .schedule import FIRST_COSINE_EPOCHS

_SMALL_TEXT, _LARGE_TEXT = 40_000, 300_000  # characters
_MAX_HELD_OUT = {30.0: 20_000, float("inf"): 200_000}  # characters, by a budget's seconds at most
_MIN_UPDATES_PER_EPOCH = 16  # of a small text
_LEARNING_RATES = {192: 0.015, 256: 0.012, 384: 0.01, 512: 0.008}
_TYPICAL_SPEED = 30_000.0  # of the LSTM of `BENCHMARK_SIZES` on two cores with AVX2
# Epochs below which a smaller model learns more in the same time, by hidden size.
_MIN_EPOCHS = {512: 6.0, 384: 3.0, 256: 1.0, 192: 0.0}
# By the number of epochs, up to.
_DROPOUT_BY_EPOCHS = {5.0: 0.0, 8.0: 0.1, 12.0: 0.2, 40.0: 0.3, float("inf"): 0.4}
_FEW_EPOCHS = 12.0  # below: smoothed targets get a higher learning rate, hardly regularized
# Of a model that starts from another, an LSTM of 512 (benchmarks/LOG.md).
_START_ROWS, _START_STEPS = 16, 64
_START_LEARNING_RATE = 0.0015  # from `_SMALL_TEXT` characters on; less by the root of their share
_START_DROPOUT, _START_WEIGHT_DECAY = 0.1, 0.05
_MAX_START_EPOCHS = 6  # of a smaller text; more would make it forget what it knows
_MANY_SYMBOLS = 256  # above, each is so rare that its embedding is tied to the output layer
_ENOUGH_EPOCHS = 8.0  # from which a larger model pays for a small text of many symbols
_MAX_SOFT_TARGETS = 1 << 26  # characters times symbols; above, targets are not smoothed
_SOFT_TARGET_SECONDS = 1e-5  # per character, to fit the n-gram soft targets
_REPETITIVE = 15.0  # counts per bigram, on average, from which a text repeats itself
_NEARLY_DETERMINISTIC = 2.0  # successors per symbol, below which most symbols determine the next


class CorpusStats(NamedTuple):
    """Statistics of a text that hyperparameters depend on.

    `symbols` is the vocabulary size, `<unk>` included. Of a small text, `count_per_bigram` is how
    often each bigram occurs and `successors_per_symbol` how many different characters follow a
    symbol, both on average.
    """

    symbols: int = 100
    count_per_bigram: float = 1.0
    successors_per_symbol: float = float("inf")

    @classmethod
    def measure(cls, ids: Ids, symbols: int) -> CorpusStats:
        """Measure a text; of a large one no bigrams are counted, since nothing depends on them."""
        if not 2 <= len(ids) < 2 * _SMALL_TEXT:
            return cls(symbols)
        pairs = len(np.unique(ids[:-1].astype(np.int64) << 32 | ids[1:]))
        return cls(symbols, len(ids) / pairs, pairs / len(np.unique(ids[:-1])))


class _Preset(NamedTuple):
    """A model's size, its regularization, and the shape and size of its updates."""

    hidden: int
    dropout: float
    weight_decay: float
    smoothing: float
    rows: int
    steps: int
    rate: float


class _RunLength(NamedTuple):
    """The length of a run: `seconds` (None: open-ended), or a number of epochs.

    With `epochs`, `seconds` is the budget that the model's size should suit.
    """

    seconds: float | None
    epochs: int | None = None

    @property
    def open_ended(self) -> bool:
        return self.seconds is None and self.epochs is None

    def epochs_for(self, hidden: int, characters: int, symbols: int) -> float:
        """Return how many epochs an LSTM with `hidden` units trains for."""
        if self.epochs is not None:
            return self.epochs
        return epochs(hidden, characters, symbols, self.seconds)

    def is_worthwhile(self, hidden: int, characters: int, symbols: int) -> bool:
        """Check whether an LSTM of that size learns more in the time than a smaller one."""
        speed = None if self.epochs is None else _TYPICAL_SPEED
        return epochs(hidden, characters, symbols, self.seconds, speed) >= _MIN_EPOCHS[hidden]


def choose_config(
    characters: int,
    seconds: float | None,
    held_out: float,
    stats: CorpusStats | None = None,
    epochs: int | None = None,
) -> tuple[ModelConfig, TrainingConfig]:
    """Choose a model and its training for a text of `characters`.

    A share `held_out` of the text is not trained on. `seconds` is the time budget, None for a run
    that ends when it stops improving. With `epochs` the run takes these instead, `seconds` only
    decides the model's size, and nothing depends on the machine.
    """
    stats = stats or CorpusStats()
    training = round(characters * (1 - held_out))
    memorizes = not held_out and training < _SMALL_TEXT
    preset = _preset(training, _RunLength(seconds, epochs), held_out, stats)
    steps = max(1, min(preset.steps, training // 8))
    # In a small, varied text a rare symbol should not begin with a low probability.
    known = training >= _SMALL_TEXT or stats.count_per_bigram >= _REPETITIVE
    model = ModelConfig(
        cell="lstm",
        hidden_size=preset.hidden,
        input="tied" if held_out and stats.symbols > _MANY_SYMBOLS else "embedding",
        dropout=preset.dropout,
    )
    training_config = TrainingConfig(
        batch_size=max(1, min(preset.rows, training // (steps * _MIN_UPDATES_PER_EPOCH))),
        steps=steps,
        reset=0.0 if memorizes else 0.03,  # short epochs begin with zeros often enough
        prior=known or (preset.smoothing > 0 and training > 5_000),
        smoothing=preset.smoothing,
        optimizer="adamw",
        learning_rate=preset.rate,
        weight_decay=preset.weight_decay,
        schedule="cosine",
        clip=1.0,
        epochs=epochs,
        seconds=seconds if epochs is None else None,
        validation=held_out,
    )
    most = next(most for limit, most in _MAX_HELD_OUT.items() if (seconds or 1e9) <= limit)
    if characters * held_out > most:
        training_config = replace(training_config, validation=round(most / characters, 6))
    return model, training_config


def choose_config_from(
    start: ModelConfig, training: TrainingConfig, characters: int, symbols: int
) -> tuple[ModelConfig, TrainingConfig]:
    """Choose how a model that is trained already learns a text of `characters` in addition.

    `training` is what `choose_config` chose for a new model of as many `symbols`. The updates are
    smaller, so that the model keeps what it knows, and the smaller the text the smaller they are. A
    small text is read a few times only, even where there is time for more. The output bias and the
    targets need no help by counting.
    """
    trained = round(characters * (1 - (training.validation or 0)))
    steps = max(1, min(_START_STEPS, trained // 8))
    rows = max(1, min(_START_ROWS, trained // (steps * _MIN_UPDATES_PER_EPOCH)))
    share = min(1.0, trained / _SMALL_TEXT)
    seconds = training.seconds
    if share < 1 and seconds is not None:
        reached = epochs(start.hidden_size, trained, symbols, seconds)
        if reached > _MAX_START_EPOCHS:
            training = replace(training, epochs=_MAX_START_EPOCHS, seconds=None)
    return replace(start, dropout=_START_DROPOUT), replace(
        training,
        batch_size=rows,
        steps=steps,
        learning_rate=round(_START_LEARNING_RATE * share**0.5, 6),
        weight_decay=_START_WEIGHT_DECAY,
        prior=False,
        smoothing=0.0,
    )


def epochs(
    hidden: int,
    characters: int,
    symbols: int,
    seconds: float | None,
    characters_per_second: float | None = None,
) -> float:
    """Return how many epochs an LSTM with `hidden` units trains for in the given time.

    Without a time, return the epochs of the first cosine. `characters_per_second` is the speed to
    reckon with, by default that of this machine.
    """
    if seconds is None:
        return FIRST_COSINE_EPOCHS
    relative = _cost_per_character(hidden, symbols) / _cost_per_character(*BENCHMARK_SIZES)
    return seconds * (characters_per_second or machine_speed()) / relative / max(characters, 1)


def _cost_per_character(hidden: int, symbols: int) -> float:
    """Return the multiplications of an LSTM per character: by its input, state and output."""
    inputs = hidden if symbols > _MANY_SYMBOLS else 64
    return hidden * (4 * inputs + 4 * hidden + symbols)


def _preset(characters: int, length: _RunLength, held_out: float, stats: CorpusStats) -> _Preset:
    hidden = _hidden_size(characters, stats.symbols, length)
    if not held_out and characters < _SMALL_TEXT:
        return _Preset(hidden, 0.0, 0.01, 0.0, 32, 35, 0.008)
    rows = 32 if hidden > 256 else 16  # for large texts: enough updates per second;
    steps = 32 if hidden == min(_MIN_EPOCHS) else 64  # with little time, smaller and more updates
    if not held_out:
        return _Preset(hidden, 0.0, 0.01, 0.0, rows, steps, _LEARNING_RATES[hidden])
    smoothing = _smoothing(characters, stats.symbols, length)
    if characters >= _SMALL_TEXT:
        many = length.open_ended and characters < _LARGE_TEXT  # many short epochs follow
        epochs_done = length.epochs_for(hidden, characters, stats.symbols)
        dropout = 0.4 if many else _dropout(epochs_done)
        if smoothing and epochs_done < _FEW_EPOCHS:
            return _Preset(hidden, min(dropout, 0.1), 0.01, smoothing, 16, 32, 0.02)
        if smoothing:
            return _Preset(hidden, round(dropout - 0.1, 1), 0.01, smoothing, 8, 64, 0.008)
        decay = 0.1 if epochs_done >= 3 else 0.01
        return _Preset(hidden, dropout, decay, 0.0, rows, steps, _LEARNING_RATES[hidden])
    repetitive = stats.count_per_bigram >= _REPETITIVE
    if stats.successors_per_symbol < _NEARLY_DETERMINISTIC:
        return _Preset(128, 0.1, 0.01, 0.0, 8, 64 if repetitive else 35, 0.02)
    if smoothing and repetitive:
        return _Preset(128, 0.2, 0.1, smoothing, 8, 64, 0.03)
    if smoothing and stats.symbols > _MANY_SYMBOLS:
        epochs_done = length.epochs_for(hidden, characters, stats.symbols)
        if epochs_done < _ENOUGH_EPOCHS:
            return _Preset(128, 0.3, 0.2, smoothing, 16, 20, 0.015)
        return _Preset(hidden, max(0.3, _dropout(epochs_done)), 0.2, smoothing, 16, 20, 0.01)
    if smoothing:
        return _Preset(128, 0.3, 0.1, smoothing, 8, 35, 0.015)
    if repetitive:
        return _Preset(256, 0.5, 0.1, 0.0, 16, 64, 0.006)
    return _Preset(128, 0.6, 0.5, 0.0, 16, 35, 0.003)


def _smoothing(characters: int, symbols: int, length: _RunLength) -> float:
    """Return the share of n-gram soft targets; 0 for texts that do not need or cannot afford them.

    They help texts that get too few epochs. They cost time and memory in proportion to the text.
    """
    seconds = None if length.epochs is not None else length.seconds
    too_long = seconds is not None and characters * _SOFT_TARGET_SECONDS > seconds / 10
    if characters >= _LARGE_TEXT or characters * symbols > _MAX_SOFT_TARGETS or too_long:
        return 0.0
    return 0.6 if characters < _SMALL_TEXT else 0.5


def _hidden_size(characters: int, symbols: int, length: _RunLength) -> int:
    if characters < _LARGE_TEXT:
        return 256
    return next(
        hidden for hidden in _MIN_EPOCHS if length.is_worthwhile(hidden, characters, symbols)
    )


def _dropout(epochs: float) -> float:
    """Return the dropout for a number of epochs: the more, the higher."""
    return next(share for below, share in _DROPOUT_BY_EPOCHS.items() if epochs < below)
