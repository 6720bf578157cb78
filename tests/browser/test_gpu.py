"""Runs on a GPU that a ZeroGPU Space lends, without a GPU: `zero_gpu/spaces.py` stands in for the
package that the Space brings along, and the processor for the GPU."""

import json
import os
import signal

import page as pages
import pytest
import torch
from conftest import SUPPORT
from gradio_client import Client
from quick_app import SPRINT_SECONDS
from worker_runs import worker_of

from charrnn.corpus import read_text
from charrnn.errors import UserError
from charrnn.recipes import make_plan
from charrnn.runs import zerogpu
from charrnn.runs.end_reasons import EndReason, end_message
from charrnn.runs.run import Run
from charrnn.training import TrainingConfig, step
from charrnn.ui.train.request import TrainRequest
from charrnn.ui.train.summary import gpu_quota_notice
from charrnn.utils import file_locks

pytest_plugins = ["page"]

TEXT = "the tide comes in and the tide goes out\n" * 60
ON_GPU = {"device": "cuda", "hidden_size": 16, "batch_size": 4, "steps": 16}
SPRINT_ON_GPU = int(SPRINT_SECONDS) + 15  # seconds that are asked for, with those around the run


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """The app on a Space with ZeroGPU."""
    place = tmp_path_factory.mktemp("space")
    server = pages.Server(place)
    server.quota, server.loans = place / "left", place / "loans"
    server.quota.write_text("300")
    server.loans.touch()
    path = [str(SUPPORT / "zero_gpu"), os.environ.get("PYTHONPATH", "")]
    server._told |= {
        "SPACES_ZERO_GPU": "true",
        "ZERO_GPU_LEFT": str(server.quota),
        "ZERO_GPU_LOANS": str(server.loans),
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }
    try:
        server.start()
        yield server
        assert "Traceback" not in server.log
    finally:
        server.stop()


@pytest.fixture(scope="module")
def app(space):
    return space.url


@pytest.fixture
def client(space, app):
    space.quota.write_text("300")
    return Client(app, verbose=False, headers={"x-ip-token": "of a visitor"})


def training(client, **settings):
    return client.submit(
        text=TEXT, recipe="custom", settings=json.dumps(ON_GPU | settings), api_name="/train"
    )


def loans(space):
    return [json.loads(line) for line in space.loans.read_text().splitlines()]


def test_a_run_on_the_gpu_is_as_any_other_and_its_user_pays(space, client):
    events = list(training(client, epochs=3))
    assert [events[0]["event"], events[-1]["event"]] == ["start", "end"]
    assert events[-1]["reason"] == "finished" and events[-1]["message"]
    assert events[0]["model"]["implementation"] == "torch"
    assert events[0]["training"]["device"] == "cuda"
    assert {"sample", "progress", "checkpoint"} <= {event["event"] for event in events}
    run = events[0]["run"]
    written = client.predict(run, "the ", 20, "greedy", api_name="/generate")
    assert written.startswith("the ") and len(written) == 24
    loan = loans(space)[-1]
    assert loan == {"seconds": 75, "visitor": "of a visitor", "by": space.process.pid}


def test_the_seconds_asked_for_are_those_of_the_run_and_what_is_around_it(space, client):
    list(training(client, seconds=1))
    assert loans(space)[-1]["seconds"] == 16 == zerogpu.quota_seconds(1)


def test_the_processor_trains_unless_the_gpu_is_asked_for(space, client):
    before = len(loans(space))
    events = list(training(client, device="cpu", epochs=2))
    assert events[-1]["reason"] == "finished" and events[0]["device"].startswith("cpu")
    assert len(loans(space)) == before


def test_stop_is_heard_and_the_run_goes_on_from_there(space, client):
    job, run = training(client, seconds=60), None
    for event in job:
        run = run or event.get("run")
        if event["event"] == "progress":
            client.predict(run, api_name="/stop")
    assert event["reason"] == "stopped"
    stopped = Run(space.runs / run)
    assert stopped.checkpoint is not None
    assert not file_locks.is_locked(stopped.directory / "worker.lock")


def test_who_has_no_quota_left_is_told_and_so_is_who_finds_no_gpu_free(space, client):
    space.quota.write_text("10")
    assert list(training(client, seconds=5))[-1]["message"] == end_message(EndReason.GPU_QUOTA)
    space.quota.write_text("")
    end = list(training(client, seconds=5))[-1]
    assert (end["reason"], end["message"]) == ("failed", end_message(EndReason.NO_GPU))
    space.quota.write_text("300")
    assert list(training(client, epochs=1))[-1]["reason"] == "finished"


def test_the_death_of_the_process_that_has_the_gpu_is_told(space, client):
    job, run = training(client, seconds=60), None
    for event in job:
        run = run or event.get("run")
        if event["event"] == "progress":
            os.kill(worker_of(Run(space.runs / run)), signal.SIGKILL)
            break
    end = list(job)[-1]
    assert end["reason"] == "failed" and "training process crashed" in end["message"]
    assert list(training(client, epochs=1))[-1]["reason"] == "finished"


def test_the_switch_is_there_and_says_what_a_run_takes(space, visit):
    page = visit()
    switch = page.get_by_label("Train on a GPU")
    told = page.locator("#train-gpu-told")
    switch.wait_for()
    assert not switch.is_checked() and told.count() == 0
    switch.check()
    told.get_by_text(f"Takes up to {SPRINT_ON_GPU}\u00a0s of your GPU time").wait_for()
    assert "2\u00a0minutes a day, or 5 if" in told.inner_text()
    page.get_by_role("radio", name="Coffee").check()
    told.get_by_text("up to 75\u00a0s").wait_for()
    page.get_by_role("radio", name="Sprint").check()
    told.get_by_text(f"up to {SPRINT_ON_GPU}\u00a0s").wait_for()
    space.quota.write_text(str(SPRINT_ON_GPU - 1))
    page.locator("#train-go").click()
    page.get_by_text("Your GPU time on Hugging Face for today is not enough").wait_for()
    assert loans(space)[-1]["seconds"] == SPRINT_ON_GPU
    switch.uncheck()
    told.wait_for(state="detached")


def test_the_app_closes_while_the_gpu_trains(space, client):  # the last that needs it
    job, run = training(client, seconds=60), None
    for event in job:
        run = run or event.get("run")
        if event["event"] == "progress":
            space.stop()
            break
    end = Run(space.runs / run).read_events()[0][-1]
    assert (end["event"], end.get("interrupted")) == ("end", True)


# Elsewhere


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
