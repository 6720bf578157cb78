"""Resuming: what cannot go on is refused in words, and loses nothing."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load, save_file
from small_runs import TEXT, corpus, planned
from small_runs import run as run_in_python

import charrnn
from charrnn.cli import main
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.runs.run import Run
from charrnn.training import TrainingConfig
from charrnn.training.resume_state import ResumeState, checksum_of, compatibility_key, json_tensor

pytestmark = pytest.mark.usefixtures("no_picture")


def damage(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 0x10
    path.write_bytes(data)


def refused(run, why):
    """It is refused in words, says so in its events, and has lost nothing."""
    before = {
        path: path.read_bytes()
        for path in run.directory.rglob("*")
        if path.is_file() and path.parent != run.directory
    }
    with pytest.raises(UserError, match=why) as caught:
        list(run.train(resume=True))
    assert str(run.directory) not in run.event_log.find_last("end")["message"]
    assert run.event_log.find_last("end")["reason"] == "failed"
    assert all(path.read_bytes() == data for path, data in before.items())
    assert charrnn.load(run.checkpoint).perplexity
    return caught.value.message


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = Run.create(tmp_path_factory.mktemp("trained"), planned(epochs=1))
    list(run.train())
    return run


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained.directory, tmp_path / "run")
    return Run(tmp_path / "run")


def test_any_damage_to_the_point_is_noticed(trained, tmp_path):
    """Wherever it is, for wrong numbers would be trained on without a word."""
    whole = (trained.directory / "resume" / "point.safetensors").read_bytes()
    request = trained.manifest
    settings = compatibility_key(
        Corpus.open(trained.directory / "corpus"),
        ModelConfig(**request["model"]),
        TrainingConfig(**request["training"]),
    )
    assert ResumeState.load(trained.directory, settings) is not None
    path = tmp_path / "resume" / "point.safetensors"
    path.parent.mkdir()
    for at in {*range(0, len(whole), 307), *range(0, 2000, 41)}:
        path.write_bytes(whole)
        damage(path, at)
        with pytest.raises(UserError, match="cannot be resumed"):
            ResumeState.load(tmp_path, settings)
    for length in (0, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match="is damaged"):
            ResumeState.load(tmp_path, settings)


def test_a_damaged_point_ends_a_run_in_words(run):
    damage(run.directory / "resume" / "point.safetensors", -1)
    message = refused(run, "resume/point.safetensors is damaged")
    assert "What it has saved is kept; start a new run." in message


def test_a_point_of_another_version_is_refused(run, monkeypatch):
    with monkeypatch.context() as later:
        later.setattr("charrnn.training.resume_state.FORMAT", "999")
        refused(run, "written by another version of charrnn")
    point = run.directory / "resume" / "point.safetensors"
    with safe_open(point, "pt") as file:
        about = file.metadata()
    tensors = load(point.read_bytes())
    counters = json.loads(tensors.pop("counters").numpy().tobytes())
    del counters["selection"]  # as of before there was one
    tensors["counters"] = json_tensor(counters)
    about["checksum"] = checksum_of(tensors, about["made_for"] + about["charrnn_version"])
    save_file(tensors, point, about)
    refused(run, "written by another version of charrnn")


@pytest.mark.parametrize(
    ("setting", "value"), [("hidden_size", 17), ("optimizer", "sgd"), ("batch_size", 5)]
)
def test_a_point_of_another_model_is_refused(run, setting, value):
    request = run.manifest
    part = "model" if setting in request["model"] else "training"
    request[part][setting] = value
    (run.directory / "run.json").write_text(json.dumps(request))
    refused(run, f"belongs to a run with another {setting}")


def test_a_request_that_is_damaged_or_of_another_version_is_refused(run):
    path = run.directory / "run.json"
    request = run.manifest
    request["model"]["colour"] = "red"
    path.write_text(json.dumps(request))
    refused(run, "run.json was written by another version")
    path.write_text(json.dumps(request)[:-9])
    refused(run, "run.json is damaged")


def other_text(directory):
    Corpus.from_text("the dog sat on the log and the cat sat on the mat. " * 30).save(directory)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda corpus: damage(corpus / "ids.npy", -1), "not the one that it started with|damaged"),
        (lambda corpus: damage(corpus / "ids.npy", 20), "is damaged"),
        (lambda corpus: (corpus / "ids.npy").write_bytes(b""), "is damaged"),
        (lambda corpus: (corpus / "corpus.json").write_bytes(b"{}"), "is damaged"),
        (lambda corpus: (corpus / "corpus.json").unlink(), "There is no corpus"),
        (other_text, "not the one that it started with"),
    ],
)
def test_a_run_whose_text_has_changed_on_the_disk_is_refused(run, change, why):
    change(run.directory / "corpus")
    refused(run, why)


def test_training_on_another_text_is_refused_from_python_too(tmp_path):
    run_in_python(directory=tmp_path)
    with pytest.raises(UserError, match="to a run with another text"):
        run_in_python(corpus=corpus(text=TEXT.replace("rat", "bat")), directory=tmp_path,
                      resume=True)  # fmt: skip


# The command line


def resume(monkeypatch, capsys, *arguments):
    """What `train --run-dir run --resume …` says; None if it goes on."""
    monkeypatch.setattr(
        "sys.argv", ["charrnn", "train", "--run-dir", "run", "--resume", "--json", *arguments]
    )
    with pytest.raises(SystemExit) as caught:
        main()
    said = capsys.readouterr()
    if caught.value.code == 0:
        return None
    (line,) = said.err.strip().splitlines()
    assert caught.value.code == 2 and not said.out
    return line


CATS = "the cat sat on the mat and the dog sat on the log. " * 30


def test_what_would_make_another_run_of_it_is_refused(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("cats.txt").write_text(CATS)
    Path("dogs.txt").write_text(CATS.replace("cat", "dog"))
    before = {p: p.read_bytes() for p in run.directory.rglob("*") if p.is_file()}
    say = partial(resume, monkeypatch, capsys)
    said = say("dogs.txt")
    assert "learns from cats.txt, and dogs.txt is a different text" in said
    assert "Leave the text out" in said and "another --run-dir" in said
    Path("cats.txt").write_text(CATS + "!")
    assert "has changed since" in say("cats.txt")
    assert "the recipe custom, not sprint" in say("--recipe", "sprint")
    assert "hidden_size = 16, not 17" in say("--set", "hidden_size=17")
    assert "clip = 1.0, not none" in say("--set", "clip=none")
    assert "seed = 0, not 1" in say("--seed", "1")
    assert "no setting 'colour'" in say("--set", "colour=red")
    assert "not both" in say("--set", "epochs=3", "--seconds", "2")
    assert before == {p: p.read_bytes() for p in run.directory.rglob("*") if p.is_file()}


def test_what_is_the_same_may_be_said_again(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("renamed.txt").write_text(CATS)
    say = partial(resume, monkeypatch, capsys, "renamed.txt", "--recipe", "custom", "--seed", "0")
    assert say("--set", "hidden_size=16", "--set", "epochs=3") is None
    assert run.event_log.find_last("end")["epoch"] == 3
    assert say("--epochs", "4") is None
    assert run.event_log.find_last("end")["epoch"] == 4
