"""The figures of a run's `end`: the kept model's, measured together, and those of the last look."""

import itertools
import math
import random

import pytest
from run_events import checkpoint, end, progress, start, view_model
from small_runs import QUICK, corpus, named, planned, run, with_changes

import charrnn
from charrnn.checkpoint import Checkpoint, model_card
from charrnn.runs.end_reasons import EndReason
from charrnn.runs.run import Run
from charrnn.training.metrics import Meter, Window
from charrnn.training.step import TrainStep, Update

pytestmark = pytest.mark.usefixtures("no_picture")

OVERFIT = corpus(0.5, "".join(random.Random(0).choices("abcdefgh", k=320)))
LONG = with_changes(QUICK, epochs=60, validation=0.5, learning_rate=0.05)
PAIR = ("train_perplexity", "validation_perplexity")


def pair(event, prefix=""):
    return [event[prefix + name] for name in PAIR]


def test_the_kept_model_and_the_last_look_have_a_pair_of_figures_each(tmp_path):
    events = run(training=LONG, corpus=OVERFIT, directory=tmp_path)
    reports = named(events, "progress")
    best = min(reports, key=lambda event: event["validation_perplexity"])
    last = events[-1]
    assert best["step"] < last["step"] and pair(best) != pair(reports[-1])
    assert last["kept_step"] == best["step"]
    assert pair(last) == pair(best)
    assert pair(last, "last_") == pair(reports[-1])
    results = charrnn.load(tmp_path / "checkpoint").about["results"]
    assert pair(results) == pair(best) and results["step"] == best["step"]
    assert pair(results, "last_") == pair(reports[-1]) and results["last_step"] == last["step"]
    assert pair(named(events, "checkpoint")[-1]) == pair(best)


def test_with_nothing_held_out_the_kept_model_is_the_last_with_the_last_epochs_figure():
    events = run(training=with_changes(QUICK, validation=0.0))
    last, report = events[-1], named(events, "progress")[-1]
    assert last["kept_step"] == last["step"]
    assert pair(last) == pair(last, "last_") == pair(report)
    assert last["validation_perplexity"] is None and last["train_perplexity"] > 1


@pytest.mark.parametrize("length", [{"epochs": 1000}, {"epochs": None, "seconds": 1000.0}])
def test_a_run_stopped_after_two_steps_of_an_epoch_is_not_judged_by_these_two(length, monkeypatch):
    steps, asked = itertools.count(1), itertools.count(1)
    epoch = len(QUICK.minibatches(corpus().training, 0))
    stop = 3 * epoch + 2

    def train_on(self, X, Y, **more):
        return Update(1.0 if next(steps) > stop - 2 else 3.0, 1.0, Y.numel())

    monkeypatch.setattr(TrainStep, "train_on", train_on)
    events = run(
        training=with_changes(QUICK, **length),
        commands=lambda: {"stop"} if next(asked) == stop else set(),
    )
    last = events[-1]
    assert (last["reason"], last["step"]) == ("stopped", stop)
    assert last["last_train_perplexity"] > math.exp(2.7)
    assert named(events, "progress")[-1]["train_perplexity"] == last["last_train_perplexity"]


def test_a_window_covers_its_size_and_no_more_than_a_block_beyond():
    window = Window(160)
    for i in range(1000):
        window.add(float(i >= 900), 4)
    assert 160 <= window.characters < 160 + 10 + 4
    assert window.mean_loss == 1.0
    meter = Meter(window)
    meter.add(5.0, 4, 1.0, None)
    again = Meter.restored(meter.counters(), 160)
    assert again.window.mean_loss == meter.window.mean_loss > 1
    old = {name: value for name, value in meter.counters().items() if name != "window"}
    assert Meter.restored(old, 160).window.mean_loss is None


def test_a_run_that_goes_on_keeps_the_pair_of_its_best_model(tmp_path):
    steps = itertools.count(1)
    more = {"corpus": OVERFIT, "directory": tmp_path}
    whole = run(training=LONG, corpus=OVERFIT, directory=tmp_path / "whole")[-1]
    cut = whole["kept_step"] + 3
    run(training=LONG, commands=lambda: {"stop"} if next(steps) == cut else set(), **more)
    last = run(training=LONG, resume=True, **more)[-1]
    assert last["kept_step"] == whole["kept_step"]
    assert pair(last) == pair(whole) and pair(last, "last_") == pair(whole, "last_")


def test_the_end_of_a_run_that_crashed_tells_the_saved_model_from_the_last_report(tmp_path):
    crashed = Run.create(tmp_path, planned(epochs=3))
    list(crashed.train())
    kept = crashed.event_log.find_last("checkpoint")
    crashed.event_log.append(progress(99, train=9.0, held=11.0))
    ending = crashed.make_end_event(EndReason.CRASHED)
    assert ending["kept_step"] == kept["step"] and pair(ending) == pair(kept)
    assert pair(ending, "last_") == [9.0, 11.0]
    (crashed.checkpoint / "model.safetensors").unlink()
    assert pair(crashed.make_end_event(EndReason.CRASHED)) == [None, None]


def test_the_card_shows_the_pair_of_the_kept_model_and_the_curve_ends_with_the_last():
    over = [start(), progress(40, train=6.3, held=8.8), progress(99, train=3.4, held=12.0)]
    last = end(99, held=8.8) | {
        "train_perplexity": 6.3,
        "last_train_perplexity": 3.4,
        "last_validation_perplexity": 12.0,
    }
    saved = checkpoint(40, held=8.8) | {"train_perplexity": 6.3}
    value = view_model(*over, saved, last).value()
    assert (value["kept"]["train"], value["kept"]["held"]) == (6.3, 8.8)
    assert (value["last"]["train"], value["last"]["held"]) == (3.4, 12.0)
    before = end(99, held=12.0) | {"train_perplexity": 3.4}  # as older runs say it
    assert view_model(*over, checkpoint(40, held=8.8), before).value()["kept"] == value["kept"]
    assert view_model(*over, checkpoint(40, held=8.8), before).value()["last"] == value["last"]


def test_an_older_checkpoint_is_not_said_to_have_been_measured_together(tmp_path):
    run(training=LONG, corpus=OVERFIT, directory=tmp_path)
    saved = charrnn.load(tmp_path / "checkpoint")
    results = saved.about["results"]
    assert "| training |" in model_card.card(saved, [])
    older = {k: v for k, v in results.items() if not k.startswith("last_")}
    older["train_perplexity"] = results["last_train_perplexity"]
    old = Checkpoint(saved.model, saved.vocabulary, saved.about | {"results": older})
    assert "| training |" not in model_card.card(old, [])
    assert "| training, last steps |" in model_card.card(old, [])
