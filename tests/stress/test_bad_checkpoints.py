"""Checkpoints of strangers that are not valid: refused in the same words in Python, on the command
line, on the page and to callers; and what is wrong with the disk."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import calling
import disks
import pytest
from bad_checkpoints import CHECKPOINTS, SYMBOLS
from bad_input import BIDI, HTML, PLAIN
from conftest import PYTHONPATH, ROOT, SUPPORT
from make_bad_checkpoints import made
from make_bad_checkpoints import told as given

import charrnn
from charrnn.errors import UserError
from charrnn.runs.manager import RunManager
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_text
from charrnn.ui import i18n
from charrnn.ui.services.catalog import ModelEntry, describe, find_model
from charrnn.ui.services.context import AppContext

disk = disks.disk
told = calling.told


class _Shelf:
    """Enough of an app context to look for a model in."""

    def __init__(self, shelf):
        self.bundled_dir = shelf


SECONDS, MEMORY = 2.0, 200 << 20  # processor time, and bytes beyond what the idle program takes


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """All the cases by name, each a directory called `it`."""
    root = tmp_path_factory.mktemp("cases")
    found = {name: root / str(number) / "it" for number, name in enumerate(CHECKPOINTS)}
    for name, place in found.items():
        place.mkdir(parents=True)
        CHECKPOINTS[name][0](place)
    return found


@pytest.fixture(scope="module")
def measured(places):
    """How it goes to open each of them, by name, in a process of its own."""
    done = subprocess.run(
        [sys.executable, SUPPORT / "measured.py", "open", *places.values()],
        env=os.environ | {"PYTHONPATH": PYTHONPATH}, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(zip(places, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_an_invalid_checkpoint_is_refused_in_a_sentence_soon_and_in_little_memory(name, measured):
    found = measured[name]
    assert found["failed"] is None
    assert found["said"] == f"This checkpoint cannot be opened: {CHECKPOINTS[name][1]}."
    assert len(found["said"]) < 200 and found["said"].isprintable()
    assert found["seconds"] < SECONDS
    assert found["memory"] is None or found["memory"] < MEMORY


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_an_invalid_checkpoint_is_refused_in_the_same_words_everywhere(
    name, places, told, monkeypatch
):
    place, why = places[name], CHECKPOINTS[name][1]
    monkeypatch.chdir(place.parent)
    said = f"This checkpoint cannot be opened: {why}."
    assert told("generate", "it", "--json") == (2, "", f"charrnn: {said}\n")
    if (place / "model.safetensors").is_file():
        with pytest.raises(UserError) as caught:  # as the page and the endpoints open a model
            ModelEntry("it", place).open()
        assert caught.value.message == said
        chinese = i18n.translate_error(caught.value, "zh")
        assert chinese.startswith("无法打开这个检查点：") and why not in chinese
        assert not re.search("[a-z]+ [a-z]+ [a-z]+", chinese), "half of it is English still"
    assert not (place / "bomb").exists() and not Path("bomb").exists()


def test_the_same_without_a_fault_opens(tmp_path):
    """What all the others differ from in one thing."""
    (tmp_path / "model.safetensors").write_bytes(made())
    (tmp_path / "config.json").write_text(json.dumps(json.loads(given()) | {"name": "renamed"}))
    opened = charrnn.load(tmp_path)
    assert opened.name == "small" and len(charrnn.generate(opened, "a", 3, seed=0)) == 4


def test_odd_symbols_are_symbols_like_others(tmp_path):
    """Whoever shows them shows them as text: see the tests of the page."""
    odd = "\x00\x1b\u202e\u2066\u0301\n\ufeff\U000e0001<"
    odd += "".join(map(chr, range(97, 97 + len(SYMBOLS) - len(odd))))
    (tmp_path / "model.safetensors").write_bytes(made(symbols=odd))
    opened = charrnn.load(tmp_path)
    assert set(charrnn.generate(opened, odd, 200, seed=0)) <= set(odd)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nothing", "there is no checkpoint at nothing"),
        ("/dev/zero", "zero is not a file"),
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
    model = find_model(_Shelf(tmp_path / "shelf"), "it")
    told = describe(model)
    assert told["title"].startswith("<script>window.hit=1") and len(told["title"]) == 200
    assert told["corpus"]["name"].startswith("The \\u202etide\\u202c clock")
    assert told["recipe"] == "\\x1b[2J"
    assert model.open().about["prefixes"][1] == "?"


# ---- the disk --------------------------------------------------------------------------------


@pytest.fixture
def story(tmp_path):
    path = tmp_path / "it.txt"
    path.write_text(PLAIN * 60)
    return path


QUICK = ["--recipe", "custom", "--epochs", "1", "--set", "hidden_size=8", "--json"]


def test_a_full_disk_is_told_before_anything_is_trained(disk, story, told):
    place = disk("8k") / "run"
    said = f"The run could not be saved in {place}: No space left on device."
    assert told("train", story, *QUICK, "--run-dir", place) == (2, "", f"charrnn: {said}\n")
    assert not place.exists(), "no half of a run is left to fill it"


def test_a_full_disk_is_told_on_the_page_without_this_machine_s_paths(disk):
    root = disk("8k")
    with pytest.raises(UserError) as caught:
        Run.create(root, make_plan(read_text(PLAIN * 60)))
    assert caught.value.message == "The run could not be saved: No space left on device."
    assert i18n.translate_error(caught.value, "zh") == "训练无法保存：磁盘空间不足。"


def test_a_disk_that_fills_up_while_training_is_told_in_one_line(disk, story, told):
    place = disk("48k") / "run"
    code, out, err = told("train", story, *QUICK, "--set", "hidden_size=64", "--run-dir", place)
    assert code == 2 and err.startswith("charrnn: ") and "No space left on device" in err
    assert len(err.splitlines()) == 1 and '"start"' in out.splitlines()[0]


def test_a_disk_that_may_not_be_written_is_told(disk, story, told):
    place = disk(read_only=True)
    said = f"The run could not be saved in {place / 'run'}: Read-only file system."
    assert told("train", story, *QUICK, "--run-dir", place / "run") == (2, "", f"charrnn: {said}\n")
    said = f"{place / 'out'} could not be created: Read-only file system."
    assert told("train", story, *QUICK, "--out", place / "out") == (2, "", f"charrnn: {said}\n")


def test_the_app_does_not_begin_where_it_cannot_keep_runs(disk):
    with pytest.raises(OSError, match="Read-only"):
        AppContext(RunManager(disk(read_only=True) / "runs"), ROOT / "checkpoints")


def test_a_checkpoint_that_does_not_fit_where_it_is_wanted_is_where_it_was(disk, story, told):
    place = disk("8k") / "out"
    code, out, err = told("train", story, *QUICK, "--run-dir", "run", "--out", place)
    assert code == 2 and len(err.splitlines()) == 1 and '"finished"' in out.splitlines()[-1]
    assert err == (
        f"charrnn: The checkpoint could not be copied to {place} (No space left on device): it is "
        "still in run/checkpoint.\n"
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
