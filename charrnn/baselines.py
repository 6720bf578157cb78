"""What perplexity no model at all reaches: by a uniform guess, by single symbols, by n-grams.

Every number is the perplexity of the held-out part, exp of the mean nats per character, by
counts of the training part. A recurrent network that does not beat the n-grams has learnt
nothing that counting could not; they are built to be a serious opponent:

1. For each order K = 1 … 8, an interpolated modified Kneser-Ney model (Chen and Goodman, "An
   Empirical Study of Smoothing Techniques for Language Modeling", 1998): with h the K − 1
   characters before w, and h' the same without the first,

       p_K(w | h) = (c(hw) − D(c(hw)) + Σ_v D(c(hv)) · p_{K−1}(w | h')) / Σ_v c(hv)

   or p_{K−1}(w | h') where h was never met, down to the uniform distribution, so that no
   probability is 0. At the top order c counts occurrences; below it, the different characters
   that precede hw (the beginning of the text is one of them). D comes from counts of counts.
2. The models of all orders are mixed with weights that depend on how long a context was met at
   least twice, fitted by expectation maximisation on the last tenth of the training part, by
   counts of what precedes it (after Jelinek and Mercer, 1980). So nobody chooses an order, and
   the held-out part plays no part in it.

On Tiny Shakespeare that is 4.32, where the best single order has 4.43, and 5.05 with Witten-Bell
smoothing.

The start of a run waits for these numbers, so they look at the last 1,000,000 characters of the
training part and the first 100,000 of the held-out part at most, and fit the weights within the
last 500,000. An n-gram is packed into one 64-bit integer, which bounds the order too: 8 up to a
vocabulary of 255, 7 up to 511, 6 up to 1,023, 5 up to 4,095, 4 up to 65,535.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn.vocabulary import Ids

_COUNTED = 1_000_000  # training characters, the last ones
_SCORED = 100_000  # held-out characters, the first ones
_FITTED = 500_000  # training characters on whose last tenth the weights are fitted
_ORDER = 8
_ITERATIONS = 30  # of expectation maximisation
_TRUST = 10.0  # characters' worth of belief in what the weights were before the fit

Keys = NDArray[np.uint64]  # n-grams: codes (id + 1; 0 is "no character"), the first one highest
Places = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Baselines:
    """Perplexities per character; `ngram` is None where nothing is held out."""

    uniform: float
    unigram: float
    ngram: float | None

    def as_dict(self) -> dict[str, float | None]:
        """The three numbers by name, as the `start` event of a run carries them."""
        return {"uniform": self.uniform, "unigram": self.unigram, "ngram": self.ngram}


def baselines(training: Ids, held_out: Ids, vocabulary_size: int) -> Baselines:
    """The perplexities of `held_out`, which follows `training` directly in the text.

    Both are one-dimensional arrays of ids below `vocabulary_size`, which counts `<unk>` too.
    `uniform` is the vocabulary size; `unigram` and `ngram` are the models above, of order 1 and
    of all orders. With an empty `held_out`, `unigram` is exp of the entropy of the training
    part's own characters.
    """
    uniform = float(vocabulary_size)
    if len(held_out) == 0:
        return Baselines(uniform, _own_perplexity(training[-_COUNTED:]), None)
    unigram, ngram = _surprisal(training, held_out[:_SCORED], vocabulary_size)
    return Baselines(uniform, float(np.exp(unigram.mean())), float(np.exp(ngram.mean())))


def _own_perplexity(ids: Ids) -> float:
    counts = np.bincount(ids)
    p = counts[counts > 0] / len(ids)
    return float(np.exp(-(p * np.log(p)).sum()))


def _surprisal(training: Ids, text: Ids, vocabulary_size: int) -> tuple[Floats, Floats]:
    """Nats of each character of `text`, after `training`: by single symbols, and by n-grams."""
    training = training[-_COUNTED:]
    recent = training[-_FITTED:]
    cut = len(recent) - len(recent) // 10
    mixture = _Mixture(*_Orders(recent[:cut], vocabulary_size).score(recent[cut:]))
    p, met = _Orders(training, vocabulary_size).score(text)
    return -np.log(p[0]), -np.log(mixture.mix(p, met))


class _Mixture:
    """Weights of the orders, for each number of orders that have met a context."""

    def __init__(self, p: Floats, met: Places) -> None:
        """Fit them to the probabilities (K, n) of a text, of whose contexts (n,) were met."""
        overall = _fit(p, np.full(len(p), 1 / len(p)))
        groups = [_fit(p[:, met == group], overall) for group in range(len(p) + 1)]
        self.weights = np.stack(groups)  # (K + 1, K)

    def mix(self, p: Floats, met: Places) -> Floats:
        mixed: Floats = np.einsum("nk,kn->n", self.weights[met], p)
        return mixed


def _fit(p: Floats, prior: Floats) -> Floats:
    """The likeliest weights (K,) of probabilities (K, n), n ≥ 0, after a belief in `prior`."""
    weights = prior
    for _ in range(_ITERATIONS):
        explained = weights * (p @ (1 / (weights @ p)))  # characters that each order accounts for
        weights = (explained + _TRUST * prior) / (p.shape[1] + _TRUST)
    return weights


class _Orders:
    """The Kneser-Ney models of orders 1 … K over one text."""

    def __init__(self, text: Ids, vocabulary_size: int) -> None:
        self.uniform = 1 / vocabulary_size
        self.bits = vocabulary_size.bit_length()
        self.order = min(_ORDER, 64 // self.bits)
        codes, nothing = _codes(text), np.zeros(self.order - 1, np.uint64)
        self.tail = np.concatenate((nothing, codes))[len(codes) :]  # the last K − 1 codes
        self.keys: list[Keys] = []  # of each order k: the different k-grams, ascending,
        self.occurrences: list[_Tally] = []  # how often they occur,
        self.preceding: list[_Tally] = []  # and how many different characters precede them
        # One sort serves every order, since the first k codes of sorted windows are sorted too.
        windows = np.sort(_windows(np.concatenate((codes, nothing)), self.order, self.bits))
        for k in range(1, self.order + 1):
            keys, counts = _distinct(windows >> np.uint64(self.bits * (self.order - k)))
            whole = (keys & _ones(self.bits)) != 0  # not cut short by the end of the text
            self.keys.append(keys[whole])
            self.occurrences.append(_Tally(counts[whole]))
        for k in range(1, self.order):
            # As many characters precede a k-gram as different (k + 1)-grams end with it, and the
            # beginning of the text precedes one. So these are the k-grams above, to the last.
            ends = self.keys[k] & _ones(self.bits * k)
            _, counts = _distinct(np.sort(np.append(ends, _windows(codes[:k], k, self.bits))))
            self.preceding.append(_Tally(counts))

    def score(self, text: Ids) -> tuple[Floats, Places]:
        """The probability of each character by each order, (K, n), and what was met, (n,).

        `text` goes on where the counted text ended. The second array says how many of the
        orders have met the character's context at least twice.
        """
        codes = np.concatenate((self.tail, _codes(text)))
        p = np.empty((self.order, len(text)))
        met = np.zeros(len(text), np.int64)
        lower: Floats = np.full(len(text), self.uniform)
        for k in range(1, self.order + 1):
            windows = _windows(codes[self.order - k :], k, self.bits)
            found = _find(self.keys[k - 1], windows, self.bits)
            p[k - 1] = self.occurrences[k - 1].interpolate(found, lower)
            met += self.occurrences[k - 1].of_context(found) > 1
            if k < self.order:
                lower = self.preceding[k - 1].interpolate(found, lower)
        return p, met


class _Tally:
    """Counts of the n-grams of one order and their discounts, as running totals by key."""

    def __init__(self, counts: Places) -> None:
        self.counts = _running(counts)
        self.discounts = _running(_discounts(counts)[np.minimum(counts, 3)])

    def of_context(self, found: Places) -> Floats:
        """Σ_v c(hv) of the n-grams at `found`, (4, n)."""
        first, _, _, last = found
        total: Floats = self.counts[last] - self.counts[first]
        return total

    def interpolate(self, found: Places, lower: Floats) -> Floats:
        """p_K of the n-grams at `found`, (4, n), where `lower`, (n,), is p_{K−1}."""
        first, start, end, last = found
        discount = self.discounts[end] - self.discounts[start]
        kept = self.counts[end] - self.counts[start] - discount
        freed = self.discounts[last] - self.discounts[first]
        total = self.of_context(found)
        return np.where(total > 0, (kept + freed * lower) / np.maximum(total, 1), lower)


def _discounts(counts: Places) -> Floats:
    """D(0), D(1), D(2) and D(3 or more), from how many n-grams have counts 1, 2, 3 and 4.

    Chen and Goodman, equation 26. A small text may have none of them, and then it is half of
    the count; never the whole of it nor nothing, so that every probability stays above 0.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=5)
    discounts = np.array([0.0, 0.5, 1.0, 1.5])
    y = n[1] / max(n[1] + 2 * n[2], 1)
    for r in (1, 2, 3):
        if n[1] and n[2] and n[r]:
            discounts[r] = np.clip(r - (r + 1) * y * n[r + 1] / n[r], 0.05 * r, 0.95 * r)
    return discounts


