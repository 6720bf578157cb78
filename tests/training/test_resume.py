"""Resuming: a run that was cut off, stopped or killed goes on as if it never had been."""

import os
import random
import time
from itertools import count
from pathlib import Path

import pytest
import torch
from grids import grid, in_stress
from safetensors.torch import load
from small_runs import QUICK, corpus, planned, with_changes, without_clock
from small_runs import run as run_in_python

import charrnn
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.runs.run import Run
from charrnn.training import train
from charrnn.training.precision import Arithmetic
from charrnn.training.step import TrainStep

pytestmark = pytest.mark.usefixtures("no_picture")


@pytest.mark.parametrize(
    ("cell", "optimizer"), grid(["tanh", "relu", "gru", "lstm"], ["sgd", "adam", "adamw"])
)
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
    monkeypatch.setattr("charrnn.training.trainer.SAVE_SECONDS", 0.0)
    model = ModelConfig(hidden_size=16, layers=2, dropout=0.2)
    config = with_changes(QUICK, sampling=sampling, epochs=3)
    whole = run_in_python(model, config, directory=tmp_path / "whole")
    cut = []
    for event in train(corpus(), model, config, directory=tmp_path / "cut"):
        cut.append(event)
        if event["event"] == "progress" and event["epoch"] >= 2:
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
        monkeypatch.setattr("charrnn.training.trainer.SAVE_SECONDS", every)
        run_in_python(model, with_changes(QUICK, epochs=2), directory=tmp_path / name)
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


@pytest.mark.parametrize("stop", [13, *in_stress(22, 33, 41)])
def test_a_look_because_of_a_stop_changes_nothing_of_what_follows(stop, tmp_path):
    """The plateau schedule goes by looks, and noise is soon learnt by heart."""
    noise = "".join(random.Random(0).choices("abcdefgh", k=400))
    text = Corpus.from_text(noise, validation=0.3)
    config = with_changes(
        QUICK, epochs=25, schedule="plateau", learning_rate=0.02, validation=0.3, threads=1
    )
    whole, cut = ({"training": config, "corpus": text, "directory": tmp_path / d} for d in "ab")
    steps = count(1)
    run_in_python(**whole)
    run_in_python(**cut, commands=lambda: {"stop"} if next(steps) == stop else set())
    run_in_python(**cut, resume=True)
    ends = [charrnn.load(tmp_path / d / "checkpoint").model.state_dict() for d in "ab"]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    points = [load((tmp_path / d / "resume" / "point.safetensors").read_bytes()) for d in "ab"]
    assert all(torch.equal(points[0][k], points[1][k]) for k in points[0] if k != "counters")


@pytest.mark.parametrize("bfloat16", [False, True])
def test_a_run_resumes_with_the_arithmetic_that_it_began_with(bfloat16, tmp_path, monkeypatch):
    began, now = (
        Arithmetic(bfloat16, onednn_is_much_faster=True),
        Arithmetic(not bfloat16, onednn_is_much_faster=False),
    )
    monkeypatch.setattr(TrainStep, "arithmetic", began)
    steps = count(1)
    run_in_python(directory=tmp_path, commands=lambda: {"stop"} if next(steps) == 9 else set())
    monkeypatch.setattr(TrainStep, "arithmetic", now)
    used = []
    forward = Arithmetic.forward
    monkeypatch.setattr(Arithmetic, "forward", lambda self: used.append(self) or forward(self))
    run_in_python(directory=tmp_path, resume=True)
    assert set(used) == {began}


@pytest.mark.parametrize("seconds", [None, 3])
def test_stop_while_n_grams_are_counted_is_immediate_and_can_be_resumed(seconds, tmp_path):
    end = {"epochs": 3} if seconds is None else {"epochs": None, "seconds": seconds}
    config = with_changes(QUICK, smoothing=0.5, **end)
    answers = iter([{"sample"}, set(), {"stop"}])
    stopped = run_in_python(
        training=config,
        prefixes=["the "],
        directory=tmp_path / "cut",
        commands=lambda: next(answers),
    )
    told = [event["event"] for event in stopped]
    assert told == ["start", "sample", "sample", "sample", "checkpoint", "end"]
    assert stopped[-1]["reason"] == "stopped" and stopped[-1]["step"] == 0
    assert stopped[-1]["message"] == (
        "Stopped at step 0. There was no good model to keep yet: the saved one has learned nothing."
    )
    rest = run_in_python(
        training=config, prefixes=["the "], directory=tmp_path / "cut", resume=True
    )
    assert rest[-1]["reason"] == "finished" and rest[-1]["step"] > 0
    if seconds is None:
        run_in_python(training=config, prefixes=["the "], directory=tmp_path / "whole")
        one, other = (
            charrnn.load(tmp_path / d / "checkpoint").model.state_dict() for d in ("whole", "cut")
        )
        assert all(torch.equal(one[name], other[name]) for name in one)


# Keep training


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
        list(run.train())
    kept.enqueue(resume=True)
    kept.mark_started()
    longer.set_length(epochs=4, seconds=None)
    for run in (kept, longer):
        events = list(run.train(resume=True))
        assert events[0]["resumed_from"] > 0 and events[-1]["epoch"] == 4
        assert_equal(run, whole)


def test_a_run_is_lengthened_once_however_often_it_is_asked(tmp_path):
    run = Run.create(tmp_path, planned(epochs=2))
    list(run.train())
    for _ in range(3):  # whoever asks dies before the run is in the queue
        run.extend()
    assert run.manifest["training"]["epochs"] == 4
    list(run.train(resume=True))
    run.extend()
    assert run.manifest["training"]["epochs"] == 6


# The clock


def test_a_clock_that_is_set_back_harms_nothing(tmp_path, monkeypatch):
    """Every look at the time of day finds it an hour earlier."""
    left_alone = Run.create(tmp_path, planned(epochs=4))
    list(left_alone.train())
    now, hours = time.time(), count(1)
    monkeypatch.setattr(time, "time", lambda: now - 3600 * next(hours))
    monkeypatch.setattr(time, "time_ns", lambda: int((now - 3600 * next(hours)) * 1e9))
    monkeypatch.setattr("charrnn.training.trainer.SAVE_SECONDS", 0.0)
    run = Run.create(tmp_path, planned(epochs=4))
    for event in (worker := run.train()):
        if event["event"] == "progress" and event["epoch"] >= 2:
            worker.close()
            break
    for saved in run.directory.rglob("*"):
        os.utime(saved, (now + 1e6, now + 1e6))  # in what is now the future
    run.enqueue(resume=True)
    assert run.mark_started()
    events = list(run.train(resume=True))
    assert events[-1]["reason"] == "finished" == run.state
    seconds = [event["seconds"] for event in events]
    assert seconds == sorted(seconds) and seconds[0] > 0 and seconds[-1] < 3600
    assert_equal(run, left_alone)
    timed = Run.create(tmp_path, planned(seconds=0.5))
    assert 0.2 < list(timed.train())[-1]["seconds"] < 10


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
    list(run.train())
    assert {name.rsplit(".", 1)[0] for name in unsafe} == {".attempt.started"}, "it may be lost"
    assert (run.directory / "events.jsonl").stat().st_ino in safe
