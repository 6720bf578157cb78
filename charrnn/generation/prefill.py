"""Warm-up: a model reads a prefix, and is then asked what comes next.

A short prefix is read one character at a time, as it is written on; a longer one in pieces, each of
which the model takes in at once. Between them are yield points (`charrnn.utils.yield_points`).
"""

from __future__ import annotations

import numpy as np
import torch

from ..model import CharRNN, State, eval_mode
from ..rnn import map_state
from ..utils.yield_points import yield_point
from ..vocabulary import Ids, Vocabulary
from .numpy_decoder import Steps, steps

_MIN_CHUNK, _MAX_CHUNK = 16, 256  # characters of a prefix fed at a time,
_CHUNK_PRODUCTS = 100_000_000  # of so many multiplications,
_SHORT = 64  # but so few characters one by one


def read(model: CharRNN, vocabulary: Vocabulary, text: str, count: int = 1) -> Steps:
    """A model that has read `text` from a zero state, `count` times side by side; before any text,
    a new line has just begun."""
    ids = _begun(vocabulary, text)
    if _one_by_one_is_quicker(model, ids):
        return _fed(model, ids, count)
    state = _state_after(model, ids)
    return steps(model, map_state(lambda s: s.repeat(1, count, 1), state))


def read_apart(model: CharRNN, vocabulary: Vocabulary, text: str, count: int) -> list[Steps]:
    """As `read`, but each of the `count` goes its own way, exactly as it would alone."""
    ids = _begun(vocabulary, text)
    if _one_by_one_is_quicker(model, ids):
        return [_fed(model, ids, 1) for _ in range(count)]
    state = _state_after(model, ids)
    return [steps(model, state) for _ in range(count)]


def _begun(vocabulary: Vocabulary, text: str) -> Ids:
    """The ids of a text; of none, those of a line that begins."""
    ids = vocabulary.encode(text)
    if len(ids) == 0:  # failing a line's end, a space; failing that, the most frequent character
        first = [c for c in "\n " if c in vocabulary.symbols]
        ids = vocabulary.encode(first[0]) if first else np.ones(1, vocabulary.dtype)
    return ids


def _one_by_one_is_quicker(model: CharRNN, ids: Ids) -> bool:
    return len(ids) <= _SHORT and not model.config.bidirectional


def _fed(model: CharRNN, ids: Ids, count: int) -> Steps:
    one = steps(model, model.begin_state(count))
    for i in ids.tolist():
        yield_point()
        one.feed(i if count == 1 else np.full(count, i))
    return one


def _state_after(model: CharRNN, ids: Ids) -> State:
    """The state (L·D, 1, H) after `ids`, of which there is at least one."""
    state: State | None = None
    chunk = max(_MIN_CHUNK, min(_MAX_CHUNK, _CHUNK_PRODUCTS // model.parameter_count))
    with eval_mode(model):
        for start in range(0, len(ids), chunk):
            yield_point()
            piece = torch.from_numpy(ids[None, start : start + chunk].astype(np.int64))
            state = model.next_state(piece, state)
    assert state is not None
    return state
