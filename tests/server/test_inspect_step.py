"""What the server answers to the mode Step by step: the numbers of each step."""

import numpy as np
import pytest
from conftest import awaited, small_model
from launching import app_context

from charrnn.checkpoint import Checkpoint, save
from charrnn.inspection.step_trace import trace_step, unit_sums
from charrnn.ui.inspect.readings import Reading, ReadingCache
from charrnn.ui.inspect.requests import InspectTab
from charrnn.ui.inspect.server_functions import read_text
from charrnn.ui.inspect.step import STEPS_AT_ONCE, trace_steps
from charrnn.vocabulary import Vocabulary

TEXT = "The tide clock stood by the sea, and Ada wound it.\n" * 30
KNOWN = Vocabulary.from_text(TEXT)
MODELS = {
    "tanh": {"cell": "tanh"},
    "gru": {"cell": "gru", "layers": 2, "input": "embedding", "implementation": "torch"},
    "lstm": {"cell": "lstm", "layers": 2, "input": "tied"},
    "both": {"cell": "lstm", "bidirectional": True},
}


@pytest.fixture(scope="module")
def models():
    return {
        name: Checkpoint(small_model(vocabulary_size=len(KNOWN), **options), KNOWN)
        for name, options in MODELS.items()
    }


@pytest.fixture(scope="module")
def tab(tmp_path_factory, models):
    root = tmp_path_factory.mktemp("app")
    for name, model in models.items():
        save(model, root / "shelf" / name)
    with app_context(root) as context:
        yield InspectTab(context)


def steps(tab, model, start, text=TEXT, **options):
    query = {"checkpoint": model, "source": "own", "text": text}
    reading = awaited(read_text(tab, query, None))["reading"]
    asked = {"layer": 0, "unit": 0, "alpha": 1.0, "seed": 0, "start": start} | options
    return awaited(trace_steps(tab, {"checkpoint": model, "reading": reading} | asked, None))


@pytest.mark.parametrize("name", ["tanh", "gru", "lstm"])
def test_steps_have_the_numbers_of_the_model(tab, models, name):
    layer = models[name].model.config.layers - 1
    answer = steps(tab, name, 1000, layer=layer, unit=7, alpha=2.0)
    assert len(answer["steps"]) == STEPS_AT_ONCE
    assert answer["model"] == {
        "cell": name,
        "layers": layer + 1,
        "units": 16,
        "inputs": {"tanh": len(KNOWN), "gru": 64, "lstm": 16}[name],
        "input": models[name].model.config.input,
        "symbols": len(KNOWN),
    }
    for k in (0, STEPS_AT_ONCE - 1):
        step, expected = answer["steps"][k], trace_step(models[name], TEXT, 1000 + k, alpha=2.0)
        assert step["id"] == KNOWN.encode(TEXT[1000 + k])[0]
        for quantity, values in expected.layers[layer].items():
            assert step["unit"][quantity] == pytest.approx(values[7], rel=1e-3, abs=1e-4)
            vector = step["vectors"][quantity]
            assert len(vector["levels"]) == 16
            assert vector["first"] == pytest.approx(values[:3], rel=1e-3, abs=1e-4)
            assert vector["high"] == pytest.approx(values.max(), rel=1e-3, abs=1e-4)
        before = expected.before[layer]["H"]
        assert step["unit"]["H_before"] == pytest.approx(before[7], rel=1e-3, abs=1e-4)
        for gate, one in unit_sums(models[name], expected, layer, 7).items():
            parts = [one.from_input, one.from_state, one.bias]
            assert step["sums"][gate][:3] == pytest.approx(parts, rel=1e-3, abs=1e-4)
        character, logit, p, q = step["candidates"][0]
        best = int(expected.p.argmax())
        assert character == KNOWN.symbols[1 + best]
        found = [expected.logits[best], expected.p[best], expected.q[best]]
        assert [logit, p, q] == pytest.approx(found, rel=1e-3)


def test_a_character_is_drawn_as_when_writing(tab, models):
    drawn = {}
    for seed in range(40):
        step = steps(tab, "tanh", 8, alpha=1.5, seed=seed)["steps"][0]
        draw, q = step["draw"], trace_step(models["tanh"], TEXT, 8, alpha=1.5).q
        ends = np.cumsum(q)
        assert KNOWN.symbols[1:][int(np.searchsorted(ends, draw["u"]))] == draw["character"]
        assert draw["q"] == pytest.approx(q[KNOWN.symbols[1:].index(draw["character"])], rel=1e-3)
        wide = {name: end - start for name, start, end in draw["segments"]}
        assert sum(wide.values()) > 0.9
        drawn[seed] = draw["character"]
    assert len(set(drawn.values())) > 3
    again = steps(tab, "tanh", 8, alpha=1.5, seed=11)["steps"][0]
    assert again["draw"]["character"] == drawn[11]


def test_the_end_of_the_text_and_an_unknown_character_are_steps_too(tab):
    text = "the sea Ω the sea"
    assert len(steps(tab, "lstm", len(text) - 3, text)["steps"]) == 3
    assert steps(tab, "lstm", 8, text)["steps"][0]["id"] == 0
    first = steps(tab, "lstm", 0, text)["steps"][0]
    assert first["unit"]["H_before"] == first["unit"]["C_before"] == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"layer": 1}, "layer"),
        ({"layer": None}, "layer"),
        ({"unit": 16}, "unit"),
        ({"unit": "0"}, "unit"),
        ({"start": len(TEXT)}, "place"),
        ({"start": -1}, "place"),
        ({"start": None}, "start"),
        ({"alpha": 0}, "alpha"),
        ({"alpha": "x"}, "alpha"),
        ({"seed": -1}, "seed"),
        ({"seed": 0.5}, "seed"),
    ],
)
def test_bad_queries_are_refused(tab, changed, field):
    assert steps(tab, "tanh", **{"start": 0} | changed)["problem"]["field"] == field


def test_a_bidirectional_model_takes_no_steps(tab):
    problem = steps(tab, "both", 3)["problem"]
    assert problem["field"] == "checkpoint"
    assert "reads the whole text at once" in problem["message"]


def test_a_reading_keeps_states_so_that_a_late_step_is_as_quick(tab, models, monkeypatch):
    query = {"checkpoint": "lstm", "source": "own", "text": TEXT}
    key = awaited(read_text(tab, query, None))["reading"]
    reading = tab.find_reading(tab.context.client_id(None), key)
    place, state = reading.states.last_before(1100)
    assert place == 1024 and state[0].shape == (2, 1, 16)
    assert reading.size > len(TEXT)


def test_states_count_for_the_memory_of_all_readings():
    cache = ReadingCache(max_characters=100)

    class States:
        byte_count = 5000

    arrays = (np.zeros(30, np.float32), np.zeros(30, np.float32), *[np.zeros((30, 5))] * 2)
    for key in ("one", "two"):
        cache.put("user", key, Reading("model", "own", "a" * 30, *arrays, {}, States()))
    assert cache.get("user", "one") is None, "130 characters each are too many"
    assert cache.get("user", "two") is not None
