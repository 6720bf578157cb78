"""What is said of a run that went wrong: found from its events, and the change to try helps."""

import itertools
import json
import math
import random
import re

import pytest
from run_events import checkpoint, end, progress, start, view_model
from typer.testing import CliRunner

from charrnn.cli import app
from charrnn.recipes import RECIPES
from charrnn.runs.plan import make_plan
from charrnn.text import datasets, read_text
from charrnn.training import train
from charrnn.training.diagnosis import Diagnosis
from charrnn.training.events import stored_event
from charrnn.training.messages import (
    FINDINGS,
    SENTENCES,
    SUGGESTIONS,
    figure,
    final_sentences,
    written_setting,
)
from charrnn.training.suggestions import suggest
from charrnn.ui.run_card.strings import DIAGNOSES
from charrnn.ui.run_card.view_model import RunViewModel

TIDE = datasets.load("tide-clock").text


def rate(learning_rate, **more):
    return {"learning_rate": learning_rate, **more}


SMALL = {"hidden_size": 32, "batch_size": 8, "steps": 24, "schedule": "constant", "threads": 1}
SGD = SMALL | {"optimizer": "sgd", "cell": "tanh", "clip": "none"}
SHORT = SMALL | rate(0.02, epochs=40, hidden_size=48)


def run(settings, text=TIDE[:3000], recipe="custom", **more):
    planned = make_plan(read_text(text), recipe=recipe, settings=settings)
    more |= {"recipe": recipe, "prefixes": planned.prefixes[:1]}
    return list(train(planned.corpus, planned.model, planned.training, **more))


def found(events):
    """The finding of the run's end, as data; it fits the schema of the event."""
    end = stored_event(json.loads(json.dumps(events[-1])))
    assert end["code"] == end["reason"] and len(end["findings"]) <= 1
    return end["findings"][0] if end["findings"] else None


def code(finding):
    return finding and finding["code"]


def kept(events):
    """The perplexity of the model that is kept: infinite if it came to nothing."""
    measured = [e["validation_perplexity"] or math.inf for e in events if e["event"] == "progress"]
    return math.inf if events[-1]["reason"] == "diverged" else min(measured)


def finding(*events, reason=None):
    diagnosis = Diagnosis()
    for event in (start(), *events):
        diagnosis.tell(event)
    return diagnosis.finding(reason)


def falling(count=10, **more):
    return [progress(step, train=8 - step / 10, held=None, **more) for step in range(1, count + 1)]


# What is found, and when


GONE_WRONG = {
    "learning rate far too large": (SGD | rate(100, epochs=4), "diverged"),
    "learning rate too large for a ReLU": (SMALL | rate(1, cell="relu", epochs=4), "not-finite"),
    "numbers that overflow at once": (SGD | rate(1e6, cell="relu", epochs=4), "not-finite"),
    "gradients that explode": (
        SGD | rate(3, initialization="normal", epochs=6),
        "exploded|diverged",  # by which minibatch it is that breaks it
    ),
    "worse than a uniform guess": (SGD | rate(4, clip=1, epochs=6), "above-uniform"),
    "learned by heart": (SHORT, "overfits"),
    "learning rate far too small": (SMALL | rate(1e-6, epochs=6), "unlearned"),
    "clipped to nothing": (SGD | rate(1, clip=1e-3, epochs=6), "unlearned"),
    "shrunk to nothing": (SMALL | rate(0.01, weight_decay=10, epochs=6), "unlearned"),
    "too short": (SMALL | rate(0.002, epochs=1), "unlearned"),
}


@pytest.mark.parametrize(("settings", "kind"), GONE_WRONG.values(), ids=GONE_WRONG)
def test_what_went_wrong_is_told_and_the_change_to_try_helps(settings, kind):
    events = run(settings)
    finding = found(events)
    assert finding["code"] in FINDINGS & set(kind.split("|")), events[-1]["message"]
    tip = finding["suggestion"]
    assert tip["code"] in SUGGESTIONS
    assert f"{tip['field']} = {written_setting(tip['value'])}." in events[-1]["message"]
    again = run(settings | {tip["field"]: tip["value"]})
    assert kept(again) < 0.97 * kept(events), f"{events[-1]['message']} → {again[-1]['message']}"
    assert code(found(again)) != kind or kind == "overfits"


def test_a_gradient_that_explodes_is_found_before_the_run_breaks_and_after():
    calm = falling()
    wild = [progress(11 + i, train=10 + i, held=None) | {"gradient_norm": 50.0} for i in range(3)]
    assert finding(*calm, *wild[:2]) is None
    exploding = finding(*calm, *wild)
    assert exploding.code == "exploding" and exploding.since.step == 11
    assert exploding.figures == {"norm": 50.0, "usual": 0.5, "train": 12.0}
    assert finding(*calm, *wild[:1], reason="diverged").code == "exploded"
    assert finding(*calm, reason="diverged").code == "diverged"
    assert finding(reason="diverged").code == "diverged", "it broke before the first report"


