"""Targets smoothed by n-grams: what they expect, where that goes, and what it is good for."""

import numpy as np
import pytest
import torch
from small_runs import QUICK, SMALL, corpus, named, run, with_changes

from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.ngrams.kneser_ney import KneserNeyModels, Mixture
from charrnn.ngrams.soft_targets import NgramSoftTargets
from charrnn.training import TrainingConfig, train
from charrnn.training.step import TrainStep
from charrnn.vocabulary import Vocabulary

SONG = "row, row, row your boat\ngently down the stream\nmerrily merrily merrily merrily\n"
SONG += "life is but a dream\n"


def encoded(text):
    vocabulary = Vocabulary.from_text(text)
    return vocabulary.encode(text), len(vocabulary)


def expectations(ids, size):
    """(N, V), as an array."""
    expected = NgramSoftTargets()
    for _ in expected.fit(ids, size):
        pass
    return expected.probabilities.numpy()


def test_they_are_what_each_symbol_would_score():
    ids, size = encoded(SONG * 3)
    before, text = ids[:200], ids[200:260]
    orders, mixture = KneserNeyModels(before, size), Mixture.of(before, size)
    spread = np.concatenate(list(orders.distributions(text, before, mixture)))
    for symbol in range(size):
        for i in (0, 1, 9, 59):
            read = np.append(text[:i], symbol).astype(ids.dtype)
            p = mixture.mix(*orders.score(read, before))[-1]
            assert spread[i, symbol] == pytest.approx(p, rel=1e-4)


def test_however_many_places_are_worked_on_at_a_time(monkeypatch):
    ids, size = encoded(SONG * 3)
    whole = expectations(ids, size)
    monkeypatch.setattr("charrnn.ngrams.kneser_ney.BLOCK_NUMBERS", 3 * size)
    np.testing.assert_array_equal(expectations(ids, size), whole)


@pytest.mark.parametrize("length", [1, 2, 9, 11, 30, 252])
def test_they_are_distributions(length):
    ids, size = encoded(SONG * 3)
    expected = expectations(ids[:length], size)
    assert expected.shape == (length, size)
    assert (expected > 0).all()
    np.testing.assert_allclose(expected.astype(float).sum(axis=1), 1, atol=2e-3)


def test_what_comes_once_is_not_known_by_heart():
    text = "abcabcabcabcab" * 20
    text = text[:140] + "x" + text[140:]
    ids, size = encoded(text)
    expected = expectations(ids, size).astype(float)
    own = expected[np.arange(len(ids)), ids]
    assert own[140] < 0.02  # the only x
    assert np.median(own) > 0.9


def test_a_place_is_not_told_of_what_follows(monkeypatch):
    ids, size = encoded(SONG * 3)
    mixture = Mixture.of(ids, size)
    monkeypatch.setattr(Mixture, "of", lambda *_: mixture)  # its weights suit the whole text
    other = ids.copy()
    other[-5:] = 1
    one, two = expectations(ids, size), expectations(other, size)
    last = len(ids) - len(ids) // 10
    np.testing.assert_array_equal(one[last:-4], two[last:-4])  # counted elsewhere, read from before


@pytest.mark.parametrize("sampling", ["sequential", "random"])
def test_each_target_meets_its_own(sampling):
    ids, size = encoded(SONG * 3)
    config = TrainingConfig(epochs=1, sampling=sampling, batch_size=4, steps=7)
    minibatches = config.minibatches(ids, 3)
    mine, expected = NgramSoftTargets(), torch.from_numpy(expectations(ids, size))
    assert mine.for_minibatch(minibatches, 0) is None
    assert len(list(mine.fit(ids, size))) == 10
    for i in range(len(minibatches)):
        places = minibatches.target_positions(i)
        np.testing.assert_array_equal(ids[places], minibatches[i][1].numpy())
        at = mine.for_minibatch(minibatches, i).view(7, 4, size)
        for b, t in ((0, 0), (3, 6), (2, 5)):
            assert torch.equal(at[t, b], expected[places[b, t]])


def test_the_gradient_is_that_of_both_targets_and_the_loss_that_of_the_text():
    config = with_changes(QUICK, smoothing=0.25, optimizer="sgd", clip=None)
    X, Y = torch.randint(1, 9, (2, 3)), torch.randint(1, 9, (2, 3))
    q = torch.rand(6, 9).softmax(dim=1)
    train_step = TrainStep(SMALL, config, 9)
    log_p = train_step.model(X)[0].log_softmax(dim=1)
    nll = -log_p.gather(1, Y.t().reshape(-1, 1)).mean()
    wanted = 0.75 * nll - 0.25 * (q * log_p).sum(dim=1).mean()
    parameters = list(train_step.model.parameters())
    gradients = torch.autograd.grad(wanted, parameters)
    update = train_step.train_on(X, Y, learning_rate=0.0, last=False, soft_targets=q)
    assert update.loss == pytest.approx(nll.item(), abs=1e-5)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-4)


def test_soft_targets_reduce_overfitting():
    text = Corpus.from_text(SONG[:90] * 2 + SONG, validation=0.2)
    ends = {
        share: run(SMALL, with_changes(QUICK, epochs=40, smoothing=share), corpus=text)[-1]
        for share in (0.0, 0.7)
    }
    assert ends[0.7]["train_perplexity"] > 1.2 * ends[0.0]["train_perplexity"]


def test_a_text_too_large_for_it_is_refused_beside_its_setting(monkeypatch):
    monkeypatch.setattr("charrnn.training.MAX_PROBABILITIES", 100)
    with pytest.raises(UserError, match="smoothing = 0") as refused:
        train(corpus(), SMALL, with_changes(QUICK, smoothing=0.5))
    assert refused.value.field == "smoothing"
    train(corpus(), SMALL, QUICK)


def test_the_start_event_says_so():
    events = run(SMALL, with_changes(QUICK, smoothing=0.5))
    assert named(events, "start")[0]["training"]["smoothing"] == 0.5
