"""A run whose epochs are set can be repeated: nothing in it follows the clock or the machine."""

import random

import pytest
import torch
from conftest import small_model
from fake_clock import FakeClock
from grids import in_stress
from small_runs import QUICK, SMALL, run, with_changes

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.model import ModelConfig
from charrnn.runs.plan import make_plan
from charrnn.text import Text, datasets
from charrnn.vocabulary import Vocabulary

DICE = random.Random(0)
WORDS = ["".join(DICE.choices("abcdefghijklmnopqrstuvwxyz", k=5)) for _ in range(500)]
TEXTS = {
    "small": Text(datasets.load("tide-clock").text[:20_000], "small"),
    "medium": Text(datasets.load("tide-clock").text, "medium"),
    "large": Text(" ".join(DICE.choices(WORDS, k=70_000)), "large"),
    "of many symbols": Text("".join(chr(0x4E00 + i * i * 7 % 991 + i // 40) for i in range(20_000)),
                            "lyrics"),
}  # fmt: skip


@pytest.fixture
def nothing_measured(monkeypatch):
    """Whatever measures the machine fails the test."""

    def measure(*arguments):
        raise AssertionError("the machine was measured")

    measured = (
        *("training.autoconfig.machine_speed", "training.machine_speed.measure_speed"),
        *("rnn.matmul.onednn_speedup", "training.step.suits_bfloat16"),
    )
    for name in measured:
        monkeypatch.setattr(f"charrnn.{name}", measure)


@pytest.mark.parametrize("recipe", ["sprint", "coffee", "deep", "night"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_budget_chooses_for_so_many_epochs_without_a_measurement(text, recipe, nothing_measured):
    for given in ({"epochs": 3}, {"settings": {"epochs": "3"}}):
        planned = make_plan(TEXTS[text], recipe=recipe, **given)
        assert (planned.training.epochs, planned.training.seconds) == (3, None)


@pytest.fixture
def base():
    vocabulary = Vocabulary.from_text(TEXTS["small"].text)
    model = small_model("lstm", vocabulary_size=len(vocabulary), hidden_size=12)
    return Checkpoint(model, vocabulary, {"name": "Tales"})


@pytest.mark.parametrize("recipe", ["sprint", "night", "custom"])
@pytest.mark.parametrize("text", ["small", "large"])
def test_from_a_base_every_setting_follows_from_text_seed_and_base(
    text, recipe, base, nothing_measured
):
    planned = make_plan(TEXTS[text], recipe=recipe, epochs=3, seed=5, start=base)
    again = make_plan(TEXTS[text], recipe=recipe, epochs=3, seed=5, start=base)
    assert (planned.model, planned.training) == (again.model, again.training)
    assert (planned.training.epochs, planned.training.seconds) == (3, None)
    assert planned.training.seed == 5 and planned.model.hidden_size == 12


def test_more_epochs_are_held_back_more(nothing_measured):
    chosen = [make_plan(TEXTS["large"], recipe="deep", epochs=n).model for n in (1, 6, 10, 30, 100)]
    assert [model.dropout for model in chosen] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert len({model.hidden_size for model in chosen}) == 1


def test_a_longer_budget_means_a_larger_model(nothing_measured):
    text = Text(TEXTS["large"].text * 3, "larger")
    sizes = [make_plan(text, recipe=name, epochs=3).model.hidden_size
             for name in ("sprint", "coffee", "deep", "night")]  # fmt: skip
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]


@pytest.mark.parametrize("precision", ["auto", "float32", "bfloat16"])
def test_precision_follows_from_the_settings(precision, nothing_measured):
    model = ModelConfig(hidden_size=128)
    training = with_changes(QUICK, epochs=1, batch_size=32, precision=precision)
    wanted = "bfloat16" if precision == "bfloat16" else "float32"
    assert wanted in run(model, training)[0]["device"]


@pytest.mark.parametrize("cell", [*in_stress("tanh", "gru"), "lstm", "from a base"])
def test_two_runs_are_the_same_to_the_last_bit_however_slow_the_machine_is(
    cell, base, no_picture, tmp_path
):
    start = base if cell == "from a base" else None
    model = with_changes(SMALL, cell=cell) if start is None else start.model.config
    model = with_changes(model, dropout=0.3)
    training = with_changes(QUICK, epochs=4, smoothing=0.3, reset=0.1, schedule="plateau")
    ends = []
    for seconds in (1e-6, 0.7):  # that pass with every look at the clock
        directory, clock = tmp_path / f"{seconds}", FakeClock(seconds)
        more = {"prefixes": ["the "], "clock": clock, "start": start}
        events = run(model, training, directory=directory, **more)
        weights = charrnn.load(directory / "checkpoint").model.state_dict()
        samples = [(e["step"], e["text"]) for e in events if e["event"] == "sample"]
        end = {k: v for k, v in events[-1].items() if k not in ("seconds", "checkpoint")}
        ends.append((weights, samples, end))
    (weights, *rest), (others, *same) = ends
    assert all(torch.equal(weights[name], others[name]) for name in weights)
    assert rest == same
