"""The time budgets: what they choose, by the text, the time and the speed of the machine."""

import numpy as np
import pytest

from charrnn.model import ModelConfig
from charrnn.runs.plan import make_plan
from charrnn.text import datasets, read_text
from charrnn.training import TrainingConfig, autoconfig
from charrnn.training.autoconfig import CorpusStats, choose_config, choose_config_from
from charrnn.training.step import suitable_threads
from charrnn.utils import process


@pytest.fixture(autouse=True)
def known_speed(monkeypatch):
    monkeypatch.setattr("charrnn.training.autoconfig.machine_speed", lambda: 200_000.0)


def test_more_time_means_a_larger_model_with_more_regularization():
    chosen = [choose_config(1_000_000, seconds, 0.1)[0] for seconds in (10, 60, 300, None)]
    sizes = [model.hidden_size for model in chosen]
    dropouts = [model.dropout for model in chosen]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
    assert dropouts == sorted(dropouts) and dropouts[0] < dropouts[-1]
    rates = [choose_config(1_000_000, seconds, 0.1)[1].learning_rate for seconds in (10, 60, 300)]
    assert rates == sorted(rates, reverse=True) and rates[0] > rates[-1]


def test_less_than_an_epoch_is_trained_in_many_small_updates():
    model, training = choose_config(5_000_000, 10, 0.1)
    assert (model.hidden_size, model.dropout, training.steps) == (192, 0.0, 32)
    assert choose_config(1_000_000, 10, 0.1)[1].steps == 64


def test_a_slow_machine_gets_a_smaller_model(monkeypatch):
    fast = choose_config(1_000_000, 60, 0.1)[0]
    monkeypatch.setattr("charrnn.training.autoconfig.machine_speed", lambda: 20_000.0)
    assert choose_config(1_000_000, 60, 0.1)[0].hidden_size < fast.hidden_size


def test_a_budget_holds_out_no_more_than_it_can_evaluate():
    for seconds, most in ((10, 20_000), (60, 200_000), (None, 200_000)):
        _, training = choose_config(50_000_000, seconds, 0.1)
        assert 50_000_000 * training.validation == pytest.approx(most, rel=0.01)
    assert choose_config(100_000, 10, 0.1)[1].validation == 0.1


