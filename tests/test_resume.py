"""Resuming: a run that was cut off, stopped or killed goes on as if it never had been."""

import json
import os
import shutil
import time
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, save_file
from test_training import QUICK, TEXT, corpus, with_changes, without_clock
from test_training import run as run_in_python

import charrnn
from charrnn.cli import main
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.reading import Text
from charrnn.recipes import plan
from charrnn.runs import Run
from charrnn.training import TrainingConfig, train
from charrnn.training.resume import Point, _as_bytes, _checksum, made_for


@pytest.fixture(autouse=True)
def no_picture(monkeypatch):
    """It takes longer than these runs do."""
    monkeypatch.setattr("charrnn.artifacts.draw", lambda log, baselines: b"a picture")


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
def test_a_stopped_run_goes_on_bit_for_bit_in_the_middle_of_an_epoch(cell, optimizer, tmp_path):
    """With dropout, whose random numbers must not be drawn by anything else, and with the hidden
    state that is carried from minibatch to minibatch."""
    model = ModelConfig(cell=cell, hidden_size=16, dropout=0.3)
    config = with_changes(QUICK, optimizer=optimizer, learning_rate=0.05, shift=False)
    steps = []

    def commands():
        steps.append(1)
        return {"stop"} if len(steps) == 30 else set()

    run_in_python(model, config, directory=tmp_path / "whole")
    stopped = run_in_python(model, config, directory=tmp_path / "cut", commands=commands)
    assert stopped[-1]["step"] == 30 and stopped[-1]["epoch"] % 1 > 0
    rest = run_in_python(model, config, directory=tmp_path / "cut", resume=True)
    assert rest[0]["resumed_from"] == 30
    points = [
        (tmp_path / name / "resume" / "point.safetensors").read_bytes() for name in ("whole", "cut")
    ]
    one, other = ({k: v for k, v in load(p).items() if k != "counters"} for p in points)
    assert one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize("sampling", ["sequential", "random"])
def test_an_interrupted_run_goes_on_bit_for_bit(sampling, tmp_path, monkeypatch):
    monkeypatch.setattr("charrnn.training.trainer._SAVE_EVERY", 0.0)
    model = ModelConfig(hidden_size=16, layers=2, dropout=0.2)
    config = with_changes(QUICK, sampling=sampling)
    whole = run_in_python(model, config, directory=tmp_path / "whole")
    cut = []
    for event in train(corpus(), model, config, directory=tmp_path / "cut"):
        cut.append(event)
        if event["event"] == "progress" and event["epoch"] >= 3:
            break  # as a killed process would: nothing more is written
    rest = run_in_python(model, config, directory=tmp_path / "cut", resume=True)
    assert 0 < rest[0]["resumed_from"] <= cut[-1]["step"]
    assert without_clock(rest)[-1]["train_perplexity"] == whole[-1]["train_perplexity"]
    ends = [charrnn.load(tmp_path / d / "checkpoint").model.state_dict() for d in ("whole", "cut")]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_resume_without_anything_saved_begins_at_the_beginning(tmp_path):
    events = run_in_python(directory=tmp_path, resume=True)
    assert events[0]["resumed_from"] is None and events[-1]["reason"] == "finished"


def test_a_damaged_resume_point_is_refused(tmp_path):
    (tmp_path / "resume").mkdir()
    (tmp_path / "resume" / "point.safetensors").write_bytes(b"not this")
    with pytest.raises(UserError, match="damaged"):
        run_in_python(directory=tmp_path, resume=True)


