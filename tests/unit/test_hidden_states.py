"""The hidden states that the Generate tab shows: those of the model, in bytes, some at a time."""

import base64

import numpy as np
import pytest
import torch
from conftest import small_model

from charrnn.checkpoint import Checkpoint
from charrnn.generation.prefill import line_start
from charrnn.ui.generate.hidden_states import MAX_STEPS, MAX_UNITS, hidden_state_table
from charrnn.vocabulary import Vocabulary

LETTERS = Vocabulary.from_text("abcdefgh")
TEXT = "abcdefghhgfedcba" * 80  # more than two chunks of the text


def decoded(table):
    states = np.frombuffer(base64.b64decode(table["states"]), np.int8).astype(np.float32)
    return states.reshape(-1, table["shown"]) / 100 * table["scale"]


def state_after(checkpoint, text):
    """H of the last layer after a text, by a plain pass over all of it."""
    ids = torch.from_numpy(checkpoint.vocabulary.encode(text).astype("int64"))[None]
    with torch.no_grad():
        _, state = checkpoint.model(ids)
    return (state[0] if isinstance(state, tuple) else state)[-1, 0].numpy()


@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
@pytest.mark.parametrize("implementation", ["fast", "scratch", "torch"])
def test_the_states_are_those_of_the_last_layer(cell, implementation):
    checkpoint = Checkpoint(small_model(cell, implementation, layers=2), LETTERS)
    table = hidden_state_table(checkpoint, TEXT[:40], 0)
    states = decoded(table)
    assert (table["shown"], table["units"], len(states)) == (16, 16, 41)
    assert not states[0].any(), "before anything was read"
    for read in (1, 2, 40):
        expected = state_after(checkpoint, TEXT[:read])
        assert np.abs(states[read] - expected).max() <= 0.006 * table["scale"]
    assert np.abs(states[1:]).max() == pytest.approx(table["scale"], abs=1e-6) or cell != "relu"


@pytest.mark.parametrize("start", [0, 300, 511, 512, 513, 1000])
def test_some_states_are_sent_at_a_time(start):
    checkpoint = Checkpoint(small_model(hidden_size=MAX_UNITS + 3), LETTERS)
    table = hidden_state_table(checkpoint, TEXT, start)
    states = decoded(table)
    assert (table["shown"], table["units"], len(states)) == (
        MAX_UNITS,
        MAX_UNITS + 3,
        MAX_STEPS + 1,
    )
    for step in (0, 1, 200, MAX_STEPS):
        if start + step:
            expected = state_after(checkpoint, TEXT[: start + step])[:MAX_UNITS]
            assert np.abs(states[step] - expected).max() <= 0.006


def test_a_text_from_an_empty_prefix_is_read_after_the_beginning_of_a_line():
    checkpoint = Checkpoint(small_model(), LETTERS)
    states = decoded(hidden_state_table(checkpoint, "abc", 0, begins_line=True))
    start = line_start(LETTERS)
    assert len(states) == 4
    for read in range(4):
        assert np.abs(states[read] - state_after(checkpoint, start + "abc"[:read])).max() <= 0.006


def test_a_bidirectional_model_has_no_state_that_goes_from_character_to_character():
    checkpoint = Checkpoint(small_model(bidirectional=True), LETTERS)
    assert hidden_state_table(checkpoint, "abc", 0) == {"bidirectional": True}
