"""Checkpoints of strangers that are not sound: refused in the same words in Python, on the command
line, on the page and to callers; and what is wrong with the disk."""

import os
import subprocess
import sys
from pathlib import Path

import calling
import pytest
from bad_checkpoints import CHECKPOINTS, made, twice
from bad_input import BIDI, HTML, PLAIN

import charrnn
from charrnn.errors import UserError
from charrnn.reading import read_text
from charrnn.recipes import plan
from charrnn.runs import Run
from charrnn.ui import words
from charrnn.ui.house import House
from charrnn.ui.shelf import describe, find
from charrnn.workers import Runs

ROOT = Path(__file__).parents[1]


told = calling.told


class _Shelf:
    """Enough of a house to look for a model in."""

    def __init__(self, shelf):
        self.shelf = shelf


@pytest.mark.parametrize(("data", "why"), CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_an_unsound_checkpoint_is_refused_in_the_same_words_everywhere(data, why, told, tmp_path):
    (tmp_path / "it.safetensors").write_bytes(data)
    with pytest.raises(UserError) as caught:
        charrnn.load(tmp_path / "it.safetensors")
    said = caught.value.message
    assert said.startswith("This checkpoint cannot be opened: ") and why in said
    assert len(said) < 200 and said.isprintable()
    assert told("generate", "it.safetensors", "--json") == (2, "", f"charrnn: {said}\n")
    chinese = words.problem(said, "zh")
    assert chinese.startswith("无法打开这个检查点：")
    (tmp_path / "shelf" / "it").mkdir(parents=True)
    (tmp_path / "shelf" / "it" / "model.safetensors").write_bytes(data)
    with pytest.raises(UserError) as there:  # as the page and the endpoints look for a model
        find(_Shelf(tmp_path / "shelf"), "it").open()
    assert there.value.message == said.replace("it.safetensors", "model.safetensors")


def test_a_tensor_that_is_described_twice_is_one_that_is_read_once(tmp_path):
    """JSON takes the last of two, and so does safetensors: the file is sound by either."""
    (tmp_path / "it.safetensors").write_bytes(twice())
    try:
        opened = charrnn.load(tmp_path / "it.safetensors")
    except UserError as error:
        assert "cannot be opened" in error.message
    else:
        assert len(charrnn.generate(opened, "a", 3, seed=0)) == 4


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nothing", "there is no checkpoint at nothing"),
        ("/dev/zero", "there is no checkpoint at /dev/zero"),
        ("x" * 300, f"{'x' * 199}… could not be read (File name too long)"),
        ("\u202e", "there is no checkpoint at \\u202e"),
    ],
)
def test_where_there_is_no_checkpoint_is_said(path, said, told):
    if said.startswith("there"):
        said += ": give its directory or its model.safetensors"
    expected = f"charrnn: This checkpoint cannot be opened: {said}.\n"
    assert told("generate", path, "--json") == (2, "", expected)


def test_a_history_of_script_and_odd_characters_is_shown_as_text(tmp_path):
    (tmp_path / "shelf" / "it").mkdir(parents=True)
    (tmp_path / "shelf" / "it" / "model.safetensors").write_bytes(
        made(name=HTML, corpus={"name": BIDI}, recipe="\x1b[2J", prefixes=[HTML, "\ud800"])
    )
    model = find(_Shelf(tmp_path / "shelf"), "it")
    told = describe(model)
    assert told["title"].startswith("<script>window.hit=1") and len(told["title"]) == 200
    assert told["corpus"]["name"].startswith("The \\u202etide\\u202c clock")
    assert told["recipe"] == "\\x1b[2J"
    assert model.open().about["prefixes"][1] == "?"


# ---- the disk --------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path):
    """Mounts a disk of its own: `disk(size, read_only=…)` is where. Needs the right to."""
    mounted = []

    def make(size="64k", *, read_only=False):
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        options = f"size={size}" + (",ro" if read_only else "")
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=30)
        except OSError as error:
            pytest.skip(f"cannot mount a disk of its own: {error}")
        if done.returncode:
            pytest.skip(f"cannot mount a disk of its own: {done.stderr.decode().strip()}")
        mounted.append(place)
        return place

    yield make
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, timeout=30)


@pytest.fixture
def story(tmp_path):
    path = tmp_path / "it.txt"
    path.write_text(PLAIN * 60)
    return path


QUICK = ["--recipe", "custom", "--epochs", "1", "--set", "hidden_size=8", "--json"]


def test_a_full_disk_is_told_before_anything_is_trained(disk, story, told):
    place = disk("8k") / "run"
    said = f"The run cannot be kept in {place}: No space left on device."
    assert told("train", story, *QUICK, "--run-dir", place) == (2, "", f"charrnn: {said}\n")
    assert not place.exists(), "no half of a run is left to fill it"


def test_a_full_disk_is_told_on_the_page_without_this_machine_s_paths(disk):
    root = disk("8k")
    with pytest.raises(UserError) as caught:
        Run.create(root, plan(read_text(PLAIN * 60)))
    assert caught.value.message == "The run cannot be kept: No space left on device."
    assert words.problem(caught.value.message, "zh") == "训练无法保存：No space left on device。"


def test_a_disk_that_fills_up_while_training_is_told_in_one_line(disk, story, told):
    place = disk("48k") / "run"
    code, out, err = told("train", story, *QUICK, "--set", "hidden_size=64", "--run-dir", place)
    assert code == 2 and err.startswith("charrnn: ") and "No space left on device" in err
    assert len(err.splitlines()) == 1 and '"start"' in out.splitlines()[0]


def test_a_disk_that_may_not_be_written_is_told(disk, story, told):
    place = disk(read_only=True)
    said = f"The run cannot be kept in {place / 'run'}: Read-only file system."
    assert told("train", story, *QUICK, "--run-dir", place / "run") == (2, "", f"charrnn: {said}\n")
    said = f"{place / 'out'} cannot be made: Read-only file system."
    assert told("train", story, *QUICK, "--out", place / "out") == (2, "", f"charrnn: {said}\n")


def test_the_app_does_not_begin_where_it_cannot_keep_runs(disk):
    with pytest.raises(OSError, match="Read-only"):
        House(Runs(disk(read_only=True) / "runs"), ROOT / "checkpoints")


def test_a_checkpoint_that_does_not_fit_where_it_is_wanted_is_where_it_was(disk, story, told):
    place = disk("8k") / "out"
    code, out, err = told("train", story, *QUICK, "--run-dir", "run", "--out", place)
    assert code == 2 and len(err.splitlines()) == 1 and '"finished"' in out.splitlines()[-1]
    assert err == (
        f"charrnn: The checkpoint could not be copied to {place} (No space left on device): it is "
        "in run/checkpoint.\n"
    )
    assert charrnn.load("run/checkpoint").perplexity


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_takes_nothing_more_is_told_in_one_line(checkpoint, tmp_path):
    charrnn.save(checkpoint, tmp_path / "small")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "charrnn", "generate", "small", "--length", "9", "--json"],
            stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, timeout=120,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    said = b"charrnn: The output could not be written: No space left on device.\n"
    assert (done.returncode, done.stderr) == (2, said)
