"""Read a text with a model: surprisal, candidates, hidden states and gates."""

import math

import numpy as np
import pytest
import torch
from conftest import small_model

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.errors import UserError
from charrnn.inspection.ablation import without_unit
from charrnn.inspection.activations import CHUNK_CHARACTERS, QUANTITIES
from charrnn.inspection.matching import match_span
from charrnn.inspection.reach import (
    ContextEffect,
    context_effect,
    forgotten_after,
    gradient_reach,
    model_norms,
)
from charrnn.inspection.saved_states import SavedStates
from charrnn.inspection.step_trace import trace_step, trace_steps, unit_sums
from charrnn.rnn import scratch
from charrnn.utils.yield_points import at_yield_points
from charrnn.vocabulary import Vocabulary

TEXT = "".join(np.random.default_rng(3).choice(list("abcdefg\n"), 700))
LETTERS = Vocabulary.from_text("aaaaaaaabbbbbbbccccccdddddeeeefffgg\n")
CELLS = ["tanh", "relu", "gru", "lstm"]


def letters_model(**options):
    """A checkpoint whose weights are small enough that its state does not become chaotic."""
    model = small_model(vocabulary_size=len(LETTERS), **options)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(0.45)
    return Checkpoint(model, LETTERS)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_surprisal_sums_to_the_score_of_the_text(cell, bidirectional):
    checkpoint = letters_model(cell=cell, bidirectional=bidirectional, layers=2)
    text = TEXT[:300] + "x" + TEXT[300:]  # one character that the model does not know
    inspection = charrnn.inspect(checkpoint, text)
    score = charrnn.score(checkpoint, text)
    total = np.nansum(inspection.surprisal)
    assert total == pytest.approx(score.bits_per_character * score.characters, abs=1e-6)
    assert inspection.score == score
    assert math.isnan(inspection.surprisal[0])
    assert math.isnan(inspection.surprisal[300])
    assert np.isnan(inspection.surprisal).sum() == 2


def test_candidates_are_the_likeliest_characters_in_each_place(checkpoint):
    inspection = charrnn.inspect(checkpoint, "abcabc")
    assert inspection.candidates.shape == inspection.probabilities.shape == (6, 5)
    assert list(inspection.candidates[0]) == [""] * 5
    for place in range(1, 6):
        ids = torch.from_numpy(checkpoint.vocabulary.encode("abcabc"[:place]).astype(np.int64))
        with torch.no_grad():
            p = checkpoint.model(ids[None])[0][-1].softmax(0).numpy()
        order = np.argsort(-p[1:], kind="stable")[:5] + 1
        expected = [checkpoint.vocabulary.symbols[i] for i in order]
        assert list(inspection.candidates[place]) == expected
        assert inspection.probabilities[place] == pytest.approx(p[order], abs=1e-6)
        wanted = checkpoint.vocabulary.encode("abcabc")[place]
        assert inspection.surprisal[place] == pytest.approx(-math.log2(p[wanted]), abs=1e-4)
        assert inspection.entropy[place] == pytest.approx(-(p * np.log2(p)).sum(), abs=1e-4)


def test_a_model_of_few_characters_has_fewer_candidates():
    vocabulary = Vocabulary.from_text("aab")
    checkpoint = Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary)
    inspection = charrnn.inspect(checkpoint, "abab")
    assert sorted(inspection.candidates[1]) == ["", "", "", "a", "b"]
    assert np.isnan(inspection.probabilities[1]).sum() == 3
    assert len(inspection.as_rows()[1]["candidates"]) == 2


def test_rows_are_json_with_null_where_there_is_no_number(checkpoint):
    first, second = charrnn.inspect(checkpoint, "ab").as_rows()
    assert first == {"character": "a", "surprisal": None, "entropy": None, "candidates": []}
    assert second["character"] == "b"
    assert second["surprisal"] > 0
    assert {"character", "probability"} == set(second["candidates"][0])


def test_without_a_training_text_only_this_text_is_counted(checkpoint):
    alone = charrnn.inspect(checkpoint, "aabbab" * 20).baselines
    assert (alone.uniform, alone.ngram) == (len(checkpoint.vocabulary), None)
    assert alone.unigram == pytest.approx(2)
    counted = charrnn.inspect(checkpoint, "abcd" * 20, training_text="abcd" * 200).baselines
    assert counted.ngram == pytest.approx(1, abs=0.1)
    assert counted.unigram == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("text", ["", "a", "xyz"])
def test_a_text_with_nothing_to_score_is_refused(checkpoint, text):
    with pytest.raises(UserError, match="nothing to score"):
        charrnn.inspect(checkpoint, text)


