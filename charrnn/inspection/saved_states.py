"""States of a model at some places of a text, from which any part of it can be read again."""

from __future__ import annotations

from bisect import bisect_right

from ..rnn import State, map_state

_MIN_INTERVAL_CHARACTERS = 512  # between two states
_MAX_BYTES = 1_000_000  # of all states of a text together


class SavedStates:
    """States before some characters of one text, (L, 1, H) each.

    They are 512 characters apart, or farther in a text so long that they would take more than a
    megabyte.
    """

    def __init__(self, characters: int) -> None:
        """Make an empty collection for a text of this length."""
        self._characters = characters
        self._places: list[int] = []
        self._states: list[State] = []
        self.byte_count = 0

    def add(self, place: int, state: State) -> None:
        """Keep the state before the character at `place`, unless it is close to the last one."""
        size = sum(part.nbytes for part in (state if isinstance(state, tuple) else (state,)))
        interval = max(_MIN_INTERVAL_CHARACTERS, self._characters * size // _MAX_BYTES)
        if place - (self._places[-1] if self._places else 0) >= interval:
            self._places.append(place)
            self._states.append(map_state(lambda part: part.detach().clone(), state))
            self.byte_count += size

    def last_before(self, place: int) -> tuple[int, State | None]:
        """Return the last place up to `place` with a state, and the state; 0 and None for none."""
        index = bisect_right(self._places, place)
        return (self._places[index - 1], self._states[index - 1]) if index else (0, None)
