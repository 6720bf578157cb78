"""Find where else the units of a selection are on, as LSTMVis does (Strobelt et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..utils import validation
from .concepts import run_bounds

# A unit is on while |H| is at least the first share of its largest |H| in the text. The share is
# lowered, to the second one at most, until `MIN_UNITS` stay on through the selection.
ON_SHARE, MIN_ON_SHARE = 0.5, 0.1
MIN_UNITS = 3
MAX_UNITS = 32  # of a selection: those that are on most rarely elsewhere
MAX_MATCHES = 20
_MIN_UNITS_SHARE = 0.7  # of the selection's units, which have to be on all through a match


@dataclass(frozen=True)
class SpanMatch:
    """A span of the text, `begin` to `end`, and the mean share of the units that are on in it."""

    begin: int
    end: int
    share: float


@dataclass(frozen=True)
class SpanMatches:
    """The units of a layer that stay on through a selection, and where else they do.

    Attributes:
        units: A unit and a sign each: +1 for a unit that is high, −1 for one that is low.
        matches: Other spans in which most of these units are on, the best first.
        threshold: The share of its largest |H| in the text at which a unit counts as on.
    """

    units: list[tuple[int, int]]
    matches: list[SpanMatch]
    threshold: float


def match_span(H: NDArray[np.floating], begin: int, end: int) -> SpanMatches:
    """Find the units that are on from character `begin` to `end`, and other spans where they are.

    `H` are the hidden states (N, H) of one layer for a whole text. A unit is on while |H| is at
    least half of its largest value in the text, with the same sign. Where fewer than three units
    stay on through the selection, a smaller share is enough. Raises UserError for a selection that
    is empty or outside of the text.
    """
    begin, end = validation.as_int(begin, "begin"), validation.as_int(end, "end")
    if not 0 <= begin < end <= len(H):
        raise UserError("Select some characters of the text first.", field="selection")
    largest = np.maximum(np.abs(H).max(axis=0), np.finfo(np.float32).tiny)
    stretch = H[begin:end] / largest
    lasting = np.concatenate([stretch.min(axis=0), -stretch.max(axis=0)])  # (2H,)
    threshold = float(np.clip(np.sort(lasting)[-MIN_UNITS:][0], MIN_ON_SHARE, ON_SHARE))
    least = threshold * largest
    on = np.concatenate([least <= H, -least >= H], axis=1)  # (N, 2H)
    through = np.flatnonzero(on[begin:end].all(axis=0))
    rarest = through[np.argsort(on[:, through].mean(axis=0), kind="stable")[:MAX_UNITS]]
    size = H.shape[1]
    units = [(int(k % size), 1 if k < size else -1) for k in rarest.tolist()]
    if not units:
        return SpanMatches([], [], threshold)
    shares = on[:, rarest].mean(axis=1)
    return SpanMatches(units, _best_matches(shares, begin, end), threshold)


def _best_matches(shares: NDArray[np.float64], begin: int, end: int) -> list[SpanMatch]:
    """Return the spans in which enough units are on, except those that overlap the selection.

    `shares` (N,) are the shares of the units that are on after each character.
    """
    begins, ends = run_bounds(shares >= _MIN_UNITS_SHARE)
    matches = [
        SpanMatch(first, last, float(shares[first:last].mean()))
        for first, last in zip(begins.tolist(), ends.tolist(), strict=True)
        if (last <= begin or first >= end) and last - first >= (end - begin) / 2
    ]
    return sorted(matches, key=lambda match: -match.share)[:MAX_MATCHES]
