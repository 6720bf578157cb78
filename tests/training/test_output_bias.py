"""Beginning with the frequencies of the symbols: the first guess of a model that was told them."""

import math

import numpy as np
import pytest
from small_runs import QUICK, SMALL, corpus, named, run, with_changes

from charrnn.corpus import Corpus
from charrnn.model import CharRNN
from charrnn.ngrams.baselines import baseline_perplexities
from charrnn.training.autoconfig import CorpusStats, choose_config

ONE_LOOK = with_changes(QUICK, epochs=1, batch_size=1, steps=1200, learning_rate=0.0)


def first_perplexity(**changes):
    """Of a model whose weights say nothing yet."""
    quiet = with_changes(SMALL, initialization="normal")
    events = run(quiet, with_changes(ONE_LOOK, **changes))
    return named(events, "progress")[0]["train_perplexity"]


def test_a_model_begins_as_good_as_counting_symbols():
    text = corpus()
    size = len(text.vocabulary)
    alone = baseline_perplexities(text.training, text.held_out[:0], size).unigram
    assert first_perplexity(prior=True) == pytest.approx(alone, rel=0.02)
    assert first_perplexity(prior=False) == pytest.approx(size, rel=0.02)


def test_it_replaces_what_the_output_bias_was():
    text = corpus()
    model = CharRNN(SMALL, len(text.vocabulary))
    model.b_q.data.fill_(3.0)
    model.init_output_bias(text.counts())
    likely = text.counts() + 1
    p = model.b_q.detach().exp().numpy()
    np.testing.assert_allclose(p, likely / likely.sum(), rtol=1e-5)


def test_only_what_is_trained_on_is_counted(monkeypatch):
    monkeypatch.setattr("charrnn.corpus.chunks.CHUNK_CHARACTERS", 7)
    text = Corpus.from_text("ab" * 45 + "c" * 10, validation=0.1)
    counted = dict(zip(text.vocabulary.symbols, text.counts().tolist(), strict=True))
    assert counted == {"<unk>": 0, "a": 45, "b": 45, "c": 0}


def test_an_unseen_symbol_is_still_possible():
    text = Corpus.from_text("ab" * 45 + "c" * 10, validation=0.1)
    _, config = choose_config(100_000, 10, 0.1)
    assert config.prior
    events = run(training=with_changes(ONE_LOOK, prior=True, steps=80), corpus=text)
    assert math.isfinite(events[-1]["validation_perplexity"])


def test_budgets_begin_so_unless_the_text_is_small():
    sparse, dense = (
        CorpusStats(successors_per_symbol=9.0),
        CorpusStats(count_per_bigram=40.0, successors_per_symbol=9.0),
    )
    sizes = (300, 20_000, 60_000)
    assert [choose_config(n, 10, 0.1, sparse)[1].prior for n in sizes] == [False, True, True]
    unsmoothed = sparse._replace(symbols=6_000)
    assert [choose_config(n, 10, 0.1, unsmoothed)[1].prior for n in sizes] == [False, False, True]
    assert choose_config(300, 10, 0.1, dense)[1].prior
