"""Training: the events, what is kept, what an update does, and that a seed repeats it."""

import json
import math

import pytest
import torch
from grids import grid
from small_runs import QUICK, SMALL, TEXT, corpus, named, run, with_changes, without_clock

import charrnn
from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig, train
from charrnn.training.optimizer import RowMajorParameters, build_optimizer
from charrnn.training.step import TrainStep
from charrnn.utils.config_fields import assign_settings


def test_events_have_exactly_the_fields_of_the_contract():
    events = run()
    assert [events[0]["event"], events[-1]["event"]] == ["start", "end"]
    fields = {event["event"]: set(event) - {"event", "seconds"} for event in events}
    assert fields["start"] == {
        "run", "characters", "vocabulary_size", "parameters", "recipe", "model", "training",
        "baselines", "device", "resumed_from", "started_from", "warnings",
    }  # fmt: skip
    assert fields["progress"] == {
        "step", "epoch", "characters_seen", "train_perplexity", "validation_perplexity",
        "gradient_norm", "clipped", "learning_rate", "characters_per_second", "remaining_seconds",
    }  # fmt: skip
    assert fields["sample"] == {"step", "prefix", "text"}
    assert fields["end"] == {
        "reason", "code", "message", "findings", "step", "epoch", "checkpoint", "kept_step",
        "train_perplexity", "validation_perplexity",
        "last_train_perplexity", "last_validation_perplexity",
    }  # fmt: skip
    assert set(events[0]["baselines"]) == {"uniform", "unigram", "ngram"}
    seconds = [event["seconds"] for event in events]
    assert seconds == sorted(seconds)
    json.dumps(events, allow_nan=False)


def test_perplexity_falls_below_the_unigram_and_the_samples_show_it():
    events = run(training=with_changes(QUICK, epochs=16))
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


@pytest.mark.parametrize(
    ("implementation", "sampling"), grid(["fast", "scratch", "torch"], ["sequential", "random"])
)
def test_a_seed_repeats_a_run_bit_for_bit(implementation, sampling, tmp_path, no_picture):
    model = ModelConfig(hidden_size=16, implementation=implementation, layers=2, dropout=0.2)
    config = with_changes(QUICK, sampling=sampling, seed=3, epochs=2)
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


def test_stop_ends_within_one_step_and_keeps_the_model(tmp_path, no_picture):
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


def test_divergence_is_told_and_the_last_good_model_kept(tmp_path, no_picture):
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


def test_the_best_model_is_kept_when_a_run_overfits(tmp_path, no_picture):
    text = corpus(0.5, "abcdefgh" * 20 + "abcdehgf" * 20)
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


def test_truncate_epoch_takes_gradients_through_the_whole_epoch():
    config = with_changes(QUICK, truncate="epoch", clip=None, optimizer="sgd", validation=0.0)
    X, Y = torch.randint(1, 9, (2, 12)), torch.randint(1, 9, (2, 12))
    train_step = TrainStep(SMALL, config, 9)
    logits, _ = train_step.model(X)
    wanted = torch.autograd.grad(
        torch.nn.functional.cross_entropy(logits, Y.t().reshape(-1)),
        list(train_step.model.parameters()),
    )
    train_step.begin_epoch()
    for i in range(3):
        piece = slice(4 * i, 4 * i + 4)
        train_step.train_on(X[:, piece], Y[:, piece], learning_rate=0.0, last=i == 2)
    for parameter, gradient in zip(train_step.model.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, atol=1e-6, rtol=1e-4)


def test_the_gradient_is_clipped_to_the_threshold():
    """One update of plain SGD then moves the weights by learning rate × θ."""
    config = with_changes(
        QUICK, epochs=1, batch_size=8, steps=100, optimizer="sgd", schedule="constant",
        learning_rate=1.0, clip=1e-3, validation=0.0, shift=False,
    )  # fmt: skip
    text = corpus(0.0)
    train_step = TrainStep(SMALL, config, len(text.vocabulary))
    X, Y = config.minibatches(text.training, 0)[0]
    before = train_step.weights()
    update = train_step.train_on(X, Y, learning_rate=1.0, last=True)
    after = train_step.weights()
    moved = math.sqrt(sum(float((after[n] - before[n]).square().sum()) for n in after))
    assert update.norm > 1e-3 and moved == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize(("share", "zeros"), [(0.0, 0), (0.5, None), (1.0, 64)])
