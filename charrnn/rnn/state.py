"""The state of a recurrence: one tensor, or for the LSTM two, hidden and cell state."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

State = Tensor | tuple[Tensor, Tensor]


def map_state(function: Callable[[Tensor], Tensor], state: State) -> State:
    """Apply `function` to the state's tensor, or to both of its tensors."""
    if isinstance(state, tuple):
        return function(state[0]), function(state[1])
    return function(state)