def test_large_gradients_that_do_no_harm_are_no_finding():
    wild = [progress(11 + i, train=7 - i / 10, held=None) for i in range(9)]
    assert finding(*falling(), *(event | {"gradient_norm": 50.0} for event in wild)) is None


def test_worse_than_a_uniform_guess_counts_only_after_the_first_moments():
    bad = [progress(step, train=20.0, held=None) for step in range(1, 30)]
    assert finding(*bad[:10]) is None
    assert finding(*bad[:11]).code == "above-uniform"
    overflow = [progress(step, train=None, held=None) for step in range(1, 30)]
    assert finding(*overflow).code == "above-uniform"
    assert finding(*bad, progress(30, train=5.0, held=None)) is None, "it has recovered"


def overfitting(rises=(2.2, 2.4, 2.6), trains=(1.5, 1.4, 1.3)):
    down = [progress(step, train=4 - step / 10, held=4 - step / 5) for step in range(1, 11)]
    up = zip(range(11, 99), rises, trains, strict=False)
    return [*down, *(progress(step, train=train, held=held) for step, held, train in up)]


def test_overfitting_is_told_from_the_best_step_on():
    found = finding(*overfitting())
    assert found.code == "overfits" and found.since.step == 10
    assert found.figures == {"best": 2.0, "now": 2.6}
    assert finding(*overfitting()[:-1]) is None, "three measurements in a row"
    assert finding(*overfitting(trains=(3.0, 3.1, 3.2))) is None, "training got worse as well"
    assert finding(*overfitting(rises=(2.01, 2.02, 2.03))) is None, "next to nothing"
    assert finding(*overfitting(rises=(2.2, 2.4, 2.6, 1.9), trains=(1.5,) * 4)) is None


def test_one_measurement_that_is_told_again_counts_once():
    once = [progress(step, train=1.5, held=2.6) for step in range(11, 20)]
    assert finding(*overfitting()[:10], *once) is None


def test_no_better_than_the_frequencies_of_the_symbols_is_told_at_the_end_only():
    events = [progress(step, train=7.2, held=7.1) for step in range(1, 30)]
    assert finding(*events) is None
    assert finding(*events, reason="finished").code == "unlearned"
    assert finding(*events, progress(30, train=5.0, held=6.0), reason="finished") is None
    assert finding(*events, reason="failed") is None


def test_going_on_forgets_what_was_done_after_the_point():
    diagnosis = Diagnosis()
    for event in (start(), *overfitting(), start() | {"resumed_from": 10}):
        diagnosis.tell(event)
    assert diagnosis.finding() is None and diagnosis.best.step == 10
    diagnosis.tell(start())
    assert diagnosis.best is None, "from the beginning"


# What is no trouble


@pytest.mark.parametrize("name", [name for name, r in RECIPES.items() if r.kind == "textbook"])
def test_the_textbooks_experiments_are_not_scolded(name):
    """They learn by heart on purpose; cut short, they are told to run longer and nothing else."""
    settings = {"epochs": 12, "hidden_size": 48, "batch_size": 8, "threads": 1}
    text = datasets.load("songs").text if name.startswith("lyrics") else TIDE
    finding = found(run(settings, text[:2500], name))
    assert finding is None or (finding["code"], finding["suggestion"]["code"]) == (
        "unlearned", "try-longer",
    )  # fmt: skip


