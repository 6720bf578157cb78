"""Training: the events, what ends a run, what is kept, and that a seed repeats it."""

import json
import math

import pytest
import torch

import charrnn
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig, train
from charrnn.training.learner import Learner
from charrnn.training.optimization import build_optimizer
from charrnn.training.selection import Selection

TEXT = "the cat sat on the mat. the dog sat on the log. a rat ran at the cat. " * 20
SMALL = ModelConfig(cell="gru", hidden_size=24)
QUICK = TrainingConfig(epochs=6, batch_size=4, steps=16, learning_rate=0.01, sample_length=10)


def corpus(validation=0.1, text=TEXT):
    return Corpus.from_text(text, validation=validation)


def run(model=SMALL, training=QUICK, **more):
    return list(train(more.pop("corpus", corpus(training.validation)), model, training, **more))


def named(events, name):
    return [event for event in events if event["event"] == name]


def with_changes(config, **changes):
    return type(config)(**{**config.__dict__, **changes})


def without_clock(events):
    timing = ("seconds", "characters_per_second", "remaining_seconds")
    return [{k: v for k, v in event.items() if k not in timing} for event in events]


def test_events_have_exactly_the_fields_of_the_contract():
    events = run()
    assert [events[0]["event"], events[-1]["event"]] == ["start", "end"]
    fields = {event["event"]: set(event) - {"event", "seconds"} for event in events}
    assert fields["start"] == {
        "run", "characters", "vocabulary_size", "parameters", "recipe", "model", "training",
        "baselines", "device", "resumed_from",
    }  # fmt: skip
    assert fields["progress"] == {
        "step", "epoch", "characters_seen", "train_perplexity", "validation_perplexity",
        "gradient_norm", "clipped", "learning_rate", "characters_per_second", "remaining_seconds",
    }  # fmt: skip
    assert fields["sample"] == {"step", "prefix", "text"}
    assert set(events[0]["baselines"]) == {"uniform", "unigram", "ngram"}
    seconds = [event["seconds"] for event in events]
    assert seconds == sorted(seconds)
    json.dumps(events, allow_nan=False)


def test_perplexity_falls_below_the_unigram_and_the_samples_show_it():
    events = run(training=with_changes(QUICK, epochs=40))
    end = events[-1]
    assert end["reason"] == "finished"
    assert end["validation_perplexity"] < events[0]["baselines"]["unigram"] / 2
    steps = [sample["step"] for sample in named(events, "sample")]
    assert steps[0] == 0 and steps[-1] == end["step"] and len(steps) >= 5


def test_an_epochs_training_perplexity_is_over_its_minibatches():
    """With a learning rate of 0 every minibatch is measured under the first weights."""
    config = with_changes(
        QUICK, epochs=1, learning_rate=0.0, optimizer="sgd", schedule="constant", shift=False,
        validation=0.0,
    )  # fmt: skip
    text = corpus(0.0)
    first = charrnn.CharRNN(
        SMALL, len(text.vocabulary), generator=torch.Generator().manual_seed(config.seed)
    )
    rows = (len(text.ids) - 1) // 4
    count = rows // 16 * 16
    x = torch.from_numpy(text.ids[: 4 * rows].reshape(4, rows)[:, :count].astype("int64"))
    y = torch.from_numpy(text.ids[1 : 4 * rows + 1].reshape(4, rows)[:, :count].astype("int64"))
    logits, _ = first(x)
    nats = torch.nn.functional.cross_entropy(logits, y.t().reshape(-1))
    event = named(run(training=config, corpus=text), "progress")[-1]
    assert event["train_perplexity"] == pytest.approx(math.exp(nats.item()), rel=1e-4)
    assert event["validation_perplexity"] is None


@pytest.mark.parametrize("sampling", ["sequential", "random"])
@pytest.mark.parametrize("implementation", ["fast", "scratch", "torch"])
def test_a_seed_repeats_a_run_bit_for_bit(sampling, implementation, tmp_path):
    model = ModelConfig(hidden_size=16, implementation=implementation, layers=2, dropout=0.2)
    config = with_changes(QUICK, sampling=sampling, seed=3)
    files, events = [], []
    for name in ("one", "two"):
        events.append(without_clock(run(model, config, directory=tmp_path / name)))
        files.append(charrnn.load(tmp_path / name / "checkpoint").model.state_dict())
    keys = ("event", "step", "train_perplexity", "validation_perplexity", "text")
    # Reports within an epoch come by the clock; what they report on does not.
    one, two = (
        [
            {k: event.get(k) for k in keys}
            for event in run
            if event["event"] != "checkpoint" and float(event.get("epoch", 0)).is_integer()
        ]
        for run in events
    )
    assert one == two
    assert all(torch.equal(files[0][name], files[1][name]) for name in files[0])
    other = run(model, with_changes(config, seed=4))
    assert other[-1]["train_perplexity"] != one[-1]["train_perplexity"]