def test_a_share_of_the_carried_states_starts_from_zero_again(share, zeros):
    config = with_changes(QUICK, batch_size=64, steps=4, reset=share)
    text = corpus()
    train_step = TrainStep(SMALL, config, len(text.vocabulary))
    met = []
    train_step.model.register_forward_pre_hook(lambda model, inputs: met.append(inputs[1]))
    minibatches = config.minibatches(text.training, 0)
    for i in range(2):
        train_step.train_on(*minibatches[i], learning_rate=0.01, last=False)
    empty = int((met[1] == 0).all(dim=2).sum())
    assert met[0] is None and (10 < empty < 54 if zeros is None else empty == zeros)


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw"])
def test_weights_by_columns_are_moved_where_they_lie(name):
    """As torch's plain optimizer moves them, and the very memory of the weights."""
    start, gradient = torch.randn(5, 3).t(), torch.randn(5, 3).t()
    mine, plain = (torch.nn.Parameter(start.clone()) for _ in range(2))
    by_rows = RowMajorParameters([mine])
    assert all(row.is_contiguous() for row in by_rows.rows)
    optimizers = (
        build_optimizer(name, by_rows.rows, learning_rate=0.1, weight_decay=0.5),
        {
            "sgd": lambda: torch.optim.SGD([plain], lr=0.1),
            "adam": lambda: torch.optim.Adam([plain], lr=0.1),
            "adamw": lambda: torch.optim.AdamW(
                [plain], lr=0.1, betas=(0.9, 0.99), weight_decay=0.5
            ),
        }[name](),
    )
    for times in range(1, 4):
        mine.grad, plain.grad = gradient * times, gradient * times
        by_rows.collect_gradients()
        for optimizer in optimizers:
            optimizer.step()
    torch.testing.assert_close(mine.detach(), plain.detach())
    by_rows.clear_gradients()
    assert mine.grad is None and by_rows.rows[0].grad is None


def test_weight_decay_shrinks_weights_that_nothing_else_moves():
    weight = torch.nn.Parameter(torch.ones(3, 2).t())
    optimizer = build_optimizer("adamw", [weight], learning_rate=0.1, weight_decay=0.5)
    weight.grad = torch.zeros_like(weight)
    optimizer.step()
    torch.testing.assert_close(weight.detach(), torch.full((2, 3), 0.95))


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


def test_without_a_held_out_part_a_broken_model_never_replaces_a_good_one(tmp_path, no_picture):
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


def test_a_model_that_breaks_in_one_update_has_diverged(tmp_path, no_picture):
    config = TrainingConfig(
        epochs=1, batch_size=32, steps=20, optimizer="sgd", learning_rate=1000.0, clip=None,
        schedule="constant",
    )  # fmt: skip
    events = run(ModelConfig(cell="relu", hidden_size=32), config, directory=tmp_path)
    assert events[-1]["reason"] == "diverged"
    assert charrnn.generate(charrnn.load(tmp_path / "checkpoint"), "the", 5, seed=0)


def test_a_model_too_large_for_a_checkpoint_is_refused():
    with pytest.raises(UserError, match="parameters") as caught:
        run(ModelConfig(hidden_size=4096, layers=8))
    assert caught.value.field == "hidden_size"


@pytest.mark.parametrize(
    ("of_the_corpus", "of_the_config", "held_out"),
    [(0.3, None, 0.3), (0.0, None, 0.0), (0.3, 0.1, 0.1), (0.1, 0.0, 0.0)],
)
def test_the_corpus_is_split_as_it_says_unless_the_configuration_says_otherwise(
    of_the_corpus, of_the_config, held_out, tmp_path, no_picture
):
    events = run(
        training=with_changes(QUICK, epochs=1, validation=of_the_config),
        corpus=corpus(of_the_corpus),
        directory=tmp_path,
    )
    assert events[0]["training"]["validation"] == held_out
    assert (events[-1]["validation_perplexity"] is not None) == (held_out > 0)
    kept = charrnn.load(tmp_path / "checkpoint").about["training"]
    assert kept["validation"] == held_out
    seen = named(events, "progress")[-1]["characters_seen"]
    assert seen == pytest.approx(len(TEXT) * (1 - held_out), rel=0.15)


def test_a_share_that_is_not_given_cannot_be_asked_for():
    for given in ("none", None, "null", ""):
        with pytest.raises(UserError, match=r"give a number from 0 to 0\.5\."):
            assign_settings({"validation": given}, TrainingConfig)
