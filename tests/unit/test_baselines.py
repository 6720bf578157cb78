"""The no-model perplexities, against a dictionary implementation and known sources."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from charrnn.ngrams import baselines as module
from charrnn.ngrams.baselines import Baselines, baseline_perplexities, surprisals
from charrnn.ngrams.kneser_ney import KneserNeyModels, Mixture, discounts_of_counts, fit_weights
from charrnn.vocabulary import Ids, Vocabulary, smallest_dtype

SONG = "row, row, row your boat\ngently down the stream\nmerrily merrily merrily merrily\n"
SONG += "life is but a dream\n"


def ids_of(values: Sequence[int], size: int) -> Ids:
    return np.array(values, dtype=smallest_dtype(size))


def perplexity(nats: np.ndarray) -> float:
    return math.exp(nats.mean())


# A plain implementation, one dictionary a question. A context is a tuple of ids.


def dictionary_discounts(counts: list[int]) -> Callable[[int], float]:
    n = Counter(counts)
    d = {0: 0.0, 1: 0.5, 2: 1.0, 3: 1.5}
    if n[1] and n[2]:
        y = n[1] / (n[1] + 2 * n[2])
        for r in (1, 2, 3):
            if n[r]:
                d[r] = min(max(r - (r + 1) * y * n[r + 1] / n[r], 0.05 * r), 0.95 * r)
    return lambda count: d[min(count, 3)]


class DictionaryModel:
    def __init__(self, text: Sequence[int], vocabulary_size: int, order: int) -> None:
        self.uniform = 1 / vocabulary_size
        self.order = order
        self.tables = {}  # (k, top) → contexts → symbol → count, and the discount
        for k in range(1, order + 1):
            occurrences: Counter[tuple[int, ...]] = Counter()
            before = defaultdict(set)
            for i in range(len(text) - k + 1):
                gram = tuple(text[i : i + k])
                occurrences[gram] += 1
                before[gram].add(text[i - 1] if i else None)
            for top, counts in (
                (True, dict(occurrences)),
                (False, {gram: len(those) for gram, those in before.items()}),
            ):
                contexts: dict[tuple[int, ...], dict[int, int]] = defaultdict(dict)
                for gram, count in counts.items():
                    contexts[gram[:-1]][gram[-1]] = count
                self.tables[k, top] = contexts, dictionary_discounts(list(counts.values()))

    def p(self, k: int, symbol: int, history: Sequence[int], top: bool = True) -> float:
        if k == 0:
            return self.uniform
        lower = self.p(k - 1, symbol, history, top=False)
        if len(history) < k - 1:
            return lower
        contexts, discount = self.tables[k, top]
        following = contexts.get(tuple(history[len(history) - k + 1 :]))
        if following is None:
            return lower
        count = following.get(symbol, 0)
        freed = sum(map(discount, following.values()))
        return (count - discount(count) + freed * lower) / sum(following.values())

    def contexts_seen(self, history: Sequence[int]) -> int:
        return sum(
            sum(contexts.get(tuple(history[len(history) - k + 1 :]), {}).values()) > 1
            for k in range(1, min(self.order, len(history) + 1) + 1)
            for contexts in [self.tables[k, True][0]]
        )


TEXTS = [
    [],
    [1],
    [1, 2],
    [2, 2, 2, 2, 2, 2],
    [1, 2, 1, 2, 1, 1],
    np.random.default_rng(0).integers(1, 4, 60).tolist(),
    np.random.default_rng(1).geometric(0.4, 500).clip(max=9).tolist(),
    ([1, 2, 3, 4, 1, 2, 3, 5] * 30),
]


@pytest.mark.parametrize("counted", TEXTS)
@pytest.mark.parametrize(
    ("size", "order"), [(10, 8), (255, 8), (256, 7), (1023, 6), (4095, 5), (65535, 4), (65536, 3)]
)
def test_every_order_agrees_with_dictionaries(counted: list[int], size: int, order: int) -> None:
    counted = [size - symbol for symbol in counted]  # the highest ids fill a key's 64 bits
    text = [size - 1 - symbol for symbol in np.random.default_rng(2).integers(0, 6, 25).tolist()]
    text += [*counted[:20], 0, size - 1, 1]
    p, met = KneserNeyModels(ids_of(counted, size), size).score(
        ids_of(text, size), ids_of(counted, size)
    )
    plain = DictionaryModel(counted, size, order)
    histories = [counted + text[:i] for i in range(len(text))]
    expected = [
        [plain.p(k, symbol, history) for symbol, history in zip(text, histories, strict=True)]
        for k in range(1, order + 1)
    ]
    np.testing.assert_allclose(p, expected, rtol=1e-9)
    assert met.tolist() == [plain.contexts_seen(history) for history in histories]


@pytest.mark.parametrize("length", [0, 7, 40, 600])
def test_probabilities_are_positive_and_sum_to_one_after_every_context(length: int) -> None:
    size = 4  # <unk> and three characters, of which the last is rare
    training = ids_of(np.random.default_rng(3).choice(4, length, p=[0, 0.6, 0.39, 0.01]), size)
    contexts = [c for n in range(3) for c in product(range(size), repeat=n)]
    contexts += [(w, 3, w) for w in range(size)]
    for context in contexts:
        nats = [surprisals(training, ids_of([*context, w], size), size) for w in range(size)]
        for which in (0, 1):
            p = np.exp([-pair[which][-1] for pair in nats])
            assert (p > 0).all()
            assert p.sum() == pytest.approx(1, abs=1e-9)


def test_discounts_are_those_of_chen_and_goodman() -> None:
    counts = np.repeat([1, 2, 3, 4, 5, 90], [40, 20, 12, 8, 3, 2])
    # Y = n1 / (n1 + 2·n2) = 40 / 80; D(r) = r − (r + 1)·Y·n(r + 1) / n(r)
    expected = [0, 1 - 2 * 0.5 * 20 / 40, 2 - 3 * 0.5 * 12 / 20, 3 - 4 * 0.5 * 8 / 12]
    np.testing.assert_allclose(discounts_of_counts(counts), expected)


@pytest.mark.parametrize("counts", [[], [1], [1, 1, 1], [2, 2], [7], [1, 2], [1, 2, 2, 2, 3, 4]])
def test_discounts_of_few_counts_leave_something_and_free_something(counts: list[int]) -> None:
    _, *discounts = discounts_of_counts(np.array(counts, dtype=np.int64))
    assert all(0 < d < r for r, d in enumerate(discounts, start=1))


def test_mixture_weights_are_the_likeliest_when_there_is_much_evidence() -> None:
    p = np.random.default_rng(4).uniform(0.05, 1, (2, 20_000))
    p[0] *= 1.05
    weights = fit_weights(p, np.full(2, 0.5))
    grid = np.linspace(0, 1, 1001)
    likelihood = [np.log(w * p[0] + (1 - w) * p[1]).sum() for w in grid]
    assert weights.sum() == pytest.approx(1)
    assert weights[0] == pytest.approx(grid[int(np.argmax(likelihood))], abs=0.01)


def test_mixture_weights_differ_by_how_much_of_a_context_was_met() -> None:
    p = np.full((3, 500), 0.1)
    p[0, :250] = p[2, 250:] = 0.9
    met = np.repeat([1, 3], 250)
    mixture = Mixture(p, met)
    assert (mixture.mix(p, met) > 0.85).all()
    np.testing.assert_allclose(mixture.weights.sum(axis=1), 1)
    np.testing.assert_allclose(mixture.weights[0], mixture.weights[2])  # neither has evidence


def test_mixture_weights_keep_their_prior_without_evidence() -> None:
    np.testing.assert_allclose(
        fit_weights(np.empty((3, 0)), np.array([0.2, 0.3, 0.5])), [0.2, 0.3, 0.5]
    )


def test_ngrams_approach_the_entropy_rate_of_a_known_source() -> None:
    rng = np.random.default_rng(5)
    rows = rng.dirichlet(np.full(5, 0.3), size=(5, 5))  # of the next, given the two before
    text, uniforms = [0, 0], rng.random(60_000)
    cumulative = rows.cumsum(axis=-1)
    for u in uniforms:
        text.append(min(int(np.searchsorted(cumulative[text[-2], text[-1]], u)), 4))
    training, held_out = np.array(text[:50_000]), np.array(text[50_000:])
    pairs = np.array(text[49_998:])
    true = perplexity(-np.log(rows[pairs[:-2], pairs[1:-1], pairs[2:]]))
    single = perplexity(-np.log((np.bincount(training) / 50_000)[held_out]))
    found = baseline_perplexities(ids_of(training + 1, 6), ids_of(held_out + 1, 6), 6)
    assert found.ngram is not None
    assert true < found.ngram < 1.01 * true
    assert found.unigram == pytest.approx(single, rel=1e-3)
    assert found.ngram < 0.8 * found.unigram < found.uniform == 6


def test_ngrams_do_at_least_as_well_as_the_best_single_order() -> None:
    rng = np.random.default_rng(6)
    words = ["".join(rng.choice(list("abcdefgh"), rng.integers(2, 8))) for _ in range(200)]
    text = " ".join(rng.choice(words, 4000, p=rng.dirichlet(np.full(200, 0.5))))
    vocabulary = Vocabulary.from_text(text)
    ids, size = vocabulary.encode(text), len(vocabulary)
    training, held_out = ids[:-2000], ids[-2000:]
    p, _ = KneserNeyModels(training, size).score(held_out, training)
    found = baseline_perplexities(training, held_out, size)
    assert found.ngram is not None
    assert found.ngram < 1.005 * min(perplexity(-np.log(order)) for order in p)


def test_the_held_out_part_is_read_as_going_on_where_the_training_part_ends() -> None:
    alphabet = ids_of([1, 2, 3, 4, 5, 6] * 40, 7)
    _, goes_on = surprisals(alphabet, ids_of([1, 2, 3], 7), 7)
    _, jumps = surprisals(alphabet, ids_of([4, 5, 6], 7), 7)
    assert goes_on[0] < 0.1 < 2 < jumps[0]


def test_no_character_knows_what_follows_it() -> None:
    training, size = Vocabulary.from_text(SONG).encode(SONG), 30
    one = surprisals(training, ids_of([3, 4, 5, 1, 2, 3], size), size)
    other = surprisals(training, ids_of([3, 4, 5, 9, 9, 9], size), size)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a[:3], b[:3])
        assert not np.allclose(a[3:], b[3:])


def test_a_held_out_symbol_that_training_lacks_stays_finite() -> None:
    found = baseline_perplexities(ids_of([1, 2] * 50, 4), ids_of([3, 0, 3], 4), 4)
    assert found.ngram is not None
    assert 4 < found.unigram < math.inf
    assert 4 < found.ngram < math.inf


def test_without_a_held_out_part_unigram_is_the_training_texts_own() -> None:
    found = baseline_perplexities(ids_of([1, 1, 2, 3], 5), ids_of([], 5), 5)
    assert found == Baselines(5.0, pytest.approx(2**1.5), None)
    assert found.as_dict() == {"uniform": 5.0, "unigram": pytest.approx(2**1.5), "ngram": None}


@pytest.mark.parametrize("training", [0, 1, 2, 5, 30, 300])
@pytest.mark.parametrize("held_out", [0, 1, 3, 30])
def test_a_single_symbol_is_no_surprise_and_never_less(training: int, held_out: int) -> None:
    found = baseline_perplexities(np.ones(training, np.uint8), np.ones(held_out, np.uint8), 2)
    for value in found.as_dict().values():
        assert value is None or 1 <= value <= 2
    if training == 300:
        assert found.unigram < 1.01
        assert (found.ngram is None) == (held_out == 0)
        assert held_out == 0 or found.ngram == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("length", [1, 2, 3, 10, 100, 300])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_small_texts_give_sensible_values(length: int, share: float) -> None:
    text = (SONG * 3)[:length]
    vocabulary = Vocabulary.from_text(text)
    cut = length - math.ceil(length * share)
    ids = vocabulary.encode(text)
    found = baseline_perplexities(ids[:cut], ids[cut:], len(vocabulary))
    assert found.ngram is not None
    assert 1 <= found.ngram <= 2 * len(vocabulary)
    assert 1 <= found.unigram <= 2 * len(vocabulary)
    if length == 300:
        assert found.ngram < 3 < 10 < found.unigram  # the song comes round again


def test_the_type_of_the_ids_and_where_they_lie_make_no_difference(tmp_path: Path) -> None:
    ids = Vocabulary.from_text(SONG).encode(SONG)
    expected = baseline_perplexities(ids[:80], ids[80:], 300)
    np.save(tmp_path / "ids.npy", ids)
    mapped = np.load(tmp_path / "ids.npy", mmap_mode="r")
    assert baseline_perplexities(mapped[:80], mapped[80:], 300) == expected
    for dtype in (np.uint16, np.uint32):
        assert (
            baseline_perplexities(ids[:80].astype(dtype), ids[80:].astype(dtype), 300) == expected
        )


def test_only_the_nearest_characters_of_a_long_text_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_TRAINING_CHARACTERS", 200)
    monkeypatch.setattr(module, "MAX_HELD_OUT_CHARACTERS", 50)
    rng = np.random.default_rng(7)
    ids = rng.integers(1, 5, 300).astype(np.uint8)
    far = rng.integers(1, 5, 100).astype(np.uint8)
    near, held_out = ids[:200], ids[200:250]
    expected = baseline_perplexities(near, held_out, 5)
    assert (
        baseline_perplexities(np.concatenate((far, near)), np.concatenate((held_out, far)), 5)
        == expected
    )
    alone = baseline_perplexities(near, ids[:0], 5)
    assert baseline_perplexities(np.concatenate((far, near)), ids[:0], 5) == alone
