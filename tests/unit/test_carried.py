"""Reading a long text in segments side by side gives what a single pass gives."""

import math
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from conftest import small_model

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.errors import UserError
from charrnn.evaluation import carried
from charrnn.inspection.saved_states import SavedStates
from charrnn.vocabulary import Vocabulary

LETTERS = Vocabulary.from_text("aaaaaaaabbbbbbbccccccdddddeeeefffgg\n")
TEXT = "".join(np.random.default_rng(3).choice(list("abcdefg\nx"), 8_000))


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    monkeypatch.setattr(carried, "_TRIAL_CHARACTERS", 256)
    monkeypatch.setattr(carried, "_MIN_CHARACTERS", 4_000)


@contextmanager
def in_one_row():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carried, "_MIN_CHARACTERS", math.inf)
        yield


def letters_model(scale=0.45, **options):
    model = small_model(vocabulary_size=len(LETTERS), **options)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(scale)
    return Checkpoint(model, LETTERS)


def inspect(checkpoint, text=TEXT):
    return charrnn.inspect(checkpoint, text)


def is_read_in_segments(checkpoint, text=TEXT):
    pieces = carried.iter_carried(checkpoint.model, LETTERS.encode(text), 10_000)
    with torch.no_grad():
        return any((np.diff(places) != 1).any() for places, *_ in pieces)


def assert_same(one, other):
    assert one.surprisal == pytest.approx(other.surprisal, abs=1e-4, nan_ok=True)
    assert one.entropy == pytest.approx(other.entropy, abs=1e-4, nan_ok=True)
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-4, nan_ok=True)
    assert one.score.nats == pytest.approx(other.score.nats, rel=1e-7)
    assert one.score.unknown_characters == other.score.unknown_characters


@pytest.mark.parametrize("implementation", ["fast", "scratch", "torch"])
@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
def test_a_model_that_forgets_reads_segments_side_by_side(cell, implementation):
    checkpoint = letters_model(cell=cell, implementation=implementation, layers=2)
    found = inspect(checkpoint)
    with in_one_row():
        expected = inspect(checkpoint)
    assert_same(found, expected)
    assert is_read_in_segments(checkpoint)
    score = charrnn.score(checkpoint, TEXT)
    assert found.score == score
    total = np.nansum(found.surprisal)
    assert total == pytest.approx(score.bits_per_character * score.characters, abs=1e-6)


def latch(forget):
    """An LSTM whose units add up the letter a; with `forget` 0 the letter b resets them."""
    checkpoint = letters_model(scale=0.1, hidden_size=8)
    layer = checkpoint.model.recurrence.layers[0]
    a, b = LETTERS.encode("ab").tolist()
    with torch.no_grad():
        layer.W_hh.zero_()
        layer.W_xh.zero_()
        layer.W_xh[a, 16:24] = 0.01
        layer.W_xh[b, 8:16] = -40.0 if forget else 0.0
        layer.b_h[8:16] = 20.0  # remember everything
    return checkpoint


def test_of_a_longer_text_more_may_be_read_until_the_model_has_forgotten():
    checkpoint, text = latch(forget=False), TEXT * 2
    layer = checkpoint.model.recurrence.layers[0]
    with torch.no_grad():
        layer.W_xh[:, 16:24] *= 300
        layer.b_h[8:16] = 4.6  # F = 0.99, of which the 500th power is 0.007
    found = inspect(checkpoint, text)
    with in_one_row():
        expected = inspect(checkpoint, text)
    assert_same(found, expected)
    assert is_read_in_segments(checkpoint, text)


def test_a_model_that_never_forgets_reads_in_one_row():
    checkpoint = latch(forget=False)
    assert not is_read_in_segments(checkpoint)
    found = inspect(checkpoint)
    with in_one_row():
        expected = inspect(checkpoint)
    assert_same(found, expected)


def test_a_model_that_stops_forgetting_is_corrected_segment_by_segment():
    checkpoint = latch(forget=True)
    text = "ab" * 1_000 + "acdefg" * 1_500
    found = inspect(checkpoint, text)
    with in_one_row():
        expected = inspect(checkpoint, text)
    assert_same(found, expected)
    assert len(set(np.round(expected.surprisal[2_000::600], 3))) > 5, "it adds up"


def test_states_on_the_way_are_those_of_a_single_pass():
    checkpoint = letters_model(cell="gru")
    found, expected = SavedStates(len(TEXT)), SavedStates(len(TEXT))
    charrnn.inspection.inspect(checkpoint, TEXT, states=found)
    with in_one_row():
        charrnn.inspection.inspect(checkpoint, TEXT, states=expected)
    for place in range(1_000, 8_000, 700):
        start, state = found.last_before(place)
        assert place - start < 1_200
        before, same = expected.last_before(place)
        ids = LETTERS.encode(TEXT[before:start]) if before < start else None
        if ids is not None and len(ids):
            with torch.no_grad():
                same = checkpoint.model.next_state(
                    torch.from_numpy(ids.astype(np.int64))[None], same
                )
            assert torch.allclose(state, same, atol=1e-4)


def test_the_progress_never_goes_back():
    shares = []
    charrnn.inspect(letters_model(), TEXT, on_progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1


def test_the_progress_is_one_at_the_end_only(monkeypatch):
    """A model that forgets slowly: segments are corrected for longer than was expected."""
    monkeypatch.setattr(carried, "_EXPECTED_CORRECTION", 1)
    done = []

    def note(share):
        done.append((share, len(predictions)))

    predictions = []
    ids = LETTERS.encode(TEXT)
    for one in carried.iter_carried(letters_model().model, ids, 10_000, None, note):
        predictions.append(one)
    assert sum(len(places) for places, *_ in predictions) > len(ids) + carried._CHUNK
    assert [share for share, _ in done] == sorted(share for share, _ in done)
    assert all(share < 1 for share, count in done if count < len(predictions) - 1)
    assert done[-1][0] == 1


def test_numbers_that_overflow_are_refused():
    checkpoint = letters_model(scale=4.0, cell="relu")
    with pytest.raises(UserError, match="overflow"):
        charrnn.inspect(checkpoint, TEXT)
