"""What the server answers to the mode Hidden units of the Inspect tab."""

import base64

import numpy as np
import pytest
import torch
from conftest import awaited, small_model
from launching import app_context

import charrnn
from charrnn.checkpoint import Checkpoint, save
from charrnn.evaluation import score
from charrnn.inspection import find_units
from charrnn.inspection.ablation import without_unit
from charrnn.inspection.activations import QUANTITIES, read_layer
from charrnn.ui.inspect import layer_cache
from charrnn.ui.inspect.hidden_units import STRIP_CHARACTERS, unit_strips, unit_values
from charrnn.ui.inspect.layer_cache import Layer, LayerCache
from charrnn.ui.inspect.requests import InspectTab
from charrnn.ui.inspect.server_functions import read_text
from charrnn.ui.inspect.unit_ablation import WRITTEN_CHARACTERS, switch_off_unit
from charrnn.ui.inspect.unit_search import (
    PATTERNS,
    find_concept_units,
    find_first_units,
    match_selection,
)
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
        expected = read_layer(model, model.vocabulary.encode(TEXT), last, quantity)[:, 5]
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


def test_the_strips_of_all_units_are_of_a_window_of_the_text(tab, models):
    told = ask(unit_strips, tab, "gru", layer=3, quantity="Z", start=500)
    Z = read_layer(models["gru"], models["gru"].vocabulary.encode(TEXT), 3, "Z")
    assert len(told["rows"]) == 8
    for unit, row in enumerate(told["rows"]):
        assert len(row) == len(TEXT) - 500 < STRIP_CHARACTERS
        levels = np.array([int(digit, 36) - 9 for digit in row])
        exact = Z[500:, unit] / np.abs(Z[:, unit]).max() * 9
        assert np.abs(levels - exact).max() < 0.55
    many = ask(unit_strips, tab, "gru", layer=0, quantity="H", start=0)["rows"]
    assert {len(row) for row in many} == {STRIP_CHARACTERS}


def test_units_are_found_for_concepts_and_patterns(tab, models):
    told = ask(find_concept_units, tab, "lstm", concept="/a/")
    assert told["findings"] == [one.as_dict() for one in find_units(models["lstm"], TEXT, "/a/")]
    assert told["searched"] == len(TEXT)
    assert told["marks"] == "".join("1" if c == "a" else "0" for c in TEXT)
    assert ask(find_concept_units, tab, "lstm", concept="line-position")["marks"] == ""
    for bad in ("/(/", "digits", "[[0, 3]]", "no-concept", None):
        assert ask(find_concept_units, tab, "lstm", concept=bad)["problem"]["field"] == "concept"


def test_the_best_unit_of_each_concept_is_proposed(tab, models):
    told = ask(find_first_units, tab, "lstm")
    assert told["findings"], "word starts and line ends are in the text"
    scores = [one["score_held_out"] for one in told["findings"]]
    assert scores == sorted(scores, reverse=True)
    names = [one["concept"] for one in told["findings"]]
    assert len(set(names)) == len(names)
    for one in told["findings"]:
        assert one == find_units(models["lstm"], TEXT, one["concept"], count=1)[0].as_dict()
    assert set(PATTERNS.values()) & set(names)


def test_what_a_text_hardly_has_is_not_searched_first(tab):
    told = ask(find_first_units, tab, "lstm", text="bbc \n" * 110 + "aba " * 5)
    assert told["findings"] and PATTERNS["vowels"] not in [f["concept"] for f in told["findings"]]


def test_a_selection_has_units_that_are_on_elsewhere_too(tab):
    told = ask(match_selection, tab, "lstm", layer=0, quantity="C", begin=40, end=43)
    assert len(told["units"]) >= 1 and told["threshold"] >= 0.1
    assert all(one["end"] <= 40 or one["begin"] >= 43 for one in told["matches"])
    for bad in ((43, 40), (0, len(TEXT) + 1), (-1, 3)):
        query = {"layer": 0, "quantity": "H", "begin": bad[0], "end": bad[1]}
        assert ask(match_selection, tab, "lstm", **query)["problem"]["field"] == "selection"


@pytest.mark.parametrize("name", MODELS)
def test_a_unit_is_switched_off(tab, models, name):
    query = {"layer": 0, "unit": 3, "place": 200, "seed": 4}
    told = ask(switch_off_unit, tab, name, **query)
    without = without_unit(models[name], 0, 3)
    expected = [score(one, TEXT).perplexity for one in (models[name], without)]
    assert told["perplexity"] == pytest.approx(expected, rel=1e-4)
    others = [score(without_unit(models[name], 0, unit), TEXT).perplexity for unit in range(8)]
    assert all(min(abs(one - other) for other in others) < 1e-3 for one in told["others"])
    assert len(told["others"]) == 2
    assert told["compared"] == len(TEXT) == len(told["levels"])
    if name == "gru":  # it is bidirectional
        assert told["written"] is None
        return
    for model, written in zip((models[name], without), told["written"], strict=True):
        whole = charrnn.generate(model, TEXT[1:201], WRITTEN_CHARACTERS, seed=4)
        assert written == whole[200:]
    assert ask(switch_off_unit, tab, name, **query) == told, "the seed makes it repeatable"
    assert ask(switch_off_unit, tab, name, **query | {"unit": 99})["problem"]["field"] == "unit"
