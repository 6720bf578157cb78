"""Where charrnn finds its models and keeps its runs: in a clone, and installed."""

import sys
from pathlib import Path

import pytest
from conftest import ROOT

import charrnn
from charrnn import app, loading
from charrnn.errors import UserError
from charrnn.utils import places


def test_a_clone_has_models_and_runs_beside_the_package():
    assert places.bundled_models() == ROOT / "checkpoints"
    assert places.app_runs({}) == ROOT / "runs"
    assert places.app_runs({"CHARRNN_RUNS": "/elsewhere"}) == Path("/elsewhere")


def test_an_installed_app_keeps_its_runs_in_the_data_directory(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "_IN_WHEEL", tmp_path)
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, **_: Path("/data") / name)
    assert places.bundled_models() == tmp_path
    assert places.app_runs({}) == Path("/data/charrnn/runs")
    assert places.app_runs({"CHARRNN_RUNS": "/elsewhere"}) == Path("/elsewhere")


def test_a_bundled_model_opens_by_its_name_from_any_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert loading.local("tide-clock") == ROOT / "checkpoints" / "tide-clock"
    assert charrnn.load("tide-clock").name == "The Tide Clock"
    (tmp_path / "tide-clock").mkdir()
    assert loading.local("tide-clock") == Path("tide-clock"), "a path goes before a name"


def test_a_run_of_the_app_opens_from_any_directory(tmp_path, monkeypatch):
    runs, run_id = tmp_path / "app-runs", "0" * 32
    monkeypatch.setenv("CHARRNN_RUNS", str(runs))
    monkeypatch.chdir(tmp_path)
    run = runs / run_id
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    assert loading.local(f"runs/{run_id}") == run / "checkpoint"
    (tmp_path / "runs" / run_id).mkdir(parents=True)
    assert loading.local(f"runs/{run_id}") == Path("runs", run_id), "a path goes before a name"
    assert loading.local("runs/nothing") == Path("runs/nothing")
    assert loading.local("runs/../app-runs") == Path("runs/../app-runs")


def test_a_directory_that_train_was_given_opens_as_a_run_does(tmp_path, checkpoint):
    """It has no run.json."""
    charrnn.save(checkpoint, tmp_path / "mine" / "checkpoint")
    assert loading.local(tmp_path / "mine") == tmp_path / "mine" / "checkpoint"
    assert charrnn.load(tmp_path / "mine").vocabulary == checkpoint.vocabulary
    (tmp_path / "empty" / "checkpoint").mkdir(parents=True)
    assert loading.local(tmp_path / "empty") == tmp_path / "empty"


def test_without_gradio_the_app_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(app, "find_spec", lambda name: None)
    required = ["torch<2.14,>=2.8", "gradio<7,>=6.31; extra == 'app'", "mcp; extra == 'space'"]
    monkeypatch.setattr(app.metadata, "requires", lambda name: required)
    with pytest.raises(UserError) as caught:
        app.create_context()
    message = caught.value.message
    assert message.endswith(f'Install them with: {sys.executable} -m pip install "gradio<7,>=6.31"')

    def missing(name):
        raise app.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(app.metadata, "requires", missing)
    with pytest.raises(UserError, match=r"-r .*requirements\.txt"):
        app.create_context()
