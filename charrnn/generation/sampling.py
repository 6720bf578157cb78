"""Draw the next characters: the most likely one, or one from q ∝ p^α.

The logits of a decoder, (V − 1,) or (K, V − 1), have no `<unk>`: index i is the id i + 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .config import GenerationConfig
from .numpy_decoder import Decoder

MAX_ALPHA = 1e30  # above it nothing changes, and products could overflow
_RANDOM_BLOCK = 256  # random numbers drawn at a time


def random_number(seed: int, index: int) -> float:
    """Return the random number, 0 … 1, that draws the character `index` of a text, from 0 on."""
    return float(np.random.default_rng(seed).random(index + 1)[index])


def sample(decoder: Decoder, config: GenerationConfig) -> Iterator[int]:
    """Yield the generated ids; `decoder.logits` are those that chose the latest one.

    Raises UserError if the logits overflow.
    """
    length, alpha = config.length, config.sampling_alpha
    greedy = math.isinf(alpha)
    random = np.random.default_rng(config.seed)
    weights = np.empty(decoder.logits.shape, np.float64)
    for start in range(0, length, _RANDOM_BLOCK):
        for number in random.random(min(_RANDOM_BLOCK, length - start)).tolist():
            logits = decoder.logits
            if greedy:
                chosen = int(logits.argmax())
                if not math.isfinite(logits[chosen]):
                    raise _overflow_error()
            else:
                weights[...] = logits
                chosen = _draw(weights, alpha, number)
            yield chosen + 1
            decoder.step(chosen + 1)


def sample_batch(
    decoder: Decoder, configs: Sequence[GenerationConfig]
) -> Iterator[NDArray[np.int64]]:
    """Yield the next ids (K,) of K texts of one length, sampled as in `sample`."""
    length = configs[0].length
    alphas = [config.sampling_alpha for config in configs]
    randoms = [np.random.default_rng(config.seed) for config in configs]
    for start in range(0, length, _RANDOM_BLOCK):
        count = min(_RANDOM_BLOCK, length - start)
        for numbers in np.stack([random.random(count) for random in randoms], axis=1):  # (K,)
            chosen = draw_each(decoder.logits.reshape(len(configs), -1), alphas, numbers)
            yield chosen
            decoder.step(chosen if len(chosen) > 1 else int(chosen[0]))


def draw_each(
    logits: NDArray[np.float32], alphas: Sequence[float], numbers: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the ids (K,) that random numbers, 0 … 1, draw from q ∝ exp(α · logits), (K, V − 1).

    Raises UserError if the logits overflow.
    """
    highest = np.maximum.reduce(logits, axis=1, keepdims=True)
    if not math.isfinite(highest.sum(dtype=np.float64)):
        raise _overflow_error()
    weights = np.subtract(logits, highest, dtype=np.float64)
    weights *= np.minimum(alphas, MAX_ALPHA)[:, None]
    cumulative = np.exp(weights, out=weights).cumsum(axis=1, out=weights)
    drawn = numbers[:, None] * cumulative[:, -1:]
    chosen: NDArray[np.int64] = (cumulative > drawn).argmax(axis=1) + 1
    return chosen


def _draw(logits: NDArray[np.float64], alpha: float, number: float) -> int:
    """Return the index that a random number, 0 … 1, draws from q ∝ exp(α · logits).

    Overwrites `logits`. Raises UserError if they overflow.
    """
    highest = logits.max()
    if not math.isfinite(highest):
        raise _overflow_error()
    logits -= highest
    logits *= min(alpha, MAX_ALPHA)
    cumulative = np.exp(logits, out=logits).cumsum(out=logits)
    return int(cumulative.searchsorted(number * cumulative[-1], side="right"))


def log_probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log-probabilities (…, V − 1) of logits. Raises UserError if they overflow."""
    if not np.isfinite(logits).all():
        raise _overflow_error()
    return normalize(logits)


def _overflow_error() -> UserError:
    return UserError(
        "The model's numbers overflow, so it cannot predict the next character: "
        "choose another model, or train again."
    )


def normalize(log_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log-probabilities in proportion to exp(log_weights)."""
    shifted = log_weights - log_weights.max(axis=-1, keepdims=True)
    normalized: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normalized
