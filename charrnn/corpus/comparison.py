"""How the held-out part of a text compares with the rest: by symbols, by counts, by repetitions.

Everything looks at counts and samples, so it takes a fraction of a second for any text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..vocabulary import Counts, Ids

MIN_CHARACTERS = 100  # held-out characters, to judge them
_MAX_PIECES = 9  # of the rest, each up to as long as the held-out part, to compare it with
_MAX_PAIR_CHARACTERS = 200_000  # of the rest, whose pairs of neighbors are counted
# Characters of a passage to search for; passages; passages searched for at first.
_PASSAGE_CHARACTERS, _PASSAGES, _FIRST_PASSAGES = 50, 32, 8
_MIN_COPIED_SHARE = 0.5  # of the passages found in the rest of a text that repeats itself

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """A held-out part beside the rest of its text.

    unseen: the share of its characters whose symbol the rest lacks.
    letters, own_letters: the shares of letters in both.
    nats: its cross-entropy by the symbols' counts in the rest; `own_nats` is the same for other
        parts of the text, in the middle, and `most_own_nats` for the one that is most unlike.
    pair_nats, own_pair_nats, most_own_pair_nats: the same by the counts of pairs of neighbors.
    repeated: the share of its passages that also occur in the rest, word for word. If only few of
        the first ones do, the others are not searched for.
    """

    unseen: float
    letters: float
    own_letters: float
    nats: float
    own_nats: float
    most_own_nats: float
    pair_nats: float
    own_pair_nats: float
    most_own_pair_nats: float
    repeated: float

    def as_dict(self) -> dict[str, float]:
        """Return what a report shows: shares, and cross-entropies in bits per character."""
        return {
            "unseen": self.unseen,
            "bits": self.nats / math.log(2),
            "own_bits": self.own_nats / math.log(2),
            "repeated": self.repeated,
        }


def compare(training: Ids, held_out: Ids, symbols: Sequence[str]) -> Comparison | None:
    """Compare a held-out part (M,) with the rest (N,) of a text; None if either is too short.

    `symbols` are those of the ids.
    """
    if len(held_out) < MIN_CHARACTERS or len(training) < MIN_CHARACTERS:
        return None
    size, letters = len(symbols), np.array([symbol.isalpha() for symbol in symbols])
    letters[0] = False  # <unk>
    counts = np.bincount(training, minlength=size)
    pieces = [*_pieces(training, len(held_out))]
    own = [_nats(piece, counts - np.bincount(piece, minlength=size)) for piece in pieces]
    return Comparison(
        float(np.count_nonzero(counts[held_out] == 0) / len(held_out)),
        float(letters[held_out].mean()),
        float(counts[letters].sum() / len(training)),
        _nats(held_out, counts),
        float(np.median(own)),
        max(own),
        *_pair_nats(training, held_out, size),
        _repeated(training, held_out),
    )


def _pieces(training: Ids, most: int) -> Iterator[Ids]:
    """Yield pieces up to `most` long from the end of a text on, and each half of it.

    A half is as far from what is counted as the end is.
    """
    length = min(most, len(training) // _MAX_PIECES)
    end, middle = len(training), len(training) // 2
    for i in range(_MAX_PIECES):
        if length:
            yield training[end - (i + 1) * length : end - i * length]
    yield training[:middle]
    yield training[middle:]


def _nats(ids: Ids, counts: Counts) -> float:
    """Return the cross-entropy of characters by the `counts` of others.

    Unseen characters share the probability of a new one (Witten and Bell 1991).
    """
    new = np.count_nonzero(counts) / len(counts)
    p: Floats = (counts + new) / (counts.sum() + np.count_nonzero(counts))
    there = np.bincount(ids, minlength=len(counts))
    return float(-(there[there > 0] * np.log(p[there > 0])).sum() / len(ids))


def _pair_nats(training: Ids, held_out: Ids, size: int) -> tuple[float, float, float]:
    """Return nats by pairs of neighbors: of a held-out part, of pieces of the rest, and the most.

    A long rest is looked at in pieces from all over it.
    """
    length = min(len(held_out), len(training) // _MAX_PIECES, _MAX_PAIR_CHARACTERS // _MAX_PIECES)
    starts = np.linspace(0, len(training) - length, _MAX_PIECES).astype(int).tolist()
    pieces = [training[start : start + length] for start in starts]
    own = []
    for i, piece in enumerate(pieces):
        # its neighbors are left out too: they often go on with the same words
        others = [other for j, other in enumerate(pieces) if abs(i - j) > 1]
        own.append(_nats_by_pairs(piece, others, size))
    known = pieces[: len(pieces) - 2]  # as many as each of them was compared with
    return _nats_by_pairs(_sample(held_out, length), known, size), float(np.median(own)), max(own)


def _sample(ids: Ids, length: int) -> Ids:
    """Return the middle of a text, `length` characters: its edges may belong to what is beside."""
    start = (len(ids) - length) // 2
    return ids[start : start + length]


def _nats_by_pairs(ids: Ids, others: list[Ids], size: int) -> float:
    """Return the cross-entropy of characters after the one before, counted in other pieces."""
    everything = np.concatenate(others)
    counts = np.bincount(everything, minlength=size)
    new = np.count_nonzero(counts) / size
    single: Floats = (counts + new) / (counts.sum() + np.count_nonzero(counts))
    pairs = np.concatenate([_pairs(piece, size) for piece in others])
    known, occurrences = np.unique(pairs, return_counts=True)
    firsts = known // size
    total = np.bincount(firsts, occurrences, minlength=size)  # of pairs by their first symbol
    types = np.bincount(firsts, minlength=size)
    wanted = _pairs(ids, size)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    count = np.where(known[place] == wanted, occurrences[place], 0)
    first, second = wanted // size, wanted % size
    weight = np.maximum(total[first] + types[first], 1)
    backed_off = np.where(total[first] > 0, types[first] / weight, 1.0)
    return float(-np.log(count / weight + backed_off * single[second]).mean())


def _pairs(ids: Ids, size: int) -> NDArray[np.int64]:
    wide = ids.astype(np.int64)
    pairs: NDArray[np.int64] = wide[:-1] * size + wide[1:]
    return pairs


def _repeated(training: Ids, held_out: Ids) -> float:
    """Search for passages of the held-out part in the rest: a few, and if some are there, more."""
    rest, size = np.ascontiguousarray(training).tobytes(), held_out.itemsize
    length = min(_PASSAGE_CHARACTERS, len(held_out))

    def stands(start: int) -> bool:
        passage = held_out[start : start + length].tobytes()
        at = rest.find(passage)
        while at >= 0 and at % size:  # in the middle of a character
            at = rest.find(passage, at + 1)
        return at >= 0

    def share(passages: int) -> float:
        starts = np.linspace(0, len(held_out) - length, passages).astype(int).tolist()
        return sum(map(stands, starts)) / passages

    few = share(_FIRST_PASSAGES)
    return few if few < _MIN_COPIED_SHARE / 2 else share(_PASSAGES)
