"""N-gram models: predict the next character by counts alone.

1. For each order K = 1 … 8, an interpolated modified Kneser-Ney model (Chen and Goodman, "An
   Empirical Study of Smoothing Techniques for Language Modeling", 1998): with h the K − 1
   characters before w, and h' the same without the first,

       p_K(w | h) = (c(hw) − D(c(hw)) + Σ_v D(c(hv)) · p_{K−1}(w | h')) / Σ_v c(hv)

   or p_{K−1}(w | h') where h was never seen, down to the uniform distribution, so that no
   probability is 0. At the top order c counts occurrences; below it, the different characters
   that precede hw (the beginning of the text is one of them). D comes from counts of counts.
2. The models of all orders are mixed with weights that depend on how long a context was seen at
   least twice, fitted by expectation maximization on the last tenth of the counted text, by
   counts of what precedes it (after Jelinek and Mercer, 1980). So no order has to be chosen.

An n-gram is packed into one 64-bit integer, which limits the order too: 8 up to a vocabulary of
255, 7 up to 511, 6 up to 1,023, 5 up to 4,095, 4 up to 65,535.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..vocabulary import Ids

_MAX_FIT_CHARACTERS = 500_000  # the last ones of a text; weights are fitted on their last tenth
_MAX_ORDER = 8
_ITERATIONS = 30  # of expectation maximization
BLOCK_NUMBERS = 1 << 18  # computed at a time
_PRIOR_CHARACTERS = 10.0  # how many characters of evidence the prior weights count as

Keys = NDArray[np.uint64]  # n-grams: codes (id + 1; 0 is "no character"), the first one highest
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Mixture:
    """Weights of the orders, for each number of orders that have seen a context."""

    def __init__(self, p: Floats, seen: Integers) -> None:
        """Fit them to the probabilities (K, n) of a text, whose contexts `seen` (n,) orders saw."""
        overall = fit_weights(p, np.full(len(p), 1 / len(p)))
        groups = [fit_weights(p[:, seen == group], overall) for group in range(len(p) + 1)]
        self.weights = np.stack(groups)  # (K + 1, K)

    def mix(self, p: Floats, seen: Integers) -> Floats:
        """Mix the probabilities of each order (K, n) into (n,); contexts were `seen` by as many."""
        mixed: Floats = np.einsum("nk,kn->n", self.weights[seen], p)
        return mixed

    @classmethod
    def of(cls, text: Ids, vocabulary_size: int) -> Mixture:
        """Fit the weights to a text, by how its end follows from what precedes it."""
        recent = text[-_MAX_FIT_CHARACTERS:]
        cut = len(recent) - len(recent) // 10
        before, after = recent[:cut], recent[cut:]
        return cls(*KneserNeyModels(before, vocabulary_size).score(after, before))


def fit_weights(p: Floats, prior: Floats) -> Floats:
    """Fit weights (K,) to probabilities (K, n), n ≥ 0, by expectation maximization from `prior`."""
    weights = prior
    for _ in range(_ITERATIONS):
        explained = weights * (p @ (1 / (weights @ p)))  # characters that each order accounts for
        weights = (explained + _PRIOR_CHARACTERS * prior) / (p.shape[1] + _PRIOR_CHARACTERS)
    return weights


class KneserNeyModels:
    """The Kneser-Ney models of orders 1 … K over one text."""

    def __init__(self, text: Ids, vocabulary_size: int) -> None:
        self.size, self.uniform = vocabulary_size, 1 / vocabulary_size
        self.bits = vocabulary_size.bit_length()
        self.order = min(_MAX_ORDER, 64 // self.bits)
        codes, nothing = _encode(text), np.zeros(self.order - 1, np.uint64)
        self.keys: list[Keys] = []  # of each order k: the different k-grams, ascending,
        self.occurrences: list[NgramCounts] = []  # how often they occur,
        self.preceding: list[NgramCounts] = []  # and how many different characters precede them
        # One sort serves every order, since the first k codes of sorted windows are sorted too.
        windows = np.sort(_pack(np.concatenate((codes, nothing)), self.order, self.bits))
        for k in range(1, self.order + 1):
            keys, counts = _distinct(windows >> np.uint64(self.bits * (self.order - k)))
            whole = (keys & _mask(self.bits)) != 0  # not cut short by the end of the text
            self.keys.append(keys[whole])
            self.occurrences.append(NgramCounts(counts[whole]))
        for k in range(1, self.order):
            # As many characters precede a k-gram as different (k + 1)-grams end with it, and the
            # beginning of the text precedes one. So these are the k-grams above, to the last.
            ends = self.keys[k] & _mask(self.bits * k)
            _, counts = _distinct(np.sort(np.append(ends, _pack(codes[:k], k, self.bits))))
            self.preceding.append(NgramCounts(counts))

    def locate(self, text: Ids, before: Ids) -> list[Integers]:
        """Find where the n-grams that end with each character of `text` are, for every order.

        `before` is what precedes the text. See `NgramCounts` for the rows of each, (4, n).
        """
        codes = np.concatenate((np.zeros(self.order, np.uint64), _encode(before[-self.order :])))
        codes = np.concatenate((codes[len(codes) - self.order + 1 :], _encode(text)))
        return self._locate_codes(codes, slice(None))

    def _locate_codes(self, codes: Keys, chosen: slice | Integers) -> list[Integers]:
        """Find the n-grams that end at the `chosen` places of codes, the first K − 1 apart."""
        return [
            _locate(keys, _pack(codes[self.order - k :], k, self.bits)[chosen], self.bits)
            for k, keys in enumerate(self.keys, start=1)
        ]

    def contexts_seen(self, found: Sequence[Integers]) -> Integers:
        """Count the orders that have seen each context at least twice, (n,)."""
        orders = zip(self.occurrences, found, strict=True)
        often = [tally.context_totals(positions) > 1 for tally, positions in orders]
        return cast(Integers, np.sum(often, axis=0, dtype=np.int64))

    def score(self, text: Ids, before: Ids) -> tuple[Floats, Integers]:
        """Return each character's probability by each order (K, n) and `contexts_seen` (n,)."""
        return self._score(self.locate(text, before))

    def score_blocks(self, blocks: Sequence[Ids]) -> tuple[Floats, Integers]:
        """Score unrelated stretches of text as `score` does, all but the first character of each.

        Nothing is before a stretch.
        """
        nothing = np.zeros(self.order - 1, np.uint64)
        codes = [part for block in blocks for part in (nothing, _encode(block))]
        ends = np.cumsum([len(nothing) + len(block) for block in blocks])
        places = [
            np.arange(end - len(block) + 1, end) for end, block in zip(ends, blocks, strict=True)
        ]
        chosen = np.concatenate(places) - len(nothing)
        return self._score(self._locate_codes(np.concatenate(codes), chosen))

    def _score(self, found: Sequence[Integers]) -> tuple[Floats, Integers]:
        count = found[0].shape[1]
        p = np.empty((self.order, count))
        lower: Floats = np.full(count, self.uniform)
        for k, positions in enumerate(found):
            p[k] = self.occurrences[k].interpolate(positions, lower)
            if k < self.order - 1:
                lower = self.preceding[k].interpolate(positions, lower)
        return p, self.contexts_seen(found)

    def distributions(
        self, text: Ids, before: Ids, mixture: Mixture
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the mixed probability of every symbol at each place of `text`, in rows (…, V)."""
        found = self.locate(text, before)
        rows = max(1, BLOCK_NUMBERS // self.size)
        for i in range(0, len(text), rows):
            yield self._distribution([positions[:, i : i + rows] for positions in found], mixture)

    def _distribution(self, found: Sequence[Integers], mixture: Mixture) -> NDArray[np.float32]:
        weights = mixture.weights[self.contexts_seen(found)].astype(np.float32)  # (n, K)
        lower = np.full((1, self.size), self.uniform, np.float32)
        mixed = np.zeros((len(weights), self.size), np.float32)
        for k, positions in enumerate(found):
            if k == 0:  # an empty context is the same at all places
                positions = positions[:, :1]
            whole = lower.copy()
            self.occurrences[k].interpolate_all(positions, self.symbols[k], whole)
            mixed += whole * weights[:, k, None]
            if k < self.order - 1:
                self.preceding[k].interpolate_all(positions, self.symbols[k], lower)
            if k == 0:
                lower = lower.repeat(len(weights), axis=0)
        return mixed

    @cached_property
    def symbols(self) -> list[Integers]:
        """The last symbol of each n-gram, for every order."""
        last = [(keys & _mask(self.bits)).astype(np.int64) for keys in self.keys]
        return [codes - 1 for codes in last]


class NgramCounts:
    """Counts of the n-grams of one order and their discounts, as running totals by key.

    An n-gram is given by its place among all of its order, ascending: `start` to `end`, which is
    one place or none, and `first` to `last`, those that share its context.
    """

    def __init__(self, counts: Integers) -> None:
        self.counts = _running_totals(counts)
        self.discounts = _running_totals(discounts_of_counts(counts)[np.minimum(counts, 3)])

    def context_totals(self, found: Integers) -> Floats:
        """Return Σ_v c(hv) of the n-grams at `found`, (4, n)."""
        first, _, _, last = found
        total: Floats = self.counts[last] - self.counts[first]
        return total

    def interpolate(self, found: Integers, lower: Floats) -> Floats:
        """Return p_K of the n-grams at `found`, (4, n), where `lower`, (n,), is p_{K−1}."""
        first, start, end, last = found
        discount = self.discounts[end] - self.discounts[start]
        kept = self.counts[end] - self.counts[start] - discount
        freed = self.discounts[last] - self.discounts[first]
        total = self.context_totals(found)
        return np.where(total > 0, (kept + freed * lower) / np.maximum(total, 1), lower)

    def interpolate_all(self, found: Integers, symbols: Integers, p: NDArray[np.float32]) -> None:
        """Interpolate all symbols: `p`, (n, V), is p_{K−1} at first, and p_K afterwards.

        `symbols` are the last ones of all n-grams of this order.
        """
        first, _, _, last = found
        total, count = self.context_totals(found), last - first
        freed = self.discounts[last] - self.discounts[first]
        p *= np.where(count > 0, freed / np.maximum(total, 1), 1).astype(np.float32)[:, None]
        ends = np.cumsum(count)
        keys = np.arange(ends[-1]) + np.repeat(first - ends + count, count)
        where = symbols[keys] + np.repeat(np.arange(len(p)) * p.shape[1], count)
        share = (1 / np.maximum(total, 1)).astype(np.float32)
        p.reshape(-1)[where] += self._discounted_counts[keys] * np.repeat(share, count)

    @cached_property
    def _discounted_counts(self) -> NDArray[np.float32]:
        """The counts minus their discounts, one by one."""
        return np.diff(self.counts - self.discounts).astype(np.float32)


def discounts_of_counts(counts: Integers) -> Floats:
    """Return D(0), D(1), D(2) and D(3 or more), from how many n-grams have counts 1, 2, 3 and 4.

    Chen and Goodman, equation 26. A small text may have none of them; then the discount is half of
    the count. It is never the whole count nor nothing, so that every probability stays above 0.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=5)
    discounts = np.array([0.0, 0.5, 1.0, 1.5])
    y = n[1] / max(n[1] + 2 * n[2], 1)
    for r in (1, 2, 3):
        if n[1] and n[2] and n[r]:
            discounts[r] = np.clip(r - (r + 1) * y * n[r + 1] / n[r], 0.05 * r, 0.95 * r)
    return discounts


