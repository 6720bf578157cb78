"""The loss on stretches of held-out text, each from a zero state: fast enough during training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..model import CharRNN, eval_mode
from ..vocabulary import Ids
from . import held_out_nats, score_rows

MAX_ROWS = 64  # blocks side by side
_MAX_PADDING = 1.25  # length of the longest block side by side, as a multiple of the shortest
_PADDING = 0  # the id of `<unk>`, which is never scored
_SHORT = 32  # characters: blocks up to this length may stand beside each other
_MIN_PIECE = 256  # characters to which a block is not shortened


def blocks_nats(model: CharRNN, blocks: Sequence[Ids]) -> float:
    """Return the mean nats per character of held-out blocks: all but the first of each is scored.

    A single block is read by `held_out_nats`.
    """
    if len(blocks) == 1:
        return held_out_nats(model, blocks[0])
    total, count = 0.0, 0
    with eval_mode(model):
        for rows in _batches(blocks, equal=model.config.bidirectional):
            nats, number = score_rows(model, rows)
            total, count = total + nats, count + number
    if not count:
        raise ValueError("held-out blocks need at least two characters")
    return total / count


def limit_blocks(blocks: Sequence[Ids], most: int) -> tuple[Ids, ...]:
    """Shorten blocks to about `most` characters together: each of them, and not to very little.

    Where the blocks are too many for that, some of them are kept, from all over the text.
    """
    total = sum(map(len, blocks))
    if total <= most:
        return tuple(blocks)
    if len(blocks) == 1:
        return (blocks[0][:most],)
    pieces = [block[: max(_MIN_PIECE, len(block) * most // total)] for block in blocks]
    count = min(len(pieces), max(1, len(pieces) * most // sum(map(len, pieces))))
    return tuple(pieces[i] for i in np.linspace(0, len(pieces) - 1, count).astype(int))


def _batches(blocks: Sequence[Ids], *, equal: bool) -> Iterator[tuple[Ids, Ids]]:
    """Yield inputs and targets (B, T) of blocks of like lengths, padded at their ends.

    With `equal` all have the same length: padding would reach a model that reads backwards.
    """
    rows: list[Ids] = []
    for block in sorted((block for block in blocks if len(block) > 1), key=len):
        if rows:
            shortest = len(rows[0])
            longest = shortest if equal else max(_SHORT, int(_MAX_PADDING * shortest))
            if len(block) > longest or len(rows) == MAX_ROWS:
                yield _padded(rows)
                rows = []
        rows.append(block)
    if rows:
        yield _padded(rows)


def _padded(blocks: Sequence[Ids]) -> tuple[Ids, Ids]:
    rows = np.full((len(blocks), max(map(len, blocks))), _PADDING, blocks[0].dtype)
    for row, block in zip(rows, blocks, strict=True):
        row[: len(block)] = block
    return rows[:, :-1], rows[:, 1:]
