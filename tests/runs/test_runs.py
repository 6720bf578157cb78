"""Runs: a worker process, its directory, stopping, queueing, going on, dying."""

import json
import os
import re
import signal

import pytest
from worker_runs import (
    events_of,
    is_progress,
    small,
    worker_of,
    write_imports_of_first_steps,
)

import charrnn
from charrnn.errors import UserError
from charrnn.runs.launcher import WorkerLauncher
from charrnn.runs.manager import RunManager
from charrnn.runs.run import Run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    manager = RunManager(tmp_path_factory.mktemp("runs"))
    yield manager
    manager.close()


def test_a_run_trains_in_a_process_of_its_own_and_can_be_followed(runs):
    run = runs.start(small(epochs=4))
    events = events_of(run)
    assert [events[0]["event"], events[-1]["event"]] == ["start", "end"]
    assert events[0]["run"] == run.id and events[-1]["reason"] == "finished"
    assert run.state == "finished" and not run.is_active
    assert events_of(run) == events, "a second viewer sees the same run"
    assert events[-1]["checkpoint"] == str(run.checkpoint)
    assert charrnn.load(run.checkpoint).about["corpus"]["name"] == "cats.txt"
    assert run.manifest["model"]["cell"] == "gru"
    assert len(run.id) == 32 and Run.find(runs.root, run.id).directory == run.directory


def test_a_worker_has_loaded_what_its_first_steps_need(tmp_path):
    worker = WorkerLauncher().start(write_imports_of_first_steps, tmp_path / "late")
    worker.join(60)
    late = (tmp_path / "late").read_text().splitlines()
    assert "torch._dynamo" not in late and len(late) < 100, "it takes two seconds"


def test_stop_keeps_the_model(runs):
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    assert run.state == "running"
    run.stop()
    assert run.state in ("stopping", "stopped")
    events = events_of(run)
    assert events[-1]["reason"] == "stopped" == run.state
    assert charrnn.generate(charrnn.load(run.checkpoint), "the", 5, seed=0)


def test_a_sample_comes_when_it_is_asked_for(runs):
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    before = len([e for e in run.read_events()[0] if e["event"] == "sample"])
    run.sample()
    count = iter(range(before))
    events_of(run, until=lambda e: e["event"] == "sample" and next(count, None) is None)
    run.stop()
    assert events_of(run)[-1]["reason"] == "stopped"


def test_runs_queue_and_a_queued_one_can_be_stopped(runs):
    first, second, third = (runs.start(small(seconds=60)) for _ in range(3))
    events_of(first, until=is_progress)
    assert (second.state, third.state) == ("queued", "queued")
    assert [runs.queue_position(run.id)[0] for run in (first, second, third)] == [0, 1, 2]
    second.stop()
    assert second.state == "stopped", "it need not wait for its turn"
    assert events_of(second)[-1]["message"] == "Cancelled before it began."
    first.stop()
    assert second.checkpoint is None and second.state == "stopped"
    events_of(third, until=is_progress)
    third.stop()
    assert events_of(third)[-1]["reason"] == "stopped"


def test_a_run_has_the_id_that_its_browser_made_unless_another_has_it(tmp_path):
    wanted = "0123456789abcdef" * 2
    first = Run.create(tmp_path, small(), wanted)
    assert first.id == wanted and Run.find(tmp_path, wanted).manifest["run"] == wanted
    before = (first.directory / "run.json").read_bytes()
    for odd in (wanted, "../" + wanted, wanted.upper(), wanted + "\n", wanted[:16], "", None):
        run = Run.create(tmp_path, small(), odd)
        assert run.id != odd and re.fullmatch("[0-9a-f]{32}", run.id)
        assert run.directory.parent == tmp_path
    assert (first.directory / "run.json").read_bytes() == before


def test_a_finished_run_is_extended_by_its_own_length(runs):
    run = runs.start(small(epochs=3))
    first = events_of(run)
    assert runs.resume(run.id).id == run.id
    events = events_of(run)[len(first) :]
    assert events[0]["event"] == "start" and events[0]["resumed_from"] == first[-1]["step"]
    assert events[-1]["epoch"] == 6 and run.manifest["training"]["epochs"] == 6
    assert events[-1]["seconds"] > first[-1]["seconds"]
    assert events[-1]["train_perplexity"] < first[-1]["train_perplexity"]


