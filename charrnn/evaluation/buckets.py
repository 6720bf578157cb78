"""Group sequences of similar lengths, so that little of a padded minibatch is padding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_MAX_PADDING = 1.25  # length of the longest sequence of a bucket, as a multiple of the shortest
_SHORT = 32  # characters: sequences up to this length may share a bucket whatever their ratio


def iter_buckets(
    sequences: Iterable[T], length: Callable[[T], int], *, max_rows: int, equal: bool = False
) -> Iterator[list[T]]:
    """Yield the sequences, the shortest first, in lists of at most `max_rows` of similar lengths.

    `length` returns the length of a sequence in characters. With `equal`, all sequences of a list
    have the same length.
    """
    bucket: list[T] = []
    longest = 0
    for sequence in sorted(sequences, key=length):
        if bucket and (len(bucket) == max_rows or length(sequence) > longest):
            yield bucket
            bucket = []
        if not bucket:
            shortest = length(sequence)
            longest = shortest if equal else max(_SHORT, int(_MAX_PADDING * shortest))
        bucket.append(sequence)
    if bucket:
        yield bucket