def _locate(keys: Keys, windows: Keys, bits: int) -> Integers:
    """Find n-grams among ascending `keys`: rows first, start, end and last, (4, n).

    keys[start:end] is the n-gram itself, or nothing; keys[first:last] are all n-grams with its
    context, which are neighbors because the context has the higher bits.
    """
    order = np.argsort(windows)  # ascending keys are found several times faster
    ascending, symbol = windows[order], _mask(bits)
    found = np.empty((4, len(windows)), np.int64)
    found[0, order] = np.searchsorted(keys, ascending & ~symbol)
    found[1, order] = np.searchsorted(keys, ascending)
    found[2, order] = np.searchsorted(keys, ascending, side="right")
    found[3, order] = np.searchsorted(keys, ascending | symbol, side="right")
    return found


def _encode(ids: Ids) -> Keys:
    codes: Keys = ids.astype(np.uint64) + np.uint64(1)
    return codes


def _pack(codes: Keys, k: int, bits: int) -> Keys:
    """Pack every k codes in a row into one key each."""
    n = max(len(codes) - k + 1, 0)
    keys: Keys = codes[:n].copy()
    for j in range(1, k):
        keys <<= np.uint64(bits)
        keys |= codes[j : j + n]
    return keys


def _mask(bits: int) -> np.uint64:
    ones: np.uint64 = np.uint64((1 << bits) - 1)
    return ones


def _distinct(ascending: Keys) -> tuple[Keys, Integers]:
    """Return the different keys of a sorted array, and how often each occurs."""
    new = np.append(True, ascending[1:] != ascending[:-1])[: len(ascending)]
    starts = np.flatnonzero(new)
    return ascending[starts], np.diff(np.append(starts, len(ascending)))


def _running_totals(values: Integers | Floats) -> Floats:
    """Return the sum before each place, so that a difference is the sum of a range."""
    return np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