def test_a_stopped_run_goes_on_to_its_end(runs):
    run = runs.start(small(epochs=8))
    events_of(run, until=is_progress)
    run.stop()
    stopped = events_of(run)[-1]
    assert stopped["reason"] == "stopped" and stopped["epoch"] < 8
    runs.resume(run.id)
    end = events_of(run)[-1]
    assert end["reason"] == "finished" and end["epoch"] == 8


def test_an_active_run_cannot_be_resumed(runs):
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    with pytest.raises(UserError, match="still waiting or training"):
        runs.resume(run.id)
    run.stop()
    events_of(run)


def test_a_killed_worker_is_noticed_and_its_run_goes_on(runs):
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    os.kill(worker_of(run), signal.SIGKILL)
    end = events_of(run)[-1]
    assert end["reason"] == "failed" == run.state and end["code"] == "crashed"
    runs.resume(run.id)
    events_of(run, until=lambda e: e["event"] == "start" and e["seconds"] >= 0)
    run.stop()
    assert events_of(run)[-1]["reason"] == "stopped"


def test_a_bug_in_the_worker_ends_the_run_as_failed(tmp_path, monkeypatch):
    run = Run.create(tmp_path, small(epochs=2))

    def broken(*arguments, **more):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("charrnn.runs.run.train", broken)
    with pytest.raises(ZeroDivisionError):
        list(run.train())
    (end,) = run.read_events()[0]
    assert end["reason"] == "failed" and "secret" not in json.dumps(end)
    assert "before anything was saved" in end["message"]
    assert run.state == "failed"


def test_only_real_ids_find_a_run(runs):
    for wrong in ("", "..", "../../etc/passwd", "a" * 16, "A" * 16, "x/../y", "\0"):
        with pytest.raises(UserError, match="no such run"):
            runs.find(wrong)


def test_a_directory_that_holds_a_run_is_refused(tmp_path):
    Run.create_at(tmp_path / "here", small())
    with pytest.raises(UserError, match="already holds a run"):
        Run.create_at(tmp_path / "here", small())


def test_a_partial_line_is_not_an_event(tmp_path):
    run = Run.create(tmp_path, small())
    whole = json.dumps({"event": "start"}) + "\n"
    (run.directory / "events.jsonl").write_text(whole + '{"event": "pro')
    events, offset = run.read_events()
    assert [event["event"] for event in events] == ["start"] and offset == len(whole)
    with (run.directory / "events.jsonl").open("a") as file:
        file.write('gress"}\n')
    assert [event["event"] for event in run.read_events(offset)[0]] == ["progress"]


def test_a_run_left_waiting_by_a_dead_app_is_marked(tmp_path):
    run = Run.create(tmp_path, small())
    run.enqueue()
    assert run.state == "queued"
    RunManager(tmp_path).close()
    assert run.state == "failed"
    message = run.event_log.find_last("end")["message"]
    assert "before anything was saved" in message and "safe" not in message


def test_stop_right_after_start_is_never_lost(runs):
    for wait in (0, 1, 3):
        run = runs.start(small(seconds=60))
        for _ in range(wait):
            assert run.state in ("queued", "running")
        run.stop()
        events = events_of(run)
        assert events[-1]["reason"] == "stopped" == run.state
        assert [event["event"] for event in events].count("end") == 1


def test_a_partial_line_is_removed_when_the_run_resumes(tmp_path):
    run = Run.create(tmp_path, small(epochs=1))
    (run.directory / "events.jsonl").write_text('{"event": "start"}\n{"event": "prog')
    events = [event["event"] for event in run.train(resume=True)]
    assert [event["event"] for event in run.read_events()[0]] == ["start", *events]


def test_an_old_request_to_stop_does_not_stop_a_run_that_resumes(tmp_path):
    run = Run.create(tmp_path, small(epochs=2))
    (run.directory / "stop.request").touch()
    assert list(run.train(resume=True))[-1]["reason"] == "finished"


def test_commands_under_the_file_names_of_version_0_1_are_obeyed_and_taken_back(tmp_path):
    run = Run.create(tmp_path, small())
    for name in ("stop", "sample"):
        (run.directory / f"wish.{name}").write_bytes(b"closing")
    assert run.commands.is_given("stop") and run.commands.by_closing_app()
    assert run.commands.take() == {"stop", "sample"}
    assert run.commands.take() == {"stop"}
    run.commands.clear()
    assert run.commands.take() == set()


def test_a_second_worker_on_one_run_is_refused(runs, monkeypatch):
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    with pytest.raises(UserError, match="still waiting or training"):
        next(run.train(resume=True))
    run.stop()
    events_of(run)
