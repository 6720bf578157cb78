"""Crashes and shutdowns of workers and apps: each run ends once, and can be resumed."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT
from worker_runs import ends, events_of, is_progress, small, worker_of

from charrnn.errors import UserError
from charrnn.runs.app_lock import AppLock
from charrnn.runs.attempts import STARTED, Attempt
from charrnn.runs.end_reasons import EndReason, end_message
from charrnn.runs.manager import RunManager
from charrnn.runs.run import Run
from charrnn.utils import file_locks

APP = """
import signal
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from worker_runs import small
from charrnn.runs.manager import RunManager

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background has none
    runs = RunManager(Path(sys.argv[1]))
    try:
        for _ in range(int(sys.argv[2])):
            print(runs.start(small(seconds=60)).id, flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    finally:
        runs.close()
"""

SHUT_DOWN = {saved: end_message(EndReason.SHUTDOWN, saved=saved) for saved in (True, False)}
CUT_OFF = {saved: end_message(EndReason.INTERRUPTED, saved=saved) for saved in (True, False)}


@pytest.fixture
def runs(tmp_path):
    manager = RunManager(tmp_path / "runs")
    yield manager
    manager.close()


@pytest.fixture
def app(tmp_path):
    """Starts an app in processes of its own: it and its runs."""
    script = tmp_path / "app.py"
    script.write_text(APP.format(paths=[str(ROOT / "tests" / name) for name in ("", "support")]))
    started = []

    def start(count):
        process = subprocess.Popen(
            [sys.executable, script, tmp_path / "runs", str(count)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process, [Run(tmp_path / "runs" / process.stdout.readline().strip())
                         for _ in range(count)]  # fmt: skip

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("early", [True, False])
def test_ctrl_c_stops_the_workers_of_an_app_and_keeps_their_models(app, early):
    process, (run, waiting) = app(2)
    if not early:
        events_of(run, until=is_progress)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    assert process.wait(60) == 0
    assert ends(run) == ends(waiting) == ["stopped"]
    if not early:
        assert run.checkpoint is not None


def last(run):
    return run.read_events()[0][-1]


def wait_for_end(run, seconds=30):
    deadline = time.monotonic() + seconds
    while not run.has_ended:
        assert time.monotonic() < deadline, f"{run.state} after {seconds} s"
        time.sleep(0.02)
    return last(run)


def test_the_worker_of_a_killed_app_ends_by_itself_and_its_run_can_be_resumed(app, tmp_path):
    process, (run,) = app(1)
    events_of(run, until=is_progress)
    began = time.monotonic()
    process.kill()
    process.wait()
    end = wait_for_end(run)
    assert time.monotonic() - began < 10
    assert end["interrupted"] and end["message"] == SHUT_DOWN[True] and end["reason"] == "stopped"
    assert run.has_resume_state and run.checkpoint is not None
    manager = RunManager(tmp_path / "runs")
    assert ends(run) == ["stopped"]
    manager.resume(run.id)
    again = events_of(run, until=lambda event: event.get("resumed_from") is not None)[-1]
    assert again["resumed_from"] == end["step"]
    manager.close()


def test_a_redeployment_interrupts_active_and_queued_runs(app):
    process, (run, waiting) = app(2)
    events_of(run, until=is_progress)
    process.terminate()
    assert process.wait(60) == 0
    assert ends(run) == ends(waiting) == ["stopped"]
    assert last(run)["interrupted"] and last(run)["message"] == end_message(
        EndReason.SHUTDOWN, saved=True
    )
    assert last(waiting)["interrupted"] and last(waiting)["message"] == end_message(
        EndReason.SHUTDOWN, saved=False
    )
    assert run.has_resume_state and not waiting.has_resume_state


def test_a_worker_saves_its_run_on_sigterm(runs):
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    os.kill(worker_of(run), signal.SIGTERM)
    end = events_of(run)[-1]
    assert end["reason"] == "stopped" and end["interrupted"] and run.has_resume_state


def test_a_run_that_its_user_stopped_was_not_interrupted(tmp_path):
    runs = RunManager(tmp_path)
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    run.stop()
    runs.close()
    assert "interrupted" not in last(run) and ends(run) == ["stopped"]


def test_a_worker_that_does_not_stop_is_killed_when_the_app_closes(tmp_path):
    runs = RunManager(tmp_path)
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    os.kill(worker_of(run), signal.SIGSTOP)
    runs.close(timeout_seconds=0.1)
    assert ends(run) == ["failed"] and last(run)["interrupted"]
    with pytest.raises(UserError, match="shutting down"):
        runs.start(small())


def test_the_next_app_ends_the_runs_of_a_killed_app(app, tmp_path):
    process, (run, waiting) = app(2)
    events_of(run, until=is_progress)
    worker = worker_of(run)
    os.kill(worker, signal.SIGSTOP)  # or it would end by itself
    process.kill()
    process.wait()
    assert run.state == "running", "its worker is there yet"
    assert waiting.state == "failed", "nobody will ever start it"
    os.kill(worker, signal.SIGKILL)
    while file_locks.is_locked(run.directory / "worker.lock"):
        pass
    assert run.state == "failed"
    assert ends(run) == ends(waiting) == []
    manager = RunManager(tmp_path / "runs")
    assert ends(run) == ends(waiting) == ["failed"]
    assert last(run)["interrupted"] and last(run)["message"] == end_message(
        EndReason.INTERRUPTED, saved=run.has_resume_state
    )
    assert last(waiting)["interrupted"] and last(waiting)["message"] == end_message(
        EndReason.INTERRUPTED, saved=False
    )
    assert len(list(manager.root.glob(".app-*"))) == 1
    manager.close()
    assert not list(manager.root.glob(".app-*"))


def test_a_resumed_run_whose_worker_dies_has_failed(runs):
    run = runs.start(small(epochs=1))
    before = len(events_of(run))
    runs.resume(run.id)
    while not file_locks.is_locked(run.directory / "worker.lock"):
        assert run.state in ("queued", "running")
    os.kill(worker_of(run), signal.SIGKILL)  # before it has said anything
    assert events_of(run)[before:][-1]["reason"] == "failed" == run.state


def test_a_run_whose_worker_dies_before_it_takes_the_lock_has_failed(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    list(run.train())
    run.enqueue(resume=True)
    assert run.mark_started()
    assert run.state == "failed"
    assert run.record_missing_end()
    assert not run.record_missing_end(), "once is enough"
    assert ends(run) == ["finished", "failed"]
    assert last(run)["message"] == end_message(
        EndReason.CRASHED, saved=True
    ) and "interrupted" not in last(run)


def test_a_killed_run_is_never_seen_without_its_end(runs, monkeypatch):
    told, note = threading.Event(), Run.record_missing_end

    def slow(run, app=None, **more):
        told.wait(30)
        return note(run, app, **more)

    monkeypatch.setattr(Run, "record_missing_end", slow)
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    os.kill(worker_of(run), signal.SIGKILL)
    while file_locks.is_locked(run.directory / "worker.lock"):
        pass
    assert run.state == "running", "its app is about to say so"
    told.set()
    assert events_of(run)[-1]["reason"] == "failed"


def begun(tmp_path):
    """A run whose worker was killed with its app."""
    run = Run.create(tmp_path, small())
    Attempt().write(run.directory / STARTED)
    run.event_log.append({"event": "start", "seconds": 0})
    return run


def test_a_follower_of_a_run_that_died_with_its_app_gets_its_end(tmp_path):
    run = begun(tmp_path)
    assert [event["event"] for event in events_of(run)] == ["start", "end"]
    assert ends(run) == ["failed"]


def test_a_run_with_a_start_event_but_no_attempt_gets_its_end(tmp_path):
    run = begun(tmp_path)
    (run.directory / STARTED).unlink()
    RunManager(tmp_path).close()
    assert ends(run) == ["failed"]


@pytest.mark.parametrize(
    ("name", "state"), [("wish.run", "queued"), ("begun", "running"), ("untold", "failed")]
)
def test_an_attempt_under_a_file_name_of_version_0_1_is_read_and_gets_its_end(
    tmp_path, name, state
):
    run, app = Run.create(tmp_path, small()), AppLock(tmp_path)
    Attempt(0, app.name).write(run.directory / name)
    assert run.was_requested and run.state == state
    app.end()
    RunManager(tmp_path, workers=0).close()
    assert ends(run) == ["failed"] and run.read_events()[0][-1]["interrupted"]
    assert not (run.directory / name).exists()
    run.enqueue()
    assert run.state == "queued", "the new attempt counts"
