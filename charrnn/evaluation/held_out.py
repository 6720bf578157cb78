"""The loss on held-out text, computed fast enough to be evaluated during training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch.nn import functional as F

from ..model import CharRNN, State, eval_mode
from ..rnn import map_state
from ..vocabulary import Ids
from . import as_tensor, score_rows, text_rows
from .buckets import iter_buckets

MAX_ROWS = 64  # blocks that are read side by side
_PADDING = 0  # the id of `<unk>`, which is never scored
_MIN_BLOCK_CHARACTERS = 256  # blocks are not shortened below this
_MAX_STREAMS, _WARM_UP_CHARACTERS = 32, 128


def held_out_nats(model: CharRNN, ids: Ids) -> float:
    """Return the mean nats per character of a held-out text (N,), with the state carried.

    The text is cut into up to 32 streams that are read side by side, each after a warm-up on the
    128 characters before it. So the figure agrees with a single pass to about three digits.
    """
    predictions = len(ids) - 1
    if predictions < 1:
        raise ValueError("a held-out text needs at least two characters")
    streams = max(1, min(_MAX_STREAMS, predictions // (2 * _WARM_UP_CHARACTERS)))
    length = predictions // streams
    with eval_mode(model):
        state: State | None = None
        if streams > 1:
            before = [ids[k * length - _WARM_UP_CHARACTERS : k * length] for k in range(1, streams)]
            _, warm = model(as_tensor(np.stack(before)))
            state = map_state(lambda s: F.pad(s, (0, 0, 1, 0)), warm)  # zeros for the first
        total, count = score_rows(model, text_rows(ids[: streams * length + 1], streams), state)
        if streams * length < predictions:  # the remainder of equal streams
            rest = ids[streams * length - _WARM_UP_CHARACTERS :]
            _, state = model(as_tensor(rest[None, :_WARM_UP_CHARACTERS]))
            nats, number = score_rows(model, text_rows(rest[_WARM_UP_CHARACTERS:], 1), state)
            total, count = total + nats, count + number
    return total / count


def blocks_nats(model: CharRNN, blocks: Sequence[Ids]) -> float:
    """Return the mean nats per character of held-out blocks, each read from a zero state.

    All characters of a block but its first are scored. A single block is read by `held_out_nats`.
    """
    if len(blocks) == 1:
        return held_out_nats(model, blocks[0])
    total, count = 0.0, 0
    with eval_mode(model):
        # Padding at their ends would reach a model that reads backward too.
        equal = model.config.bidirectional
        scored = (block for block in blocks if len(block) > 1)
        for bucket in iter_buckets(scored, len, max_rows=MAX_ROWS, equal=equal):
            nats, number = score_rows(model, _padded(bucket))
            total, count = total + nats, count + number
    if not count:
        raise ValueError("held-out blocks need at least two characters")
    return total / count


def limit_blocks(blocks: Sequence[Ids], most: int) -> tuple[Ids, ...]:
    """Shorten blocks to about `most` characters in total.

    Each block is shortened, but not below 256 characters. If there are too many blocks for that,
    some of them are kept, from all over the text.
    """
    total = sum(map(len, blocks))
    if total <= most:
        return tuple(blocks)
    if len(blocks) == 1:
        return (blocks[0][:most],)
    shorter = [block[: max(_MIN_BLOCK_CHARACTERS, len(block) * most // total)] for block in blocks]
    count = min(len(shorter), max(1, len(shorter) * most // sum(map(len, shorter))))
    return tuple(shorter[i] for i in np.linspace(0, len(shorter) - 1, count).astype(int))


def _padded(blocks: Sequence[Ids]) -> tuple[Ids, Ids]:
    """Return inputs and targets (B, T) of blocks, padded at their ends with an id not scored."""
    rows = np.full((len(blocks), max(map(len, blocks))), _PADDING, blocks[0].dtype)
    for row, block in zip(rows, blocks, strict=True):
        row[: len(block)] = block
    return rows[:, :-1], rows[:, 1:]
