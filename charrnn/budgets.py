"""Time budgets: which model and which training suit a text, given how long they may take."""

from __future__ import annotations

from dataclasses import replace

from .model import ModelConfig
from .training import TrainingConfig

_WATCHABLE = 20_000  # held-out characters that a ten-second run can measure often enough
_UPDATES = 16  # an epoch of a small text should have at least so many


def choose(characters: int, seconds: float | None) -> tuple[ModelConfig, TrainingConfig]:
    """A model and its training for a text of `characters` and a budget of `seconds`.

    None is open-ended: until it stops improving. Small texts get small minibatches, so that an
    epoch still has enough updates, and are held back from learning by heart by dropout and weight
    decay; long budgets on long texts get a larger model. Measured: benchmarks/LOG.md.
    """
    long = seconds is None or seconds > 30
    small = characters < 40_000
    hidden = 512 if long and characters > 300_000 else 128 if small else 256
    steps = max(1, min(64 if characters > 50_000 else 35, characters // 8))
    batch = max(1, min(16, characters // (steps * _UPDATES)))
    if small:
        dropout = 0.6
    elif characters < 100_000:
        dropout = 0.5 if long else 0.3
    else:
        dropout = 0.25 if long else 0.1
    model = ModelConfig(
        cell="lstm",
        implementation="torch",
        hidden_size=hidden,
        input="embedding",
        embedding_size=64,
        dropout=dropout,
    )
    training = TrainingConfig(
        batch_size=batch,
        steps=steps,
        optimizer="adamw",
        learning_rate={128: 0.003, 256: 0.006, 512: 0.002}[hidden],
        weight_decay=0.5 if small else 0.01,
        schedule="plateau" if seconds is None else "cosine",
        clip=1.0,
        seconds=seconds,
    )
    if seconds is not None and seconds <= 30 and characters * training.validation > _WATCHABLE:
        training = replace(training, validation=round(_WATCHABLE / characters, 4))
    return model, training
