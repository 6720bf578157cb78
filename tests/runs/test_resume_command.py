"""`train --resume`: a run goes on, a new one begins, and nothing that is there is overwritten."""

import json
import shutil

import calling
import pytest

told = calling.told

STORY = "the cat sat on the mat and the dog sat on the log. " * 40
SMALL = ("--set", "cell=gru", "--set", "hidden_size=16", "--epochs", "1")
TRAIN = ("train", "story.txt", *SMALL, "--run-dir", "run", "--json")


@pytest.fixture
def story(tmp_path):
    (tmp_path / "story.txt").write_text(STORY)
    return tmp_path


def contents(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_where_there_is_no_run_one_begins_and_it_is_said(told, story):
    (story / "run").mkdir()
    status, out, err = told(*TRAIN, "--resume")
    assert status == 0 and "there is no run in run yet: starting a new one" in err
    assert all(line.startswith("{") for line in out.splitlines())


@pytest.mark.parametrize("left", ["all but the point", "a checkpoint", "a model", "its events"])
def test_what_cannot_go_on_is_refused_and_left_as_it_is(told, story, left):
    assert told(*TRAIN)[0] == 0
    run = story / "run"
    shutil.rmtree(run / "resume")
    if left != "all but the point":
        run.rename(story / "old")
        run.mkdir()
        if left == "a checkpoint":
            shutil.copytree(story / "old" / "checkpoint", run / "checkpoint")
        elif left == "a model":
            shutil.copytree(story / "old" / "checkpoint", run, dirs_exist_ok=True)
        else:
            shutil.copy(story / "old" / "events.jsonl", run)
    before = contents(run)
    status, out, err = told(*TRAIN, "--resume")
    assert (status, out) == (
        2,
        "",
    ) and "run holds a run or a model, but nothing to resume from" in err
    assert contents(run) == before


def test_a_runs_directory_is_a_checkpoint(told, story):
    assert told(*TRAIN)[0] == 0
    status, out, _ = told("generate", "run", "--prefix", "the ", "--length", "5", "--seed", "1")
    assert status == 0 and out.startswith("the ")
    assert told("score", "run", "story.txt")[0] == 0


def test_a_model_that_comes_with_charrnn_is_opened_by_its_name(told):
    status, out, _ = told("generate", "tide-clock", "--prefix", "The ", "--length", "5")
    assert status == 0 and out.startswith("The ")


def test_a_run_goes_on_with_another_number_of_threads_and_says_that_bits_may_differ(told, story):
    assert told(*TRAIN)[0] == 0
    resume = ("train", "--run-dir", "run", "--resume", "--epochs", "2", "--set")
    status, _, err = told(*resume, "threads=1")
    assert status == 0 and "the last bits of its numbers may differ" in err
    manifest = json.loads((story / "run" / "run.json").read_text())
    assert manifest["training"]["threads"] == 1
    status, _, err = told(*resume, "threads=1")
    assert status == 0 and "may differ" not in err
    status, _, err = told(*resume, "threads=1000")
    assert status == 2 and "CPU cores" in err
