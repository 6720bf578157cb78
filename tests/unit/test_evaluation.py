"""Scores: perplexity, bits and nats by both protocols."""

import math

import numpy as np
import pytest
import torch
from conftest import small_model
from torch.nn import functional as F

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.errors import UserError
from charrnn.evaluation.held_out import held_out_nats
from charrnn.vocabulary import Vocabulary

TEXT = "abcdefg\nabcabcgfedcba" * 40


def nats(checkpoint, text):
    """Summed cross-entropy of all but the first character, in one plain pass."""
    ids = torch.from_numpy(checkpoint.vocabulary.encode(text).astype("int64"))[None]
    with torch.no_grad():
        logits, _ = checkpoint.model(ids[:, :-1])
    return F.cross_entropy(logits, ids[0, 1:], reduction="sum").item()


def test_carried_is_one_pass_over_the_text(checkpoint):
    score = charrnn.score(checkpoint, TEXT)
    assert score.characters == len(TEXT) - 1 and score.protocol == "carried"
    assert score.nats == pytest.approx(nats(checkpoint, TEXT) / score.characters, rel=1e-5)
    assert score.perplexity == pytest.approx(math.exp(score.nats))
    assert score.bits_per_character == pytest.approx(score.nats / math.log(2))
    assert set(score.as_dict()) == {
        "perplexity", "bits_per_character", "nats", "characters", "unknown_characters", "protocol",
    }  # fmt: skip


@pytest.mark.parametrize("window", [1, 7, 256, 10_000])
def test_cold_windows_start_from_zero_each_time(checkpoint, window):
    score = charrnn.score(checkpoint, TEXT, window=window)
    pieces = [TEXT[i : i + window + 1] for i in range(0, len(TEXT) - 1, window)]
    expected = sum(nats(checkpoint, piece) for piece in pieces)
    assert score.characters == len(TEXT) - 1 and score.protocol == f"cold windows of {window}"
    assert score.nats == pytest.approx(expected / score.characters, rel=1e-5)


@pytest.mark.parametrize("window", [None, 16])
def test_however_little_is_worked_on_at_a_time(checkpoint, window, monkeypatch):
    whole = charrnn.score(checkpoint, TEXT, window=window)
    sizes, forward = [], type(checkpoint.model).forward

    def counted(model, ids, state=None):
        sizes.append(ids.numel())
        return forward(model, ids, state)

    monkeypatch.setattr(type(checkpoint.model), "forward", counted)
    monkeypatch.setattr(
        "charrnn.evaluation.MAX_STATE_NUMBERS", 40 * 4 * checkpoint.model.config.hidden_size
    )
    again = charrnn.score(checkpoint, TEXT, window=window)
    assert again.nats == pytest.approx(whole.nats, rel=1e-5)
    assert len(sizes) > 5 and max(sizes) <= 40


def test_unknown_characters_are_counted_and_not_scored(checkpoint):
    score = charrnn.score(checkpoint, "ab世cd世")
    assert (score.characters, score.unknown_characters) == (3, 2)


@pytest.mark.parametrize("text", ["", "a", "世界", "a世"])
def test_nothing_to_score_is_refused(checkpoint, text):
    with pytest.raises(UserError, match="nothing to score"):
        charrnn.score(checkpoint, text)
    with pytest.raises(UserError):
        charrnn.score(checkpoint, TEXT, window=0)


@pytest.mark.parametrize("window", [1.5, "x", True, -1, [256]])
def test_a_window_that_is_no_whole_number_is_refused(window, checkpoint):
    with pytest.raises(UserError) as caught:
        charrnn.score(checkpoint, TEXT, window=window)
    assert caught.value.field == "window"


@pytest.mark.parametrize("text", [None, 5, b"abc"])
def test_what_is_no_text_is_not_scored(text, checkpoint):
    with pytest.raises(UserError) as caught:
        charrnn.score(checkpoint, text)
    assert caught.value.field == "text"


@pytest.mark.parametrize("cell", ["tanh", "lstm"])
@pytest.mark.parametrize("length", [2, 3, 255, 300, 600, 5_000, 20_000])
def test_the_held_out_figure_agrees_with_one_pass(cell, length):
    vocabulary = Vocabulary.from_text("abcdefgh")
    model = small_model(cell, initialization="uniform")
    with torch.no_grad():  # a memory that fades within the warm-up, as trained ones do
        for weight in model.parameters():
            weight.mul_(0.7)
    ids = np.random.default_rng(0).integers(1, 9, length).astype(np.uint8)
    text = vocabulary.decode(ids.tolist())
    exact = charrnn.score(Checkpoint(model, vocabulary), text).nats
    assert held_out_nats(model, ids) == pytest.approx(exact, rel=2e-6)


def test_scoring_does_not_train_or_drop(checkpoint):
    checkpoint.model.train()
    before = {k: v.clone() for k, v in checkpoint.model.state_dict().items()}
    assert charrnn.score(checkpoint, TEXT) == charrnn.score(checkpoint, TEXT)
    assert all(torch.equal(before[k], v) for k, v in checkpoint.model.state_dict().items())
    assert checkpoint.model.training
