"""`train --config`: a run is repeated by its own settings file, to the last bit."""

import json
import shutil
from pathlib import Path

import calling
import pytest
import torch

import charrnn
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_files
from charrnn.utils import places

told = calling.told

BASE_TEXT = "the cat sat on the mat and the dog sat on the log. " * 40
TEXT = "the hen sat on the nest and the cat ate. " * 40
LINES = "".join(f"the {n} hens sat on {n % 7}\n" for n in range(90))
AGAIN = ("train", "text.txt", "--config", "run/run.json", "--run-dir", "again")
TINY = {"hidden_size": 8, "epochs": 2, "threads": 1}


def make_run(directory, text, settings, base=None, seed=0):
    start = None if base is None else charrnn.load(base)
    plan = make_plan(read_files([text]), recipe="custom", settings=settings, seed=seed, start=start)
    list(Run.create_at(directory, plan).train())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A directory with a text, a small model in `base`, and a run of random weights in `run`."""
    place = tmp_path_factory.mktemp("trained")
    (place / "base.txt").write_text(BASE_TEXT)
    (place / "text.txt").write_text(TEXT)
    make_run(place / "made", place / "base.txt", {**TINY, "cell": "gru"})
    (place / "made" / "checkpoint").rename(place / "base")
    make_run(place / "run", place / "text.txt", TINY)
    return place


@pytest.fixture
def place(trained, tmp_path, monkeypatch, no_picture):
    """A copy of it, with the model also as one that comes with charrnn: `base-tale`."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    shutil.copytree(trained / "base", tmp_path / "bundled" / "base-tale")
    monkeypatch.setattr(places, "bundled_models", lambda: tmp_path / "bundled")
    return tmp_path


@pytest.fixture
def run(place):
    return place / "run" / "run.json"


def weights(run):
    return charrnn.load(Path(run)).model.state_dict()


def is_same(one, other):
    mine, theirs = weights(one), weights(other)
    return all(torch.equal(mine[name], theirs[name]) for name in mine)


def change(path, **fields):
    """Change fields of a settings file; None removes one."""
    kept = json.loads(path.read_text()) | fields
    path.write_text(json.dumps({name: value for name, value in kept.items() if value is not None}))


@pytest.mark.parametrize(
    ("text", "base", "settings"),
    [
        (TEXT, None, {"dropout": 0.3, "cell": "relu"}),
        (TEXT + "Oh!", "base-tale", {"keep_symbols": True}),
        (LINES, None, {"documents": "lines", "holdout": "lines"}),
    ],
    ids=["from-nothing", "from-a-base", "lines"],
)
def test_a_settings_file_repeats_a_run_to_the_last_bit(told, place, text, base, settings):
    (place / "text.txt").write_text(text)
    size = {} if base else {"hidden_size": 8}
    settings = {"epochs": 2, "threads": 1, **size, **settings}
    make_run(place / "first", place / "text.txt", settings, base, seed=7)
    (place / "first" / "run.json").rename(place / "my.json")
    status, _, err = told("train", "text.txt", "--config", "my.json", "--run-dir", "again")
    assert status == 0, err
    assert is_same("first", "again") and "may" not in err
    first, again = (
        json.loads((place / name).read_text()) for name in ("my.json", "again/run.json")
    )
    assert first.pop("run") != again.pop("run")
    assert first == again


def test_the_model_to_start_from_is_found_beside_the_file_or_named(told, place):
    made_from = {"epochs": 1, "threads": 1}
    make_run(place / "first", place / "text.txt", made_from, place / "base")
    (place / "base").rename(place / "moved")
    config = ("train", "text.txt", "--config")
    assert told(*config, "first/run.json", "--run-dir", "second")[0] == 0
    assert is_same("first", "second")
    (place / "first" / "run.json").rename(place / "my.json")
    status, _, err = told(*config, "my.json")
    assert status == 2 and "base.txt, a model without a name to find it by" in err
    assert told(*config, "my.json", "--run-dir", "third", "--from", "moved")[0] == 0
    assert is_same("first", "third")
    status, _, err = told(*config, "my.json", "--run-dir", "fourth", "--from", "third")
    assert status == 2 and "started from base.txt, and third is another model" in err
    assert not (place / "fourth").exists()


def test_a_settings_file_opens_no_path(told, place):
    make_run(place / "first", place / "text.txt", {"epochs": 1, "threads": 1}, place / "base")
    stored = json.loads((place / "first" / "run.json").read_text())
    for named in ("./base", "../base", str(place / "base"), "base/", "base\n"):
        start = {**stored["started_from"], "model": named, "digest": None}
        (place / "my.json").write_text(json.dumps({**stored, "started_from": start}))
        status, _, err = told("train", "text.txt", "--config", "my.json", "--run-dir", "again")
        assert status == 2 and "a model without a name to find it by" in err, named
        assert not (place / "again").exists()


