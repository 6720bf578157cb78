"""What the server answers to the mode How far back: gradients, and predictions without the past."""

import pytest
from conftest import awaited, small_model
from launching import app_context

from charrnn.checkpoint import Checkpoint, save
from charrnn.inspection.reach import context_effect, gradient_reach
from charrnn.ui.inspect import reach
from charrnn.ui.inspect.reach import context_effects, gradient_norms
from charrnn.ui.inspect.requests import InspectTab
from charrnn.ui.inspect.server_functions import read_text
from charrnn.vocabulary import Vocabulary

TEXT = "The tide clock stood by the sea, and Ada wound it.\n" * 12
KNOWN = Vocabulary.from_text(TEXT)
MODELS = {
    "lstm": ({"cell": "lstm"}, {"steps": 32, "truncate": "minibatch"}),
    "gru": ({"cell": "gru", "layers": 2}, {"steps": 16, "truncate": "epoch"}),
    "tanh": ({"cell": "tanh", "implementation": "torch"}, {"steps": "many"}),
    "both": ({"cell": "gru", "bidirectional": True}, None),
    "lines": ({"cell": "gru"}, {"steps": 32, "documents": "lines"}),
}


@pytest.fixture(scope="module")
def models():
    return {
        name: Checkpoint(
            small_model(vocabulary_size=len(KNOWN), **options),
            KNOWN,
            {"training": training} if training else {},
        )
        for name, (options, training) in MODELS.items()
    }


@pytest.fixture(scope="module")
def tab(tmp_path_factory, models):
    root = tmp_path_factory.mktemp("app")
    for name, model in models.items():
        save(model, root / "shelf" / name)
    with app_context(root) as context:
        yield InspectTab(context)


def answer(tab, function, model, text=TEXT, **fields):
    query = {"checkpoint": model, "source": "own", "text": text}
    reading = awaited(read_text(tab, query, None))["reading"]
    return awaited(function(tab, {"checkpoint": model, "reading": reading} | fields, None))


def test_gradients_of_the_model_and_of_new_ones_are_measured_one_by_one(tab, models):
    expected = gradient_reach(models["lstm"], TEXT, steps=17)
    own = answer(tab, gradient_norms, "lstm", steps=17, cell=None)
    assert own["norms"] == pytest.approx(expected.norms, rel=1e-4)
    assert own["cell_norms"] == pytest.approx(expected.cell_norms, rel=1e-4)
    assert own["training"] == {"steps": 32, "cut": True}
    for cell, norms in expected.untrained.items():
        new = answer(tab, gradient_norms, "lstm", steps=17, cell=cell)
        assert new["norms"] == pytest.approx(norms, rel=1e-4)


def test_how_training_cut_the_gradient_is_told_where_it_is_known(tab):
    gru = answer(tab, gradient_norms, "gru", steps=4, cell=None)
    assert gru["training"] == {"steps": 16, "cut": False}
    assert gru["cell_norms"] is None
    assert reach._training({"steps": "many"}) is None
    assert reach._training(None) is None


def test_the_places_where_a_model_of_lines_begins_anew_are_told(tab):
    text = "The sea\n" * 4
    lines = answer(tab, gradient_norms, "lines", text, steps=4, cell=None)
    assert lines["restarts"] == [7, 15, 23, 31]
    assert answer(tab, gradient_norms, "gru", text, steps=4, cell=None)["restarts"] == []


def test_new_models_of_a_very_large_size_are_not_made(tab, monkeypatch):
    monkeypatch.setattr(reach, "MAX_COMPARED_PARAMETERS", 100)
    assert answer(tab, gradient_norms, "gru", steps=4, cell="lstm") == {"norms": None}
    assert answer(tab, gradient_norms, "gru", steps=4, cell=None)["norms"]


def test_predictions_without_the_past_are_compared(tab, models):
    told = answer(tab, context_effects, "lstm")
    expected = context_effect(models["lstm"], TEXT)
    assert [one["length"] for one in told["effects"]] == [one.length for one in expected]
    for found, one in zip(told["effects"], expected, strict=True):
        assert found["divergence"] == pytest.approx(one.divergence, abs=1e-4)
        assert found["changed"] == pytest.approx(one.changed)
    assert told["forgotten"] is None or 1 <= told["forgotten"] <= 128


def test_a_short_text_is_compared_at_short_lengths(tab):
    told = answer(tab, context_effects, "lstm", TEXT[:40])
    assert [one["length"] for one in told["effects"]] == [1, 2, 4, 8, 16]
    assert answer(tab, context_effects, "lstm", "The")["problem"]["field"] == "text"
    problem = answer(tab, gradient_norms, "lstm", TEXT[:40], steps=65, cell=None)["problem"]
    assert problem["field"] == "text" and "give at least 67" in problem["message"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"steps": 0}, "steps"), ({"steps": 258}, "steps"), ({"steps": None}, "steps"),
     ({"cell": "elman"}, "cell"), ({"cell": 3}, "cell")],
)  # fmt: skip
def test_bad_queries_are_refused(tab, changed, field):
    query = {"steps": 8, "cell": None} | changed
    assert answer(tab, gradient_norms, "gru", **query)["problem"]["field"] == field


def test_a_bidirectional_model_does_not_reach_back(tab):
    for function in (gradient_norms, context_effects):
        problem = answer(tab, function, "both", steps=8, cell=None)["problem"]
        assert problem["field"] == "checkpoint"
        assert "reads the whole text at once" in problem["message"]
