"""A second model reads the text of the Inspect tab: which of the two knew it better."""

import math

import numpy as np
import pytest
from conftest import awaited, small_model
from launching import app_context

from charrnn.checkpoint import Checkpoint, save
from charrnn.evaluation import score
from charrnn.inspection import inspect
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_text as prepare
from charrnn.ui.inspect.requests import EVERYONE, InspectTab
from charrnn.ui.inspect.second_model import MAX_DIFFERENCE_BITS, read_second
from charrnn.ui.inspect.server_functions import inspect_places, read_text
from charrnn.ui.operations import Caller
from charrnn.ui.page.tinted_text import signed_levels
from charrnn.ui.server.client import Client
from charrnn.vocabulary import Vocabulary

TEXT = "the quick brown fox jumps over the lazy dog. " * 3


def model_of(text, size):
    known = Vocabulary.from_text(text)
    return Checkpoint(small_model(vocabulary_size=len(known), hidden_size=size), known)


MODELS = {
    "first": model_of(TEXT, 16),
    "second": model_of(TEXT, 8),
    "half": model_of("abcdefghijklm ", 12),
    "greek": model_of("αβγδ", 8),
    "a": model_of("a", 8),
    "b": model_of("b", 8),
}


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    root = tmp_path_factory.mktemp("app")
    for name, model in MODELS.items():
        save(model, root / "shelf" / name)
    with app_context(root) as context:
        yield InspectTab(context)


def answer(function, tab, **query):
    return awaited(function(tab, query, None))


def compared(tab, second, *, first="first", text=TEXT):
    read = answer(read_text, tab, checkpoint=first, source="own", text=text)
    return answer(read_second, tab, checkpoint=first, reading=read["reading"], second=second)


def test_the_tint_is_the_difference_in_surprisal(tab):
    told = compared(tab, "second")
    first, second = (inspect(MODELS[name], TEXT) for name in ("first", "second"))
    difference = first.surprisal - second.surprisal
    assert told["levels"] == signed_levels(difference, MAX_DIFFERENCE_BITS)
    assert told["levels"][0] == "-"
    assert told["characters"] == len(TEXT) - 1
    for figures, name in zip(told["figures"], ("first", "second"), strict=True):
        expected = score(MODELS[name], TEXT)
        assert figures["perplexity"] == pytest.approx(expected.perplexity, rel=1e-5)
        assert figures["uniform"] == len(MODELS[name].vocabulary)
    better = [figures["knew_better"] for figures in told["figures"]]
    assert better == pytest.approx([np.mean(difference[1:] < 0), np.mean(difference[1:] > 0)])


def test_the_greatest_differences_are_listed_for_both(tab):
    told = compared(tab, "second")
    first, second = (inspect(MODELS[name], TEXT).surprisal for name in ("first", "second"))
    for places, better in zip(told["differences"], (second - first, first - second), strict=True):
        assert places[0]["at"] == np.nanargmax(better)
        assert places[0]["bits"] == pytest.approx(np.nanmax(better), rel=1e-5)
        assert all(place["bits"] > 0 for place in places)


def test_what_the_second_model_expected_is_found_by_its_reading(tab):
    told = compared(tab, "second")
    found = answer(inspect_places, tab, reading=told["second"], start=0)["places"]
    expected = inspect(MODELS["second"], TEXT)
    assert found[7]["surprisal"] == pytest.approx(expected.surprisal[7], rel=1e-6)
    assert [name for name, _ in found[7]["candidates"]] == list(expected.candidates[7])


def test_characters_that_one_of_the_two_does_not_know_are_not_compared(tab):
    told = compared(tab, "half")
    known = set("abcdefghijklm ")
    for character, level in zip(TEXT[1:], told["levels"][1:], strict=True):
        assert (level == "-") == (character not in known)
    assert told["characters"] == sum(character in known for character in TEXT[1:])
    first = inspect(MODELS["first"], TEXT).surprisal
    mean = np.mean([first[i] for i, c in enumerate(TEXT) if i and c in known])
    assert told["figures"][0]["bits_per_character"] == pytest.approx(mean, rel=1e-5)
    assert told["figures"][0]["perplexity"] == pytest.approx(2**mean, rel=1e-5)
    assert math.isfinite(told["figures"][1]["perplexity"])


def test_models_that_cannot_be_compared_say_why(tab):
    assert "nothing to score" in compared(tab, "greek")["problem"]["message"]
    problem = compared(tab, "b", first="a", text="abab")["problem"]
    assert problem["field"] == "second" and "known to both models" in problem["message"]
    assert "no-such-model" in compared(tab, "no-such-model")["problem"]["message"]


def test_both_models_and_the_text_have_to_be_the_clients(tab):
    read = answer(read_text, tab, checkpoint="first", source="own", text=TEXT)
    query = {"second": "second", "reading": read["reading"]}
    assert answer(read_second, tab, checkpoint="second", **query) == {"gone": True}
    assert "problem" in answer(read_second, tab, checkpoint="no-such-model", **query)
    missing = query | {"reading": "no-such-reading"}
    assert answer(read_second, tab, checkpoint="first", **missing) == {"gone": True}


def test_a_reading_by_a_users_own_model_is_that_users_alone(tab, monkeypatch):
    caller = Caller(Client("some user"))
    monkeypatch.setattr(Caller, "from_request", lambda context, request: caller)
    run = Run.create(tab.context.runs.root, make_plan(prepare("the lazy dog sat. " * 400)))
    save(MODELS["second"], run.directory / "checkpoint")
    read = answer(read_text, tab, checkpoint="first", source="tide-clock", text="")
    query = {"checkpoint": "first", "reading": read["reading"]}
    own = answer(read_second, tab, second=run.id, **query)
    shared = answer(read_second, tab, second="second", **query)
    assert tab.readings.get(EVERYONE, own["second"]) is None
    assert tab.readings.get("some user", own["second"]) is not None
    assert tab.readings.get(EVERYONE, shared["second"]) is not None
