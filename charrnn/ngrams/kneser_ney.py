"""N-grams: what comes next by counts alone.

1. For each order K = 1 … 8, an interpolated modified Kneser-Ney model (Chen and Goodman, "An
   Empirical Study of Smoothing Techniques for Language Modeling", 1998): with h the K − 1
   characters before w, and h' the same without the first,

       p_K(w | h) = (c(hw) − D(c(hw)) + Σ_v D(c(hv)) · p_{K−1}(w | h')) / Σ_v c(hv)

   or p_{K−1}(w | h') where h was never met, down to the uniform distribution, so that no
   probability is 0. At the top order c counts occurrences; below it, the different characters
   that precede hw (the beginning of the text is one of them). D comes from counts of counts.
2. The models of all orders are mixed with weights that depend on how long a context was met at
   least twice, fitted by expectation maximisation on the last tenth of the counted text, by
   counts of what precedes it (after Jelinek and Mercer, 1980). So nobody chooses an order.

An n-gram is packed into one 64-bit integer, which bounds the order too: 8 up to a vocabulary of
255, 7 up to 511, 6 up to 1,023, 5 up to 4,095, 4 up to 65,535.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..vocabulary import Ids

_FITTED = 500_000  # characters, the last ones, on whose last tenth the weights are fitted
_ORDER = 8
_ITERATIONS = 30  # of expectation maximisation
_AT_ONCE = 1 << 18  # numbers worked on at a time
_TRUST = 10.0  # characters' worth of belief in what the weights were before the fit

Keys = NDArray[np.uint64]  # n-grams: codes (id + 1; 0 is "no character"), the first one highest
Places = NDArray[np.int64]
Floats = NDArray[np.float64]


class Mixture:
    """Weights of the orders, for each number of orders that have met a context."""

    def __init__(self, p: Floats, met: Places) -> None:
        """Fit them to the probabilities (K, n) of a text, of whose contexts (n,) were met."""
        overall = _fit(p, np.full(len(p), 1 / len(p)))
        groups = [_fit(p[:, met == group], overall) for group in range(len(p) + 1)]
        self.weights = np.stack(groups)  # (K + 1, K)

    def mix(self, p: Floats, met: Places) -> Floats:
        """The mixed probabilities (n,) of those by each order (K, n), whose contexts were `met`."""
        mixed: Floats = np.einsum("nk,kn->n", self.weights[met], p)
        return mixed

    @classmethod
    def of(cls, text: Ids, vocabulary_size: int) -> Mixture:
        """The weights that suit a text best, by how its end follows from what precedes that."""
        recent = text[-_FITTED:]
        cut = len(recent) - len(recent) // 10
        before, after = recent[:cut], recent[cut:]
        return cls(*Orders(before, vocabulary_size).score(after, before))


def _fit(p: Floats, prior: Floats) -> Floats:
    """The likeliest weights (K,) of probabilities (K, n), n ≥ 0, after a belief in `prior`."""
    weights = prior
    for _ in range(_ITERATIONS):
        explained = weights * (p @ (1 / (weights @ p)))  # characters that each order accounts for
        weights = (explained + _TRUST * prior) / (p.shape[1] + _TRUST)
    return weights


class Orders:
    """The Kneser-Ney models of orders 1 … K over one text."""

    def __init__(self, text: Ids, vocabulary_size: int) -> None:
        self.size, self.uniform = vocabulary_size, 1 / vocabulary_size
        self.bits = vocabulary_size.bit_length()
        self.order = min(_ORDER, 64 // self.bits)
        codes, nothing = _codes(text), np.zeros(self.order - 1, np.uint64)
        self.keys: list[Keys] = []  # of each order k: the different k-grams, ascending,
        self.occurrences: list[Tally] = []  # how often they occur,
        self.preceding: list[Tally] = []  # and how many different characters precede them
        # One sort serves every order, since the first k codes of sorted windows are sorted too.
        windows = np.sort(_windows(np.concatenate((codes, nothing)), self.order, self.bits))
        for k in range(1, self.order + 1):
            keys, counts = _distinct(windows >> np.uint64(self.bits * (self.order - k)))
            whole = (keys & _ones(self.bits)) != 0  # not cut short by the end of the text
            self.keys.append(keys[whole])
            self.occurrences.append(Tally(counts[whole]))
        for k in range(1, self.order):
            # As many characters precede a k-gram as different (k + 1)-grams end with it, and the
            # beginning of the text precedes one. So these are the k-grams above, to the last.
            ends = self.keys[k] & _ones(self.bits * k)
            _, counts = _distinct(np.sort(np.append(ends, _windows(codes[:k], k, self.bits))))
            self.preceding.append(Tally(counts))

    def find(self, text: Ids, before: Ids) -> list[Places]:
        """Where the n-grams that end with each character of `text` lie, for every order.

        `before` is what comes before the text. See `Tally` for the rows of each, (4, n).
        """
        codes = np.concatenate((np.zeros(self.order, np.uint64), _codes(before[-self.order :])))
        codes = np.concatenate((codes[len(codes) - self.order + 1 :], _codes(text)))
        return [
            _find(keys, _windows(codes[self.order - k :], k, self.bits), self.bits)
            for k, keys in enumerate(self.keys, start=1)
        ]

    def met(self, found: Sequence[Places]) -> Places:
        """How many of the orders have met the context at least twice, (n,)."""
        orders = zip(self.occurrences, found, strict=True)
        often = [tally.of_context(places) > 1 for tally, places in orders]
        return cast(Places, np.sum(often, axis=0, dtype=np.int64))

    def score(self, text: Ids, before: Ids) -> tuple[Floats, Places]:
        """The probability of each character by each order, (K, n), and what was `met`, (n,)."""
        found = self.find(text, before)
        p = np.empty((self.order, len(text)))
        lower: Floats = np.full(len(text), self.uniform)
        for k, places in enumerate(found):
            p[k] = self.occurrences[k].interpolate(places, lower)
            if k < self.order - 1:
                lower = self.preceding[k].interpolate(places, lower)
        return p, self.met(found)

    def spread(self, text: Ids, before: Ids, mixture: Mixture) -> Iterator[NDArray[np.float32]]:
        """The probability of every symbol at each place of `text`, mixed: rows (…, V), some at a
        time."""
        found = self.find(text, before)
        rows = max(1, _AT_ONCE // self.size)
        for i in range(0, len(text), rows):
            yield self._spread([places[:, i : i + rows] for places in found], mixture)

    def _spread(self, found: Sequence[Places], mixture: Mixture) -> NDArray[np.float32]:
        weights = mixture.weights[self.met(found)].astype(np.float32)  # (n, K)
        lower = np.full((1, self.size), self.uniform, np.float32)
        mixed = np.zeros((len(weights), self.size), np.float32)
        for k, places in enumerate(found):
            if k == 0:  # whose context is nothing, and so the same at all places
                places = places[:, :1]
            whole = lower.copy()
            self.occurrences[k].spread(places, self.symbols[k], whole)
            mixed += whole * weights[:, k, None]
            if k < self.order - 1:
                self.preceding[k].spread(places, self.symbols[k], lower)
            if k == 0:
                lower = lower.repeat(len(weights), axis=0)
        return mixed

    @cached_property
    def symbols(self) -> list[Places]:
        """The last symbol of each n-gram, for every order."""
        last = [(keys & _ones(self.bits)).astype(np.int64) for keys in self.keys]
        return [codes - 1 for codes in last]


class Tally:
    """Counts of the n-grams of one order and their discounts, as running totals by key.

    An n-gram is asked for by where it lies among all of its order, ascending: `start` to `end`,
    which is one place or none, and `first` to `last`, those that have its context.
    """

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

    def spread(self, found: Places, symbols: Places, p: NDArray[np.float32]) -> None:
        """As `interpolate`, for all symbols: `p`, (n, V), is p_{K−1}, and p_K afterwards.

        `symbols` are the last ones of all n-grams of this order.
        """
        first, _, _, last = found
        total, count = self.of_context(found), last - first
        freed = self.discounts[last] - self.discounts[first]
        p *= np.where(count > 0, freed / np.maximum(total, 1), 1).astype(np.float32)[:, None]
        ends = np.cumsum(count)
        keys = np.arange(ends[-1]) + np.repeat(first - ends + count, count)
        where = symbols[keys] + np.repeat(np.arange(len(p)) * p.shape[1], count)
        share = (1 / np.maximum(total, 1)).astype(np.float32)
        p.reshape(-1)[where] += self._kept[keys] * np.repeat(share, count)

    @cached_property
    def _kept(self) -> NDArray[np.float32]:
        """Counts less discounts, one by one."""
        return np.diff(self.counts - self.discounts).astype(np.float32)


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