def test_stop_ends_within_one_step_and_keeps_the_model(tmp_path):
    asked = []

    def commands():
        asked.append(1)
        return {"stop"} if len(asked) == 5 else set()

    events = run(training=with_changes(QUICK, epochs=1000), directory=tmp_path, commands=commands)
    assert events[-1]["reason"] == "stopped" and events[-1]["step"] == 5
    assert charrnn.load(events[-1]["checkpoint"]).perplexity > 1


def test_a_sample_can_be_asked_for():
    asked = []

    def commands():
        asked.append(1)
        return {"sample"} if len(asked) == 3 else set()

    steps = [e["step"] for e in named(run(commands=commands), "sample")]
    assert 3 in steps


def test_divergence_is_told_and_the_last_good_model_kept(tmp_path):
    config = TrainingConfig(
        epochs=200, batch_size=4, steps=16, optimizer="sgd", learning_rate=1e5, clip=None,
        schedule="constant",
    )  # fmt: skip
    model = ModelConfig(cell="relu", hidden_size=24)
    events = run(model, config, directory=tmp_path)
    assert events[-1]["reason"] == "diverged"
    assert "learning_rate" in events[-1]["message"]
    kept = charrnn.load(events[-1]["checkpoint"])
    assert charrnn.generate(kept, "the ", 5, seed=0).startswith("the ")
    json.dumps(events, allow_nan=False)


def test_the_best_model_is_kept_when_a_run_overfits(tmp_path):
    text = corpus(0.5, "abcdefgh" * 20 + "hgfedcba" * 20)
    config = with_changes(QUICK, epochs=60, validation=0.5, learning_rate=0.05)
    events = run(training=config, corpus=text, directory=tmp_path)
    measured = [e["validation_perplexity"] for e in named(events, "progress")]
    assert min(measured) < measured[-1], "this text was meant to be overfitted"
    kept = charrnn.load(tmp_path / "checkpoint")
    assert kept.perplexity == pytest.approx(min(measured))
    held_out = text.vocabulary.decode(text.held_out.tolist())
    assert charrnn.score(kept, held_out).perplexity == pytest.approx(min(measured), rel=1e-3)


def test_truncate_epoch_makes_one_update_an_epoch_through_all_its_minibatches():
    config = with_changes(QUICK, truncate="epoch", epochs=3, validation=0.0)
    events = run(training=config, corpus=corpus(0.0, TEXT[:600]))
    assert events[-1]["reason"] == "finished"
    assert events[-1]["train_perplexity"] > 1
    with pytest.raises(UserError, match="sequential"):
        with_changes(config, sampling="random")
    long = corpus(0.0, "abcdefghij" * 30_000)
    with pytest.raises(UserError, match="truncate = minibatch"):
        run(training=config, corpus=long)


def test_a_time_budget_ends_on_time_with_what_was_measured(monkeypatch):
    monkeypatch.setattr("charrnn.training.trainer.time.monotonic", ticking(0.01))
    config = with_changes(QUICK, epochs=None, seconds=30.0)
    events = run(training=config)
    assert events[-1]["reason"] == "finished"
    assert 20 < events[-1]["seconds"] <= 31
    assert named(events, "progress")[0]["step"] == 1
    remaining = [e["remaining_seconds"] for e in named(events, "progress")]
    assert remaining == sorted(remaining, reverse=True)


def test_the_plateau_schedule_waits_in_proportion_to_how_far_it_has_come(monkeypatch):
    config = with_changes(QUICK, epochs=None, schedule="plateau")
    text = corpus()
    learner = Learner(SMALL, config, len(text.vocabulary))
    selection = Selection(learner, text.held_out)
    monkeypatch.setattr("charrnn.training.selection.held_out_nats", lambda model, ids: 1.0)
    for step in range(1000, 1250, 10):  # none but the first is an improvement
        selection.evaluate(step)
    assert selection.best_step == 1000 and selection.descended(1249) == 0
    selection.evaluate(1250)
    assert selection.descended(1250) == 0
    assert selection.descended(1719) == pytest.approx(0.5, abs=0.001)
    assert selection.descended(9999) == 1


