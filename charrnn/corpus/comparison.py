"""Compare the held-out part of a text with the rest, by unigrams, bigrams and repeated passages.

Only counts and samples are used, so this takes a fraction of a second for any text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..vocabulary import Counts, Ids

MIN_CHARACTERS = 100  # of either part; a shorter one is not compared
_MAX_PIECES = 9  # of the rest, with which the held-out part is compared
_MAX_BIGRAM_CHARACTERS = 200_000  # of the rest, whose bigrams are counted
_PASSAGE_CHARACTERS = 50  # of a passage that is searched for
_PASSAGES, _FIRST_PASSAGES = 32, 8  # that are searched for in all, and at first
_MIN_COPIED_SHARE = 0.5  # of the passages, in a text that repeats itself

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """How a held-out part compares with the rest of its text.

    Attributes:
        unseen: The share of held-out characters whose symbol the rest lacks.
        letters: The share of letters in the held-out part.
        own_letters: The share of letters in the rest.
        nats: The cross-entropy of the held-out part under unigrams counted in the rest.
        own_nats: The same for pieces of the rest, each by the other pieces: the median.
        most_own_nats: The same, the maximum.
        bigram_nats: The cross-entropy of the held-out part under bigrams counted in the rest.
        own_bigram_nats: The same for pieces of the rest, each by the others: the median.
        most_own_bigram_nats: The same, the maximum.
        repeated: The share of held-out passages that also occur in the rest, word for word. If only
            few of the first ones do, the others are not searched for.
    """

    unseen: float
    letters: float
    own_letters: float
    nats: float
    own_nats: float
    most_own_nats: float
    bigram_nats: float
    own_bigram_nats: float
    most_own_bigram_nats: float
    repeated: float

    def as_dict(self) -> dict[str, float]:
        """Return the shares and the cross-entropies, in bits per character, that a report shows."""
        return {
            "unseen": self.unseen,
            "bits": self.nats / math.log(2),
            "own_bits": self.own_nats / math.log(2),
            "repeated": self.repeated,
        }


def compare(training: Ids, held_out: Ids, symbols: Sequence[str]) -> Comparison | None:
    """Compare a held-out part (M,) with the rest (N,) of a text; None if either is too short.

    `symbols` are those of the vocabulary.
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
        *_bigram_nats(training, held_out, size),
        _repeated(training, held_out),
    )


def _pieces(training: Ids, most: int) -> Iterator[Ids]:
    """Yield pieces of a text (N,), of at most `most` characters, from its end on, and its halves.

    A half is as far from the text that is counted for it as the held-out end is.
    """
    length = min(most, len(training) // _MAX_PIECES)
    end, middle = len(training), len(training) // 2
    for i in range(_MAX_PIECES):
        if length:
            yield training[end - (i + 1) * length : end - i * length]
    yield training[:middle]
    yield training[middle:]


def _nats(ids: Ids, counts: Counts) -> float:
    """Return the cross-entropy in nats of ids (n,) under the unigram `counts` (V,) of other text.

    Unseen characters share the probability of a new one (Witten and Bell 1991).
    """
    new = np.count_nonzero(counts) / len(counts)
    p: Floats = (counts + new) / (counts.sum() + np.count_nonzero(counts))
    there = np.bincount(ids, minlength=len(counts))
    return float(-(there[there > 0] * np.log(p[there > 0])).sum() / len(ids))


def _bigram_nats(training: Ids, held_out: Ids, size: int) -> tuple[float, float, float]:
    """Return `bigram_nats`, `own_bigram_nats` and `most_own_bigram_nats` of a `Comparison`.

    The rest is sampled in pieces from all over it.
    """
    length = min(len(held_out), len(training) // _MAX_PIECES, _MAX_BIGRAM_CHARACTERS // _MAX_PIECES)
    starts = np.linspace(0, len(training) - length, _MAX_PIECES).astype(int).tolist()
    pieces = [training[start : start + length] for start in starts]
    own = []
    for i, piece in enumerate(pieces):
        # The pieces beside it are left out too: they often go on with the same words.
        others = [other for j, other in enumerate(pieces) if abs(i - j) > 1]
        own.append(_nats_by_bigrams(piece, others, size))
    known = pieces[: len(pieces) - 2]  # as many as each of them was compared with
    return _nats_by_bigrams(_sample(held_out, length), known, size), float(np.median(own)), max(own)


def _sample(ids: Ids, length: int) -> Ids:
    """Return the middle `length` ids of a text, whose edges may belong to what is beside it."""
    start = (len(ids) - length) // 2
    return ids[start : start + length]


def _nats_by_bigrams(ids: Ids, others: list[Ids], size: int) -> float:
    """Return the cross-entropy in nats of ids (n,) under the bigrams of other pieces.

    It backs off to unigrams (Witten and Bell 1991).
    """
    everything = np.concatenate(others)
    counts = np.bincount(everything, minlength=size)
    new = np.count_nonzero(counts) / size
    single: Floats = (counts + new) / (counts.sum() + np.count_nonzero(counts))
    bigrams = np.concatenate([_bigrams(piece, size) for piece in others])
    known, occurrences = np.unique(bigrams, return_counts=True)
    firsts = known // size
    total = np.bincount(firsts, occurrences, minlength=size)  # of bigrams by their first symbol
    types = np.bincount(firsts, minlength=size)
    wanted = _bigrams(ids, size)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    count = np.where(known[place] == wanted, occurrences[place], 0)
    first, second = wanted // size, wanted % size
    weight = np.maximum(total[first] + types[first], 1)
    backed_off = np.where(total[first] > 0, types[first] / weight, 1.0)
    return float(-np.log(count / weight + backed_off * single[second]).mean())


def _bigrams(ids: Ids, size: int) -> NDArray[np.int64]:
    """Return the bigrams of ids (n,) as numbers first · `size` + second, (n − 1,)."""
    wide = ids.astype(np.int64)
    bigrams: NDArray[np.int64] = wide[:-1] * size + wide[1:]
    return bigrams


def _repeated(training: Ids, held_out: Ids) -> float:
    """Return `repeated` of a `Comparison`; few passages are searched for if the first are new."""
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
