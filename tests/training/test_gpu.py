"""Training on a GPU, without one: what is refused, what is planned, and where tensors lie.

`tests/stress/test_gpu_loans.py` trains on a Space that lends GPUs.
"""

import os

import pytest
import torch

from charrnn.errors import UserError
from charrnn.runs import zerogpu
from charrnn.runs.plan import make_plan
from charrnn.text import read_text
from charrnn.training import TrainingConfig, step
from charrnn.ui.train.request import TrainRequest
from charrnn.ui.train.summary import gpu_quota_notice

TEXT = "the tide comes in and the tide goes out\n" * 60
ON_GPU = {"device": "cuda", "hidden_size": 16, "batch_size": 4, "steps": 16}


def test_without_zero_gpu_nothing_is_asked_of_it(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    zerogpu.prepare()
    assert not zerogpu.available()


def test_there_is_no_gpu_here():
    with pytest.raises(UserError, match="no GPU here"):
        make_plan(read_text(TEXT), settings={"device": "cuda"})
    with pytest.raises(UserError, match="precision = auto or float32"):
        TrainingConfig(device="cuda", precision="bfloat16")


def test_on_a_gpu_torchs_layers_compute_unless_others_are_asked_for(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for recipe in ("coffee", "time-machine-scratch", "custom"):
        text = read_text(TEXT * 5)
        assert make_plan(text, recipe=recipe, settings=ON_GPU).model.implementation == "torch"
    own = ON_GPU | {"implementation": "scratch"}
    assert make_plan(read_text(TEXT), settings=own).model.implementation == "scratch"
    with pytest.raises(UserError, match="implementation = torch"):
        make_plan(read_text(TEXT), settings=ON_GPU | {"implementation": "fast"})


def test_what_a_run_takes_is_told_in_both_languages():
    request = TrainRequest(gpu=True)
    assert request.overrides == {"device": "cuda"}
    timed = gpu_quota_notice(request, TrainingConfig(seconds=100), "en")
    assert "115" in timed and "cut off" not in timed
    untimed = gpu_quota_notice(request, TrainingConfig(epochs=9), "zh")
    assert "75" in untimed and "一分钟后中断" in untimed
    assert gpu_quota_notice(TrainRequest(), TrainingConfig(), "en") == ""


def test_files_that_the_app_has_open_are_let_go(tmp_path):
    (root := tmp_path / "runs").mkdir()
    inside, outside = (root / "a.lock").open("w"), (tmp_path / "b").open("w")
    with outside:
        zerogpu.close_inherited_files(root)
        os.fstat(outside.fileno())
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(inside.fileno())
    os.dup2(os.open(os.devnull, os.O_WRONLY), inside.fileno())  # so that it can be closed
    inside.close()


@pytest.fixture
def elsewhere(monkeypatch):
    """A device whose tensors hold no numbers, but which refuses those of the processor."""
    plain = torch.optim.AdamW
    monkeypatch.setattr(step, "torch_device", lambda device: torch.device("meta"))
    monkeypatch.setattr(torch.Tensor, "item", lambda self: 1.0)
    monkeypatch.setattr(torch.Tensor, "__float__", lambda self: 1.0)
    monkeypatch.setattr(torch.Tensor, "cpu", lambda self: torch.zeros(self.shape))
    monkeypatch.setattr(step, "build_optimizer", lambda name, weights, **_: plain(weights))


@pytest.mark.parametrize(
    ("implementation", "cell", "entry"),
    [
        ("torch", "tanh", "one-hot"),
        ("torch", "gru", "embedding"),
        ("torch", "lstm", "tied"),
        ("scratch", "lstm", "one-hot"),
    ],
)
def test_all_of_a_run_is_on_the_device_and_what_is_kept_is_not(
    elsewhere, implementation, cell, entry
):
    from charrnn.model import ModelConfig

    model = ModelConfig(cell, implementation, 8, dropout=0.5, layers=2, input=entry)
    config = TrainingConfig(epochs=1, batch_size=4, steps=5, reset=0.5, device="cuda")
    student = step.TrainStep(model, config, 9)
    assert {weight.device.type for weight in student.model.parameters()} == {"meta"}
    X = torch.zeros(4, 5, dtype=torch.int64)
    student.begin_epoch()
    for _ in range(3):
        assert student.train_on(X, X, learning_rate=0.1, last=False)
    assert student.loss(X, X) == 1.0
    point = student.resume_state(student.weights(), {}, {})
    kept = [*point.weights.values(), *point.best.values()]
    kept += [value for moment in point.moments.values() for value in moment.values()]
    kept += point.state if isinstance(point.state, tuple) else [point.state]
    assert {tensor.device.type for tensor in kept} == {"cpu"}
    assert len(point.moments) == len(list(student.model.parameters()))