def test_saving_by_the_clock_does_not_change_what_dropout_draws(tmp_path, monkeypatch):
    model = ModelConfig(hidden_size=16, dropout=0.5)
    ends = []
    for name, every in (("often", 0.0), ("never", 1e9)):
        monkeypatch.setattr("charrnn.training.trainer._SAVE_EVERY", every)
        run_in_python(model, directory=tmp_path / name)
        ends.append(charrnn.load(tmp_path / name / "checkpoint").model.state_dict())
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_run_through_whole_epochs_goes_on_from_the_last_epochs_end(tmp_path):
    config = with_changes(QUICK, truncate="epoch", epochs=4)
    steps = []

    def commands():
        steps.append(1)
        return {"stop"} if len(steps) == 30 else set()

    stopped = run_in_python(training=config, directory=tmp_path, commands=commands)
    assert stopped[-1]["reason"] == "stopped" and 1 < stopped[-1]["epoch"] < 2
    rest = run_in_python(training=config, directory=tmp_path, resume=True)
    assert 0 < rest[0]["resumed_from"] < 30 and rest[-1]["epoch"] == 4


# Keep training


def planned(**settings):
    text = Text("the cat sat on the mat and the dog sat on the log. " * 30, "cats.txt")
    small = {
        "hidden_size": 16, "batch_size": 4, "steps": 16, "dropout": 0.3, "sample_length": 5,
        "schedule": "constant", "learning_rate": 0.02,
    }  # fmt: skip
    return plan(text, recipe="custom", settings=small | settings)


def tensors(run):
    """All that a run goes on from, and the model that it kept."""
    point = load((run.directory / "resume" / "point.safetensors").read_bytes())
    kept = charrnn.load(run.checkpoint).model.state_dict()
    point = {name: tensor for name, tensor in point.items() if name != "counters"}
    return point | {f"kept.{name}": tensor for name, tensor in kept.items()}


def assert_equal(run, other):
    one, two = tensors(run), tensors(other)
    assert one.keys() == two.keys()
    assert [name for name in one if not torch.equal(one[name], two[name])] == []


@pytest.mark.parametrize(
    "settings",
    [
        {"cell": "lstm", "optimizer": "adamw"},
        {"cell": "gru", "optimizer": "adam", "sampling": "random", "validation": 0.0},
        {"cell": "tanh", "optimizer": "sgd", "truncate": "epoch"},
    ],
)
def test_two_epochs_and_two_more_are_four(settings, tmp_path):
    whole, kept, longer = (
        Run.create(tmp_path, planned(epochs=epochs, **settings)) for epochs in (4, 2, 2)
    )
    for run in (whole, kept, longer):
        list(run.work())
    kept.enqueue(again=True)
    kept.begin()
    longer.set_length(epochs=4, seconds=None)
    for run in (kept, longer):
        events = list(run.work(resume=True))
        assert events[0]["resumed_from"] > 0 and events[-1]["epoch"] == 4
        assert_equal(run, whole)


def test_a_run_is_lengthened_once_however_often_it_is_asked(tmp_path):
    run = Run.create(tmp_path, planned(epochs=2))
    list(run.work())
    for _ in range(3):  # whoever asks dies before the run is in the queue
        run.lengthen()
    assert run.request["training"]["epochs"] == 4
    list(run.work(resume=True))
    run.lengthen()
    assert run.request["training"]["epochs"] == 6


# What cannot go on


def damage(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 0x10
    path.write_bytes(data)


def refused(run, why):
    """It is refused in words, says so in its events, and has lost nothing."""
    before = {
        path: path.read_bytes()
        for path in run.directory.rglob("*")
        if path.is_file() and path.parent != run.directory
    }
    with pytest.raises(UserError, match=why) as caught:
        list(run.work(resume=True))
    assert str(run.directory) not in run.journal.latest("end")["message"]
    assert run.journal.latest("end")["reason"] == "failed"
    assert all(path.read_bytes() == data for path, data in before.items())
    assert charrnn.load(run.checkpoint).perplexity
    return caught.value.message


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = Run.create(tmp_path_factory.mktemp("trained"), planned(epochs=1))
    list(run.work())
    return run


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained.directory, tmp_path / "run")
    return Run(tmp_path / "run")


