"""Limits: read from the environment, enforced by the server, refused in words."""

import dataclasses
import os
import re
import runpy
import sys
import zipfile

import pytest
from conftest import ROOT
from refusals import refusal
from worker_runs import SMALL, TEXT, events_of, is_progress, small

from charrnn.errors import UserError
from charrnn.runs.admission import check_files, check_text, directory_bytes
from charrnn.runs.limits import Limits, variable_name
from charrnn.runs.manager import RunManager
from charrnn.runs.plan import make_plan
from charrnn.runs.retention import delete_expired
from charrnn.text import Text
from charrnn.ui.api import uploaded_files
from charrnn.ui.operations.training import TrainArguments, training_text
from charrnn.ui.train.request import OWN, TrainRequest
from charrnn.utils.file_locks import try_lock
from charrnn.utils.space import space_id


@pytest.fixture
def open_manager(tmp_path):
    """Makes the runs of an app with these limits."""
    opened = []

    def open_one(*, workers=1, **limits):
        opened.append(RunManager(tmp_path / "runs", workers=workers, limits=Limits(**limits)))
        return opened[-1]

    yield open_one
    for runs in opened:
        runs.close()


# The environment


def test_defaults_are_generous_on_a_private_machine_and_strict_on_a_space():
    own, space_id = Limits.from_environment({}), Limits.from_environment({"SPACE_ID": "a/b"})
    assert own.seconds is own.characters is own.runs_per_visitor is own.keep_hours is None
    assert own.proxies == 0 and space_id.proxies == 1
    assert space_id.seconds == 1800 and space_id.runs_per_visitor == 3 and space_id.keep_hours == 24
    assert own.workers == space_id.workers == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Limits)])
def test_every_limit_can_be_set(name):
    value = {"memory_mb": "400", "proxies": "1"}.get(name, "100")
    limits = Limits.from_environment({variable_name(name): value, "SPACE_ID": "a/b"})
    assert getattr(limits, name) == int(value)


def test_a_space_without_a_name_is_not_a_private_machine():
    whole = {"SPACE_ID": "a/b", "SYSTEM": "spaces"}
    assert space_id(whole) == "a/b" and space_id({}) is None
    for half in ({"SPACE_ID": "a/b"}, {"SYSTEM": "spaces"}):
        assert space_id(half) == ""
        assert Limits.from_environment(half) == Limits.from_environment(whole)


def test_a_limit_can_be_taken_away():
    space_id = {"SPACE_ID": "a/b", "CHARRNN_SECONDS": "none", "CHARRNN_CHARACTERS": " None "}
    limits = Limits.from_environment(space_id)
    assert limits.seconds is limits.characters is None


@pytest.mark.parametrize("value", ["many", "-1", "nan", "1e999", "0", "true", "none"])
def test_an_invalid_value_is_a_clear_error(value):
    with pytest.raises(UserError, match=re.escape(f"CHARRNN_WORKERS={value}: give a number from")):
        Limits.from_environment({"CHARRNN_WORKERS": value})


def test_an_app_with_an_invalid_limit_does_not_start(monkeypatch):
    monkeypatch.setenv("CHARRNN_SECONDS", "long")
    for stream in ("stdout", "stderr"):  # the app replaces them
        monkeypatch.setattr(sys, stream, getattr(sys, stream))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "app.py"))
    assert ended.value.code.startswith("CHARRNN_SECONDS=long: give a number of at least 1, or none")


# What is refused


def test_what_is_uploaded_is_bounded(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"a" * (1 << 20))
    files = [tmp_path / "a.txt"] * 2
    check_files(files, Limits(upload_mb=2))
    said, field = refusal(check_files, files, Limits(upload_mb=1))
    assert (
        said.startswith("The uploaded files have 2.0 MB, and the limit for a run here is 1 MB")
        and field == "corpus"
    )