def reference(cell, inputs, state, parameters):
    """Compute a layer step by step, by the textbook's equations, keeping every quantity."""
    kept = {name: [] for name in QUANTITIES[cell]}
    H = parameters["W_hh"].shape[0]
    for X in inputs:
        before = state[0] if isinstance(state, tuple) else state
        if cell == "lstm":
            A = X @ parameters["W_xh"] + before @ parameters["W_hh"] + parameters["b_h"]
            values = {
                "I": A[:, :H].sigmoid(), "F": A[:, H : 2 * H].sigmoid(),
                "C_tilde": A[:, 2 * H : 3 * H].tanh(), "O": A[:, 3 * H :].sigmoid(),
            }  # fmt: skip
        elif cell == "gru":
            by_x = X @ parameters["W_xh"] + parameters["b_h"]
            by_h = before @ parameters["W_hh"]
            R = (by_x + by_h)[:, :H].sigmoid()
            values = {"R": R, "Z": (by_x + by_h)[:, H : 2 * H].sigmoid()}
            values["H_tilde"] = (
                by_x[:, 2 * H :] + R * (by_h[:, 2 * H :] + parameters["b_n"])
            ).tanh()
        else:
            values = {}
        _, state = scratch.run(cell, X[None], state, parameters)
        values["H"] = state[0] if isinstance(state, tuple) else state
        if cell == "lstm":
            values["C"] = state[1]
        for name, value in values.items():
            kept[name].append(value[0])
    return {name: torch.stack(values) for name, values in kept.items()}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("implementation", ["fast", "scratch", "torch"])
@pytest.mark.parametrize("input", ["one-hot", "embedding", "tied"])
def test_hidden_states_and_gates_are_those_of_the_textbooks_equations(
    cell, implementation, input, monkeypatch
):
    monkeypatch.setattr("charrnn.inspection.activations.CHUNK_CHARACTERS", 16)
    checkpoint = letters_model(cell=cell, implementation=implementation, input=input, layers=2)
    model, length = checkpoint.model, 40  # of three chunks
    inspection = charrnn.inspect(checkpoint, TEXT[:length], hidden=True, gates=True)
    found = {"H": inspection.hidden, **inspection.gates}
    assert set(found) == set(QUANTITIES[cell])
    ids = torch.from_numpy(LETTERS.encode(TEXT[:length]).astype(np.int64))
    with torch.no_grad():
        if input == "one-hot":
            inputs = torch.nn.functional.one_hot(ids, len(LETTERS)).float()[:, None]
        else:
            inputs = model.embedding[ids][:, None]
        for layer, parameters in enumerate(model.recurrence.by_layer()):
            zeros = torch.zeros(1, model.config.hidden_size)
            state = (zeros, zeros) if cell == "lstm" else zeros
            expected = reference(cell, inputs, state, parameters)
            for name, values in expected.items():
                assert found[name].shape == (2, length, model.config.hidden_size)
                assert found[name][layer] == pytest.approx(values.numpy(), abs=1e-4), name
            inputs = expected["H"][:, None]


def test_both_directions_of_a_bidirectional_model_are_told():
    checkpoint = letters_model(cell="gru", bidirectional=True, layers=2)
    hidden = charrnn.inspect(checkpoint, TEXT[:50], hidden=True).hidden
    ids = torch.from_numpy(LETTERS.encode(TEXT[:50]).astype(np.int64))[None]
    with torch.no_grad():
        logits, last = checkpoint.model(ids)
        outputs = torch.from_numpy(np.concatenate([hidden[2], hidden[3]], axis=1))
        again = outputs @ checkpoint.model.output_weights + checkpoint.model.b_q
    assert hidden.shape == (4, 50, 16)
    assert again.numpy() == pytest.approx(logits.numpy(), abs=1e-4)
    assert hidden[3][0] == pytest.approx(last[3, 0].numpy(), abs=1e-5)


def test_hidden_states_are_not_computed_unless_requested(checkpoint):
    inspection = charrnn.inspect(checkpoint, "abc")
    assert (inspection.hidden, inspection.gates) == (None, {})
    assert "3 characters" in repr(inspection)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("implementation", ["fast", "torch"])
