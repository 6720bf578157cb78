"""Prefill: run a prefix through the model, so that it can predict what comes next.

A short prefix is read one character at a time, like generation; a longer one in chunks, each in one
forward pass. Between them are yield points (`charrnn.utils.yield_points`).
"""

from __future__ import annotations

import numpy as np
import torch

from ..model import CharRNN, State, eval_mode
from ..rnn import map_state
from ..utils.yield_points import yield_point
from ..vocabulary import Ids, Vocabulary
from .numpy_decoder import Decoder, make_decoder

_MIN_CHUNK, _MAX_CHUNK = 16, 256  # characters of a prefix per forward pass
_CHUNK_MULTIPLICATIONS = 100_000_000  # per forward pass, about, which decides the chunk's length
_MAX_STEPWISE_CHARACTERS = 64  # of a prefix that is read one character at a time instead


def prefilled_decoder(model: CharRNN, vocabulary: Vocabulary, text: str, count: int = 1) -> Decoder:
    """Build a decoder of `count` equal sequences that have read `text` from a zero state.

    An empty text is read as the beginning of a new line.
    """
    ids = _encode_prefix(vocabulary, text)
    if _is_stepwise_faster(model, ids):
        return _prefill_stepwise(model, ids, count)
    state = _prefill_state(model, ids)
    return make_decoder(model, map_state(lambda s: s.repeat(1, count, 1), state))


def prefilled_decoders(
    model: CharRNN, vocabulary: Vocabulary, text: str, count: int
) -> list[Decoder]:
    """Build `count` decoders as `prefilled_decoder` does, each computed exactly as if alone."""
    ids = _encode_prefix(vocabulary, text)
    if _is_stepwise_faster(model, ids):
        return [_prefill_stepwise(model, ids, 1) for _ in range(count)]
    state = _prefill_state(model, ids)
    return [make_decoder(model, state) for _ in range(count)]


def line_start(vocabulary: Vocabulary) -> str:
    """Return the symbol that is read for an empty text: a line break, if the model knows that.

    Otherwise it is a space, or the most frequent symbol.
    """
    known = [c for c in "\n " if c in vocabulary.symbols]
    return known[0] if known else vocabulary.symbols[1]


def _encode_prefix(vocabulary: Vocabulary, text: str) -> Ids:
    """Return the ids of a text; for an empty one, those of a line break."""
    if text:
        return vocabulary.encode(text)
    return np.array([vocabulary.symbols.index(line_start(vocabulary))], vocabulary.dtype)


def _is_stepwise_faster(model: CharRNN, ids: Ids) -> bool:
    return len(ids) <= _MAX_STEPWISE_CHARACTERS and not model.config.bidirectional


def _prefill_stepwise(model: CharRNN, ids: Ids, count: int) -> Decoder:
    one = make_decoder(model, model.begin_state(count))
    for i in ids.tolist():
        yield_point()
        one.step(i if count == 1 else np.full(count, i))
    return one


def _prefill_state(model: CharRNN, ids: Ids) -> State:
    """Return the state (L·D, 1, H) after `ids`, of which there is at least one."""
    state: State | None = None
    chunk = max(_MIN_CHUNK, min(_MAX_CHUNK, _CHUNK_MULTIPLICATIONS // model.parameter_count))
    with eval_mode(model):
        for start in range(0, len(ids), chunk):
            yield_point()
            piece = torch.from_numpy(ids[None, start : start + chunk].astype(np.int64))
            state = model.next_state(piece, state)
    assert state is not None
    return state
