"""`train --from`: a run starts from a model, keeps it beside its text, and resumes with it."""

import json
import shutil

import calling
import pytest

from charrnn.checkpoint import Checkpoint, load, save
from charrnn.corpus import Corpus
from charrnn.model import ModelConfig
from charrnn.text import read_files
from charrnn.training import TrainingConfig, start_proposal, train
from charrnn.utils import places

told = calling.told

BASE_TEXT = "the cat sat on the mat and the dog sat on the log. " * 40
TEXT = "the hen sat on the nest and the cat ate. " * 40
TRAIN = ("train", "text.txt", "--recipe", "custom", "--epochs", "2", "--set", "threads=1")
FROM = (*TRAIN, "--from", "base", "--run-dir", "run", "--json")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A directory with a text and a small model in `base`."""
    place = tmp_path_factory.mktemp("trained")
    (place / "base.txt").write_text(BASE_TEXT)
    (place / "text.txt").write_text(TEXT)
    model = ModelConfig(cell="gru", hidden_size=16)
    config = TrainingConfig(epochs=8, learning_rate=0.01, threads=1)
    corpus = Corpus.from_text(read_files([place / "base.txt"]))
    list(train(corpus, model, config, directory=place / "made"))
    (place / "made" / "checkpoint").rename(place / "base")
    shutil.rmtree(place / "made")
    return place


@pytest.fixture
def place(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return tmp_path


def events(out):
    return [json.loads(line) for line in out.splitlines()]


def test_a_run_starts_from_a_model_and_says_what_it_knew(told, place):
    status, out, _ = told(*FROM)
    assert status == 0
    start = events(out)[0]
    assert start["model"]["cell"] == "gru" and start["model"]["hidden_size"] == 16
    assert start["started_from"]["name"] == "base.txt"
    assert start["started_from"]["symbols_new"] == 0
    assert start["started_from"]["validation_perplexity"] < start["baselines"]["uniform"]
    manifest = json.loads((place / "run" / "run.json").read_text())
    assert manifest["started_from"]["name"] == "base.txt"
    assert len(manifest["started_from"]["digest"]) == 64
    about = json.loads((place / "run" / "checkpoint" / "config.json").read_text())
    assert about["started_from"] == start["started_from"]


def test_a_run_goes_on_without_the_model_that_it_started_from(told, place):
    assert told(*FROM)[0] == 0
    shutil.rmtree(place / "base")
    longer = ("train", "--run-dir", "run", "--resume", "--epochs", "3", "--json")
    status, out, err = told(*longer)
    assert status == 0, err
    assert events(out)[0]["started_from"]["name"] == "base.txt"
    assert events(out)[0]["resumed_from"]


def test_a_run_is_not_resumed_from_another_model(told, place):
    assert told(*FROM)[0] == 0
    status, _, err = told("train", "--run-dir", "run", "--resume", "--from", "tide-clock")
    assert status == 2 and "This run started from base.txt, not from tide-clock" in err
    weights = place / "run" / "checkpoint"  # of the same name, and trained on
    other = load(weights)
    save(Checkpoint(other.model, other.vocabulary, {"name": "base.txt"}), place / "other")
    status, _, err = told("train", "--run-dir", "run", "--resume", "--from", "other")
    assert status == 2 and "This run started from base.txt, not from other" in err
    longer = ("train", "--run-dir", "run", "--resume", "--epochs", "3", "--from", "base")
    assert told(*longer)[0] == 0
    fresh = (*TRAIN, "--set", "hidden_size=8", "--run-dir", "fresh")
    assert told(*fresh)[0] == 0
    status, _, err = told("train", "--run-dir", "fresh", "--resume", "--from", "base")
    assert status == 2 and "started from random weights" in err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--from", "nowhere"), "there is no checkpoint at nowhere"),
        (("--from", "text.txt"), "cannot be opened"),
        (("--from", "base", "--set", "hidden_size=32"), "hidden_size = 32: the model to start"),
        (("--from", "base", "--set", "cell=lstm"), "cell = lstm: the model to start"),
        (("--from", "base", "--recipe", "lyrics-concise"), "begins with random weights"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(told, place, more, said):
    base = ("train", "text.txt", "--run-dir", "run")
    status, out, err = told(*base, *more)
    assert (status, out) == (2, "") and said in err
    assert not (place / "run").exists()


def test_a_damaged_start_is_a_mistake_that_is_named(told, place):
    assert told(*FROM)[0] == 0
    (place / "run" / "start" / "model.safetensors").write_bytes(b"no weights")
    status, _, err = told("train", "--run-dir", "run", "--resume", "--epochs", "3")
    assert status == 2 and "cannot be opened" in err and "Traceback" not in err


def test_a_budget_learns_in_small_steps_from_a_model(told, place):
    budget = ("train", "text.txt", "--from", "base", "--epochs", "1", "--run-dir", "b", "--json")
    status, out, _ = told(*budget)
    training = events(out)[0]["training"]
    assert status == 0 and training["learning_rate"] <= 0.003 and not training["prior"]
    assert training["smoothing"] == 0 and events(out)[0]["model"]["dropout"] == 0.1


@pytest.fixture
def bases(place, monkeypatch):
    """The models that come with charrnn, of which one is a base."""
    monkeypatch.setattr(places, "bundled_models", lambda: place / "bundled")
    for name in ("base-tale", "other"):
        shutil.copytree(place / "base", place / "bundled" / name)
    card = place / "bundled" / "base-tale" / "README.md"
    card.write_text(card.read_text().replace("license: unknown", "license: cc-by-sa-4.0"))
    return place / "bundled"


def test_auto_starts_from_a_base_that_knows_the_text_and_says_why(told, place, bases, monkeypatch):
    monkeypatch.setattr(start_proposal, "_MAX_PERPLEXITY_RATIO", 100)  # TEXT repeats itself
    status, out, err = told(*TRAIN, "--from", "auto", "--run-dir", "run", "--json")
    assert status == 0 and "starting from base-tale: “base.txt” knows texts like this" in err
    start = events(out)[0]["started_from"]
    assert (start["model"], start["license"]) == ("base-tale", "cc-by-sa-4.0")
    card = (place / "run" / "checkpoint" / "README.md").read_text()
    assert "license: cc-by-sa-4.0" in card and "base-tale, which comes with charrnn" in card
    longer = ("train", "--run-dir", "run", "--resume", "--epochs", "3", "--from", "auto", "--json")
    status, out, err = told(*longer)
    assert status == 0 and events(out)[0]["started_from"] == start


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--set", "cell=gru"), "with --set cell the architecture is one of your own"),
        (("--recipe", "lyrics-concise", "--epochs", "1"), "as the recipe lyrics-concise does"),
    ],
)
def test_auto_starts_from_nothing_where_a_base_cannot_help(told, place, bases, more, said):
    text = place / "text.txt"
    status, out, err = told("train", text, "--epochs", "1", "--from", "auto", "--json", *more)
    assert status == 0 and said in err
    assert events(out)[0]["started_from"] is None
