"""How a character was drawn: a random number, and the symbol on which it fell.

All symbols share a line from 0 to 1, in the order of the vocabulary, each as wide as its
q ∝ p^α. Sampling writes the symbol that a random number falls on. The seed of a text gives the same
random numbers again, so a draw can be shown after the text was generated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...generation.sampling import random_number
from ...vocabulary import Vocabulary
from .seed import MAX_SEED

_MAX_INDEX = 1_000_000
_MIN_WIDTH = 0.003  # of a symbol that is sent; narrower than a pixel


@dataclass(frozen=True)
class RandomDraw:
    """Which draw to repeat: of the character `index` of what was generated, from 0 on."""

    seed: int
    alpha: float
    index: int

    @classmethod
    def from_json(cls, value: object) -> RandomDraw | None:
        """Return the draw that a browser asks for, or None for anything else."""
        fields = value if isinstance(value, dict) else {}
        seed, alpha, index = fields.get("seed"), fields.get("alpha"), fields.get("index")
        if type(alpha) is int:
            alpha = float(min(alpha, 2**53))  # JSON has one kind of number
        if type(seed) is not int or type(index) is not int or type(alpha) is not float:
            return None
        is_valid = 0 <= seed <= MAX_SEED and 0 <= index < _MAX_INDEX and 0 < alpha < math.inf
        return cls(seed, alpha, index) if is_valid else None


def draw_table(
    draw: RandomDraw, vocabulary: Vocabulary, p: Mapping[str, float], written: str
) -> dict[str, Any] | None:
    """Return a draw as JSON for `random_draw.js`; None if it did not write the character `written`.

    `p` are the probabilities of all symbols. The answer has the random `number`, the `alpha`, and
    the `symbols` that are wide enough to be seen: each with the places where it begins and ends.
    """
    number = random_number(draw.seed, draw.index)
    symbols = vocabulary.symbols[1:]  # without <unk>
    log_p = np.log(np.maximum([p[symbol] for symbol in symbols], np.finfo(np.float64).tiny))
    ends = np.exp(draw.alpha * (log_p - log_p.max())).cumsum()
    ends /= ends[-1]
    chosen = int(ends.searchsorted(number, side="right"))
    if symbols[chosen] != written:
        return None
    begins = np.concatenate([[0.0], ends[:-1]])
    wide = np.flatnonzero((ends - begins >= _MIN_WIDTH) | (np.arange(len(ends)) == chosen))
    return {
        "number": number,
        "alpha": draw.alpha,
        "symbols": [[symbols[i], float(begins[i]), float(ends[i])] for i in wide.tolist()],
    }
