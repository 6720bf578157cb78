"""What the server answers to the Inspect tab: models, texts, what was expected, baselines."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from conftest import awaited, small_model
from launching import app_context

from charrnn.checkpoint import Checkpoint, save
from charrnn.corpus import Corpus
from charrnn.evaluation import score
from charrnn.inspection import inspect
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.runs.view_ids import view_id
from charrnn.text import datasets, read_text
from charrnn.ui.inspect.readings import Reading, ReadingCache
from charrnn.ui.inspect.requests import InspectTab
from charrnn.ui.inspect.server_functions import (
    PLACES_AT_ONCE,
    count_baselines,
    inspect_places,
    list_models,
)  # fmt: skip
from charrnn.ui.inspect.server_functions import (
    read_text as read,
)
from charrnn.ui.inspect.texts import MAX_EXAMPLE_CHARACTERS
from charrnn.ui.operations.inspection import MAX_INSPECTED_CHARACTERS
from charrnn.ui.page.tinted_text import signed_levels, surprisal_level, surprisal_levels
from charrnn.ui.services.catalog import ModelEntry
from charrnn.ui.services.training_texts import training_corpus
from charrnn.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def story():
    """A small model of the embedded story, as if it had been trained on nine tenths of it."""
    text = datasets.load("tide-clock").text
    vocabulary = Vocabulary.from_text(text)
    about = {
        "name": "The Tide Clock",
        "corpus": {"name": "The Tide Clock", "characters": len(text)},
        "training": {"validation": 0.1},
    }
    return Checkpoint(small_model(vocabulary_size=len(vocabulary)), vocabulary, about)


@pytest.fixture(scope="module")
def tab(tmp_path_factory, story):
    root = tmp_path_factory.mktemp("app")
    save(story, root / "shelf" / "tide-clock")
    with app_context(root) as context:
        yield InspectTab(context)


def answer(function, tab, **query):
    return awaited(function(tab, query, None))


@pytest.fixture
def speak_chinese(monkeypatch):
    return lambda: monkeypatch.setattr("charrnn.ui.i18n.locale_of", lambda request: "zh")


def read_own(tab, text, **more):
    return answer(read, tab, checkpoint="tide-clock", source="own", text=text, **more)


def test_the_models_are_those_of_the_generate_tab_and_its_choice_is_kept(tab):
    state = {"chosen": "tide-clock", "runs": [], "opened": []}
    told = answer(list_models, tab, state=state, checkpoint=None)
    assert [key for _, key in told["models"]] == ["tide-clock"]
    assert told["chosen"] == "tide-clock"
    gone = answer(list_models, tab, state=state, checkpoint="no-such-model")
    assert gone["chosen"] == "tide-clock"
    assert answer(list_models, tab)["chosen"] == "tide-clock", "without a state too"


def test_the_held_out_part_is_read_at_first(tab, story):
    told = answer(read, tab, checkpoint="tide-clock", source=None, text="")
    held_out = datasets.load("tide-clock").text[-told["total"] :]
    assert told["source"] == "held-out"
    assert told["text"] == held_out and told["total"] == round(len(story_text()) * 0.1)
    expected = inspect(story, held_out)
    assert told["levels"] == surprisal_levels(expected.surprisal)
    assert told["summary"]["perplexity"] == score(story, held_out).perplexity
    assert told["counted"]
    query = {"checkpoint": "tide-clock", "reading": told["reading"]}
    counted = answer(count_baselines, tab, **query)
    assert 1 < counted["ngram"] < counted["unigram"] < len(story.vocabulary)


def story_text():
    return datasets.load("tide-clock").text


def test_the_texts_to_choose_from_say_what_the_model_was_trained_on(tab, speak_chinese):
    told = answer(read, tab, checkpoint="tide-clock", source="tide-clock", text="")
    assert told["texts"][0] == ["The held-out part of its text", "held-out"]
    assert ["The Tide Clock (it was trained on this)", "tide-clock"] in told["texts"]
    assert told["texts"][-1] == ["Your own text", "own"]
    assert len(told["text"]) == MAX_EXAMPLE_CHARACTERS < told["total"] == len(story_text())
    assert not told["counted"], "counts of the text itself would be no baseline"
    speak_chinese()
    chinese = answer(read, tab, checkpoint="tide-clock", source="songs", text="")
    assert chinese["texts"][0] == ["其文本的留出部分", "held-out"]


def test_a_place_has_its_likeliest_characters_and_the_server_forgets_the_oldest(tab, story):
    text = "The tide clock stood\nby the sea. " * 8
    told = read_own(tab, text)
    found = answer(inspect_places, tab, reading=told["reading"], start=0)["places"]
    expected = inspect(story, text)
    assert len(found) == PLACES_AT_ONCE < len(text)
    assert found[0] == {"surprisal": None, "entropy": None, "candidates": []}
    for place in (1, 20, PLACES_AT_ONCE - 1):
        assert found[place]["surprisal"] == pytest.approx(expected.surprisal[place], rel=1e-6)
        assert found[place]["entropy"] == pytest.approx(expected.entropy[place], rel=1e-6)
        shown = [character for character, _ in found[place]["candidates"]]
        assert shown == list(expected.candidates[place])
    rest = answer(inspect_places, tab, reading=told["reading"], start=PLACES_AT_ONCE)["places"]
    assert len(rest) == PLACES_AT_ONCE
    later = dataclasses.replace(tab, readings=ReadingCache())
    assert answer(inspect_places, later, reading=told["reading"], start=0) == {"gone": True}
    assert answer(inspect_places, later, reading=told["reading"], start="0") == {"gone": True}


def test_a_reading_of_a_users_own_text_is_that_users_alone():
    cache, reading = ReadingCache(max_characters=50), reading_of(np.zeros(30))
    cache.put("one", "key", reading)
    assert cache.get("one", "key") is reading
    assert cache.get("another", "key") is None
    cache.put("another", "key", reading)
    assert cache.get("one", "key") is None, "60 characters are too many"
    assert cache.get("another", "key") is reading


def reading_of(surprisal):
    shape = (len(surprisal), 5)
    return Reading(
        "tide-clock",
        "own",
        "a" * len(surprisal),
        np.array(surprisal, np.float32),
        np.zeros(len(surprisal), np.float32),
        np.full(shape, "a"),
        np.zeros(shape, np.float32),
        {},
    )


def test_the_places_of_most_surprise_are_not_close_together():
    surprisal = np.zeros(100)
    surprisal[[20, 21, 22, 60, 90]] = [9, 10, 8, 7, 6]
    surprisal[0] = math.nan
    found = reading_of(surprisal).surprises()
    assert [(one["at"], one["bits"]) for one in found[:3]] == [(21, 10), (60, 7), (90, 6)]
    assert len(found) == 5 and all(one["at"] for one in found)
    assert reading_of([math.nan]).surprises() == []


def test_levels_of_many_characters_are_those_of_each():
    bits = [0.0, 0.16, 0.17, 1.0, 5.69, 8.0, 11.5, 11.7, 40.0]
    assert surprisal_levels(np.array(bits)) == "".join(map(surprisal_level, bits))
    assert surprisal_levels(np.array([math.nan, 2.0])) == "-6"


def test_problems_name_their_field_in_the_language_of_the_page(tab, speak_chinese):
    problem = read_own(tab, "a" * (MAX_INSPECTED_CHARACTERS + 1))["problem"]
    assert problem["field"] == "text" and "100,000" in problem["message"]
    assert read_own(tab, "a")["problem"]["field"] == "text", "there is nothing to predict"
    speak_chinese()
    missing = answer(read, tab, checkpoint="gone", source=None, text="")["problem"]
    assert missing["field"] == "checkpoint" and "gone" in missing["message"]
    assert "没有" in missing["message"]
    assert "problem" in awaited(read(tab, ["no object"], None))


def test_a_run_brings_its_held_out_part_to_its_owner_only(tab):
    plan = make_plan(read_text("the lazy dog sat. " * 400))
    run = Run.create(tab.context.runs.root, plan)
    known = Vocabulary.from_text("the lazy dog sat. ")
    about = {"name": "dog", "training": {"validation": 0.25}}
    model = Checkpoint(small_model(vocabulary_size=len(known)), known, about)
    save(model, run.directory / "checkpoint")
    told = answer(read, tab, checkpoint=run.id, source=None, text="")
    assert (told["source"], told["total"]) == ("held-out", 18 * 100)
    assert told["counted"]
    view = view_id(run.id)
    shared = answer(read, tab, checkpoint=view, source="held-out", text="")
    assert shared["source"] != "held-out"
    assert "held-out" not in {key for _, key in shared["texts"]}


def test_a_strangers_model_of_a_dataset_has_that_dataset_at_hand(tab, story):
    about = story.about | {"training": {"validation": ["no number"]}}
    moved = ModelEntry("ada/story", Path(), "hub")
    corpus = training_corpus(moved, story)
    assert corpus is not None and len(corpus.held_out) == round(len(story_text()) * 0.1)
    assert training_corpus(moved, dataclasses.replace(story, about=about)) is None
    other = {"corpus": {"name": "The Tide Clock", "characters": 5}}
    assert training_corpus(moved, dataclasses.replace(story, about=story.about | other)) is None


def test_the_text_of_a_model_without_a_held_out_part_is_called_what_it_is(tab):
    plan = make_plan(read_text("the lazy dog sat. " * 400))
    run = Run.create(tab.context.runs.root, plan)
    known = Vocabulary.from_text("the lazy dog sat. ")
    about = {"name": "dog", "training": {"validation": 0.0}}
    model = Checkpoint(small_model(vocabulary_size=len(known)), known, about)
    save(model, run.directory / "checkpoint")
    told = answer(read, tab, checkpoint=run.id, source=None, text="")
    assert (told["source"], told["total"]) == ("training", 18 * 400)
    assert told["texts"][0] == ["The text it was trained on", "training"]
    assert not told["counted"]
    assert isinstance(run.corpus, Corpus)


def test_a_reading_counts_for_its_model_only(tab):
    told = answer(read, tab, checkpoint="tide-clock", source="own", text="What is the hour?")
    own = {"checkpoint": "tide-clock", "reading": told["reading"]}
    assert answer(count_baselines, tab, **own)["unigram"] > 1
    reading = tab.find_reading(tab.context.client_id(None), told["reading"])
    moved = dataclasses.replace(reading, model="another")
    tab.readings.put(tab.context.client_id(None), told["reading"], moved)
    assert answer(count_baselines, tab, **own) == {"gone": True}


def test_values_below_and_above_zero_have_signed_levels():
    values = np.array([-2.0, -1.0, -0.5, 0.0, 0.05, 1.0, 7.0, math.nan])
    assert signed_levels(values, 1.0) == "00599ii-"