def _find(keys: Keys, windows: Keys, bits: int) -> Places:
    """Where n-grams lie among ascending `keys`: rows first, start, end and last, (4, n).

    keys[start:end] is the n-gram itself, or nothing; keys[first:last] are all n-grams with its
    context, which are neighbours because the context has the higher bits.
    """
    order = np.argsort(windows)  # ascending needles are found several times faster
    ascending, symbol = windows[order], _ones(bits)
    found = np.empty((4, len(windows)), np.int64)
    found[0, order] = np.searchsorted(keys, ascending & ~symbol)
    found[1, order] = np.searchsorted(keys, ascending)
    found[2, order] = np.searchsorted(keys, ascending, side="right")
    found[3, order] = np.searchsorted(keys, ascending | symbol, side="right")
    return found


def _codes(ids: Ids) -> Keys:
    codes: Keys = ids.astype(np.uint64) + np.uint64(1)
    return codes


def _windows(codes: Keys, k: int, bits: int) -> Keys:
    """Every k codes in a row, packed into one key each."""
    n = max(len(codes) - k + 1, 0)
    keys: Keys = codes[:n].copy()
    for j in range(1, k):
        keys <<= np.uint64(bits)
        keys |= codes[j : j + n]
    return keys


def _ones(bits: int) -> np.uint64:
    ones: np.uint64 = np.uint64((1 << bits) - 1)
    return ones


def _distinct(ascending: Keys) -> tuple[Keys, Places]:
    """The different keys of a sorted array, and how often each is in it."""
    new = np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)]
    starts = np.flatnonzero(new)
    return ascending[starts], np.diff(np.append(starts, len(ascending)))


def _running(values: Places | Floats) -> Floats:
    """Totals of what is before each place, so that a difference is the sum of a range."""
    return np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