def test_a_base_that_has_changed_is_not_taken_for_the_one_of_the_run(told, place):
    make_run(place / "first", place / "text.txt", {"epochs": 1}, "base-tale")
    (place / "first" / "run.json").rename(place / "my.json")
    shutil.copytree(place / "first/checkpoint", place / "bundled/base-tale", dirs_exist_ok=True)
    status, _, err = told("train", "text.txt", "--config", "my.json")
    assert status == 2 and "is another model, or has changed since" in err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--epochs", "3"), "run.json has epochs = 2, not 3. Leave epochs out, or change it in"),
        (("--seconds", "3"), "has seconds = none, not 3.0."),
        (("--seed", "1"), "has seed = 0, not 1."),
        (("--set", "cell=gru"), "has cell = lstm, not gru."),
        (("--set", "size=3"), "There is no setting 'size'"),
        (("--recipe", "sprint"), "has recipe = custom, not sprint."),
        (("--from", "base"), "started from random weights: leave out --from"),
        (("--set", "threads=999"), "threads = 999: this machine has"),
        (("--resume",), "--resume goes on with a run's own settings: leave out --config."),
    ],
)
def test_what_contradicts_a_settings_file_is_refused(told, run, place, more, said):
    status, out, err = told(*AGAIN, *more)
    assert (status, out) == (2, "") and said in err
    assert not (place / "again").exists()


def test_what_repeats_a_settings_file_is_taken(told, run):
    same = ("--epochs", "2", "--seed", "0", "--set", "hidden_size=8", "--recipe", "custom")
    status, _, err = told(*AGAIN, *same, "--from", "auto", "--set", "threads=1")
    assert status == 0, err
    assert is_same("run", "again")


def test_another_text_is_refused_unless_the_file_names_none(told, run, place):
    (place / "text.txt").write_text(TEXT + "And then?")
    status, _, err = told(*AGAIN)
    assert status == 2 and "learned from text.txt, and text.txt is a different text" in err
    change(run, corpus=None)
    assert told(*AGAIN)[0] == 0


def test_a_file_that_holds_no_settings_of_a_run_is_refused(told, run, place):
    (place / "run" / "list.json").write_text("[1, 2]")
    for name in ("list.json", "events.jsonl", "corpus/ids.npy", "checkpoint/config.json"):
        status, _, err = told(*AGAIN[:2], "--config", f"run/{name}")
        assert status == 2 and "is not the settings file of a run" in err, name
    for name in ("missing.json", "corpus"):
        status, _, err = told(*AGAIN[:2], "--config", f"run/{name}")
        assert status == 2 and "cannot be read" in err, name
    model = json.loads(run.read_text())["model"]
    change(run, model={**model, "colour": 3})
    status, _, err = told(*AGAIN)
    assert status == 2 and "a setting that this version of charrnn does not know: 'colour'" in err
    change(run, model={**model, "hidden_size": -8})
    status, _, err = told(*AGAIN)
    assert status == 2 and "hidden_size = -8: give a whole number" in err


def test_what_may_change_the_bits_is_said(told, run):
    assert told("train", "--run-dir", "run", "--resume", "--epochs", "3")[0] == 0
    assert json.loads(run.read_text())["changed"] == ["epochs"]
    change(run, versions={"charrnn": "0.0.1", "torch": "1.0"})
    status, _, err = told(*AGAIN, "--set", "threads=none")
    assert status == 0
    assert "made with charrnn '0.0.1'" in err and "made with torch '1.0'" in err
    assert "with another number of threads" in err
    assert "epochs changed when the run was continued" in err


def test_a_run_of_seconds_says_that_its_length_depends_on_the_machine(told, run):
    training = json.loads(run.read_text())["training"]
    change(run, training={**training, "epochs": None, "seconds": 0.2})
    status, _, err = told(*AGAIN)
    assert status == 0 and "its length depends on the speed of the machine" in err


def test_a_run_of_the_app_is_named_from_any_directory(told, place, monkeypatch):
    monkeypatch.setenv("CHARRNN_RUNS", str(place / "of-the-app"))
    shutil.copytree(place / "run", place / "of-the-app" / "0a1b")
    status, _, err = told("train", "text.txt", "--config", "runs/0a1b/run.json", *AGAIN[4:])
    assert status == 0, err
    assert is_same("run", "again")
