"""Minibatches of documents: each begins with a zero state, and no time is spent on padding.

The documents of an epoch are shuffled and cut into chunks of at most T characters. A minibatch
holds about B·T characters: the next chunk of each document that is not finished yet, and the first
chunks of as many new ones as fit. A chunk that does not end its document has T characters exactly,
so the state that the next minibatch takes over is the one after the last of them.

Where there are fewer documents than sequences in a minibatch, as with a few long files, documents
much longer than the others are cut into pieces that begin with a zero state, so that a minibatch is
full.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..corpus.documents import Places
from ..vocabulary import Ids
from . import too_short_error

_LONG_CHUNKS = 32  # a document of at most this many chunks is never cut into pieces
_MIN_PIECES_PER_ROW = 4  # pieces of a text of long documents, for each sequence of a minibatch
_SHUFFLE = 1  # tells the random numbers of an epoch's order from those of `charrnn.batches`


@dataclass(frozen=True)
class Chunks:
    """The chunks of a minibatch, the longest first: where their targets begin, and how many.

    `carried` is the chunk of the minibatch before that each one continues, or −1.
    """

    starts: Places
    lengths: Places
    carried: Places


@dataclass(frozen=True)
class DocumentEpoch:
    """One pass over the documents of a text.

    `epoch[i]` is minibatch i: inputs and targets, int64, (S, T'), padded with zeros at the end of
    each row. Id 0 is `<unk>`, which no text to train on has.
    """

    ids: Ids
    start: int  # the id that is read before the first symbol of a document
    minibatches: list[Chunks]
    characters: int  # the number of targets in all minibatches together

    def __len__(self) -> int:
        return len(self.minibatches)

    def carried(self, i: int) -> Tensor:
        """Return for each row of minibatch i the row of the one before that it continues, or −1."""
        return torch.from_numpy(self.minibatches[i].carried)

    def target_positions(self, i: int) -> Places:
        """Return where in the text the targets of minibatch i are, row by row, without padding."""
        chunks = self.minibatches[i]
        places = chunks.starts[:, None] + np.arange(int(chunks.lengths[0]))
        found: Places = places[_mask(chunks)]
        return found

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        if not 0 <= i < len(self):
            raise IndexError(i)
        chunks = self.minibatches[i]
        mask = _mask(chunks)
        X, Y = np.zeros(mask.shape, np.int64), np.zeros(mask.shape, np.int64)
        places = self.target_positions(i)
        Y[mask] = self.ids[places]
        X[mask] = np.where(places > 0, self.ids[places - 1], self.start)
        return torch.from_numpy(X), torch.from_numpy(Y)


def make_document_epoch(
    ids: Ids,
    stops: Places,
    *,
    start: int,
    batch_size: int,
    steps: int,
    seed: int = 0,
    number: int = 0,
    shuffle: bool = True,
) -> DocumentEpoch:
    """Cut epoch `number` of an arranged text into minibatches of about `batch_size` · `steps`.

    `stops` are the places after each document (`documents.arranged_stops`), and `start` the id
    that is read before each. Without `shuffle`, to evaluate, the longest documents come first, and
    none is cut into pieces. Raises UserError if a text to train on is too short for one minibatch.
    """
    if shuffle and len(ids) < batch_size * steps:
        raise too_short_error(len(ids), batch_size * steps, batch_size, steps)
    starts = np.concatenate(([0], stops[:-1]))
    lengths = stops - starts
    if shuffle:
        longest = max(_LONG_CHUNKS * steps, len(ids) // (_MIN_PIECES_PER_ROW * batch_size))
        starts, lengths = _cut(starts, lengths, longest)
        order = np.random.default_rng([seed, number, _SHUFFLE]).permutation(len(starts))
    else:
        order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    return DocumentEpoch(ids, start, _schedule(starts, lengths, batch_size, steps), len(ids))


def _cut(starts: Places, lengths: Places, longest: int) -> tuple[Places, Places]:
    """Cut documents that are longer than `longest` into pieces of about equal length."""
    if lengths.max() <= longest:
        return starts, lengths
    pieces = -(-lengths // longest)
    which = np.repeat(np.arange(len(starts)), pieces)
    within = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begins = starts[which] + lengths[which] * within // pieces[which]
    ends = starts[which] + lengths[which] * (within + 1) // pieces[which]
    return begins, ends - begins


def _schedule(starts: Places, lengths: Places, batch_size: int, steps: int) -> list[Chunks]:
    """Distribute documents, in their order, to minibatches of about equally many characters."""
    waiting = list(zip(starts.tolist(), lengths.tolist(), strict=True))[::-1]
    left = int(lengths.sum())
    count = max(1, round(left / (batch_size * steps)))
    unfinished: list[tuple[int, int, int]] = []  # start, characters left, row in the last minibatch
    minibatches: list[Chunks] = []
    while waiting or unfinished:
        wanted = max(1, left // max(1, count - len(minibatches)))
        chunks = [(min(steps, rest), start, row, rest) for start, rest, row in unfinished]
        filled = sum(chunk[0] for chunk in chunks)
        while waiting and filled < wanted and len(chunks) < wanted:
            start, rest = waiting[-1]
            length = min(steps, rest)
            if filled and filled + length > wanted + length // 2:
                break
            waiting.pop()
            chunks.append((length, start, -1, rest))
            filled += length
        chunks.sort(key=lambda chunk: -chunk[0])
        unfinished = [
            (start + length, rest - length, row)
            for row, (length, start, _, rest) in enumerate(chunks)
            if rest > length
        ]
        left -= filled
        columns = np.array(chunks, np.int64).T
        minibatches.append(Chunks(columns[1], columns[0], columns[2]))
    return minibatches


def _mask(chunks: Chunks) -> NDArray[np.bool_]:
    """Say where a minibatch (S, T') has a character, rather than padding."""
    mask: NDArray[np.bool_] = np.arange(int(chunks.lengths[0])) < chunks.lengths[:, None]
    return mask
