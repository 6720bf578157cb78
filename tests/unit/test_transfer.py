"""A model that starts from another: weights matched by character."""

import pytest
import torch
from conftest import small_model

from charrnn.checkpoint import Checkpoint
from charrnn.errors import UserError
from charrnn.evaluation import score
from charrnn.model import ModelConfig
from charrnn.training.transfer import StartedFrom, matching_config, transferred_model
from charrnn.vocabulary import Vocabulary

TEXT = "a bad cab faced a dead bee; abe fed a cafe. "


def base(**config):
    vocabulary = Vocabulary.from_text(TEXT)
    return Checkpoint(small_model(vocabulary_size=len(vocabulary), **config), vocabulary)


def logits_by_symbol(checkpoint, text):
    """The logits after a text, by symbol."""
    ids = checkpoint.vocabulary.encode(text)
    with torch.no_grad():
        logits, _ = checkpoint.model.eval()(torch.tensor([ids.tolist()]))
    return dict(zip(checkpoint.vocabulary.symbols, logits[-1].tolist(), strict=True))


@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
@pytest.mark.parametrize("target", ["fast", "scratch", "torch"])
@pytest.mark.parametrize("source", ["fast", "torch"])
def test_a_model_predicts_as_before_whatever_the_order_of_its_symbols(cell, source, target):
    start = base(cell=cell, implementation=source)
    config = matching_config(start.model.config, ModelConfig(implementation=target))
    shuffled = Vocabulary([*start.vocabulary.symbols[:1], *reversed(start.vocabulary.symbols[1:])])
    begun = Checkpoint(transferred_model(start, config, shuffled), shuffled)
    assert begun.model.config.implementation == target
    expected = logits_by_symbol(start, TEXT)
    assert logits_by_symbol(begun, TEXT) == pytest.approx(expected, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    "config",
    [
        {"input": "embedding", "embedding_size": 5},
        {"input": "tied"},
        {"layers": 2, "cell": "gru"},
        {"layers": 2, "bidirectional": True},
        {"bidirectional": True, "implementation": "torch", "cell": "gru"},
    ],
)
def test_every_architecture_starts_with_the_same_predictions(config):
    start = base(**config)
    shuffled = Vocabulary([*start.vocabulary.symbols[:1], *reversed(start.vocabulary.symbols[1:])])
    begun = Checkpoint(transferred_model(start, start.model.config, shuffled), shuffled)
    assert logits_by_symbol(begun, TEXT) == pytest.approx(logits_by_symbol(start, TEXT), abs=1e-4)


def test_symbols_that_the_text_lacks_are_dropped():
    start = base()
    few = Vocabulary.from_text("abcabc abab")
    begun = Checkpoint(transferred_model(start, start.model.config, few), few)
    assert begun.model.vocabulary_size == len(few) == 5
    all_logits = logits_by_symbol(start, "abc ")
    assert logits_by_symbol(begun, "abc ") == pytest.approx(
        {symbol: all_logits[symbol] for symbol in few.symbols}, abs=1e-5
    )
    assert score(begun, "a cab, a bad cab").perplexity > 1


@pytest.mark.parametrize(
    ("new", "like"),
    [
        ("g", "abcdef"),  # a small Latin letter
        ("Q", "XY"),  # a capital
        ("7", "12"),
        ("我", "你他"),
        ("!", ";."),  # other punctuation
        ("-", ";."),  # of its category there is none: all punctuation
        ("ж", "abcdef"),  # small letters of another script
        ("€", "<unk>"),  # nothing like it
    ],
)
def test_a_new_symbol_begins_as_the_mean_of_those_like_it(new, like):
    vocabulary = Vocabulary.from_text("abcdefXY12你他;.")
    start = Checkpoint(small_model(vocabulary_size=len(vocabulary), input="embedding"), vocabulary)
    wanted = Vocabulary.from_text("ab" + new)
    model = transferred_model(start, start.model.config, wanted)
    ids = [0] if like == "<unk>" else vocabulary.encode(like).tolist()
    at = wanted.symbols.index(new)
    assert torch.allclose(model.embedding[at], start.model.embedding[ids].mean(dim=0))
    assert torch.allclose(model.W_hq[:, at], start.model.W_hq[:, ids].mean(dim=1))
    assert torch.allclose(model.b_q[at], start.model.b_q[ids].mean())


def test_symbols_are_counted():
    start = base()
    described = StartedFrom.of(start, Vocabulary.from_text("bcxyz"))
    assert (described.symbols_kept, described.symbols_new) == (2, 3)
    assert described.name == "unnamed" and described.validation_perplexity is None
    with torch.no_grad():
        start.model.b_q[0] += 1
    assert StartedFrom.of(start, Vocabulary.from_text("bcxyz")).digest != described.digest


@pytest.mark.parametrize(
    ("setting", "value"), [("cell", "gru"), ("hidden_size", 32), ("layers", 2), ("input", "tied")]
)
def test_another_architecture_is_refused_by_the_name_of_its_setting(setting, value):
    start = base()
    wanted = ModelConfig(**{"hidden_size": 16, setting: value})
    with pytest.raises(UserError, match="start from nothing") as refused:
        transferred_model(start, wanted, start.vocabulary)
    assert refused.value.field == setting


def test_dropout_implementation_and_initialization_are_free_and_an_unused_width_too():
    start = base()
    free = {"dropout": 0.3, "implementation": "scratch", "initialization": "normal"}
    wanted = ModelConfig(hidden_size=16, embedding_size=7, **free)
    model = transferred_model(start, wanted, start.vocabulary)
    assert model.config.dropout == 0.3
