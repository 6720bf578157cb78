"""States of a model on its way through a text, from which it can read any part of it again."""

from __future__ import annotations

from bisect import bisect_right

from ..rnn import State, map_state

_INTERVAL_CHARACTERS = 512  # between two states, at least
_MAX_BYTES = 1_000_000  # of all states of a text together


class SavedStates:
    """States before some characters of one text, (L, 1, H) each.

    They are as close together as the memory for them allows: for a text of 100,000 characters that
    is 512 characters for most models.
    """

    def __init__(self, characters: int) -> None:
        """Prepare for a text of this length."""
        self._characters = characters
        self._places: list[int] = []
        self._states: list[State] = []
        self.byte_count = 0

    def add(self, place: int, state: State) -> None:
        """Keep the state before the character at `place`, unless it is close to the last one."""
        size = sum(part.nbytes for part in (state if isinstance(state, tuple) else (state,)))
        interval = max(_INTERVAL_CHARACTERS, self._characters * size // _MAX_BYTES)
        if place - (self._places[-1] if self._places else 0) >= interval:
            self._places.append(place)
            self._states.append(map_state(lambda part: part.detach().clone(), state))
            self.byte_count += size

    def last_before(self, place: int) -> tuple[int, State | None]:
        """Return the last place up to `place` with a kept state, and the state; else 0 and None."""
        index = bisect_right(self._places, place)
        return (self._places[index - 1], self._states[index - 1]) if index else (0, None)
