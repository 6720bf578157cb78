"""What the server answers to the mode Hidden units of the Inspect tab."""

import base64

import numpy as np
import pytest
import torch
from conftest import awaited, small_model
from launching import app_context

from charrnn.checkpoint import Checkpoint, save
from charrnn.inspection.activations import QUANTITIES, read_layer
from charrnn.ui.inspect import layer_cache
from charrnn.ui.inspect.hidden_units import unit_values
from charrnn.ui.inspect.layer_cache import Layer, LayerCache
from charrnn.ui.inspect.requests import InspectTab
from charrnn.ui.inspect.server_functions import read_text
from charrnn.vocabulary import Vocabulary

LETTERS = "aabbc\n "
TEXT = "".join(np.random.default_rng(1).choice(list(LETTERS), 600))
MODELS = {
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru", "layers": 2, "bidirectional": True},
    "tanh": {"cell": "tanh", "implementation": "scratch"},
    "relu": {"cell": "relu", "input": "embedding"},
}


@pytest.fixture(scope="module")
def models():
    known = Vocabulary.from_text(LETTERS)
    found = {
        name: Checkpoint(
            small_model(vocabulary_size=len(known), hidden_size=8, **options), known, {"name": name}
        )
        for name, options in MODELS.items()
    }
    with torch.no_grad():  # so that the numbers stay finite
        for weight in found["relu"].model.parameters():
            weight.mul_(0.2)
    return found


@pytest.fixture(scope="module")
def tab(tmp_path_factory, models):
    root = tmp_path_factory.mktemp("app")
    for name, model in models.items():
        save(model, root / "shelf" / name)
    with app_context(root) as context:
        yield InspectTab(context)


def ask(function, tab, model, text=TEXT, **query):
    """The answer of a function about a text that a model has read."""
    told = awaited(read_text(tab, {"checkpoint": model, "source": "own", "text": text}, None))
    assert "reading" in told, told
    return awaited(function(tab, {"checkpoint": model, "reading": told["reading"], **query}, None))


def decoded(text):
    return np.frombuffer(base64.b64decode(text), np.int8)


@pytest.mark.parametrize("name", MODELS)
def test_a_unit_has_its_values_after_each_character(tab, models, name):
    model = models[name]
    for quantity in QUANTITIES[model.model.config.cell]:
        last = model.model.config.layer_count - 1
        query = {"layer": last, "unit": 5, "quantity": quantity}
        told = ask(unit_values, tab, name, **query)
        expected = read_layer(model.model, model.vocabulary.encode(TEXT), last, quantity)[:, 5]
        assert told["largest"] == pytest.approx(np.abs(expected).max(), rel=1e-3)
        values = decoded(told["values"]) * told["largest"] / 127
        assert np.allclose(values, expected, atol=told["largest"] / 200)
        assert told["model"]["quantities"] == QUANTITIES[model.model.config.cell]
        assert (told["model"]["units"], told["model"]["layers"]) == (8, last + 1)


def test_bad_queries_have_a_problem_with_its_field(tab):
    for bad, field in [
        ({"unit": 8}, "unit"), ({"unit": -1}, "unit"), ({"unit": None}, "unit"),
        ({"layer": 1}, "layer"), ({"layer": "x"}, "layer"), ({"quantity": "Z"}, "quantity"),
        ({"quantity": ["H"]}, "quantity"),
    ]:  # fmt: skip
        told = ask(unit_values, tab, "lstm", **{"layer": 0, "unit": 0, "quantity": "H"} | bad)
        assert told["problem"]["field"] == field, bad
    assert awaited(unit_values(tab, {"checkpoint": "lstm", "reading": "?"}, None)) == {"gone": True}


def test_a_layer_is_read_once_and_the_oldest_are_dropped(models, monkeypatch):
    model, read = models["lstm"], []
    original = Layer.read.__func__

    def counted(cls, *arguments):
        read.append(arguments[2:])
        return original(cls, *arguments)

    monkeypatch.setattr(Layer, "read", classmethod(counted))
    cache = LayerCache(max_numbers=2 * 8 * len(TEXT))
    for quantity in ("H", "C", "H", "F", "C", "H"):
        cache.read("key", model, TEXT, 0, quantity)
    assert [quantity for _, quantity in read] == ["H", "C", "F", "C", "H"]
    cache.read("another", model, TEXT, 0, "H")
    assert len(read) == 6, "a layer belongs to its reading"


def test_of_a_text_too_long_for_its_units_the_first_part_is_read(tab, monkeypatch):
    monkeypatch.setattr(layer_cache, "MAX_LAYER_NUMBERS", 8 * 100)
    told = ask(unit_values, tab, "lstm", TEXT[::-1], layer=0, unit=0, quantity="H")
    assert len(decoded(told["values"])) == 100