def test_cosines_follow_each_other_ever_longer_until_one_gains_nothing(monkeypatch):
    config = with_changes(QUICK, epochs=None, schedule="cosine")
    text = corpus()
    selection = Selection(Learner(SMALL, config, len(text.vocabulary)), text.held_out)
    nats = iter([2.0, 1.9, 1.8995])
    monkeypatch.setattr("charrnn.training.selection.held_out_nats", lambda *_: next(nats))
    selection.plan_cosines(150)
    shares = {}
    for step in range(0, 21_001, 50):
        selection.turn(step)
        shares[step] = selection.descended(step)
    assert shares[1500] == 0.5 and shares[2950] < 1 and shares[3000] == 0
    assert shares[6000] == 0.5 and shares[9000] == 0
    assert shares[15_000] == 0.5 and shares[21_000] == 1


def test_a_run_of_cosines_goes_on_in_the_one_that_it_was_in(monkeypatch):
    config, text = with_changes(QUICK, epochs=None, schedule="cosine"), corpus()
    before, after = (
        Selection(Learner(SMALL, config, len(text.vocabulary)), text.held_out) for _ in range(2)
    )
    before.plan_cosines(150)
    before.turn(3000)
    after.restore(before.best, json.loads(json.dumps(before.counters())))
    assert [after.descended(step) for step in (3000, 6000, 9000)] == [0, 0.5, 1]
    monkeypatch.setattr("charrnn.training.selection.held_out_nats", lambda *_: after.best_nats)
    after.turn(9000)  # nothing gained since
    assert after.descended(9000) == 1


@pytest.mark.parametrize("schedule", ["plateau", "cosine"])
def test_an_open_ended_run_ends_when_nothing_improves(schedule, monkeypatch):
    monkeypatch.setattr("charrnn.training.selection._PATIENCE", 2)
    monkeypatch.setattr("charrnn.training.selection._STEPS", 100)
    config = with_changes(QUICK, epochs=None, schedule=schedule, learning_rate=0.03)
    events = run(training=config, corpus=corpus(0.1, TEXT[:400]))
    assert events[-1]["reason"] == "finished"
    rates = [e["learning_rate"] for e in named(events, "progress")]
    assert rates[-1] < max(rates) * 0.1
    assert named(events, "progress")[0]["remaining_seconds"] is None


def test_even_the_shortest_run_learns_something():
    events = run(training=with_changes(QUICK, epochs=None, seconds=0.1))
    assert events[-1]["step"] >= 1 and events[-1]["train_perplexity"] > 1


def test_a_time_budget_measures_no_more_of_the_held_out_part_than_it_has_time_for(monkeypatch):
    monkeypatch.setattr("charrnn.training.selection._GLANCE", 50)
    seen = []

    def slow(model, ids):
        seen.append(len(ids))
        return 1.0

    monkeypatch.setattr("charrnn.training.selection.held_out_nats", slow)
    monkeypatch.setattr("charrnn.training.selection.time.monotonic", ticking(0.1))
    run(training=with_changes(QUICK, epochs=None, seconds=10.0, validation=0.3))
    assert set(seen) == {50, 75}  # 1.5 % of the time, at 50 characters in each tick of a clock


def test_who_stops_a_run_does_not_wait_for_a_long_evaluation(tmp_path, monkeypatch):
    monkeypatch.setattr("charrnn.training.selection._GLANCE", 50)
    monkeypatch.setattr("charrnn.training.selection.held_out_nats", None)  # would fail if called
    config = with_changes(QUICK, epochs=100, batch_size=2, steps=8)
    events = run(training=config, directory=tmp_path, commands=lambda: {"stop"})
    assert events[-1]["reason"] == "stopped" and events[-1]["step"] == 1
    assert charrnn.load(tmp_path / "checkpoint").perplexity > 1


def test_the_gradient_is_clipped_to_the_threshold():
    """One update of plain SGD then moves the weights by learning rate × θ."""
    config = with_changes(
        QUICK, epochs=1, batch_size=8, steps=100, optimizer="sgd", schedule="constant",
        learning_rate=1.0, clip=1e-3, validation=0.0, shift=False,
    )  # fmt: skip
    text = corpus(0.0)
    learner = Learner(SMALL, config, len(text.vocabulary))
    X, Y = config.minibatches(text.training, 0)[0]
    before = learner.weights()
    update = learner.train_on(X, Y, learning_rate=1.0, last=True)
    after = learner.weights()
    moved = math.sqrt(sum(float((after[n] - before[n]).square().sum()) for n in after))
    assert update.norm > 1e-3 and moved == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize(("share", "zeros"), [(0.0, 0), (0.5, None), (1.0, 64)])
