"""Where else the same hidden units are on, as LSTMVis matches selections (Strobelt et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..utils import validation
from .activations import read_layer
from .units import check_searchable

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint

ON_SHARE = 0.5  # of its largest |H| in the text, from which on a unit is on; less, but not below
MIN_ON_SHARE = 0.1  # this one, until there are
MIN_UNITS = 3  # that stay on through the selection
MAX_UNITS = 32  # of a selection: those that are on most rarely elsewhere
MAX_MATCHES = 20
_MIN_UNITS_SHARE = 0.7  # of the units that have to be on all through a match


@dataclass(frozen=True)
class Match:
    """A stretch of the text, `begin` to `end`, and the share of the units that are on in it."""

    begin: int
    end: int
    share: float


@dataclass(frozen=True)
class SpanMatches:
    """The units of a layer that stay on through a selection, and where else they do.

    units: (unit, sign) each; the sign is +1 for a unit that is high, −1 for one that is low.
    matches: of other stretches, the best first.
    threshold: the share of its largest |H| in the text from which on a unit was taken to be on.
    """

    units: list[tuple[int, int]]
    matches: list[Match]
    threshold: float


def match_span(
    checkpoint: Checkpoint, text: str, begin: int, end: int, *, layer: int = 0
) -> SpanMatches:
    """Find the units that are on from character `begin` to `end`, and other places where they are.

    A unit is on while |H| is at least half of its largest value in the text, with the same sign;
    where fewer than three units stay on through the selection, a smaller share is enough.
    Raises UserError for a selection that is empty or outside of the text, and for a text that is
    too long.
    """
    validation.check_checkpoint(checkpoint)
    begin, end = validation.as_int(begin, "begin"), validation.as_int(end, "end")
    if not 0 <= begin < end <= len(validation.as_text(text, "text")):
        raise UserError("Select some characters of the text first.", field="selection")
    check_searchable(checkpoint, text)
    H = read_layer(checkpoint, checkpoint.vocabulary.encode(text), layer)  # (N, H)
    return match_activations(H, begin, end)


def match_activations(H: NDArray[np.floating], begin: int, end: int) -> SpanMatches:
    """Find the units that are on from `begin` to `end` in the activations (N, H) of a text."""
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
    return SpanMatches(units, _best_runs(shares, begin, end), threshold)


def _best_runs(shares: NDArray[np.float64], begin: int, end: int) -> list[Match]:
    """Return the runs in which enough units are on, except those that overlap the selection."""
    enough = np.concatenate([[False], shares >= _MIN_UNITS_SHARE, [False]])
    begins = np.flatnonzero(enough[1:] & ~enough[:-1])
    ends = np.flatnonzero(enough[:-1] & ~enough[1:])
    runs = [
        Match(first, last, float(shares[first:last].mean()))
        for first, last in zip(begins.tolist(), ends.tolist(), strict=True)
        if (last <= begin or first >= end) and last - first >= (end - begin) / 2
    ]
    return sorted(runs, key=lambda run: -run.share)[:MAX_MATCHES]
