"""`train --set documents=lines` and `generate --lines`: a list is learned, and continued."""

import json
import shutil

import calling
import pytest

from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_files

told = calling.told

NAMES = [f"{a}{b}{c}" for a in ("an", "bo", "cle", "da") for b in "aeiou" for c in ("m", "rt", "s")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A directory with a list, and a run that learned it."""
    place = tmp_path_factory.mktemp("lines")
    (place / "names.txt").write_text("\n".join(NAMES))
    settings = {
        "documents": "lines", "threads": 1, "hidden_size": 32, "learning_rate": 0.02,
        "batch_size": 4, "steps": 12,
    }  # fmt: skip
    plan = make_plan(
        read_files([place / "names.txt"]), recipe="custom", settings=settings, epochs=40
    )
    list(Run.create_at(place / "run", plan).train())
    return place


@pytest.fixture
def place(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return tmp_path


def objects(out):
    return [json.loads(line) for line in out.splitlines()]


def test_lines_as_json(told, place):
    lines = objects(
        told("generate", "run", "--lines", "60", "--alpha", "0.6", "--seed", "1", "--json")[1]
    )
    assert len(lines) == 60 and all(line["complete"] for line in lines)
    assert {line["new"] for line in lines} == {True, False}
    assert all(line["new"] == (line["text"].strip() not in NAMES) for line in lines)
    assert all(line["nearest"] in NAMES for line in lines if "nearest" in line)
    new = told(
        "generate", "run", "--lines", "3", "--new-only", "--prefix", "a", "--alpha", "0.6", "--json"
    )[1]
    new = objects(new)
    assert all(line["new"] and line["text"].startswith("a") for line in new)


def test_lines_as_text(told, place):
    status, out, _ = told("generate", "run", "--lines", "5", "--seed", "1")
    assert status == 0 and len(out.splitlines()) == 5


def test_weights_alone_do_not_know_what_is_new(told, place):
    shutil.copy(place / "run" / "checkpoint" / "model.safetensors", place / "alone.safetensors")
    alone = ("generate", "alone.safetensors", "--lines", "2")
    assert [line["new"] for line in objects(told(*alone, "--json")[1])] == [None, None]
    status, _, err = told(*alone, "--new-only")
    assert status == 2 and "does not know the lines" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--new-only",), "--new-only goes with --lines"),
        (("--lines", "2", "--mode", "greedy"), "leave out --mode."),
        (("--lines", "2", "--samples", "3"), "leave out --samples."),
        (("--lines", "2", "--length", "200"), "leave out --length."),
        (("--lines", "2", "--stop", "x", "--sentence-after", "9"), "--stop, --sentence-after."),
        (("--lines", "0"), "give 1 to 1,000 lines"),
    ],
)
def test_options_that_do_not_go_together(told, place, arguments, message):
    status, _, err = told("generate", "run", *arguments)
    assert status == 2 and message in err


def test_a_run_of_lines_is_resumed_with_its_text(told, place):
    again = ("train", "names.txt", "--resume", "--run-dir", "run", "--epochs", "41", "--json")
    status, out, err = told(*again)
    assert status == 0, err
    assert objects(out)[0]["resumed_from"]