def test_a_share_of_the_carried_states_starts_from_zero_again(share, zeros):
    config = with_changes(QUICK, batch_size=64, steps=4, reset=share)
    text = corpus()
    learner = Learner(SMALL, config, len(text.vocabulary))
    met = []
    learner.model.register_forward_pre_hook(lambda model, inputs: met.append(inputs[1]))
    minibatches = config.minibatches(text.training, 0)
    for i in range(2):
        learner.train_on(*minibatches[i], learning_rate=0.01, last=False)
    empty = int((met[1] == 0).all(dim=2).sum())
    assert met[0] is None and (10 < empty < 54 if zeros is None else empty == zeros)


def test_weight_decay_shrinks_weights_that_nothing_else_moves():
    weight = torch.nn.Parameter(torch.ones(3, 2).t())
    optimizer = build_optimizer("adamw", [weight], learning_rate=0.1, weight_decay=0.5)
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    torch.testing.assert_close(weight.detach(), torch.full((2, 3), 0.95))


def test_an_open_ended_run_needs_something_held_out():
    config = with_changes(QUICK, epochs=None, validation=0.0)
    with pytest.raises(UserError, match="set validation, epochs or seconds"):
        run(training=config)


def test_a_text_too_short_for_the_minibatch_is_refused_before_the_first_event():
    with pytest.raises(UserError, match="batch_size or fewer steps") as caught:
        train(corpus(0.0, "abcdef"), SMALL, QUICK)
    assert caught.value.field == "batch_size"


def test_the_checkpoint_directory_is_whole(tmp_path):
    events = run(directory=tmp_path)
    names = {path.name for path in (tmp_path / "checkpoint").iterdir()}
    assert names == {
        "model.safetensors", "config.json", "README.md", "training_log.csv", "perplexity.png",
        "samples.json",
    }  # fmt: skip
    assert (tmp_path / "checkpoint" / "perplexity.png").read_bytes().startswith(b"\x89PNG")
    samples = json.loads((tmp_path / "checkpoint" / "samples.json").read_text())
    assert samples[0]["step"] == 0 and samples[0]["text"].startswith(samples[0]["prefix"])
    header, *rows = (tmp_path / "checkpoint" / "training_log.csv").read_text().splitlines()
    assert header.startswith("step,epoch,seconds")
    assert len(rows) == len(named(events, "progress")) >= 6


def test_without_a_held_out_part_a_broken_model_never_replaces_a_good_one(tmp_path):
    """The last update before a divergence breaks the weights: they must not be the ones kept."""
    config = TrainingConfig(
        epochs=50, batch_size=2, steps=16, optimizer="sgd", learning_rate=2e3, clip=None,
        schedule="constant", validation=0.0,
    )  # fmt: skip
    text = corpus(0.0, TEXT[:40])
    events = run(ModelConfig(cell="relu", hidden_size=24), config, corpus=text, directory=tmp_path)
    assert events[-1]["reason"] == "diverged"
    kept = charrnn.load(tmp_path / "checkpoint")
    assert charrnn.score(kept, TEXT[:40]).nats < math.log(len(text.vocabulary)) + 10


def test_a_run_through_whole_epochs_can_be_open_ended(monkeypatch):
    monkeypatch.setattr("charrnn.training.selection._PATIENCE", 2)
    monkeypatch.setattr("charrnn.training.selection._STEPS", 100)
    config = with_changes(QUICK, truncate="epoch", epochs=None, learning_rate=0.03)
    assert run(training=config, corpus=corpus(0.1, TEXT[:400]))[-1]["reason"] == "finished"


def test_a_model_that_breaks_in_one_update_has_diverged(tmp_path):
    config = TrainingConfig(
        epochs=1, batch_size=32, steps=20, optimizer="sgd", learning_rate=1000.0, clip=None,
        schedule="constant",
    )  # fmt: skip
    events = run(ModelConfig(cell="relu", hidden_size=32), config, directory=tmp_path)
    assert events[-1]["reason"] == "diverged"
    assert charrnn.generate(charrnn.load(tmp_path / "checkpoint"), "the", 5, seed=0)


def test_the_last_measurement_is_among_the_progress_events(monkeypatch):
    monkeypatch.setattr("charrnn.training.trainer.time.monotonic", ticking(0.7))
    events = run(training=with_changes(QUICK, epochs=1))
    last = named(events, "progress")[-1]
    assert last["validation_perplexity"] == events[-1]["validation_perplexity"] is not None


def ticking(step):
    """A clock on which every look takes `step` seconds."""
    now = iter(range(1, 10**9))
    return lambda: next(now) * step


def test_a_model_too_large_for_a_checkpoint_is_refused():
    with pytest.raises(UserError, match="parameters") as caught:
        run(ModelConfig(hidden_size=4096, layers=8))
    assert caught.value.field == "hidden_size"
