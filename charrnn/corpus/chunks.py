"""Read the ids of a text in chunks, so that a large one is never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..utils.yield_points import yield_point
from ..vocabulary import Counts, Ids

CHUNK_CHARACTERS = 1 << 20


def iter_chunks(ids: Ids) -> Iterator[Ids]:
    """Yield ids (N,) in chunks of at most `CHUNK_CHARACTERS`, with a yield point before each."""
    for start in range(0, len(ids), CHUNK_CHARACTERS):
        yield_point()
        yield ids[start : start + CHUNK_CHARACTERS]


def count_symbols(ids: Ids, size: int) -> Counts:
    """Return how often each of `size` symbols occurs in ids (N,), (V,)."""
    counts = np.zeros(size, dtype=np.int64)
    for chunk in iter_chunks(ids):
        counts += np.bincount(chunk, minlength=size)
    return counts