@pytest.mark.parametrize("input", ["one-hot", "tied"])
def test_a_unit_that_is_switched_off_stays_at_zero(cell, implementation, input):
    checkpoint = letters_model(cell=cell, implementation=implementation, input=input, layers=2)
    for layer in (0, 1):
        off = without_unit(checkpoint, layer, 5)
        inspection = charrnn.inspect(off, TEXT[:60], hidden=True)
        assert not inspection.hidden[layer][:, 5].any()
        others = [unit for unit in range(16) if unit != 5]
        assert inspection.hidden[layer][:, others].any(axis=0).any()
        before = charrnn.inspect(checkpoint, TEXT[:60], hidden=True)
        assert before.hidden[layer][:, 5].any(), "the original is as it was"
        assert before.score.nats != inspection.score.nats


@pytest.mark.parametrize(("layer", "unit"), [(1, 0), (-1, 0), (0, 16), (0, -1)])
def test_a_unit_that_does_not_exist_is_refused(checkpoint, layer, unit):
    with pytest.raises(UserError, match="this model has"):
        without_unit(checkpoint, layer, unit)


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_has_the_numbers_of_the_equations(cell):
    checkpoint = letters_model(cell=cell, layers=2)
    text, place = TEXT[:40], 23
    trace = trace_step(checkpoint, text, place, alpha=2.0)
    whole = charrnn.inspect(checkpoint, text, hidden=True, gates=True)
    everything = {"H": whole.hidden, **whole.gates}
    assert trace.character == text[place]
    for layer in (0, 1):
        for name, values in trace.layers[layer].items():
            assert values == pytest.approx(everything[name][layer][place], abs=1e-5)
        for name, values in trace.before[layer].items():
            assert values == pytest.approx(everything[name][layer][place - 1], abs=1e-5)
    assert trace.p.sum() == pytest.approx(1, abs=1e-5)
    assert trace.q == pytest.approx(trace.p**2 / (trace.p**2).sum(), abs=1e-5)
    best = LETTERS.symbols[1 + int(trace.p.argmax())]
    assert best == whole.candidates[place + 1][0]