def test_any_damage_to_the_point_is_noticed(trained, tmp_path):
    """Wherever it is, for wrong numbers would be trained on without a word."""
    whole = (trained.directory / "resume" / "point.safetensors").read_bytes()
    request = trained.request
    settings = made_for(
        Corpus.open(trained.directory / "corpus"),
        ModelConfig(**request["model"]),
        TrainingConfig(**request["training"]),
    )
    assert Point.load(trained.directory, settings) is not None
    path = tmp_path / "resume" / "point.safetensors"
    path.parent.mkdir()
    for at in {*range(0, len(whole), 307), *range(0, 2000, 41)}:
        path.write_bytes(whole)
        damage(path, at)
        with pytest.raises(UserError, match="cannot go on"):
            Point.load(tmp_path, settings)
    for length in (0, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match="is damaged"):
            Point.load(tmp_path, settings)


def test_a_damaged_point_ends_a_run_in_words(run):
    damage(run.directory / "resume" / "point.safetensors", -1)
    message = refused(run, "resume/point.safetensors is damaged")
    assert "What it has saved so far is kept; start a new run." in message


def test_a_point_of_another_version_is_refused(run, monkeypatch):
    with monkeypatch.context() as later:
        later.setattr("charrnn.training.resume.FORMAT", "999")
        refused(run, "written by another version of charrnn")
    point = run.directory / "resume" / "point.safetensors"
    with safe_open(point, "pt") as file:
        about = file.metadata()
    tensors = load(point.read_bytes())
    counters = json.loads(tensors.pop("counters").numpy().tobytes())
    del counters["selection"]  # as of before there was one
    tensors["counters"] = _as_bytes(counters)
    about["checksum"] = _checksum(tensors, about["made_for"])
    save_file(tensors, point, about)
    refused(run, "written by another version of charrnn")


@pytest.mark.parametrize(
    ("setting", "value"), [("hidden_size", 17), ("optimizer", "sgd"), ("batch_size", 5)]
)
def test_a_point_of_another_model_is_refused(run, setting, value):
    request = run.request
    part = "model" if setting in request["model"] else "training"
    request[part][setting] = value
    (run.directory / "run.json").write_text(json.dumps(request))
    refused(run, f"is of a run with another {setting}")


def test_a_request_that_is_damaged_or_of_another_version_is_refused(run):
    path = run.directory / "run.json"
    request = run.request
    request["model"]["colour"] = "red"
    path.write_text(json.dumps(request))
    refused(run, "run.json was written by another version")
    path.write_text(json.dumps(request)[:-9])
    refused(run, "run.json is damaged")


def other_text(directory):
    Corpus.from_text("the dog sat on the log and the cat sat on the mat. " * 30).save(directory)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda corpus: damage(corpus / "ids.npy", -1), "not the one that it began with|damaged"),
        (lambda corpus: damage(corpus / "ids.npy", 20), "is damaged"),
        (lambda corpus: (corpus / "ids.npy").write_bytes(b""), "is damaged"),
        (lambda corpus: (corpus / "corpus.json").write_bytes(b"{}"), "is damaged"),
        (lambda corpus: (corpus / "corpus.json").unlink(), "There is no corpus"),
        (other_text, "not the one that it began with"),
    ],
)
def test_a_run_whose_text_has_changed_on_the_disk_is_refused(run, change, why):
    change(run.directory / "corpus")
    refused(run, why)


def test_training_on_another_text_is_refused_from_python_too(tmp_path):
    run_in_python(directory=tmp_path)
    with pytest.raises(UserError, match="of a run with another text"):
        run_in_python(corpus=corpus(text=TEXT.replace("rat", "bat")), directory=tmp_path,
                      resume=True)  # fmt: skip


# The command line


def resume(monkeypatch, capsys, *arguments):
    """What `train --run-dir run --resume …` says; None if it goes on."""
    monkeypatch.setattr(
        "sys.argv", ["charrnn", "train", "--run-dir", "run", "--resume", "--json", *arguments]
    )
    with pytest.raises(SystemExit) as caught:
        main()
    said = capsys.readouterr()
    if caught.value.code == 0:
        return None
    (line,) = said.err.strip().splitlines()
    assert caught.value.code == 2 and not said.out
    return line


CATS = "the cat sat on the mat and the dog sat on the log. " * 30


