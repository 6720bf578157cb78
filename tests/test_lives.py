"""The life of a run: whatever dies, and whenever, it ends once, and everybody is told how."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from test_runs import events_of, is_progress, small, worker_of

from charrnn import locks
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.journal import Journal
from charrnn.runs import Run
from charrnn.turns import Turn
from charrnn.workers import Runs

APP = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_runs import small
from charrnn.workers import Runs

if __name__ == "__main__":
    runs = Runs(Path(sys.argv[1]))
    try:
        for _ in range(int(sys.argv[2])):
            print(runs.start(small(seconds=60)).id, flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    finally:
        runs.close()
"""


@pytest.fixture
def runs(tmp_path):
    house = Runs(tmp_path / "runs")
    yield house
    house.close()


@pytest.fixture
def app(tmp_path):
    """Starts an app in processes of its own: it and its runs."""
    script = tmp_path / "app.py"
    script.write_text(APP.format(tests=str(Path(__file__).parent)))
    started = []

    def start(count):
        process = subprocess.Popen(
            [sys.executable, script, tmp_path / "runs", str(count)],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
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


def ends(run):
    return [event["reason"] for event in run.read_events()[0] if event["event"] == "end"]


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


def test_what_does_not_stop_is_killed_when_the_app_closes(tmp_path):
    runs = Runs(tmp_path)
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    os.kill(worker_of(run), signal.SIGSTOP)
    runs.close(patience=0.1)
    assert ends(run) == ["failed"]
    with pytest.raises(UserError, match="closing"):
        runs.start(small())


def test_what_was_left_by_an_app_that_was_killed_ends_with_the_next(app, tmp_path):
    process, (run, waiting) = app(2)
    events_of(run, until=is_progress)
    worker = worker_of(run)
    process.kill()
    process.wait()
    assert run.state == "running", "its worker is there yet"
    assert waiting.state == "failed", "nobody will ever start it"
    os.kill(worker, signal.SIGKILL)
    while locks.held(run.directory / "worker.lock"):
        pass
    assert run.state == "failed"
    assert ends(run) == ends(waiting) == []
    house = Runs(tmp_path / "runs")
    assert ends(run) == ends(waiting) == ["failed"]
    assert len(list(house.root.glob(".app-*"))) == 1
    house.close()
    assert not list(house.root.glob(".app-*"))


def test_a_second_app_leaves_the_first_one_s_runs_alone(runs):
    first, second = (runs.start(small(seconds=60)) for _ in range(2))
    events_of(first, until=is_progress)
    other = Runs(runs.root)
    assert (first.state, second.state) == ("running", "queued")
    with pytest.raises(UserError, match="still going on"):
        other.keep_training(second.id)
    other.close()
    assert (first.state, second.state) == ("running", "queued")
    second.stop()
    first.stop()
    events_of(first)
    assert ends(first) == ends(second) == ["stopped"]


def test_a_run_that_dies_as_it_goes_on_has_failed(runs):
    run = runs.start(small(epochs=1))
    before = len(events_of(run))
    runs.keep_training(run.id)
    while not locks.held(run.directory / "worker.lock"):
        assert run.state in ("queued", "running")
    os.kill(worker_of(run), signal.SIGKILL)  # before it has said anything
    assert events_of(run)[before:][-1]["reason"] == "failed" == run.state


def test_a_worker_that_dies_before_its_lock_has_failed_too(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    list(run.work())
    run.enqueue(again=True)
    assert run.begin()
    assert run.state == "failed"
    assert run.note_death()
    assert not run.note_death(), "once is enough"
    assert ends(run) == ["finished", "failed"]


def test_nobody_sees_a_killed_run_without_its_end(runs, monkeypatch):
    told, note = threading.Event(), Run.note_death

    def slow(run, app=None):
        told.wait(30)
        return note(run, app)

    monkeypatch.setattr(Run, "note_death", slow)
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    os.kill(worker_of(run), signal.SIGKILL)
    while locks.held(run.directory / "worker.lock"):
        pass
    assert run.state == "running", "its app is about to say so"
    told.set()
    assert events_of(run)[-1]["reason"] == "failed"


def begun(tmp_path):
    """A run whose worker was killed with its app."""
    run = Run.create(tmp_path, small())
    Turn().write(run.directory / "begun")
    run.journal.append({"event": "start", "seconds": 0})
    return run


def test_who_follows_a_run_that_died_with_its_app_is_told_its_end(tmp_path):
    run = begun(tmp_path)
    assert [event["event"] for event in events_of(run)] == ["start", "end"]
    assert ends(run) == ["failed"]


def test_a_start_without_an_end_and_without_a_turn_is_seen_off(tmp_path):
    run = begun(tmp_path)
    (run.directory / "begun").unlink()
    Runs(tmp_path).close()
    assert ends(run) == ["failed"]


def test_a_full_disk_leaves_nobody_waiting(runs, monkeypatch):
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    with monkeypatch.context() as full:
        full.setattr(Journal, "append", refuse)
        os.kill(worker_of(run), signal.SIGKILL)
        assert events_of(run)[-1]["reason"] == "failed" == run.state
    assert ends(run) == []
    Runs(runs.root).close()
    assert ends(run) == ["failed"], "as soon as there is room"


def refuse(*arguments, **more):
    raise OSError(28, "No space left on device", "/a/secret/place")


def test_a_run_that_cannot_be_kept_is_refused_without_this_machine_s_paths(
    runs, monkeypatch, tmp_path
):
    monkeypatch.setattr(Corpus, "save", refuse)
    with pytest.raises(UserError) as refused:
        runs.start(small())
    assert refused.value.message == "The run cannot be kept: No space left on device."
    assert not list(runs.root.glob("*/"))
    with pytest.raises(UserError, match="mine: No space"):
        Run.create_at(tmp_path / "mine", small())


def test_a_turn_that_cannot_be_written_is_refused_in_words(runs, monkeypatch):
    monkeypatch.setattr("charrnn.turns.write", refuse)
    with pytest.raises(UserError, match="cannot be kept: No space"):
        runs.start(small())


def test_what_is_called_off_stays_queued_until_its_end_is_written(tmp_path, monkeypatch):
    run = Run.create(tmp_path, small())
    run.enqueue()
    with monkeypatch.context() as full:
        full.setattr(Journal, "append", refuse)
        with pytest.raises(OSError, match="No space"):
            run.stop()
    assert run.state == "queued"
    run.stop()
    assert ends(run) == ["stopped"] and not run.waits
    run.stop()
    assert ends(run) == ["stopped"]


def test_a_worker_does_not_begin_what_was_called_off(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    run.enqueue("an app")
    run.begin("an app")
    run.journal.append(run.ending("stopped", "Stopped before it began."))
    assert list(run.work(app="an app")) == []
    assert ends(run) == ["stopped"] == [run.state]


@pytest.mark.parametrize("shared", [True, False])
def test_viewers_do_not_take_each_other_for_a_worker(tmp_path, monkeypatch, shared):
    if not shared:
        monkeypatch.setattr(locks, "fcntl", None)
    run = Run.create(tmp_path, small(epochs=1))
    list(run.work())
    lock = run.directory / "worker.lock"
    with ThreadPoolExecutor(4) as viewers:
        assert set(viewers.map(lambda _: Run(run.directory).state, range(800))) == {"finished"}
        assert not any(viewers.map(locks.held, [lock] * 800))
    with locks.hold(lock, timeout=1):
        assert locks.held(lock)
        assert locks.hold(lock, timeout=0) is None
    assert not locks.held(lock)


def test_a_run_taken_from_a_queue_by_hand_is_not_waiting_any_more(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    run.enqueue("an app that is gone")
    list(run.work(resume=True))
    assert run.state == "finished" and not run.waits
    Runs(tmp_path).close()
    assert ends(run) == ["finished"]


def test_two_apps_cannot_both_let_a_run_go_on(runs):
    run = runs.start(small(epochs=1))
    events_of(run)
    other = Runs(runs.root)

    def keep(house):
        try:
            house.keep_training(run.id)
        except UserError as error:
            return error.message
        return "kept"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(keep, [runs, other]))
    events_of(run)
    other.close()
    assert answers == ["This run is still going on.", "kept"]
    assert ends(run) == ["finished", "finished"]


def test_a_run_called_off_can_be_asked_for_again_at_once(runs):
    first, second, third = (runs.start(small(seconds=60)) for _ in range(3))
    second.stop()
    assert [runs.queue_position(run.id) for run in (second, third)] == [0, 1]
    runs.keep_training(second.id)
    assert [runs.queue_position(run.id) for run in (second, third)] == [2, 1]
    for run in (first, third, second):
        events_of(run, until=is_progress)
        run.stop()
        events_of(run)
    assert ends(second) == ["stopped", "stopped"]


def test_a_run_that_is_interrupted_in_the_foreground_says_so(tmp_path):
    run = Run.create(tmp_path, small(epochs=5))
    events = run.work()
    next(events)
    with pytest.raises(KeyboardInterrupt):
        events.throw(KeyboardInterrupt)
    assert ends(run) == ["stopped"] == [run.state]


def test_what_a_killed_worker_left_half_written_is_removed(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    left = run.directory / "resume" / ".point.safetensors.0123abcd"
    left.parent.mkdir()
    left.touch()
    list(run.work())
    assert not left.exists()


def test_an_event_that_finds_no_room_leaves_no_half_line(tmp_path):
    journal = Journal(tmp_path / "events.jsonl")
    journal.append({"event": "start"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            journal.append({"event": "progress", "step": 1})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert journal.path.read_text() == '{"event": "start"}\n'


def test_the_last_event_is_found_from_the_end(tmp_path):
    journal = Journal(tmp_path / "events.jsonl")
    assert journal.last(0, "end") is None and journal.mend() == 0
    journal.append({"event": "end", "text": "x" * 20_000})
    size = journal.mend()
    assert journal.last(0, "end")["text"] == "x" * 20_000
    assert journal.last(size, "end") is None
    with journal.path.open("a") as file:
        file.write('{"event": "e')
    assert journal.last(size, "end") is None and journal.last(0, "start") is None
    journal.append({"event": "end", "text": "y"})
    assert journal.last(size, "end") == {"event": "end", "text": "y"}
    lines = journal.path.read_text().splitlines()
    assert [json.loads(line)["text"][0] for line in lines] == ["x", "y"]
