"""What tints a text, as the page draws it: one base-36 digit for each character (`tinted_text.js`).

Surprisals have levels from 0; numbers below and above zero have signed levels from −9 to 9.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .contract import CONTRACT

_LEVEL_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MAX_LEVEL = len(_LEVEL_DIGITS) - 1
_LEVELS_PER_BIT = CONTRACT["surprisal_levels_per_bit"]
UNSCORED = "-"  # in the place of a level, for a character without a value
_MAX_SIGNED_LEVEL = 9  # on both sides; its digit is twice as large


def surprisal_level(surprisal: float) -> str:
    """Return the level of a surprisal in bits, as one base-36 digit: 11⅔ bits at most."""
    return _LEVEL_DIGITS[min(round(surprisal * _LEVELS_PER_BIT), _MAX_LEVEL)]


def surprisal_levels(surprisal: NDArray[np.floating]) -> str:
    """Return the levels of surprisals (N,) in bits, one digit each; `UNSCORED` for NaN."""
    scored = ~np.isnan(surprisal)
    levels = np.full(len(surprisal), _MAX_LEVEL + 1)
    levels[scored] = np.minimum(np.rint(surprisal[scored] * _LEVELS_PER_BIT), _MAX_LEVEL)
    digits = np.array([*_LEVEL_DIGITS, UNSCORED])
    return "".join(digits[levels].tolist())


def signed_levels(values: NDArray[np.floating], largest: float) -> str:
    """Return the signed levels of values (N,), one digit each; `UNSCORED` for NaN.

    The digit of level k is k + 9. From `largest` on, which is above 0, a value has the last level.
    """
    known = ~np.isnan(values)
    digits = np.array([*_LEVEL_DIGITS[: 2 * _MAX_SIGNED_LEVEL + 1], UNSCORED])
    levels = np.full(len(values), 2 * _MAX_SIGNED_LEVEL + 1)
    scaled = np.clip(values[known] / largest, -1, 1) * _MAX_SIGNED_LEVEL
    levels[known] = np.rint(scaled).astype(int) + _MAX_SIGNED_LEVEL
    return "".join(digits[levels].tolist())