QUIET = {
    "one symbol": "a" * 400,
    "two symbols": "ab" * 200,
    "a refrain": "the cat sat on the mat. " * 20,
    "dice": "".join(map(str, random.Random(1).choices(range(10), k=3000))),
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_texts_in_which_there_is_little_to_learn_are_no_trouble(text):
    events = run({"epochs": 3, "threads": 1}, text, "sprint")
    assert found(events) is None, events[-1]["message"]


def test_a_run_that_goes_well_has_nothing_more_to_say():
    events = run({"epochs": 3, "threads": 1, "hidden_size": 64}, TIDE[:50_000], "sprint")
    said = r"The best model, of step \d+, was kept: held-out perplexity [\d.]+\."
    assert re.fullmatch(said, events[-1]["message"])


def test_somebody_who_stops_a_run_is_not_told_to_let_it_run():
    events = run(SMALL | {"epochs": 50}, commands=lambda: {"stop"})
    assert events[-1]["message"].startswith("Stopped at step 1.")
    assert "Try a longer run" not in events[-1]["message"]


# What to try


_LONGER_TEXT = "a longer text: this one has 100 characters"
EVENTS = {
    "diverged": [progress(1)],
    "overfits": overfitting(),
    "unlearned": [progress(step, train=7.2, held=7.1) for step in range(1, 30)],
}


@pytest.mark.parametrize(
    ("kind", "training", "model", "change"),
    [
        ("diverged", {"optimizer": "sgd", **rate(0.5, clip=None)}, {}, "clip = 1"),
        ("diverged", {"optimizer": "sgd", **rate(50.0, clip=None)}, {}, "learning_rate = 0.3"),
        ("diverged", {"optimizer": "sgd", **rate(1.0)}, {}, "learning_rate = 0.3"),
        ("diverged", {"optimizer": "sgd", **rate(1.0)}, {"cell": "relu"}, "learning_rate = 0.3"),
        ("diverged", {"optimizer": "sgd", **rate(300.0, clip=0.01)}, {}, "learning_rate = 100"),
        ("diverged", rate(1.0), {}, "learning_rate = 0.003"),
        ("diverged", rate(0.002), {}, "learning_rate = 0.0007"),
        ("diverged", rate(0.002), {"cell": "relu"}, "cell = tanh"),
        ("diverged", rate(1.0), {"cell": "relu"}, "learning_rate = 0.0001"),
        ("overfits", {}, {}, "smoothing = 0.5"),
        ("overfits", {"smoothing": 0.5}, {}, "dropout = 0.5"),
        ("overfits", {"smoothing": 0.5}, {"dropout": 0.6}, _LONGER_TEXT),
        ("unlearned", rate(1e-5), {}, "learning_rate = 0.003"),
        ("unlearned", rate(0.5), {}, "learning_rate = 0.003"),
        ("unlearned", {"optimizer": "sgd", **rate(0.001)}, {}, "learning_rate = 1"),
        ("unlearned", {"optimizer": "sgd", **rate(1.0, clip=1e-4)}, {}, "clip = 1"),
        ("unlearned", {"optimizer": "sgd", **rate(1e-4, clip=1e-4)}, {}, "clip = 1"),
        ("unlearned", {"seconds": 10.0}, {}, "a longer run: seconds = 100"),
        ("unlearned", {"seconds": None, "epochs": 400_000}, {}, "a longer run: epochs = 1000000"),
        ("unlearned", {"seconds": None}, {}, None),
    ],
)
def test_the_change_is_chosen_from_the_runs_own_settings(kind, training, model, change):
    began = start(**training)
    began["model"] |= model
    reason = "diverged" if kind == "diverged" else "finished"
    got = suggest(finding(*EVENTS[kind], reason=reason), began, stopped=False)
    values = got and {"setting": got.field, "value": got.value and written_setting(got.value)}
    said = got and SENTENCES[got.code].format(**values, characters=began["characters"])
    assert said == (change and f"Try {change}.")


@pytest.mark.parametrize(("optimizer", "most"), [("sgd", 1.0), ("adamw", 0.01)])
@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
def test_whatever_the_settings_the_value_to_try_is_a_usual_one(cell, optimizer, most):
    cases = itertools.product(
        (("diverged", "diverged"), ("unlearned", "finished")),
        (1e-5, 0.001, 0.1, 1, 50, 1e6),
        (None, 1e-5, 0.01, 1),
    )
    for (kind, reason), value, clip in cases:
        began = start(seconds=None, optimizer=optimizer, **rate(value, clip=clip))
        began["model"] |= {"cell": cell}
        tip = suggest(finding(*EVENTS[kind], reason=reason), began, stopped=False)
        if tip is None:  # nothing is wrong with these settings
            continue
        setting, new = tip.field, tip.value
        if setting != "learning_rate":
            assert (setting, new) in {("clip", 1), ("cell", "tanh")}
            continue
        update = new * min(clip or 1, 1) if optimizer == "sgd" else new
        assert new <= 100 and update <= most, (kind, value, clip)
        odd = clip == 1e-5  # nothing goes well with it
        least = 1e-4 if (cell, optimizer) == ("relu", "adamw") else most / 10
        assert kind == "diverged" or update >= least or odd, (kind, value, clip)


def test_a_text_too_large_to_be_smoothed_and_a_run_that_knows_nothing_of_it_need_dropout():
    began, found = start(), finding(*overfitting(), reason="finished")
    large = began | {"characters": 10**9}
    before = began | {"training": {k: v for k, v in began["training"].items() if k != "smoothing"}}
    for one in (large, before):
        assert suggest(found, one, stopped=False).field == "dropout"


# How it is said


@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_has_its_chinese(name):
    english, chinese = SENTENCES[name], DIAGNOSES[name][1]
    fields = set(re.findall(r"\{(\w+)\}", english))
    assert set(re.findall(r"\{(\w+)\}", chinese)) == fields
    assert not re.search("[A-Za-z]{2}", re.sub(r"\{\w+\}", "", chinese)), "half of it is English"


def test_a_value_that_overflows_is_null_in_a_finding_and_infinite_in_words():
    wild = {"norm": None, "usual": 0.5, "step": 9}
    told = {"code": "exploded", "values": wild, "suggestion": None}
    said = final_sentences(Diagnosis(), "diverged", 9, 0, None, [told])
    assert "from about 0.500 to ∞" in said[0].english


def test_findings_of_a_newer_version_are_left_out():
    told = [
        {"code": "bored", "values": {}, "suggestion": None},
        {"code": "overfits", "values": {"step": 1}, "suggestion": None},
        {"code": "diverged", "values": {"step": 3}, "suggestion": {
            "code": "try-prayer", "field": "faith", "value": 1}},
    ]  # fmt: skip
    said = final_sentences(Diagnosis(), "diverged", 3, 0, None, told)
    assert [sentence.code for sentence in said] == ["diverged", "kept-untrained"]


def test_who_stops_a_run_at_once_is_not_told_that_it_learned_nothing():
    for step, said in ((1, False), (99, False), (100, True)):
        event = progress(step, train=7.5, held=7.5)
        assert (finding(event, reason="stopped") is not None) == said
        assert finding(event, reason="finished") is not None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.0434, "1.04"),
        (28.06, "28.1"),
        (1448.7, "1,449"),
        (0.0123456, "0.0123"),
        (2.5e9, "2.5e9"),
        (math.inf, "∞"),
    ],
)
def test_figures_have_as_many_digits_as_say_something(value, said):
    assert figure(value) == said


