"""Training that starts from a model: what it knows, what it keeps, and how it resumes."""

import math

import pytest
import torch
from conftest import small_model

from charrnn.checkpoint import Checkpoint, load
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.evaluation import score
from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig, train
from charrnn.vocabulary import Vocabulary

pytestmark = pytest.mark.usefixtures("no_picture")

TEXT = "the cat sat on the mat and the rat sat on the cat; " * 30
OTHER = "the dog ate the hat and the cat ate the rat; the end. " * 30
QUICK = {"batch_size": 4, "steps": 10, "learning_rate": 0.02, "threads": 1}
CONFIG = TrainingConfig(epochs=2, **QUICK)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A model that has learned TEXT."""
    place = tmp_path_factory.mktemp("base")
    config = TrainingConfig(epochs=8, **QUICK)
    list(train(Corpus.from_text(TEXT), ModelConfig(hidden_size=24), config, directory=place))
    return load(place / "checkpoint")


def start_of(events):
    return next(event for event in events if event["event"] == "start")


def test_what_the_model_knows_is_measured_before_the_first_step(base):
    corpus = Corpus.from_text(OTHER)
    events = list(train(corpus, training=CONFIG, start=base))
    told = start_of(events)["started_from"]
    assert told["name"] == "text"
    new = set(OTHER) - set(TEXT)
    assert told["symbols_new"] == len(new) == 2
    assert told["symbols_kept"] == corpus.vocabulary.symbol_count - len(new)
    uniform = corpus.vocabulary.symbol_count
    assert 1 < told["validation_perplexity"] < uniform
    assert events[-1]["validation_perplexity"] < told["validation_perplexity"]


def test_a_run_from_nothing_says_so():
    assert start_of(train(Corpus.from_text(TEXT), training=CONFIG))["started_from"] is None


def test_the_architecture_is_the_models_and_another_is_refused(base):
    corpus = Corpus.from_text(OTHER)
    assert start_of(train(corpus, training=CONFIG, start=base))["model"]["hidden_size"] == 24
    with pytest.raises(UserError, match="hidden_size") as refused:
        train(corpus, ModelConfig(hidden_size=25), CONFIG, start=base)
    assert refused.value.field == "hidden_size"
    with pytest.raises(UserError, match="load"):
        train(corpus, training=CONFIG, start="tide-clock")


def test_a_start_that_training_only_spoils_is_kept(base):
    text = Corpus.from_text(TEXT)
    wild = TrainingConfig(epochs=1, **(QUICK | {"learning_rate": 30.0, "schedule": "constant"}))
    *_, end = train(text, training=wild, start=base)
    assert end["kept_step"] == 0
    assert end["validation_perplexity"] == pytest.approx(
        score(base, text.vocabulary.decode(text.held_out)).perplexity, rel=0.05
    )
    assert "the model it started from was kept" in end["message"]


def test_symbols_that_the_text_lacks_are_kept_on_request(base, tmp_path):
    corpus = Corpus.from_text("a cat and a rat sat. " * 60)
    config = TrainingConfig(epochs=1, keep_symbols=True, **QUICK)
    list(train(corpus, training=config, start=base, directory=tmp_path / "kept"))
    kept = load(tmp_path / "kept" / "checkpoint")
    assert set(kept.vocabulary.symbols) == set(base.vocabulary.symbols) | {"."}
    dropped = TrainingConfig(epochs=1, **QUICK)
    list(train(corpus, training=dropped, start=base, directory=tmp_path / "dropped"))
    few = load(tmp_path / "dropped" / "checkpoint").vocabulary
    assert set(few.symbols[1:]) == set("a cat and a rat sat. ")


def test_the_checkpoint_records_what_it_started_from(base, tmp_path):
    events = list(train(Corpus.from_text(OTHER), training=CONFIG, start=base, directory=tmp_path))
    about = load(tmp_path / "checkpoint").about
    assert about["started_from"] == start_of(events)["started_from"]


def stop_after(steps):
    """Commands that stop the run after some minibatches."""
    asked = 0

    def commands():
        nonlocal asked
        asked += 1
        return {"stop"} if asked == steps else set()

    return commands


def weights_of(directory):
    return load(directory / "checkpoint").model.state_dict()


def test_a_resumed_run_is_the_same_bit_for_bit(base, tmp_path):
    corpus, whole, parts = Corpus.from_text(OTHER), tmp_path / "whole", tmp_path / "parts"
    expected = list(train(corpus, training=CONFIG, start=base, directory=whole))
    list(train(corpus, training=CONFIG, start=base, directory=parts, commands=stop_after(20)))
    resumed = list(train(corpus, training=CONFIG, start=base, directory=parts, resume=True))
    assert start_of(resumed)["started_from"] == start_of(expected)["started_from"]
    for name, weight in weights_of(whole).items():
        assert torch.equal(weights_of(parts)[name], weight), name


def test_a_run_is_not_resumed_with_another_start(base, tmp_path):
    corpus = Corpus.from_text(OTHER)
    list(train(corpus, training=CONFIG, start=base, directory=tmp_path, commands=stop_after(5)))
    vocabulary = Vocabulary.from_text(TEXT)
    model = small_model(vocabulary_size=len(vocabulary), hidden_size=24)
    other = Checkpoint(model, vocabulary)
    with pytest.raises(UserError, match="another start"):
        list(train(corpus, training=CONFIG, start=other, directory=tmp_path, resume=True))
    with pytest.raises(UserError, match="another start"):
        list(train(corpus, base.model.config, CONFIG, directory=tmp_path, resume=True))


def test_a_time_budget_measures_the_start_too(base):
    config = TrainingConfig(seconds=1, **QUICK)
    events = list(train(Corpus.from_text(OTHER * 20), training=config, start=base))
    assert math.isfinite(start_of(events)["started_from"]["validation_perplexity"])
    assert events[-1]["seconds"] < 3
