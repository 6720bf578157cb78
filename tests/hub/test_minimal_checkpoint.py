"""A stranger's model that says nothing of itself, or odd things: what shows it has an answer."""

import json
from types import SimpleNamespace

import pytest
from run_events import end, progress, start

import charrnn
from charrnn.checkpoint import Checkpoint, save
from charrnn.checkpoint.format import CARD, CONFIG, LOG, LOG_COLUMNS, PICTURE, SAMPLES, WEIGHTS
from charrnn.checkpoint.logs import curve_in
from charrnn.errors import UserError
from charrnn.hub import preview_push, push
from charrnn.ui.run_card.example_run import EVENTS, example_run
from charrnn.ui.services.catalog import describe, find_model, model_card
from charrnn.ui.services.model_options import model_options

ODD_LOG = "\n".join(
    (
        ",".join(LOG_COLUMNS),
        "1,,0.5,,7,,,,,",
        "nan,nan,nan,nan,nan,nan,nan,nan,nan,nan",
        "2.5,x,1,y,-3,0,-1,z,inf,-inf",
        "1e300,1e300,1e300,1e300,1e300,1e300,1e300,1e300,1e300,1e300",
        "9,0.1,2",
    )
)
ABOUTS = {
    "nothing": {},
    "empty entries": {"name": "", "corpus": {}, "training": {}, "results": {}, "prefixes": []},
    "nulls": {
        "corpus": {"characters": None},
        "results": {"validation_perplexity": None, "baselines": None},
        "training": {"epochs": None, "clip": None},
    },
    "other types": {
        "recipe": "constructor",
        "training": {"epochs": "many", "seconds": [1], "clip": True, "validation": "half"},
        "results": {"step": 0.5, "seconds": -1, "baselines": {"uniform": -9, "$x_{$": 2}},
        "corpus": {"name": "", "characters": 0.5, "more": {"a": [1]}},
    },
    "large numbers": {
        "corpus": {"name": "c" * 900, "characters": 10**15},
        "results": {
            "validation_perplexity": 1e299,
            "train_perplexity": -1e299,
            "step": 10**15,
            "baselines": {"uniform": 1e299, "ngram": 0},
        },
    },
}


@pytest.fixture(params=ABOUTS)
def stranger(request, checkpoint, tmp_path):
    """The directory, alone on a shelf, of a model without any file but what it has to have; its log
    and samples are as odd as they can be."""
    directory = tmp_path / "shelf" / "theirs"
    save(Checkpoint(checkpoint.model, checkpoint.vocabulary, ABOUTS[request.param]), directory)
    (directory / CONFIG).unlink()
    return directory


@pytest.fixture
def context(tmp_path):
    def gone(key):
        raise UserError("There is no such run: it may have been removed. Train again.")

    runs = SimpleNamespace(root=tmp_path / "runs", find=gone)
    return SimpleNamespace(bundled_dir=tmp_path / "shelf", runs=runs)


def with_a_log(directory, log=ODD_LOG):
    (directory / LOG).write_text(log)
    odd = [{"step": 1, "prefix": "abc", "text": "a"}, {"step": -1, "prefix": "", "text": ""}, 7]
    (directory / SAMPLES).write_text(json.dumps(odd))


def test_it_is_shown(stranger, context):
    for log in ("", ODD_LOG, "\0", "step\n1\n"):
        with_a_log(stranger, log)
        model = find_model(context, "theirs")
        told = model_card(model)
        assert told["model"] == "LSTM 16"
        assert told["title"] is None
        assert told["perplexity"] is None or told["perplexity"] > 0
        assert describe(model)["title"] == "unnamed"
        ((label, key),) = model_options(context, [], "zh")
        assert (key, label.split(" · ")[:2]) == ("theirs", ["theirs", "LSTM 16"])
        json.dumps([told, describe(model)], allow_nan=False)


def with_events(directory, *events):
    lines = (event if isinstance(event, str) else json.dumps(event) for event in events)
    (directory / EVENTS).write_text("".join(f"{line}\n" for line in lines))


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_its_events_are_shown_as_an_earlier_run(stranger, context, locale):
    with_events(stranger, start(), progress(1), {"event": "new"}, {"event": "progress"}, end(1))
    view, name = example_run(context, locale)
    value = view.value()
    assert (name, value["model"], value["is_example"]) == ("theirs", "theirs", True)
    assert len(value["columns"]["train"]) == len(value["steps"]) == 2
    json.dumps(value, allow_nan=False)


@pytest.mark.parametrize(
    "odd", ["no JSON", "[1]", "{}", '{"event": "progress", "step": "one"}', '{"event": 7}']
)
def test_damaged_events_are_no_example(checkpoint, context, tmp_path, odd):
    save(checkpoint, tmp_path / "shelf" / "theirs")
    with_events(tmp_path / "shelf" / "theirs", start(), odd, end(1))
    view, name = example_run(context, "en")
    assert (name, view.state) == (None, "idle")


def test_a_damaged_one_on_the_shelf_keeps_nobody_from_the_page(stranger, context):
    with_events(stranger, start(), progress(1), end(1))
    (stranger / WEIGHTS).write_bytes(b"no weights")
    assert example_run(context, "en")[1] is None
    assert model_options(context, [], "en") == []


def test_it_writes_and_is_pushed(stranger, hub):
    with_a_log(stranger)
    token = hub.token("ada")
    assert len(charrnn.generate(charrnn.load(stranger), "a", 20, seed=0)) == 21
    listed = preview_push(stranger, "ada/theirs")
    assert {file.name for file in listed} == {WEIGHTS, CONFIG, CARD, LOG, PICTURE, SAMPLES}
    push(stranger, "ada/theirs", private=True, token=token)
    (stranger / LOG).unlink()
    (stranger / SAMPLES).unlink()
    push(stranger, "ada/theirs", private=True, token=token)
    assert hub.repos["ada/theirs"].files.keys() == {WEIGHTS, CONFIG, CARD}
    assert charrnn.from_hub("ada/theirs", token=token).name == "unnamed"


def curve(*rows, most=60):
    log = "step,seconds,train_perplexity,validation_perplexity\n"
    return curve_in(log + "".join(f"{i},{i},{t},{v}\n" for i, (t, v) in enumerate(rows)), most)


def test_a_sparkline_is_made_of_what_was_measured():
    assert curve((9, ""), (8, ""), (7, "")) == [9, 8, 7]
    assert curve((9, 8), (8, 8), (7, 8), (6, 5)) == [9, 8, 7, 6], "held-out twice: no curve"
    assert curve((9, 8), (8, 8), (7, 6), (6, 5), (5, 5), (4, 3)) == [8, 6, 5, 3]
    assert curve((9, 8), (7, 6)) == [8, 6]
    assert curve(("", 8), ("", 6)) == [8, 6]
    assert curve(("", ""), (-1, 0)) is None
    assert curve(*[(99 - i, "") for i in range(90)], most=45) == list(range(98, 9, -2))
