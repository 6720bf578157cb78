"""How long a run trains: time budgets, schedules, and what ends one that has no end set."""

import json
import random
from itertools import count

import pytest
import torch
from fake_clock import FakeClock
from small_runs import QUICK, SMALL, corpus, named, run, with_changes

import charrnn
from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.ngrams.soft_targets import NgramSoftTargets
from charrnn.training import TrainingConfig
from charrnn.training.best_model import BestModel
from charrnn.training.machine_speed import MachineSpeed
from charrnn.training.schedule import DecaySchedule
from charrnn.training.step import TrainStep

pytestmark = pytest.mark.usefixtures("no_picture")

NOISE = "".join(random.Random(0).choices("abcdefgh", k=400))  # there is soon no more to learn of it


def test_a_time_budget_ends_on_time_with_what_was_measured():
    config = with_changes(QUICK, epochs=None, seconds=30.0)
    events = run(training=config, clock=FakeClock(tick=0.03))
    assert events[-1]["reason"] == "finished"
    assert 20 < events[-1]["seconds"] <= 31
    assert named(events, "progress")[0]["step"] == 1
    remaining = [e["remaining_seconds"] for e in named(events, "progress")]
    assert remaining == sorted(remaining, reverse=True)


def test_the_speed_is_measured_and_leaves_no_trace():
    torch.manual_seed(5)
    threads, expected = torch.get_num_threads(), torch.rand(3)
    torch.manual_seed(5)
    speed = MachineSpeed()
    measured = speed()
    assert measured > 100 and speed() == measured
    assert torch.get_num_threads() == threads and torch.equal(torch.rand(3), expected)


def test_samples_on_the_way_are_of_a_trained_model(monkeypatch):
    """However long n-grams are counted before the first step."""
    clock = FakeClock(tick=0.5)
    counted = NgramSoftTargets.fit

    def slowly(*arguments):
        for _ in counted(*arguments):
            clock.now += 1.5
            yield

    monkeypatch.setattr(NgramSoftTargets, "fit", slowly)
    config = with_changes(QUICK, epochs=None, seconds=40.0, smoothing=0.5)
    steps = [event["step"] for event in named(run(training=config, clock=clock), "sample")]
    assert steps[0] == 0 and 0 not in steps[1:] and len(steps) > 2