def test_what_would_make_another_run_of_it_is_refused(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("cats.txt").write_text(CATS)
    Path("dogs.txt").write_text(CATS.replace("cat", "dog"))
    before = {p: p.read_bytes() for p in run.directory.rglob("*") if p.is_file()}
    say = partial(resume, monkeypatch, capsys)
    said = say("dogs.txt")
    assert "learns from cats.txt, and dogs.txt, which was given, is another text" in said
    assert "Leave the text out" in said and "another --run-dir" in said
    Path("cats.txt").write_text(CATS + "!")
    assert "has changed since" in say("cats.txt")
    assert "the recipe custom, not sprint" in say("--recipe", "sprint")
    assert "hidden_size = 16, not 17" in say("--set", "hidden_size=17")
    assert "clip = 1.0, not none" in say("--set", "clip=none")
    assert "seed = 0, not 1" in say("--seed", "1")
    assert "no setting 'colour'" in say("--set", "colour=red")
    assert "not both" in say("--set", "epochs=3", "--seconds", "2")
    assert before == {p: p.read_bytes() for p in run.directory.rglob("*") if p.is_file()}


def test_what_is_the_same_may_be_said_again(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("renamed.txt").write_text(CATS)
    say = partial(resume, monkeypatch, capsys, "renamed.txt", "--recipe", "custom", "--seed", "0")
    assert say("--set", "hidden_size=16", "--set", "epochs=3") is None
    assert run.journal.latest("end")["epoch"] == 3
    assert say("--epochs", "4") is None
    assert run.journal.latest("end")["epoch"] == 4


# The clock


def test_a_clock_that_is_set_back_harms_nothing(tmp_path, monkeypatch):
    """Every look at the time of day finds it an hour earlier."""
    left_alone = Run.create(tmp_path, planned(epochs=4))
    list(left_alone.work())
    now, hours = time.time(), count(1)
    monkeypatch.setattr(time, "time", lambda: now - 3600 * next(hours))
    monkeypatch.setattr(time, "time_ns", lambda: int((now - 3600 * next(hours)) * 1e9))
    monkeypatch.setattr("charrnn.training.trainer._SAVE_EVERY", 0.0)
    run = Run.create(tmp_path, planned(epochs=4))
    for event in (worker := run.work()):
        if event["event"] == "progress" and event["epoch"] >= 2:
            worker.close()
            break
    for saved in run.directory.rglob("*"):
        os.utime(saved, (now + 1e6, now + 1e6))  # in what is now the future
    run.enqueue(again=True)
    assert run.begin()
    events = list(run.work(resume=True))
    assert events[-1]["reason"] == "finished" == run.state
    seconds = [event["seconds"] for event in events]
    assert seconds == sorted(seconds) and seconds[0] > 0 and seconds[-1] < 3600
    assert_equal(run, left_alone)
    timed = Run.create(tmp_path, planned(seconds=0.5))
    assert 0.2 < list(timed.work())[-1]["seconds"] < 10


# The power


def test_what_is_put_in_place_is_on_the_disk_before(tmp_path, monkeypatch):
    """The model, the point and what a run is made of: a power cut must not leave them empty."""
    safe, unsafe = set(), []
    fsync, replace, rename = os.fsync, os.replace, Path.rename

    def syncing(file):
        safe.add(os.fstat(file).st_ino)
        fsync(file)

    def check(source):
        source = Path(source)
        for path in source.iterdir() if source.is_dir() else [source]:
            if path.stat().st_ino not in safe:
                unsafe.append(path.name)

    def replacing(source, target):
        check(source)
        replace(source, target)

    def renaming(source, target):
        check(source)
        return rename(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", replacing)
    monkeypatch.setattr(Path, "rename", renaming)
    run = Run.create(tmp_path, planned(epochs=1))
    list(run.work())
    assert {name.split(".")[1] for name in unsafe} == {"begun"}, "a turn may be lost"
    assert (run.directory / "events.jsonl").stat().st_ino in safe
