"""Predict a whole text, with the state carried from its first character to its last.

Read one by one, each character takes all recurrent weights through the processor's cache, which
takes most of the time. So a long text is cut into segments that are read side by side, as the rows
of a minibatch. The first segment begins with the true state, and the others begin with zeros. Each
of the others is then corrected: it is read again from the last state of the segment before, until
its state is the same as at the first reading. From there on its predictions were right already. The
result is that of a single pass, up to rounding.

This is fast because most trained models forget their first state within some hundred characters. A
trial at the beginning of the text shows whether this model does. If not, the text is read in a
single pass.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..model import CharRNN, State
from ..rnn import map_state
from ..utils.yield_points import yield_point
from ..vocabulary import Ids

# Segments are used if the model forgets nearly all of its state within the trial. Its length is an
# eighth of the text, but at least and at most these numbers of characters.
_TRIAL_CHARACTERS = 256
_MAX_TRIAL_CHARACTERS = 4096
_TRIAL_SHARE = 1 / 8
_TRIAL_TOLERANCE = 1e-3
_MIN_CHARACTERS = 24 * _TRIAL_CHARACTERS  # of a text that is read in segments
_SEGMENTS = 16  # that are read side by side
_ROW_CHUNK = 512  # characters that are read at a time in a single pass
_CHUNK = 64  # characters of a segment that are read at a time; then states are compared
_MAX_STATE_NUMBERS = 8_000_000  # of the states that are kept for comparison
_PARALLEL_ROUNDS = 2  # of corrections side by side; then segments are corrected one by one
_EXPECTED_CORRECTION = 384  # characters of each segment that are read again, for the progress
_TOLERANCE = 1e-5  # of states, relative to 1 + |state|; rounding makes a tenth of that

Places = NDArray[np.int64]
OnState = Callable[[int, State], None]
OnProgress = Callable[[float], None]


class Predictions(NamedTuple):
    """Logits (n, V) for the characters at `places` (n,) of a text, whose ids are `targets` (n,)."""

    places: Places
    logits: Tensor
    targets: Tensor


_Reading = Generator[Predictions, None, State | None]


def iter_carried(
    model: CharRNN,
    ids: Ids,
    max_predictions: int,
    on_state: OnState | None = None,
    on_progress: OnProgress | None = None,
) -> Iterator[Predictions]:
    """Yield predictions for all characters of a text (N,) but the first one.

    If a place occurs twice, the later prediction counts. At most `max_predictions` come at a time.
    There is a yield point before each chunk. `on_state` is called with ascending numbers of
    characters and the states (L, 1, H) after them. `on_progress` is called with the share of the
    work that is done, which is 1 at the end only.
    """
    chunk = max(1, min(_ROW_CHUNK, max_predictions))
    reader = _TextReader(model, ids, chunk, on_state, on_progress)
    end = len(ids) - 1  # the last character predicts nothing
    place, state = 0, None
    if (
        end >= _MIN_CHARACTERS
        and max_predictions >= _SEGMENTS * _CHUNK
        and not model.config.bidirectional
    ):
        state = yield from reader.read(0, _TRIAL_CHARACTERS, None)
        assert state is not None
        place, forgets, state = yield from reader.try_to_forget(_TRIAL_CHARACTERS, end, state)
        while forgets and (length := reader.segment_length(end - place)):
            state = yield from reader.read_segments(place, length, state)
            place += _SEGMENTS * length
    yield from reader.read(place, end, state)


class _TextReader:
    """Reads one text with a model, part by part, and reports its states and the progress."""

    def __init__(
        self,
        model: CharRNN,
        ids: Ids,
        chunk: int,
        on_state: OnState | None,
        on_progress: OnProgress | None,
    ) -> None:
        self._model, self._chunk = model, chunk
        self._on_state, self._on_progress = on_state, on_progress
        self._ids = torch.from_numpy(ids.astype(np.int64))
        self._done, self._to_do = 0, len(ids) - 1  # predictions, with those of corrections
        self._is_correcting = False  # then there may be more to do than was expected
        self._share = 0.0  # the progress that was reported last

    def read(self, start: int, stop: int, state: State | None) -> _Reading:
        """Read characters `start` to `stop` in a single pass; return the state after them."""
        for begin in range(start, stop, self._chunk):
            rows = np.arange(begin, min(begin + self._chunk, stop))[None]
            predictions, state = self._predict(rows, state)
            self._report_state(int(rows[0, -1]) + 1, state)
            yield predictions
        return state

    def try_to_forget(
        self, start: int, end: int, state: State
    ) -> Generator[Predictions, None, tuple[int, bool, State]]:
        """Read the trial of a text that ends at `end`, both from `state` and from zeros.

        Return the place where the trial ended, whether the two states were nearly the same there,
        and the true one of them.
        """
        most = max(_TRIAL_CHARACTERS, min(_MAX_TRIAL_CHARACTERS, int(end * _TRIAL_SHARE)))
        stop = start + most // _CHUNK * _CHUNK
        self._to_do += stop - start
        both = map_state(lambda s: torch.cat([s, torch.zeros_like(s)], dim=1), state)
        place, forgets = start, False
        while place < stop and not forgets:
            row = np.arange(place, place + _CHUNK)
            predictions, both = self._predict(np.stack([row, row]), both)
            places, logits, targets = predictions
            yield Predictions(places[::2], logits[::2], targets[::2])
            place += _CHUNK
            state, other = (map_state(lambda s, k=k: s[:, k : k + 1], both) for k in (0, 1))  # type: ignore[misc]
            forgets = bool(_agree(state, other, _TRIAL_TOLERANCE).all())
        self._to_do -= stop - place
        self._report_state(place, state)
        return place, forgets, state

    def segment_length(self, characters: int) -> int:
        """Return the length of segments for the next characters; 0 if they are too few."""
        config = self._model.config
        numbers = 2 * config.layer_count * config.hidden_size  # of a state, at most
        characters = min(characters, _MAX_STATE_NUMBERS // numbers * _CHUNK)
        length = characters // _SEGMENTS // _CHUNK * _CHUNK
        return length if length >= _TRIAL_CHARACTERS // 2 else 0

    def read_segments(
        self, start: int, length: int, state: State
    ) -> Generator[Predictions, None, State]:
        """Read segments of `length` characters side by side; return the state after the last."""
        begins = start + length * np.arange(_SEGMENTS)
        expected = (_SEGMENTS - 1) * min(length, _EXPECTED_CORRECTION)
        self._to_do += expected
        after: list[State] = []  # the states of all segments, (L, S, H), after each chunk
        rows = _rows_from_zeros(state)
        for offset in range(0, length, _CHUNK):
            predictions, rows = self._predict(_places(begins + offset), rows)
            after.append(map_state(Tensor.clone, rows))
            yield predictions
        wrong = list(range(1, _SEGMENTS))  # segments that began with a wrong state
        rounds, done_before, self._is_correcting = 0, self._done, True
        while wrong:
            rounds += 1
            some = wrong if rounds <= _PARALLEL_ROUNDS else wrong[:1]
            changed = yield from self._correct(begins, np.array(some), after)
            rest = set(wrong) - set(some)
            wrong = sorted(rest | {k + 1 for k in changed if k + 1 < _SEGMENTS})
        self._is_correcting = False
        self._to_do += self._done - done_before - expected
        self._report_progress()
        for k, begin in enumerate(begins.tolist()):
            for number, states in enumerate(after):
                last = map_state(lambda s, k=k: s[:, k : k + 1], states)  # type: ignore[misc]
                self._report_state(begin + (number + 1) * _CHUNK, last)
        return last

    def _correct(
        self, begins: Places, segments: Places, after: list[State]
    ) -> Generator[Predictions, None, list[int]]:
        """Read segments again from the last states of those before, until their states agree.

        `after` is updated. Return the segments whose last state has changed.
        """
        rows = map_state(lambda s: s[:, segments - 1], after[-1])
        for number, states in enumerate(after):
            places = _places(begins[segments] + number * _CHUNK)
            predictions, rows = self._predict(places, rows)
            yield predictions
            agree = _agree(rows, map_state(lambda s: s[:, segments], states))  # noqa: B023
            _assign(states, segments, rows)
            segments = segments[~agree]
            if not len(segments):
                break
            left = torch.from_numpy(~agree)
            rows = map_state(lambda s: s[:, left], rows)  # noqa: B023
        return [int(k) for k in segments]

    def _predict(self, places: Places, state: State | None) -> tuple[Predictions, State]:
        """Read the characters at places (B, T); return predictions of the next ones and a state."""
        yield_point()
        device = self._model.b_q.device
        logits, state = self._model(self._ids[places], state)
        self._done += places.size
        self._report_progress()
        next_places = places.T.reshape(-1) + 1  # time-major, as the logits are
        return Predictions(next_places, logits.float(), self._ids[next_places].to(device)), state

    def _report_progress(self) -> None:
        if self._on_progress:
            to_do = max(self._to_do, self._done + _CHUNK) if self._is_correcting else self._to_do
            self._share = max(self._share, self._done / to_do)  # it never goes back
            self._on_progress(self._share)

    def _report_state(self, count: int, state: State) -> None:
        if self._on_state:
            self._on_state(count, state)


def _places(begins: Places) -> Places:
    """Return the places (B, T) of the chunks that begin at `begins` (B,)."""
    return begins[:, None] + np.arange(_CHUNK)


def _rows_from_zeros(state: State) -> State:
    """Return the states (L, S, H) of all segments: `state` (L, 1, H), and zeros for the others."""

    def rows(s: Tensor) -> Tensor:
        return torch.cat([s, s.new_zeros(s.shape[0], _SEGMENTS - 1, s.shape[2])], dim=1)

    return map_state(rows, state)


def _agree(one: State, other: State, tolerance: float = _TOLERANCE) -> NDArray[np.bool_]:
    """Return whether two states (L, B, H) are the same in each row, (B,), up to a tolerance."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    worst = torch.stack([((a - b).abs() / (1 + a.abs())).amax(dim=(0, 2)) for a, b in pairs])
    found: NDArray[np.bool_] = (worst.amax(dim=0) <= tolerance).cpu().numpy()  # False for NaN
    return found


def _assign(states: State, segments: Places, rows: State) -> None:
    """Replace the states of some segments in `states` (L, S, H) by `rows` (L, B, H)."""
    for whole, part in zip(_parts(states), _parts(rows), strict=True):
        whole[:, segments] = part


def _parts(state: State) -> tuple[Tensor, ...]:
    """Return the tensors of a state: H and, for an LSTM, C."""
    return state if isinstance(state, tuple) else (state,)
