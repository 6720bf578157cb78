"""Which model a run on a text should start from, if any."""

import random

import pytest
from conftest import small_model

from charrnn.checkpoint import Checkpoint
from charrnn.corpus import Corpus
from charrnn.training import TrainingConfig, train
from charrnn.training.start_proposal import propose_start
from charrnn.vocabulary import Vocabulary

SENTENCE = "the cat sat on the mat and the dog sat on the log; a hen and a rat met on the road."


def prose_of(words, seed):
    """A text of so many words, none of it repeated from a text with another seed."""
    return " ".join(random.Random(seed).choices(SENTENCE.split(), k=words))


PROSE = prose_of(900, seed=0)


@pytest.fixture(scope="module")
def prose(tmp_path_factory):
    """A model that has learned PROSE."""
    from charrnn.checkpoint import load
    from charrnn.model import ModelConfig

    place = tmp_path_factory.mktemp("prose")
    config = TrainingConfig(epochs=12, learning_rate=0.02, batch_size=4, steps=20, threads=1)
    list(train(Corpus.from_text(PROSE), ModelConfig(hidden_size=48), config, directory=place))
    model = load(place / "checkpoint")
    return Checkpoint(model.model, model.vocabulary, {"name": "Prose"})


def test_a_text_of_the_kind_that_a_model_knows_starts_from_it(prose):
    text = Corpus.from_text(prose_of(60, seed=1))
    proposal = propose_start(text, {"base-prose": prose})
    assert proposal.name == "base-prose"
    assert proposal.perplexity < proposal.counting
    assert proposal.reason.startswith("“Prose” knows texts like this: perplexity ")


def test_a_text_of_another_kind_starts_from_nothing(prose):
    text = Corpus.from_text("tdhea ercnmts;o ggnl. " * 60)
    proposal = propose_start(text, {"base-prose": prose})
    assert proposal.name is None and proposal.perplexity > 2 * proposal.counting
    assert "“Prose” does not know texts like this" in proposal.reason


@pytest.mark.parametrize("text", ["北风吹来，春天去了。" * 50, "ПРОЗА НА ДРУГОМ ЯЗЫКЕ " * 40])
def test_a_model_of_another_script_is_not_even_tried(prose, text, monkeypatch):
    monkeypatch.setattr(prose.model, "forward", lambda *_: pytest.fail("it was run"))
    proposal = propose_start(Corpus.from_text(text), {"base-prose": prose})
    assert proposal.name is None and proposal.perplexity is None
    assert proposal.reason == "No model to start from knows this script."


def test_the_model_that_knows_a_text_best_is_proposed(prose):
    vocabulary = Vocabulary.from_text(PROSE)
    untrained = Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary)
    text = Corpus.from_text(prose_of(60, seed=2))
    models = {"base-noise": untrained, "base-prose": prose}
    assert propose_start(text, models).name == "base-prose"


def test_nothing_is_proposed_without_models_or_for_a_tiny_text(prose):
    assert propose_start(Corpus.from_text(PROSE), {}).name is None
    tiny = propose_start(Corpus.from_text("the cat sat"), {"base-prose": prose})
    assert tiny.name is None and "too short" in tiny.reason
