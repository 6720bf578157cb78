"""Surprisal as the page draws it: one base-36 digit for each character (`tinted_text.js`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .contract import CONTRACT

_LEVEL_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MAX_LEVEL = len(_LEVEL_DIGITS) - 1
_LEVELS_PER_BIT = CONTRACT["surprisal_levels_per_bit"]
UNSCORED = "-"  # in the place of a level, for a character without surprisal


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
