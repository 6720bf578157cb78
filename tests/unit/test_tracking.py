"""The figures of a run go to trackio and to TensorBoard, if they are installed and asked for."""

import re
import sys
from types import SimpleNamespace

import pytest
from conftest import ROOT
from run_events import end, progress, sample, start

from charrnn import tracking
from charrnn.errors import UserError

EVENTS = [
    start(seed=5),
    progress(10) | {"clipped": 0.5, "learning_rate": 0.1, "epoch": 1.0},
    progress(20, train=4.0) | {"learning_rate": 0.1, "gradient_norm": None},
    sample(20, text="bc"),
    end(20),
]


@pytest.fixture
def called(monkeypatch):
    """What the packages, imitated, were called with."""
    calls = []

    def record(name):
        def call(*args, **options):
            print("* chatty")
            calls.append((name, args, options))

        return call

    def writer(*args, **options):
        record("SummaryWriter")(*args, **options)
        return SimpleNamespace(
            **{name: record(name) for name in ("add_scalar", "add_text", "close")}
        )

    trackio = SimpleNamespace(
        **{name: record(name) for name in ("init", "log", "finish")},
        Table=lambda columns, data: ("table", columns, data),
    )
    monkeypatch.setitem(sys.modules, "trackio", trackio)
    monkeypatch.setitem(
        sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=writer)
    )
    monkeypatch.setattr(tracking, "find_spec", lambda name: name)
    return calls


def test_trackio_gets_the_settings_the_figures_and_the_samples(called, tmp_path, capsys):
    events = [*EVENTS[:3], EVENTS[3] | {"text": "a\nbc"}, EVENTS[4]]
    handed_on = tracking.track(events, "trackio", name="run-1", directory=tmp_path)
    assert list(handed_on) == events
    names = [name for name, _, _ in called]
    assert names == ["init", "log", "log", "log", "finish"]
    options = called[0][2]
    assert (options["project"], options["name"]) == ("charrnn", "run-1")
    assert options["config"]["hidden_size"] == 8 and options["config"]["seed"] == 5
    assert called[1][1][0]["train_perplexity"] == 8.0 and called[1][2] == {"step": 10}
    assert "gradient_norm" in called[1][1][0] and "gradient_norm" not in called[2][1][0]
    assert called[3][1] == ({"sample 'a'": ("table", ["text"], [["a⏎bc"]])},)
    assert capsys.readouterr().out == "", "standard output belongs to the run's own"


def test_tensorboard_gets_them_in_the_runs_directory(called, tmp_path):
    events = [EVENTS[0] | {"resumed_from": 7}, *EVENTS[1:]]
    list(tracking.track(events, "tensorboard", name="run-1", directory=tmp_path))
    assert called[0] == ("SummaryWriter", (str(tmp_path / "tensorboard"),), {"purge_step": 7})
    assert ("add_scalar", ("train_perplexity", 4.0, 20), {}) in called
    assert ("add_text", ("sample 'a'", "    abc", 20), {}) in called
    assert called[-1][0] == "close"


@pytest.mark.parametrize("tracker", tracking.TRACKERS)
def test_a_loop_that_ends_early_closes_both(tracker, called, tmp_path):
    closed = []

    def source():
        try:
            yield from EVENTS
        finally:
            closed.append(True)

    events = tracking.track(source(), tracker, name="run-1", directory=tmp_path)
    next(events)
    events.close()
    assert closed and called[-1][0] in ("finish", "close")


@pytest.mark.parametrize("tracker", tracking.TRACKERS)
def test_a_package_that_is_missing_is_named_with_its_extra(tracker, monkeypatch):
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    with pytest.raises(UserError) as caught:
        tracking.track([], tracker, name="run-1", directory=".")
    assert f"the extra [{tracker}]" in caught.value.message
    assert f'pip install "{tracking.TRACKERS[tracker]}"' in caught.value.message


def test_an_unknown_tracker_is_refused():
    with pytest.raises(UserError, match=r"'wandb'.*trackio, tensorboard"):
        tracking.check_tracker("wandb")


def test_the_command_line_refuses_it_before_anything_else(monkeypatch, tmp_path):
    from charrnn import cli

    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="There is no tracker 'wandb'"):
        cli.app(["train", "no-such-file", "--track", "wandb"], standalone_mode=False)


def test_the_command_line_tracks_its_run(called, monkeypatch, tmp_path):
    from charrnn import cli

    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.txt").write_text("to be or not to be " * 80)
    arguments = "train my.txt --recipe custom --epochs 1 --set hidden_size=8 --run-dir first --json"
    cli.app([*arguments.split(), "--track", "trackio"], standalone_mode=False)
    assert called[0][2]["name"] == "first" and called[-1][0] == "finish"


def test_the_extras_are_declared_with_the_same_bounds():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for tracker, requirement in tracking.TRACKERS.items():
        assert re.search(rf'^{tracker} = \["(.*)"\]$', text, re.MULTILINE)[1] == requirement