@pytest.mark.parametrize("implementation", ["fast", "torch"])
@pytest.mark.parametrize("cell", CELLS)
def test_what_a_unit_adds_up_gives_its_value_by_the_equations(cell, implementation):
    checkpoint = letters_model(cell=cell, implementation=implementation, layers=2)
    trace = trace_step(checkpoint, TEXT[:40], 23)
    for layer, unit in ((0, 3), (1, 15)):
        now, before = trace.layers[layer], trace.before[layer]["H"][unit]
        sums = unit_sums(checkpoint, trace, layer, unit)
        total = {k: s.from_input + s.from_state + s.bias for k, s in sums.items()}
        if cell == "gru":
            s = sums["H_tilde"]
            total["H_tilde"] = (
                s.from_input + s.bias + now["R"][unit] * (s.from_state + s.state_bias)
            )
        found = {name: values[unit] for name, values in now.items()}
        for name, value in total.items():
            gate = name in "RZIFO"
            expected = 1 / (1 + math.exp(-value)) if gate else math.tanh(value)
            expected = max(0.0, value) if cell == "relu" else expected
            assert found[name] == pytest.approx(expected, abs=1e-5), name
        if cell == "gru":
            mixed = found["Z"] * before + (1 - found["Z"]) * found["H_tilde"]
            assert found["H"] == pytest.approx(mixed, abs=1e-5)
        if cell == "lstm":
            C = found["F"] * trace.before[layer]["C"][unit] + found["I"] * found["C_tilde"]
            assert found["C"] == pytest.approx(C, abs=1e-5)
            assert found["H"] == pytest.approx(found["O"] * math.tanh(C), abs=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_steps_from_a_saved_state_are_those_from_the_beginning(cell):
    checkpoint, text = letters_model(cell=cell, layers=2, input="embedding"), TEXT * 3
    states = SavedStates(len(text))
    charrnn.inspect(checkpoint, text, states=states)
    assert [states.last_before(place)[0] for place in (511, 512, 1800)] == [0, 512, 1536]
    steps = trace_steps(checkpoint, text, 1800, 5, alpha=2.0, states=states)
    assert [step.place for step in steps] == list(range(1800, 1805))
    for step in steps:
        expected = trace_step(checkpoint, text, step.place, alpha=2.0)
        assert step.character == expected.character == text[step.place]
        assert step.q == pytest.approx(expected.q, abs=1e-5)
        for layer in (0, 1):
            for name, values in expected.before[layer].items():
                assert step.before[layer][name] == pytest.approx(values, abs=1e-5)
            for name, values in expected.layers[layer].items():
                assert step.layers[layer][name] == pytest.approx(values, abs=1e-5)
    assert len(trace_steps(checkpoint, text, len(text) - 2, 5, states=states)) == 2


def test_states_are_saved_within_their_memory_however_large_they_are():
    states = SavedStates(100_000)
    for place in range(512, 100_000, 512):
        states.add(place, torch.zeros(8, 1, 4096))
    assert 500_000 < states.byte_count <= 1_000_000


def test_the_first_step_begins_with_zeros_and_a_place_outside_is_refused(checkpoint):
    assert not trace_step(checkpoint, "abc", 0).before[0]["H"].any()
    with pytest.raises(UserError, match="no character 3"):
        trace_step(checkpoint, "abc", 3)


@pytest.mark.parametrize("place", [CHUNK_CHARACTERS - 1, CHUNK_CHARACTERS])
def test_the_state_before_a_step_is_known_across_chunks(checkpoint, place):
    hidden = charrnn.inspect(checkpoint, TEXT, hidden=True).hidden
    before = trace_step(checkpoint, TEXT, place).before[0]["H"]
    assert before == pytest.approx(hidden[0][place - 1], abs=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_through_time_are_those_of_autograd(cell):
    checkpoint = letters_model(cell=cell)
    reach = gradient_reach(checkpoint, TEXT[:12], steps=10)
    assert set(reach.untrained) == set(CELLS)
    (parameters,) = checkpoint.model.recurrence.by_layer()
    norms = []
    for window in (TEXT[:11], TEXT[1:12]):
        ids = torch.from_numpy(LETTERS.encode(window).astype(np.int64))
        one_hot = torch.nn.functional.one_hot(ids, len(LETTERS)).float()[:, None]
        zeros = torch.zeros(1, 16)
        state, states = ((zeros, zeros) if cell == "lstm" else zeros), []
        for X in one_hot[:-1]:
            _, state = scratch.run(cell, X[None], state, parameters)
            states.append(state)
        H = [s[0] if isinstance(s, tuple) else s for s in states]
        logits = H[-1] @ checkpoint.model.output_weights + checkpoint.model.b_q
        loss = torch.nn.functional.cross_entropy(logits, ids[-1:])
        norms.append([g.norm().item() for g in torch.autograd.grad(loss, H, retain_graph=True)])
        if cell == "lstm":
            C = torch.autograd.grad(loss, [s[1] for s in states])
            cells = [g.norm().item() for g in C]
    expected = np.exp(np.log(norms).mean(axis=0))[::-1]
    assert reach.norms == pytest.approx(expected, rel=1e-3)
    if cell == "lstm":
        assert len(reach.cell_norms) == len(cells) == 10
        assert reach.cell_norms[0] == pytest.approx(cells[-1], rel=3), "of two windows, here one"
    else:
        assert reach.cell_norms is None


def test_what_precedes_the_last_characters_matters_less_the_more_of_them_there_are():
    effects = context_effect(letters_model(), TEXT, lengths=(1, 4, 64))
    assert [effect.length for effect in effects] == [1, 4, 64]
    assert effects[0].divergence > effects[1].divergence > effects[2].divergence >= 0
    assert effects[2].divergence < 1e-3
    assert effects[0].changed >= effects[2].changed


def lines_model(cell):
    checkpoint = letters_model(cell=cell)
    return Checkpoint(checkpoint.model, LETTERS, {"training": {"documents": "lines"}})


@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_of_a_model_of_lines_ends_where_the_line_begins(cell):
    one, other = "\nabcdefgabcdefg", "gfedgfedgfedgfe\nabcdefg"
    checkpoint = lines_model(cell)
    norms, cell_norms = model_norms(checkpoint, f"{other}{one}\n", 14)
    assert 1 < len(norms) <= 14 and min(norms) > 1e-30
    assert (cell_norms is None) == (cell != "lstm")
    short, _ = model_norms(checkpoint, "abc\n" * 30, 40)
    assert len(short) == 4  # a line is read from the end of the one before it
    running, _ = model_norms(letters_model(cell=cell), "abc\n" * 30, 40)
    assert len(running) == 40


@pytest.mark.parametrize("cell", CELLS)
def test_what_precedes_a_line_has_no_effect_on_a_model_of_lines(cell):
    text = "".join(
        f"{TEXT.replace(chr(10), '')[start : start + 5]}\n" for start in range(0, 400, 5)
    )
    effects = context_effect(lines_model(cell), text, lengths=(1, 3, 6, 12))
    assert all(effect.divergence < 1e-9 for effect in effects[2:])
    assert effects[0].divergence > 1e-6
    running = context_effect(letters_model(cell=cell), text, lengths=(6,))
    assert running[0].divergence > 0


@pytest.mark.parametrize("cell", CELLS)
def test_predictions_without_the_past_are_those_of_texts_with_another_past(cell):
    checkpoint, text = letters_model(cell=cell, layers=2), TEXT[:10]

    def log_p(read):
        ids = torch.from_numpy(LETTERS.encode(read).astype(np.int64))[None]
        with torch.no_grad():
            return checkpoint.model(ids)[0][-1].log_softmax(0)

    windows = [text[:8], text[1:9]]  # the two in which eight characters are followed by another
    for effect in context_effect(checkpoint, text, lengths=(4, 1)):
        k, divergences, changed = effect.length, [], []
        for window, other in (windows, windows[::-1]):
            p, q = log_p(window), log_p(other[:-k] + window[-k:])
            divergences.append(float((p.exp() * (p - q)).sum()) / math.log(2))
            changed.append(int(p.argmax() != q.argmax()))
        assert effect.divergence == pytest.approx(np.mean(divergences), abs=1e-5)
        assert effect.changed == np.mean(changed)


@pytest.mark.parametrize(
    ("divergences", "expected"),
    [
        ([1.0, 0.5, 0.02, 0.0], (4, 8)),
        ([1.0, 0.02, 0.5, 0.0], (8, 16)),
        ([0.01, 0.0, 0.0, 0.0], (2, 2)),
        ([1.0, 0.05 * math.sqrt(10), 0.05 / math.sqrt(10), 0.0], (5.65, 5.66)),
    ],
)
def test_the_text_is_forgotten_where_its_divergence_stays_small(divergences, expected):
    effects = [ContextEffect(2 ** (k + 1), d, 0.0) for k, d in enumerate(divergences)]
    assert expected[0] <= forgotten_after(effects) <= expected[1]


def test_a_text_that_matters_to_the_end_is_not_forgotten():
    assert forgotten_after([ContextEffect(1, 0.01, 0.0), ContextEffect(2, 0.3, 0.1)]) is None


def test_there_are_yield_points_on_the_way_back_through_time(checkpoint):
    reached = []
    with at_yield_points(lambda: reached.append(None)):
        model_norms(checkpoint, TEXT, 30)
    assert len(reached) >= 2 * 30


def test_a_bidirectional_model_has_no_step_and_no_reach():
    checkpoint = letters_model(bidirectional=True)
    for ask in (gradient_reach, context_effect, lambda c, text: trace_step(c, text, 0)):
        with pytest.raises(UserError, match="reads the whole text at once"):
            ask(checkpoint, TEXT)


def test_a_text_that_is_too_short_to_look_back_is_refused(checkpoint):
    with pytest.raises(UserError, match="give at least 66"):
        gradient_reach(checkpoint, "abc")


def test_units_that_stay_on_lead_to_other_places():
    checkpoint, text = letters_model(), "abcdefg\n" * 30
    hidden = charrnn.inspect(checkpoint, text, hidden=True).hidden[0]
    found = match_span(hidden, 80, 83)
    assert found.units
    for unit, sign in found.units:
        largest = np.abs(hidden[:, unit]).max()
        assert (sign * hidden[80:83, unit] >= 0.5 * largest).all()
    settled = [match.begin % 8 for match in found.matches if match.begin >= 40]
    assert len(settled) > 5 and len(set(settled)) <= 2, "the text repeats itself"
    assert all(match.end <= 80 or match.begin >= 83 for match in found.matches)
    with pytest.raises(UserError, match="Select some characters"):
        match_span(hidden, 5, 5)


# ---- overflow -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        lambda model, text: charrnn.inspect(model, text),
        lambda model, text: charrnn.find_units(model, text, "/a/"),
        lambda model, text: trace_step(model, text, len(text) - 1),
        lambda model, text: context_effect(model, text),
        lambda model, text: gradient_reach(model, text, steps=257),
    ],
    ids=["inspect", "find_units", "trace_step", "context_effect", "gradient_reach"],
)
def test_a_model_whose_state_overflows_on_a_text_is_refused(act):
    """Its weights are finite, and so are its first predictions: `load` cannot know."""
    checkpoint = Checkpoint(
        small_model(vocabulary_size=len(LETTERS), cell="relu", hidden_size=8), LETTERS
    )
    with torch.no_grad():
        weights = checkpoint.model.recurrence.by_layer()[0]
        weights["W_hh"].copy_(2 * torch.eye(8))
        weights["b_h"].fill_(1)
    with pytest.raises(UserError, match="numbers overflow on this text"):
        act(checkpoint, TEXT)