def test_a_small_text_is_regularized_by_its_bigram_statistics():
    story = datasets.load("tide-clock").text[:20_000]
    round_of_symbols = "".join(chr(0x4E00 + i % 5000) for i in range(20_000))
    lyrics = "".join(chr(0x4E00 + i * i * 7 % 991 + i // 40) for i in range(20_000))
    plans = [make_plan(read_text(text)) for text in (round_of_symbols, story, lyrics)]
    assert [one.model.dropout for one in plans] == [0.1, 0.2, 0.4]
    assert [one.training.batch_size for one in plans] == [8, 8, 16]
    assert [one.training.steps for one in plans] == [35, 64, 20]
    assert [one.training.smoothing for one in plans] == [0.0, 0.6, 0.6]
    assert [one.model.hidden_size for one in plans] == [128, 128, 256]
    assert [one.model.input for one in plans] == ["tied", "embedding", "tied"]
    assert [one.training.prior for one in plans] == [False, True, True]


def test_of_many_symbols_a_machine_takes_a_larger_model_where_it_has_the_time(monkeypatch):
    lyrics, chosen = CorpusStats(1449, successors_per_symbol=5.0), {}
    for speed in (15_000.0, 90_000.0, 900_000.0):
        monkeypatch.setattr("charrnn.training.autoconfig.machine_speed", lambda speed=speed: speed)
        chosen[speed] = choose_config(25_779, 10, 0.1, lyrics)[0]
    assert [model.hidden_size for model in chosen.values()] == [128, 256, 256]
    assert [model.dropout for model in chosen.values()] == [0.3, 0.3, 0.4]
    assert all(model.input == "tied" for model in chosen.values())
    assert choose_config(25_779, 10, 0.0, lyrics)[0].input == "embedding", "all of it may be learnt"


def test_a_large_output_layer_takes_its_time():
    assert autoconfig.epochs(256, 200_000, 64, 1.0) == 1.0
    assert autoconfig.epochs(256, 200_000, 66, 1.0) == pytest.approx(1.0, rel=0.01)
    assert autoconfig.epochs(256, 200_000, 3_000, 1.0) == pytest.approx(0.27, rel=0.02)


def test_soft_targets_have_to_fit_into_time_and_memory():
    sparse = CorpusStats(successors_per_symbol=9.0)
    shares = [
        choose_config(n, s, 0.1, sparse)[1].smoothing for n in (20_000, 10**6) for s in (10, None)
    ]
    assert shares == [0.6, 0.6, 0.0, 0.0]
    assert choose_config(200_000, 60, 0.1, CorpusStats(66))[1].smoothing == 0.5
    assert choose_config(200_000, 10, 0.1, CorpusStats(66))[1].smoothing == 0
    assert choose_config(200_000, 60, 0.1, CorpusStats(6000))[1].smoothing == 0
    assert choose_config(10**6, 300, 0.1, CorpusStats(66))[1].smoothing == 0
    assert choose_config(10_000, 10, 0.0, sparse)[1].smoothing == 0
    without = choose_config(20_000, 0.2, 0.1, sparse)
    assert (without[0].dropout, without[1].smoothing) == (0.6, 0.0)  # it has to be held back more


def test_smoothed_texts_get_dropout_once_there_is_time_to_overfit(monkeypatch):
    monkeypatch.setattr("charrnn.training.autoconfig.machine_speed", lambda: 30_000.0)
    chosen = [choose_config(80_000, seconds, 0.1, CorpusStats(66)) for seconds in (10, 25, 60, 300)]
    assert all(training.smoothing == 0.5 for _, training in chosen)
    assert [model.dropout for model, _ in chosen] == [0.0, 0.1, 0.2, 0.3]
    rates = [training.learning_rate for _, training in chosen]
    assert rates == sorted(rates, reverse=True) and rates[0] > rates[-1]


def test_corpus_stats_are_averages_over_a_text():
    assert CorpusStats.measure(np.array([1, 2, 1, 2, 1, 2, 3]), 4) == (4, 7 / 3, 3 / 2)
    assert (
        CorpusStats.measure(np.array([1]), 2)
        == CorpusStats(2)
        == CorpusStats.measure(np.zeros(10**6, np.uint16), 2)
    )


def test_without_a_held_out_part_nothing_is_regularized():
    model, training = choose_config(10_000, 10, 0.0)
    assert model.dropout == 0 and training.weight_decay < 0.1 and training.validation == 0
    dense = choose_config(
        10_000, 10, 0.0, CorpusStats(28, count_per_bigram=25.0, successors_per_symbol=14.0)
    )[1]
    assert (dense.batch_size, dense.steps) == (17, 35), "as measured: benchmarks/LOG.md"


@pytest.mark.parametrize(
    ("hidden", "symbols", "threads"), [(128, 62, 1), (128, 1449, 2), (256, 62, 2)]
)
def test_small_products_are_for_one_thread_unless_there_are_many_symbols(
    monkeypatch, hidden, symbols, threads
):
    monkeypatch.setattr("charrnn.training.step.available_cores", lambda: 2)
    model, training = ModelConfig(hidden_size=hidden), TrainingConfig(batch_size=16)
    assert suitable_threads(model, training, symbols) == threads


@pytest.mark.parametrize("characters", [2, 30, 300, 5_000, 10**8])
@pytest.mark.parametrize("seconds", [0.1, 10, None])
def test_any_text_gets_a_minibatch_that_it_fills(characters, seconds):
    _, training = choose_config(characters, seconds, 0.1)
    assert training.batch_size * training.steps <= characters
    assert training.schedule == "cosine" and training.open_ended == (seconds is None)


def test_what_the_environment_says_already_is_left_alone():
    environment = {"GOMP_SPINCOUNT": "7"}
    process.configure_thread_pools(environment)
    assert environment == process.THREAD_POOL_VARIABLES | {"GOMP_SPINCOUNT": "7"}
    process.disable_malloc_trim()  # wherever this runs, nothing may happen


def test_a_model_that_is_trained_already_learns_a_small_text_gently_and_for_a_few_epochs():
    """The constants are measured: benchmarks/LOG.md."""
    start = ModelConfig(cell="lstm", hidden_size=512, input="embedding", embedding_size=64)

    def chosen(characters, seconds=10.0, epochs=None):
        _, training = choose_config(characters, seconds, 0.1, epochs=epochs)
        return choose_config_from(start, training, characters, 100)[1]

    small, middle, large = chosen(2_000), chosen(20_000), chosen(1_000_000)
    assert small.learning_rate < middle.learning_rate < large.learning_rate < 0.002
    assert (small.epochs, small.seconds) == (6, None)
    assert (large.epochs, large.seconds) == (None, 10.0)
    assert chosen(2_000, epochs=40).epochs == 40  # the user's own
    assert chosen(30_000, seconds=0.5).seconds == 0.5  # less than six epochs
