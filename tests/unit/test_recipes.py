"""Recipes, budgets, and the settings that go before them."""

from dataclasses import asdict, fields

import pytest

from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.recipes import RECIPES
from charrnn.runs.plan import make_plan
from charrnn.text import Text, read_files
from charrnn.training import TrainingConfig, train
from charrnn.utils.config_fields import assign_settings, rules

TEXTBOOK = [name for name, recipe in RECIPES.items() if recipe.kind == "textbook"]
STORY = Text("It was a dark and stormy night; the rain fell in torrents. " * 400, "story")


def test_all_recipes_of_the_design_are_there():
    assert list(RECIPES) == [
        "sprint", "coffee", "deep", "night",
        "time-machine-scratch", "time-machine-scratch-random", "time-machine-concise",
        "lyrics-scratch-random", "lyrics-scratch-sequential", "lyrics-scratch-relu",
        "lyrics-concise", "custom",
    ]  # fmt: skip


@pytest.mark.parametrize("name", TEXTBOOK)
def test_textbook_recipes_follow_the_published_protocol(name):
    lyrics = name.startswith("lyrics")
    settled = make_plan(STORY, recipe=name)
    training, model = settled.training, settled.model
    assert (training.batch_size, training.steps, training.validation) == (32, 35, 0.0)
    assert training.schedule == "constant" and training.truncate == "minibatch"
    assert len(settled.corpus.ids) <= 10_000 and len(settled.corpus.held_out) == 0
    assert model.hidden_size == (256 if lyrics or name.endswith("concise") else 512)
    assert model.implementation == ("torch" if name.endswith("concise") else "scratch")
    if name == "lyrics-concise":
        assert (training.optimizer, training.learning_rate, training.clip) == ("adam", 0.001, 0.01)
    else:
        assert training.optimizer == "sgd"
        assert (training.learning_rate, training.clip) == ((100, 0.01) if lyrics else (1, 1))


def test_the_textbooks_view_of_the_time_machine(time_machine):
    corpus = make_plan(read_files([time_machine]), recipe="time-machine-scratch").corpus
    assert (len(corpus.ids), len(corpus.vocabulary)) == (10_000, 28)
    assert make_plan(read_files([time_machine]), recipe="time-machine-scratch").prefixes == (
        "time traveller", "traveller",
    )  # fmt: skip


def test_lyrics_recipes_join_lines_and_cut():
    lyrics = Text("想要有\n直升机\n" * 3_000, "lyrics")
    corpus = make_plan(lyrics, recipe="lyrics-concise").corpus
    assert len(corpus.ids) == 10_000
    assert corpus.vocabulary.decode(corpus.ids[:8].tolist()) == "想要有 直升机 "


@pytest.mark.parametrize("budget", ["sprint", "coffee", "deep", "night"])
@pytest.mark.parametrize("length", [20, 60, 300, 5_000, 80_000, 1_200_000])
def test_budgets_choose_something_that_fits_any_text(budget, length):
    text = Text((STORY.text * 60)[:length], "text")
    settled = make_plan(text, recipe=budget)
    corpus, training = settled.corpus, settled.training
    assert len(corpus.training) > training.batch_size * training.steps
    assert training.seconds == {"sprint": 10, "coffee": 60, "deep": 300, "night": None}[budget]
    next(train(corpus, settled.model, training))


def test_length_and_settings_go_before_the_recipe():
    by_epochs = make_plan(STORY, recipe="sprint", epochs=3)
    assert (by_epochs.training.epochs, by_epochs.training.seconds) == (3, None)
    assert by_epochs.model == make_plan(STORY, recipe="sprint").model
    by_seconds = make_plan(STORY, recipe="time-machine-scratch", seconds=5)
    assert (by_seconds.training.epochs, by_seconds.training.seconds) == (None, 5.0)
    night = make_plan(STORY, recipe="night", epochs=2)
    assert night.training.schedule == "cosine"
    wishes = {"cell": "gru", "hidden_size": "48", "clip": "none", "validation": "0.2"}
    settled = make_plan(STORY, settings=wishes, seed=7)
    assert (settled.model.cell, settled.model.hidden_size) == ("gru", 48)
    assert settled.training.clip is None and settled.training.seed == 7
    assert settled.corpus.validation == settled.training.validation == 0.2


def test_every_field_of_both_configurations_can_be_set():
    for config in (ModelConfig(), TrainingConfig(validation=0.1, holdout="end")):
        for name, value in asdict(config).items():
            shares = assign_settings({name: str(value)}, ModelConfig, TrainingConfig)
            found = next(share for share in shares if share)
            assert found == {name: value}
    assert all(rule.hint for c in (ModelConfig, TrainingConfig) for rule in rules(c).values())


def test_the_two_configurations_share_no_name():
    names = [f.name for c in (ModelConfig, TrainingConfig) for f in fields(c)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ({"hiden_size": "4"}, "hiden_size", "There is no setting"),
        ({"hidden_size": "many"}, "hidden_size", "give a whole number from 1 to 4,096"),
        ({"hidden_size": "1.5"}, "hidden_size", "whole number"),
        ({"hidden_size": True}, "hidden_size", "whole number"),
        ({"hidden_size": [3]}, "hidden_size", "whole number"),
        ({"hidden_size": "9" * 500}, "hidden_size", "whole number"),
        ({"cell": "rnn"}, "cell", "choose one of tanh, relu, gru, lstm"),
        ({"learning_rate": "nan"}, "learning_rate", "number"),
        ({"clip": "-1"}, "clip", "or none"),
        ({"bidirectional": "perhaps"}, "bidirectional", "true or false"),
        ({"validation": 0.9}, "validation", "0 to 0.5"),
        ({"epochs": 1, "seconds": 1}, "seconds", "not both"),
        ({"truncate": "epoch", "sampling": "random"}, "truncate", "sequential"),
    ],
)
def test_a_bad_setting_is_refused_with_the_way_out(settings, field, words):
    with pytest.raises(UserError, match=words) as caught:
        make_plan(STORY, settings=settings)
    assert caught.value.field == field and len(caught.value.message) < 900


def test_an_unknown_recipe_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match="sprint, coffee") as caught:
        make_plan(STORY, recipe="marathon")
    assert caught.value.field == "recipe"


def test_prefixes_suit_the_text():
    assert make_plan(Text("分开了就不再来 " * 900, "t"), recipe="lyrics-concise").prefixes == (
        "分开", "不分开",
    )  # fmt: skip
    assert make_plan(Text("分开了就再来 " * 900, "t"), recipe="lyrics-concise").prefixes == (
        "分开",
    )
    assert make_plan(STORY).prefixes == ("It was a",)
    assert make_plan(Text(STORY.text, "t", prefixes=("the rain ",))).prefixes == ("the rain ",)
    assert make_plan(Text("天地玄黄宇宙洪荒日月盈昃" * 40, "t")).prefixes == (
        "天地玄黄宇宙洪荒日月盈昃",
    )