@pytest.mark.parametrize(("epochs", "characters", "most"), [(1, 9600, 500), (1000, 24, 700)])
def test_a_run_of_hours_emits_few_progress_events(epochs, characters, most):
    config = with_changes(QUICK, epochs=epochs, batch_size=2, steps=8, validation=0, threads=1)
    text = corpus(0, "abcdefgh" * (characters // 8))
    events = run(ModelConfig(hidden_size=8), config, corpus=text, clock=FakeClock(tick=3.0))
    told = [event["seconds"] for event in named(events, "progress")]
    assert told[-1] > 3600 and told[3] - told[2] < 30
    assert len(told) < most


def test_the_first_evaluations_follow_soon(monkeypatch):
    text, clock = corpus(), FakeClock()
    train_step = TrainStep(SMALL, QUICK, len(text.vocabulary))
    best_model = BestModel(train_step, text.held_out_blocks, clock=clock)

    def slow(model, ids):
        clock.now += 1.0
        return 1.0

    monkeypatch.setattr("charrnn.training.best_model.blocks_nats", slow)
    looks = []
    for step in range(100):
        if best_model.due():
            looks.append(step)
            best_model.evaluate(step)
        clock.now += 1.0
    assert looks == [0, 4, 20, 44, 68, 92]  # a second each; 4, 16, and then 24 are trained between


def test_the_plateau_schedule_waits_in_proportion_to_how_far_it_has_come(monkeypatch):
    config = with_changes(QUICK, epochs=None, schedule="plateau")
    text = corpus()
    train_step = TrainStep(SMALL, config, len(text.vocabulary))
    best_model = BestModel(train_step, text.held_out_blocks)
    monkeypatch.setattr("charrnn.training.best_model.blocks_nats", lambda model, ids: 1.0)
    for step in range(1000, 1250, 10):  # none but the first is an improvement
        best_model.evaluate(step)
    assert best_model.best_step == 1000 and best_model.schedule.fraction_decayed(1249) == 0
    best_model.evaluate(1250)
    assert best_model.schedule.fraction_decayed(1250) == 0
    assert best_model.schedule.fraction_decayed(1719) == pytest.approx(0.5, abs=0.001)
    assert best_model.schedule.fraction_decayed(9999) == 1


def test_cosines_follow_each_other_ever_longer_until_one_gains_nothing(monkeypatch):
    config = with_changes(QUICK, epochs=None, schedule="cosine")
    text = corpus()
    best_model = BestModel(TrainStep(SMALL, config, len(text.vocabulary)), text.held_out_blocks)
    nats = iter([2.0, 1.9, 1.8995])
    monkeypatch.setattr("charrnn.training.best_model.blocks_nats", lambda *_: next(nats))
    best_model.schedule.start_cosines(150)
    shares = {}
    for step in range(0, 21_001, 50):
        best_model.maybe_restart_schedule(step)
        shares[step] = best_model.schedule.fraction_decayed(step)
    assert shares[1500] == 0.5 and shares[2950] < 1 and shares[3000] == 0
    assert shares[6000] == 0.5 and shares[9000] == 0
    assert shares[15_000] == 0.5 and shares[21_000] == 1


def test_a_resumed_run_continues_its_cosine(monkeypatch):
    config, text = with_changes(QUICK, epochs=None, schedule="cosine"), corpus()
    before, after = (
        BestModel(TrainStep(SMALL, config, len(text.vocabulary)), text.held_out_blocks)
        for _ in range(2)
    )
    before.schedule.start_cosines(150)
    before.maybe_restart_schedule(3000)
    after.restore(before.best, json.loads(json.dumps(before.counters())))
    assert [after.schedule.fraction_decayed(step) for step in (3000, 6000, 9000)] == [0, 0.5, 1]
    monkeypatch.setattr("charrnn.training.best_model.blocks_nats", lambda *_: after.best_val_loss)
    after.maybe_restart_schedule(9000)  # nothing gained since
    assert after.schedule.fraction_decayed(9000) == 1


def test_a_resume_state_from_before_the_schedule_was_a_class_is_restored():
    config, text = with_changes(QUICK, epochs=None, schedule="plateau"), corpus()
    best_model = BestModel(TrainStep(SMALL, config, len(text.vocabulary)), text.held_out_blocks)
    saved = {
        "nats": 2.0, "best_nats": 1.5, "best_step": 700, "begun": 0, "down": 1000, "length": 0,
        "before": None, "stale": 6, "step": 1000, "measured": 50, "candidate": False,
    }  # fmt: skip
    best_model.restore(best_model.best, saved)
    assert best_model.schedule.fraction_decayed(1375) == 0.5 and best_model.best_step == 700
    assert best_model.counters() == saved | {"best_train": None, "candidate_train": None}


@pytest.mark.parametrize("schedule", ["plateau", "cosine"])
def test_an_open_ended_run_ends_when_nothing_improves(schedule, monkeypatch):
    monkeypatch.setattr("charrnn.training.schedule.PATIENCE", 2)
    monkeypatch.setattr("charrnn.training.schedule.FIRST_COSINE_STEPS", 100)
    config = with_changes(QUICK, epochs=None, schedule=schedule, learning_rate=0.03)
    events = run(training=config, corpus=corpus(0.1, NOISE))
    assert events[-1]["reason"] == "finished"
    rates = [e["learning_rate"] for e in named(events, "progress")]
    assert rates[-1] < max(rates) * 0.1
    assert named(events, "progress")[0]["remaining_seconds"] is None


def test_even_the_shortest_run_learns_something():
    events = run(training=with_changes(QUICK, epochs=None, seconds=0.1))
    assert events[-1]["step"] >= 1 and events[-1]["train_perplexity"] > 1


@pytest.mark.parametrize(
    ("tick", "measured"),
    [
        (0.1, 75),  # 1.5 % of the time, at 50 characters in each tick of a clock
        (0.3, 70),  # that would be 25: the glance, which takes 4 %
        (0.5, 60),  # which would take 7 %: 6 % of the time
        (2.0, 50),  # the fewest
    ],
)
def test_a_time_budget_measures_no_more_of_the_held_out_part_than_it_has_time_for(
    monkeypatch, tick, measured
):
    monkeypatch.setattr("charrnn.training.best_model.MIN_CHARACTERS", 50)
    monkeypatch.setattr("charrnn.training.best_model.GLANCE_CHARACTERS", 70)
    seen = []

    def slow(model, blocks):
        seen.append(sum(map(len, blocks)))
        return 1.0

    monkeypatch.setattr("charrnn.training.best_model.blocks_nats", slow)
    config = with_changes(QUICK, epochs=None, seconds=10.0, validation=0.3)
    run(training=config, clock=FakeClock(tick))
    assert seen[:2] == [50, 50] and set(seen[2:]) == {measured}


def test_stopping_a_run_does_not_wait_for_a_long_evaluation(tmp_path, monkeypatch):
    monkeypatch.setattr("charrnn.training.best_model.GLANCE_CHARACTERS", 50)
    monkeypatch.setattr("charrnn.training.best_model.blocks_nats", None)  # would fail if called
    config = with_changes(QUICK, epochs=100, batch_size=2, steps=8)
    events = run(training=config, directory=tmp_path, commands=lambda: {"stop"})
    assert events[-1]["reason"] == "stopped" and events[-1]["step"] == 1
    assert charrnn.load(tmp_path / "checkpoint").perplexity > 1


def test_an_open_ended_run_needs_something_held_out():
    config = with_changes(QUICK, epochs=None, validation=0.0)
    with pytest.raises(UserError, match="set validation, epochs or seconds"):
        run(training=config)


def test_a_run_through_whole_epochs_can_be_open_ended(monkeypatch):
    monkeypatch.setattr("charrnn.training.schedule.PATIENCE", 2)
    monkeypatch.setattr("charrnn.training.schedule.FIRST_COSINE_STEPS", 100)
    config = with_changes(QUICK, truncate="epoch", epochs=None, learning_rate=0.03)
    assert run(training=config, corpus=corpus(0.1, NOISE))[-1]["reason"] == "finished"


def test_a_run_through_whole_epochs_goes_on_from_earlier_weights_in_the_middle_of_one(monkeypatch):
    """Epochs differ in length, so a cosine, which is so many steps, may end anywhere."""
    monkeypatch.setattr("charrnn.training.schedule.FIRST_COSINE_STEPS", 1)
    monkeypatch.setattr("charrnn.training.schedule.FIRST_COSINE_EPOCHS", 3)
    config = with_changes(QUICK, truncate="epoch", epochs=None, batch_size=2, threads=1)
    text = corpus(0.1, ("the cat sat on the mat. a dog ate it all. " * 40)[:725])
    lengths = {len(config.minibatches(text.training, epoch)) for epoch in range(9)}
    assert len(lengths) > 1
    steps = count(1)  # the first cosine ends with the 57th or so
    end = run(
        ModelConfig(hidden_size=8), config, corpus=text,
        commands=lambda: {"stop"} if next(steps) == 120 else set(),
    )[-1]  # fmt: skip
    assert end["reason"] == "stopped" and end["step"] == 120


def test_a_run_whose_time_ends_in_its_first_epoch_has_learned_from_what_it_saw(monkeypatch):
    config = with_changes(QUICK, truncate="epoch", epochs=None, seconds=6.0, validation=0.0)
    train_step = TrainStep(SMALL, config, len(corpus(0.0).vocabulary))
    first = train_step.weights()
    monkeypatch.setattr("charrnn.training.run_state.TrainStep", lambda *_: train_step)
    end = run(training=config, corpus=corpus(0.0), clock=FakeClock(tick=0.1))[-1]
    assert end["reason"] == "finished" and end["step"] > 1 and end["epoch"] < 1
    assert not any(
        torch.equal(first[name], weight) for name, weight in train_step.weights().items()
    )


def test_continuing_where_nothing_is_gained_is_one_cosine():
    schedule, step, ends = DecaySchedule(TrainingConfig()), 0, []
    schedule.start_cosines(100)
    for _ in range(3):
        while schedule.fraction_decayed(step) < 1:
            step += 1
            if schedule.cosine_ended(step):
                ends.append(step)
                schedule.maybe_restart_cosine(step, 1.0)
        schedule.restart(step)
    assert ends == [2000, 6000, 10_000, 14_000]  # the first of all gains on nothing at all


def test_the_last_measurement_is_among_the_progress_events():
    events = run(training=with_changes(QUICK, epochs=1), clock=FakeClock(tick=0.7))
    last = named(events, "progress")[-1]
    assert last["validation_perplexity"] == events[-1]["validation_perplexity"] is not None