# Where it is told


def test_the_card_and_the_end_of_the_run_say_the_same():
    events = run(SHORT)
    shown = view_model(*events).value()["diagnosis"]
    parts = [shown[part] for part in ("what", "kept", "try")]
    assert " ".join(part["en"] for part in parts) == events[-1]["message"]
    assert "留出文本" in shown["what"]["zh"] and "平滑 smoothing = 0.5" in shown["try"]["zh"]
    assert shown["change"] == ["smoothing", "0.5"]
    events[-1] = events[-1] | {"message": "as an earlier version said it"}
    del events[-1]["findings"], events[-1]["kept_step"]
    again = view_model(*events[:-1], checkpoint(*best(events)), events[-1]).value()["diagnosis"]
    assert again == shown, "told again from the figures alone"


def best(events):
    told = [e for e in events if e["event"] == "progress"]
    measured = [e for e in told if e["validation_perplexity"] is not None]  # a slow epoch has none
    point = min(measured, key=lambda event: event["validation_perplexity"])
    return point["step"], point["validation_perplexity"]


def test_the_card_of_a_run_that_goes_on_warns_and_advises_nothing_yet():
    live = view_model(start(), *overfitting())
    live.state = "running"
    shown = live.value()["diagnosis"]
    assert shown["kind"] == "overfits" and shown["try"] is None and shown["change"] is None
    assert "step 10" in shown["kept"]["en"]
    assert view_model(start(), *overfitting()[:10]).value()["diagnosis"] is None


def test_a_textbooks_run_is_advised_as_others_are():
    events = [start() | {"recipe": "lyrics-concise"}, *overfitting()]
    diagnosis = view_model(*events, end(13, held=2.6)).value()["diagnosis"]
    assert diagnosis["try"] is not None and diagnosis["change"] == ["smoothing", "0.5"]


@pytest.mark.parametrize(
    ("took", "most", "change"),
    [
        (10.0, None, ["seconds", "100"]),
        (10.0, 1800.0, ["seconds", "100"]),
        (600.0, 1800.0, ["seconds", "1800"]),
        (1800.0, 1800.0, None),
    ],
)
def test_no_more_seconds_are_advised_than_a_run_may_take(took, most, change):
    told = RunViewModel("id", max_seconds=most)
    for event in (start(seconds=took), *EVENTS["unlearned"], end(29, held=7.1)):
        told.apply(event)
    diagnosis = told.value()["diagnosis"]
    assert diagnosis["kind"] == "unlearned" and diagnosis["change"] == change
    said = (diagnosis["try"] or {}).values()
    assert len(said) == (2 if change else 0) and all(f"seconds = {change[1]}" in s for s in said)


def test_the_command_line_says_it_too(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text(TIDE[:2000], "utf-8")
    asked = ["train", str(text), "--recipe", "custom", "--epochs", "3"]
    for setting in ("optimizer=sgd", "learning_rate=100", "clip=none", "hidden_size=16"):
        asked += ["--set", setting]
    said = {}
    for name, more in (("plain", []), ("json", ["--json"])):
        done = CliRunner().invoke(app, [*asked, *more, "--run-dir", str(tmp_path / name)])
        assert done.exit_code == 1
        said[name] = done.stdout
    message = json.loads(said["json"].splitlines()[-1])["message"]
    assert message in said["plain"].splitlines()
    assert message.endswith("Try learning_rate = 0.3.")
