"""Files that earlier versions of charrnn wrote, in tests/golden/: they open and resume, always.

`checkpoint/` is a GRU of torch's layers behind an embedding. `run/` is an LSTM of our own layers,
stopped in its third epoch of six, with its resume state. Nothing in there is ever written anew: a
version that changes a format adds files of its own.
"""

import json
import shutil
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from small_runs import planned

import charrnn
from charrnn import checkpoint
from charrnn._version import __version__
from charrnn.checkpoint.format import CONFIG, WEIGHTS
from charrnn.checkpoint.logs import log_of, samples_of
from charrnn.errors import UserError
from charrnn.hub.upload_files import build
from charrnn.model import ModelConfig
from charrnn.runs.run import Run
from charrnn.training.resume_state import RESUME_FILE, checksum_of

GOLDEN = Path(__file__).parents[1] / "golden"
VERSIONS = sorted(path.name for path in GOLDEN.iterdir())

pytestmark = pytest.mark.usefixtures("no_picture")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", ["checkpoint", "run"])
def test_a_checkpoint_of_an_earlier_version_opens_and_generates(version, place):
    opened = charrnn.load(GOLDEN / version / place)
    assert opened.name == "rain.txt" and 10 < opened.perplexity < 20
    text = charrnn.generate(opened, "A ", 20, seed=0)
    assert text.startswith("A ") and len(text) == 22
    directory = GOLDEN / version / (place if place == "checkpoint" else "run/checkpoint")
    assert len(log_of(directory)) >= 2 and len(samples_of(directory)) >= 3
    assert set(build(directory, "ann/rain")) > {CONFIG, WEIGHTS}  # and it can be pushed


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_of_an_earlier_version_resumes(version, tmp_path):
    shutil.copytree(GOLDEN / version / "run", tmp_path / "run")
    run = Run(tmp_path / "run")
    assert run.state == "stopped"
    events = list(run.train(resume=True))
    assert events[0]["resumed_from"] == 41
    end = events[-1]
    assert (end["reason"], end["epoch"]) == ("finished", 6)
    # As if it had never been stopped, but for how this machine rounds.
    assert end["train_perplexity"] == pytest.approx(WHOLE[version], rel=1e-3)


# The training perplexity of each golden run, had it not been stopped.
WHOLE = {"0.1.0": 9.58374}


# What a later version may change


def rewritten(tmp_path, change, *, beside=True):
    """The golden checkpoint of 0.1.0 with its configuration changed, as another version's."""
    golden = GOLDEN / "0.1.0" / "checkpoint"
    with safe_open(golden / WEIGHTS, "pt") as file:
        config = json.loads(file.metadata()["charrnn"])
    change(config)
    text = json.dumps(config)
    save_file(load_file(golden / WEIGHTS), tmp_path / WEIGHTS, {"charrnn": text})
    if beside:
        (tmp_path / CONFIG).write_text(text)
    return tmp_path


@pytest.mark.parametrize("setting", ["layers", "dropout", "initialization", "bidirectional"])
def test_a_setting_that_a_checkpoint_does_not_have_takes_its_default(setting, tmp_path):
    """As if the checkpoint were older than the setting; a push writes the setting beside it."""
    directory = rewritten(tmp_path, lambda config: config["model"].pop(setting))
    config = charrnn.load(directory).model.config
    assert getattr(config, setting) == getattr(ModelConfig(), setting)
    pushed = build(directory, "ann/rain")
    assert setting in json.loads(pushed[CONFIG])["model"]
    for name in (CONFIG, WEIGHTS):
        (directory / name).write_bytes(pushed[name])
    assert charrnn.load(directory).model.config == config


@pytest.mark.parametrize(
    ("recorded", "named"),
    [
        ("9.8.7", f" (charrnn 9.8.7 wrote it; this is {__version__})"),
        (None, ""),
        (17, ""),
        ("\u202e", ""),
        (__version__, ""),
    ],
)
def test_what_a_later_version_means_is_refused_and_the_version_named(recorded, named, tmp_path):
    def later_setting(config):
        config["charrnn_version"] = recorded
        config["model"]["attention"] = True

    def later_format(config):
        config["charrnn_version"] = recorded
        config["format"] = 3

    for change, why in (
        (
            later_setting,
            "its model has a setting 'attention' that this version of charrnn does not know",
        ),
        (later_format, "its format is 3, and this version of charrnn reads formats 1 to 2"),
    ):
        with pytest.raises(UserError) as caught:
            checkpoint.load(rewritten(tmp_path, change))
        assert caught.value.message == f"This checkpoint cannot be opened: {why}{named}."


def test_what_is_written_records_the_version(tmp_path):
    run = Run.create_at(tmp_path / "run", planned(epochs=1))
    list(run.train())
    assert run.manifest["versions"]["charrnn"] == __version__
    assert json.loads((run.checkpoint / CONFIG).read_text())["charrnn_version"] == __version__
    with safe_open(run.checkpoint / WEIGHTS, "pt") as file:
        assert json.loads(file.metadata()["charrnn"])["charrnn_version"] == __version__
    with safe_open(run.directory / RESUME_FILE, "pt") as file:
        assert file.metadata()["charrnn_version"] == __version__


def golden_run(tmp_path):
    shutil.copytree(GOLDEN / "0.1.0" / "run", tmp_path / "run")
    return Run(tmp_path / "run")


def test_a_run_that_misses_a_setting_takes_its_default(tmp_path):
    run = golden_run(tmp_path)
    path = run.directory / "run.json"
    request = json.loads(path.read_text())
    del request["model"]["layers"], request["training"]["weight_decay"]
    path.write_text(json.dumps(request))
    assert list(run.train(resume=True))[-1]["reason"] == "finished"


def test_a_run_of_a_later_version_is_refused_and_the_version_named(tmp_path):
    run = golden_run(tmp_path)
    path = run.directory / "run.json"
    request = json.loads(path.read_text())
    request["model"]["attention"] = True
    request["versions"]["charrnn"] = "9.8.7"
    path.write_text(json.dumps(request))
    with pytest.raises(UserError, match=r"run\.json was written by charrnn 9\.8\.7; this is"):
        list(run.train(resume=True))


@pytest.mark.parametrize("change", [{"format": "999"}, {"made_for": "0"}])
def test_a_resume_state_of_a_later_version_is_refused_and_the_version_named(change, tmp_path):
    run = golden_run(tmp_path)
    path = run.directory / RESUME_FILE
    tensors = load_file(path)
    with safe_open(path, "pt") as file:
        about = file.metadata() | {"charrnn_version": "9.8.7"} | change
    about["checksum"] = checksum_of(tensors, about["made_for"] + about["charrnn_version"])
    save_file(tensors, path, about)
    with pytest.raises(UserError, match=r"point\.safetensors was written by charrnn 9\.8\.7"):
        list(run.train(resume=True))
