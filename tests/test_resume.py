"""Resuming: a run that was cut off, stopped or killed goes on as if it never had been."""

import pytest
import torch
from safetensors.torch import load
from test_training import QUICK, corpus, run, with_changes, without_clock

import charrnn
from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.training import train


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

    run(model, config, directory=tmp_path / "whole")
    stopped = run(model, config, directory=tmp_path / "cut", commands=commands)
    assert stopped[-1]["step"] == 30 and stopped[-1]["epoch"] % 1 > 0
    rest = run(model, config, directory=tmp_path / "cut", resume=True)
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
    whole = run(model, config, directory=tmp_path / "whole")
    cut = []
    for event in train(corpus(), model, config, directory=tmp_path / "cut"):
        cut.append(event)
        if event["event"] == "progress" and event["epoch"] >= 3:
            break  # as a killed process would: nothing more is written
    rest = run(model, config, directory=tmp_path / "cut", resume=True)
    assert 0 < rest[0]["resumed_from"] <= cut[-1]["step"]
    assert without_clock(rest)[-1]["train_perplexity"] == whole[-1]["train_perplexity"]
    ends = [charrnn.load(tmp_path / d / "checkpoint").model.state_dict() for d in ("whole", "cut")]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_resume_without_anything_saved_begins_at_the_beginning(tmp_path):
    events = run(directory=tmp_path, resume=True)
    assert events[0]["resumed_from"] is None and events[-1]["reason"] == "finished"


def test_a_damaged_resume_point_is_refused(tmp_path):
    (tmp_path / "resume").mkdir()
    (tmp_path / "resume" / "point.safetensors").write_bytes(b"not this")
    with pytest.raises(UserError, match="damaged"):
        run(directory=tmp_path, resume=True)


def test_saving_by_the_clock_does_not_change_what_dropout_draws(tmp_path, monkeypatch):
    model = ModelConfig(hidden_size=16, dropout=0.5)
    ends = []
    for name, every in (("often", 0.0), ("never", 1e9)):
        monkeypatch.setattr("charrnn.training.trainer._SAVE_EVERY", every)
        run(model, directory=tmp_path / name)
        ends.append(charrnn.load(tmp_path / name / "checkpoint").model.state_dict())
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_a_run_through_whole_epochs_goes_on_from_the_last_epochs_end(tmp_path):
    config = with_changes(QUICK, truncate="epoch", epochs=4)
    steps = []

    def commands():
        steps.append(1)
        return {"stop"} if len(steps) == 30 else set()

    stopped = run(training=config, directory=tmp_path, commands=commands)
    assert stopped[-1]["reason"] == "stopped" and 1 < stopped[-1]["epoch"] < 2
    rest = run(training=config, directory=tmp_path, resume=True)
    assert 0 < rest[0]["resumed_from"] < 30 and rest[-1]["epoch"] == 4
