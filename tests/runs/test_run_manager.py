"""The run manager without worker processes: what it keeps, and what it releases."""

import threading
import time
from contextvars import ContextVar

import pytest
from refusals import refuse_to_write
from worker_runs import ends, small

from charrnn.errors import UserError
from charrnn.runs import manager, zerogpu
from charrnn.runs.admission import check_client
from charrnn.runs.limits import Limits
from charrnn.runs.manager import RunManager

WHO = ContextVar("WHO", default="nobody")


@pytest.fixture
def idle(tmp_path):
    """Runs that nobody trains."""
    manager = RunManager(tmp_path / "runs", workers=0, limits=Limits(runs_per_visitor=1))
    yield manager
    manager.close(timeout_seconds=0)


def left(runs):
    return [path for path in runs.root.iterdir() if path.is_dir()]


def test_of_two_concurrent_starts_the_refused_one_leaves_nothing(idle, monkeypatch):
    others = iter([[], ["ada"]])  # the other one came in between
    monkeypatch.setattr(
        manager, "check_client", lambda who, _, limits: check_client(who, next(others), limits)
    )
    with pytest.raises(UserError, match=r"allowed at once \(1\)"):
        idle.start(small(), "ada", run_id="0" * 32)
    assert left(idle) == [] and idle.is_idle
    with pytest.raises(UserError, match="no such run"):
        idle.find("0" * 32)


def test_an_attempt_that_cannot_be_written_leaves_nothing(idle, monkeypatch):
    monkeypatch.setattr("charrnn.runs.attempts.atomic_write", refuse_to_write)
    with pytest.raises(UserError, match="could not be saved: No space"):
        idle.start(small())
    assert left(idle) == [] and idle.is_idle


def test_a_start_while_the_app_closes_leaves_nothing(idle):
    idle.close(timeout_seconds=0)
    with pytest.raises(UserError, match="shutting down"):
        idle.start(small())
    assert left(idle) == []


@pytest.mark.parametrize("lent", [False, True])
def test_the_context_of_a_request_is_kept_only_for_a_gpu(idle, monkeypatch, lent):
    monkeypatch.setattr(zerogpu, "requested", lambda run: lent)
    WHO.set("ada, with her token")
    idle.start(small())
    (waiting,) = idle.queued_runs
    assert (WHO in waiting.context) == lent


def test_an_app_closes_though_a_run_waits_for_a_gpu(tmp_path, monkeypatch):
    asked, free = threading.Event(), threading.Event()

    def lent(*_):
        asked.set()
        free.wait(120)
        yield from ()

    monkeypatch.setattr(zerogpu, "requested", lambda run: True)
    monkeypatch.setattr(zerogpu, "train_on_gpu", lent)
    monkeypatch.setattr(manager, "_KILL_SECONDS", 0.2)
    runs = RunManager(tmp_path)
    run = runs.start(small())
    assert asked.wait(90)
    closing = threading.Thread(target=runs.close, kwargs={"timeout_seconds": 0}, daemon=True)
    closing.start()
    closing.join(60)
    assert not closing.is_alive(), "it waits for the GPU"
    assert ends(run) == ["failed"] and run.read_events()[0][-1]["interrupted"]
    serving = [thread for thread in threading.enumerate() if thread.name == "trainer"]
    assert serving and all(thread.daemon for thread in serving), "nor does the program's end"
    free.set()
    until = time.monotonic() + 60
    while not runs.is_idle:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert ends(run) == ["failed"], "once is enough"
