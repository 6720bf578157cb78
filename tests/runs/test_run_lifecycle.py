"""The states of a run beside other apps, readers and full disks: it ends once, and says how."""

import json
import os
import resource
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from refusals import refuse_to_write
from worker_runs import ends, events_of, is_progress, small, worker_of

from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.runs.end_reasons import EndReason
from charrnn.runs.event_log import EventLog
from charrnn.runs.manager import RunManager
from charrnn.runs.run import Run
from charrnn.utils import file_locks


@pytest.fixture
def runs(tmp_path):
    manager = RunManager(tmp_path / "runs")
    yield manager
    manager.close()


def test_a_second_app_leaves_the_first_one_s_runs_alone(runs):
    first, second = (runs.start(small(seconds=60)) for _ in range(2))
    events_of(first, until=is_progress)
    other = RunManager(runs.root)
    assert (first.state, second.state) == ("running", "queued")
    with pytest.raises(UserError, match="still waiting or training"):
        other.resume(second.id)
    other.close()
    assert (first.state, second.state) == ("running", "queued")
    second.stop()
    first.stop()
    events_of(first)
    assert ends(first) == ends(second) == ["stopped"]


def test_a_full_disk_leaves_no_run_waiting(runs, monkeypatch):
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    with monkeypatch.context() as full:
        full.setattr(EventLog, "append", refuse_to_write)
        os.kill(worker_of(run), signal.SIGKILL)
        assert events_of(run)[-1]["reason"] == "failed" == run.state
    assert ends(run) == []
    RunManager(runs.root).close()
    assert ends(run) == ["failed"], "as soon as there is room"


def test_a_run_that_cannot_be_written_is_refused_without_paths_of_this_machine(
    runs, monkeypatch, tmp_path
):
    monkeypatch.setattr(Corpus, "save", refuse_to_write)
    with pytest.raises(UserError) as refused:
        runs.start(small())
    assert refused.value.message == "The run could not be saved: No space left on device."
    assert not list(runs.root.glob("*/"))
    with pytest.raises(UserError, match="mine: No space"):
        Run.create_at(tmp_path / "mine", small())


def test_an_attempt_that_cannot_be_written_is_refused_with_a_message(runs, monkeypatch):
    monkeypatch.setattr("charrnn.runs.attempts.atomic_write", refuse_to_write)
    with pytest.raises(UserError, match="could not be saved: No space"):
        runs.start(small())


def test_a_stopped_run_stays_queued_until_its_end_is_written(tmp_path, monkeypatch):
    run = Run.create(tmp_path, small())
    run.enqueue()
    with monkeypatch.context() as full:
        full.setattr(EventLog, "append", refuse_to_write)
        with pytest.raises(OSError, match="No space"):
            run.stop()
    assert run.state == "queued"
    run.stop()
    assert ends(run) == ["stopped"] and not run.is_queued
    run.stop()
    assert ends(run) == ["stopped"]


def test_a_worker_does_not_start_a_stopped_run(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    run.enqueue("an app")
    run.mark_started("an app")
    run.event_log.append(run.make_end_event(EndReason.CANCELLED))
    assert list(run.train(app="an app")) == []
    assert ends(run) == ["stopped"] == [run.state]


@pytest.mark.parametrize("shared", [True, False])
def test_readers_do_not_mistake_each_other_for_a_worker(tmp_path, monkeypatch, shared):
    if not shared:
        monkeypatch.setattr(file_locks, "fcntl", None)
    run = Run.create(tmp_path, small(epochs=1))
    list(run.train())
    lock = run.directory / "worker.lock"
    with ThreadPoolExecutor(4) as viewers:
        assert set(viewers.map(lambda _: Run(run.directory).state, range(800))) == {"finished"}
        assert not any(viewers.map(file_locks.is_locked, [lock] * 800))
    with file_locks.try_lock(lock, timeout=1):
        assert file_locks.is_locked(lock)
        assert file_locks.try_lock(lock, timeout=0) is None
    assert not file_locks.is_locked(lock)


def test_a_queued_run_that_is_trained_in_the_foreground_leaves_the_queue(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    run.enqueue("an app that is gone")
    list(run.train(resume=True))
    assert run.state == "finished" and not run.is_queued
    RunManager(tmp_path).close()
    assert ends(run) == ["finished"]


def test_two_apps_cannot_both_resume_a_run(runs):
    run = runs.start(small(epochs=1))
    events_of(run)
    other = RunManager(runs.root)

    def keep(manager):
        try:
            manager.resume(run.id)
        except UserError as error:
            return error.message
        return "kept"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(keep, [runs, other]))
    events_of(run)
    other.close()
    assert answers == [
        "This run is still waiting or training: stop it, or wait until it has ended.",
        "kept",
    ]
    assert ends(run) == ["finished", "finished"]


def test_a_stopped_run_can_be_queued_again_at_once(runs):
    first, second, third = (runs.start(small(seconds=60)) for _ in range(3))
    second.stop()
    assert [runs.queue_position(run.id)[0] for run in (second, third)] == [0, 1]
    runs.resume(second.id)
    assert [runs.queue_position(run.id)[0] for run in (second, third)] == [2, 1]
    for run in (first, third, second):
        events_of(run, until=is_progress)
        run.stop()
        events_of(run)
    assert ends(second) == ["stopped", "stopped"]


def test_a_run_interrupted_in_the_foreground_records_that(tmp_path):
    run = Run.create(tmp_path, small(epochs=5))
    events = run.train()
    next(events)
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt)
    assert ends(run) == ["stopped"] == [run.state]


def test_half_written_files_of_a_killed_worker_are_removed(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    left = run.directory / "resume" / ".point.safetensors.0123abcd"
    left.parent.mkdir()
    left.touch()
    list(run.train())
    assert not left.exists()


def test_an_event_that_cannot_be_written_leaves_no_partial_line(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    log.append({"event": "start"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            log.append({"event": "progress", "step": 1})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert log.path.read_text() == '{"event": "start"}\n'


def test_the_last_event_is_found_from_the_end(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    assert log.last_if("end", since=0) is None and log.truncate_partial_line() == 0
    end = {"event": "end", "reason": "stopped"}
    log.append(end | {"text": "x" * 20_000})
    size = log.truncate_partial_line()
    assert log.last_if("end", since=0)["text"] == "x" * 20_000
    assert log.last_if("end", since=size) is None
    with log.path.open("a") as file:
        file.write('{"event": "e')
    assert log.last_if("end", since=size) is None and log.last_if("start", since=0) is None
    log.append(end | {"text": "y"})
    assert log.last_if("end", since=size)["text"] == "y"
    lines = log.path.read_text().splitlines()
    assert [json.loads(line)["text"][0] for line in lines] == ["x", "y"]
