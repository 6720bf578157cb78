"""One character at a time in NumPy: the same numbers as the model, for one text and for several."""

import tracemalloc

import numpy as np
import pytest
import torch
from conftest import small_model

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.corpus import Corpus
from charrnn.generation import generate, iter_side_by_side
from charrnn.generation.config import GenerationConfig
from charrnn.generation.numpy_decoder import (
    DecoderWeights,
    NumpyDecoder,
    TorchDecoder,
    shared_weights,
)
from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig
from charrnn.training.step import TrainStep
from charrnn.vocabulary import Vocabulary

CELLS = ["tanh", "relu", "gru", "lstm"]


def calm_model(*args, **more):
    """One that forgets, so that the last digits of float32 do not grow into other characters."""
    model = small_model(*args, **more).eval()
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():  # no bias may be zero
            weight.mul_(0.3).add_(0.1 * torch.randn(weight.shape, generator=noise))
    return model


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    "more", [{}, {"layers": 2}, {"input": "embedding", "embedding_size": 5}, {"input": "tied"}]
)
@pytest.mark.parametrize("implementation", ["fast", "scratch", "torch"])
@pytest.mark.parametrize("cell", CELLS)
def test_every_step_expects_what_the_model_does(cell, implementation, more, count):
    model = calm_model(cell, implementation, **more)
    with torch.no_grad():
        _, state = model(torch.randint(1, 9, (count, 5)))
    quick, plain = NumpyDecoder(DecoderWeights(model), state), TorchDecoder(model, state)
    for k in range(4):
        assert quick.logits.shape == ((8,) if count == 1 else (count, 8))
        np.testing.assert_allclose(quick.logits, plain.logits, rtol=1e-4, atol=1e-5)
        ids = (np.arange(count) + k) % 8 + 1 if count > 1 else k + 1
        quick.step(ids)
        plain.step(ids)
    np.testing.assert_allclose(quick.logits, plain.logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("mode", ["greedy", "sample"])
def test_the_same_characters_are_written_as_by_the_plain_path(cell, mode, monkeypatch):
    vocabulary = Vocabulary.from_text("abcdefgh")
    checkpoint = Checkpoint(calm_model(cell, hidden_size=32), vocabulary)
    quick = charrnn.generate(checkpoint, "ab", 500, mode=mode, alpha=0.8, seed=2)
    monkeypatch.setattr("charrnn.generation.prefill.make_decoder", TorchDecoder)
    assert charrnn.generate(checkpoint, "ab", 500, mode=mode, alpha=0.8, seed=2) == quick


def test_texts_side_by_side_are_what_each_would_be_alone():
    vocabulary = Vocabulary.from_text("abcdefgh")
    checkpoint = Checkpoint(calm_model("lstm", hidden_size=32), vocabulary)
    alphas, seeds = [0.5, 1.0, 2.0, 1.0], [3, 3, 3, 4]
    configs = [GenerationConfig(300, "sample", *pair) for pair in zip(alphas, seeds, strict=True)]
    together = list(iter_side_by_side(checkpoint, "ab", configs))
    texts = ["".join(one.character for one in column) for column in zip(*together, strict=True)]
    alone = [
        charrnn.generate(checkpoint, "ab", 300, alpha=alpha, seed=seed)[2:]
        for alpha, seed in zip(alphas, seeds, strict=True)
    ]
    assert texts == alone
    (first, *_), *_ = together
    assert first.surprisal > 0


def test_a_text_side_by_side_that_has_ended_is_none():
    checkpoint = Checkpoint(small_model("gru"), Vocabulary.from_text("abcdefgh"))
    configs = [GenerationConfig(60, seed=seed, stop="c") for seed in (1, 2, 3)]
    columns = [*zip(*iter_side_by_side(checkpoint, "ab", configs), strict=True)]
    texts = ["".join(one.character for one in column if one) for column in columns]
    alone = [generate(checkpoint, "ab", 60, seed=seed, stop="c")[2:] for seed in (1, 2, 3)]
    assert texts == alone and len({len(text) for text in texts}) > 1


def test_greedy_texts_side_by_side_are_greedy():
    vocabulary = Vocabulary.from_text("abcdefgh")
    checkpoint = Checkpoint(small_model("gru"), vocabulary)
    configs = [GenerationConfig(40, "greedy", seed=seed) for seed in (0, 1)]
    together = iter_side_by_side(checkpoint, "ab", configs)
    one, other = zip(*([n.character for n in pair] for pair in together), strict=True)
    assert "".join(one) == "".join(other) == charrnn.generate(checkpoint, "ab", 40, "greedy")[2:]


def test_a_huge_alpha_is_greedy_and_an_overflowing_relu_says_so_without_a_warning():
    vocabulary = Vocabulary.from_text("abcdefgh")
    checkpoint = Checkpoint(calm_model("relu"), vocabulary)
    greedy = charrnn.generate(checkpoint, "ab", 30, mode="greedy")
    assert charrnn.generate(checkpoint, "ab", 30, alpha=1e308, seed=0) == greedy
    with torch.no_grad():
        checkpoint.model.recurrence.layers[0].W_hh.copy_(1e4 * torch.eye(16))
    with pytest.raises(charrnn.UserError, match="overflow"):
        charrnn.generate(checkpoint, "ab", 30, seed=0)


def test_many_texts_of_one_checkpoint_share_its_weights():
    """Three columns for each of fifty visitors: what each of them adds is a state and buffers."""
    checkpoint = Checkpoint(calm_model("lstm", hidden_size=128), Vocabulary.from_text("abcdefgh"))
    weights = sum(4 * weight.numel() for weight in checkpoint.model.parameters())
    charrnn.generate(checkpoint, "ab", 1)
    tracemalloc.start()
    texts = []
    for _ in range(50):
        configs = [GenerationConfig(9, alpha=alpha, seed=0) for alpha in (0.5, 1.0, 2.0)]
        texts.append(iter_side_by_side(checkpoint, "ab", configs))
        assert len(next(texts[-1])) == 3
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * weights, "150 texts are in memory"


@pytest.mark.parametrize("inference", [False, True])
def test_a_text_is_written_with_the_weights_as_they_are_now(inference):
    with torch.inference_mode(inference):
        checkpoint = Checkpoint(calm_model("gru"), Vocabulary.from_text("abcdefgh"))
        before = charrnn.generate(checkpoint, "ab", 50, seed=0)
        with torch.no_grad():
            checkpoint.model.b_q.add_(torch.linspace(-3, 3, 9))
        after = charrnn.generate(checkpoint, "ab", 50, seed=0)
    fresh = Checkpoint(checkpoint.model, checkpoint.vocabulary)
    assert before != after == charrnn.generate(fresh, "ab", 50, seed=0)


@pytest.mark.parametrize("cell", ["tanh", "gru", "lstm"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_model_that_is_trained_writes_with_the_weights_that_it_has_now(cell, optimizer):
    text = Corpus.from_text("the cat sat on the mat. " * 40, validation=0.0)
    config = TrainingConfig(optimizer=optimizer, batch_size=4, steps=8, epochs=1)
    train_step = TrainStep(
        ModelConfig(cell=cell, hidden_size=8), config, len(text.vocabulary), None
    )
    before = shared_weights(train_step.model)
    assert shared_weights(train_step.model) is before
    train_step.begin_epoch()
    train_step.train_on(*config.minibatches(text.training, 0)[0], learning_rate=0.01, last=True)
    after = shared_weights(train_step.model)
    assert not np.array_equal(before.output, after.output)
