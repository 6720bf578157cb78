"""Run a network on rows of different lengths, without computing much for their padding.

Rows of similar lengths are read together. The state after a row is exact where the row has no
padding, which holds for the longest of a group.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .state import State, map_state

_ROW_OVERHEAD = 24  # a step of a group costs as much as this many rows, besides its own
_MAX_GROUPS = 4


def packed_hidden_states(
    network: Callable[[Tensor, State | None], tuple[Tensor, State]],
    X: Tensor,
    lengths: list[int],
    state: State | None = None,
) -> tuple[Tensor, State]:
    """Return the hidden states (N, D·H) after each of the inputs, row by row, without padding.

    `network` is `CharRNN.hidden_states`. `X` (S, T) holds rows of `lengths`, which fall. The state
    (L·D, S, H) after the rows is that of the characters only where a row has as many of them as the
    first.
    """
    hidden, states = [], []
    for begin, end in _groups(lengths):
        width = lengths[begin]
        before = None if state is None else map_state(lambda s, b=begin, e=end: s[:, b:e], state)  # type: ignore[misc]
        H, after = network(X[begin:end, :width], before)  # (T', S', H)
        mask = torch.arange(width) < torch.tensor(lengths[begin:end])[:, None]  # (S', T')
        hidden.append(H.transpose(0, 1)[mask.to(H.device)])
        states.append(after)
    if isinstance(states[0], tuple):
        parts = zip(*states, strict=True)
        H_all, C_all = (torch.cat(part, dim=1) for part in parts)
        return torch.cat(hidden), (H_all, C_all)
    return torch.cat(hidden), torch.cat(states, dim=1)  # type: ignore[arg-type]


def continued_state(state: State, carried: Tensor) -> State:
    """Return the state of the rows of a minibatch that are continued, and zeros for the others.

    `carried` (S,) are rows of the minibatch before, or −1.
    """
    rows, keep = carried.clamp(min=0), (carried >= 0).float()[:, None]
    return map_state(lambda s: s[:, rows.to(s.device)] * keep.to(s.device), state)


def _groups(lengths: list[int]) -> list[tuple[int, int]]:
    """Cut rows, the longest first, into groups so that their padding and steps cost least."""
    best = [(0, len(lengths))]
    cost = _cost(lengths, best)
    while len(best) < _MAX_GROUPS:
        options = [_with_cut(lengths, best, i) for i in range(len(best))]
        candidate = min(options, key=lambda groups: _cost(lengths, groups))
        new_cost = _cost(lengths, candidate)
        if new_cost >= cost:
            break
        best, cost = candidate, new_cost
    return best


def _with_cut(lengths: list[int], groups: list[tuple[int, int]], i: int) -> list[tuple[int, int]]:
    """Return the groups with the i-th cut in two where that saves most."""
    begin, end = groups[i]
    places = [k for k in range(begin + 1, end) if lengths[k] < lengths[k - 1]]
    if not places:
        return groups
    cut = min(places, key=lambda k: _cost(lengths, [(begin, k), (k, end)]))
    return [*groups[:i], (begin, cut), (cut, end), *groups[i + 1 :]]


def _cost(lengths: list[int], groups: list[tuple[int, int]]) -> int:
    return sum(lengths[begin] * (end - begin + _ROW_OVERHEAD) for begin, end in groups)
