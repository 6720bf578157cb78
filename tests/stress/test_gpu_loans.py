"""Runs on a GPU that a ZeroGPU Space lends, without a GPU: `zero_gpu/spaces.py` stands in for the
package that the Space brings along, and the processor for the GPU."""

import json
import os
import signal

import page as pages
import pytest
from conftest import SUPPORT
from gradio_client import Client
from quick_app import SPRINT_SECONDS
from worker_runs import worker_of

from charrnn.runs import zerogpu
from charrnn.runs.end_reasons import EndReason, end_message
from charrnn.runs.run import Run
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