def packed(path, *sizes):
    """A small archive of files that are not."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, size in enumerate(sizes):
            archive.writestr(f"{number}.txt", b"a" * size)
    return path


def test_what_is_unpacked_is_bounded_as_what_is_uploaded(tmp_path, monkeypatch):
    monkeypatch.setattr("charrnn.ui.api.get_upload_folder", lambda: str(tmp_path))
    one = packed(tmp_path / "one.zip", 600_000, 600_000)
    two = packed(tmp_path / "two.zip", 600_000)
    limits = Limits(upload_mb=1)
    for files, said in (
        ([one], "one.zip holds more than 1 MB"),
        ([two, two], "With two.zip, the selection is larger than 1 MB"),
    ):
        request = TrainRequest(corpus=OWN, files=tuple(map(str, files)), limits=limits)
        given = TrainArguments(files=uploaded_files([{"path": str(file)} for file in files]))
        assert refusal(request.load_text)[0].startswith(said)
        assert refusal(training_text, limits, given, None)[0].startswith(said)
    assert (
        len(TrainRequest(corpus=OWN, files=(str(two),), limits=limits).load_text().text) == 600_000
    )
    assert (
        len(TrainRequest(corpus=OWN, files=(str(one),), limits=Limits()).load_text().text)
        == 1_200_001
    )


@pytest.mark.parametrize(
    ("limits", "settings", "said", "field"),
    [
        ({"characters": 1000}, {}, "cats.txt has 1,530 characters, and the limit here", "corpus"),
        ({"symbols": 5}, {}, "cats.txt has 14 different characters, and the limit", "corpus"),
        ({"parameters": 500}, {}, "This model has 1,", "hidden_size"),
        (
            {"seconds": 9.0},
            {"seconds": 10},
            "seconds = 10: a run here may take at most 9 seconds",
            "seconds",
        ),
        ({"disk_mb": 1}, {}, "There is no disk space for another run", "run"),
    ],
)
def test_what_is_too_much_is_refused_beside_its_field(open_manager, limits, settings, said, field):
    runs = open_manager(**limits)
    message, beside = refusal(runs.start, small(**settings))
    assert message.startswith(said) and beside == field
    assert not list(runs.root.glob("*/run.json"))


def test_the_page_reports_a_limit_before_the_run_starts(tmp_path):
    long = TrainRequest(corpus=OWN, paste=TEXT.text, limits=Limits(characters=1000))
    assert refusal(long.load_text)[1] == "corpus"
    (tmp_path / "cats.txt").write_text(TEXT.text * 1000)
    upload = TrainRequest(
        corpus=OWN, files=(str(tmp_path / "cats.txt"),), limits=Limits(upload_mb=1)
    )
    assert "The uploaded files" in refusal(upload.load_text)[0]
    wide = TrainRequest(
        corpus=OWN, paste=TEXT.text, recipe="custom", settings={"hidden_size": 512},
        limits=Limits(parameters=10_000),
    )  # fmt: skip
    assert refusal(wide.plan)[1] == "hidden_size"
    assert refusal(check_text, Text("abc", "a.txt"), Limits(characters=2))[1] == "corpus"


def test_a_user_has_so_many_runs_at_once_and_another_is_not_held_up(open_manager):
    runs = open_manager(runs_per_visitor=2)
    training, waiting = (runs.start(small(seconds=60), "a") for _ in range(2))
    said, field = refusal(runs.start, small(), "a")
    assert (
        said.startswith("You have as many runs waiting or training as are allowed at once (2)")
        and field == "run"
    )
    other = runs.start(small(seconds=60), "b")
    waiting.stop()
    third = runs.start(small(seconds=60), "a")
    refusal(runs.resume, waiting.id, "a")
    for run in (other, third, training):
        run.stop()


def test_a_full_disk_takes_no_more_runs_until_old_ones_are_gone(open_manager):
    runs = open_manager(disk_mb=10)
    (runs.root / "old").mkdir()
    (runs.root / "old" / "file").write_bytes(b"x" * (9 << 20))
    said, _ = refusal(runs.start, small())
    assert re.search(r"needs [\d.]+ MB, and 9.0 of 10 MB are in use", said)
    (runs.root / "old" / "file").unlink()
    run = runs.start(small(seconds=60))
    run.stop()
    events_of(run)
    assert directory_bytes(runs.root) > 0


def test_a_full_disk_lets_no_run_go_on_until_old_ones_are_gone(open_manager):
    runs = open_manager(disk_mb=10)
    run = runs.start(small(epochs=1))
    end = events_of(run)[-1]
    (runs.root / "old").mkdir()
    (runs.root / "old" / "file").write_bytes(b"x" * (9 << 20))
    said, field = refusal(runs.resume, run.id)
    assert re.search(r"continue this run: it needs 2.\d MB, and 9.\d of 10 MB are", said)
    assert field == "run" and run.state == "finished"
    (runs.root / "old" / "file").unlink()
    runs.resume(run.id)
    assert events_of(run)[-1]["step"] > end["step"]


# A run's time


def test_a_run_without_an_end_is_ended_kept_and_told_so(open_manager):
    runs = open_manager(seconds=0.5)
    endless = {"epochs": None, "seconds": None, "learning_rate": 1e-6, "smoothing": 0}
    wanted = make_plan(Text(TEXT.text * 40, "cats.txt"), settings=SMALL | endless)
    run = runs.start(wanted)
    end = events_of(run)[-1]
    assert end["reason"] == "stopped" and run.checkpoint is not None
    assert end["message"].startswith("Ended at the time limit for a run here.")
    assert end["seconds"] < 20
    runs.resume(run.id)
    assert events_of(run)[-1]["step"] > end["step"], "it can go on, for as long again"


def test_a_run_that_is_stopped_in_time_says_nothing_of_limits(open_manager):
    runs = open_manager(seconds=600.0)
    run = runs.start(small(seconds=60))
    events_of(run, until=is_progress)
    run.stop()
    assert "longest" not in events_of(run)[-1]["message"]


# What is removed


def aged(run, hours):
    """The run as if nothing had happened in it for so many hours."""
    for file in (run.event_log.path, run.directory / "run.json"):
        if file.exists():
            when = file.stat().st_mtime - hours * 3600
            os.utime(file, (when, when))
    return run


def test_only_expired_runs_are_deleted_and_no_starred_ones(open_manager):
    runs = open_manager()
    old, fresh, starred = (runs.start(small(epochs=1)) for _ in range(3))
    for run in (old, fresh, starred):
        events_of(run)
    training, waiting = (aged(runs.start(small(seconds=60)), 30) for _ in range(2))
    never_asked = aged(type(old).create(runs.root, small()), 30)
    runs.star(starred.id, True)
    aged(old, 25), aged(fresh, 23), aged(starred, 25)
    with (old.checkpoint / "model.safetensors").open("rb") as being_read:
        delete_expired(runs.root, 24)
        assert len(being_read.read()) > 100, "who writes with it has it still"
    left = {run.name for run in runs.root.glob("[!.]*/")}
    assert left == {fresh.id, starred.id, training.id, waiting.id}
    assert not list(runs.root.glob(".deleted-*"))
    assert never_asked.id not in left
    with pytest.raises(UserError, match="no such run"):
        runs.find(old.id)
    runs.star(starred.id, False)
    delete_expired(runs.root, 24)
    assert not starred.directory.exists()
    for run in (waiting, training):
        run.stop()


def test_what_another_app_trains_is_not_removed(open_manager, tmp_path):
    runs = open_manager()
    run = aged(runs.start(small(seconds=60)), 30)
    events_of(run, until=is_progress)
    aged(run, 30)
    other = RunManager(runs.root, limits=Limits(keep_hours=0.0))
    delete_expired(other.root, 24)
    other.close()
    assert run.is_active and run.directory.exists()
    run.stop()
    events_of(run)


def test_a_run_that_goes_on_at_this_moment_is_not_removed(open_manager, monkeypatch):
    runs = open_manager()
    run = runs.start(small(epochs=1))
    events_of(run)
    aged(run, 25)

    def resume_first(path, **more):
        runs.resume(run.id)
        return try_lock(path, **more)

    monkeypatch.setattr("charrnn.runs.retention.try_lock", resume_first)
    delete_expired(runs.root, 24)
    assert events_of(run)[-1]["reason"] == "finished"


def test_stars_do_not_fill_the_disk(open_manager):
    runs = open_manager(disk_mb=10)
    run = runs.start(small(seconds=60))
    (run.directory / "large").write_bytes(b"x" * (6 << 20))
    runs.star(run.id, True)
    runs.star(run.id, True)
    other = runs.start(small(seconds=60))
    said, field = refusal(runs.star, other.id, True)
    assert said.startswith("There is no disk space for more starred runs") and field == "run"
    for one in (other, run):
        one.stop()


@pytest.mark.parametrize("name", [".deleted-0123", ".gone-0123"])
@pytest.mark.parametrize("folder", [".", ".uploads"])
def test_what_a_process_killed_while_deleting_has_left_is_removed(tmp_path, name, folder):
    left = tmp_path / folder / name
    left.mkdir(parents=True)
    (left / "model.safetensors").write_bytes(b"half")
    delete_expired(tmp_path, 24)
    assert not left.exists()
