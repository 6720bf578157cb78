"""What tells runs apart in lists: their settings, or the names that their owner gave them."""

from dataclasses import asdict

import pytest
from worker_runs import small

from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.runs.run import Run
from charrnn.training import TrainingConfig
from charrnn.ui.i18n import run_labels
from charrnn.ui.i18n.run_labels import labels, labels_of
from charrnn.utils.config_fields import rules


def request(model=None, text="a", **training):
    return {
        "corpus": {"name": "Songs", "sha256": text},
        "model": asdict(ModelConfig(cell="gru", **(model or {}))),
        "training": asdict(TrainingConfig(**({"seconds": 10} | training))),
    }


def english(*requests):
    return [label["en"].replace("\u00a0", " ") for label in labels(requests)]


def test_one_run_is_called_by_its_network_and_its_length():
    assert english(request()) == ["GRU 256 · 10 s"]
    assert english(request(seconds=None, epochs=1000)) == ["GRU 256 · 1,000 epochs"]
    assert english(request(seconds=None, epochs=1)) == ["GRU 256 · 1 epoch"]
    assert english(request(seconds=None)) == ["GRU 256"]


def test_a_setting_is_named_where_it_sets_runs_apart():
    told = english(request(learning_rate=0.008), request(learning_rate=0.002))
    assert told == ["GRU 256 · 10 s · lr 0.008", "GRU 256 · 10 s · lr 0.002"]
    told = english(request(clip=None, seed=1), request(seed=1), request(seed=2))
    assert told == ["GRU 256 · 10 s · clip none", "GRU 256 · 10 s · clip 1 · seed 1",
                    "GRU 256 · 10 s · clip 1 · seed 2"]  # fmt: skip


def test_nothing_is_named_that_another_part_of_the_label_or_the_text_tells():
    other_network = request({"hidden_size": 128}, learning_rate=0.5)
    other_text = request(text="b", learning_rate=0.5)
    other_length = request(seconds=60, learning_rate=0.5)
    told = english(request(), other_network, other_text, other_length)
    assert [label.count(" · ") for label in told] == [1, 1, 1, 1]


def test_every_setting_of_a_run_can_be_named_in_its_label():
    named = [*run_labels._NETWORK, *run_labels._LENGTH, *run_labels._SETTINGS]
    assert sorted(named) == sorted({**rules(ModelConfig), **rules(TrainingConfig)})


def test_labels_are_chinese_too():
    told = labels([request(learning_rate=0.008), request(optimizer="sgd")])
    assert [label["zh"] for label in told] == [
        "GRU 256 · 10\u00a0秒 · 学习率\u00a00.008",
        "GRU 256 · 10\u00a0秒 · 学习率\u00a00.002",
    ]


def test_a_run_that_cannot_be_read_has_no_label_and_spoils_none(tmp_path):
    runs = [Run.create(tmp_path, small()), Run.create(tmp_path, small())]
    (runs[0].directory / "run.json").write_text("[1]")
    broken, whole = labels_of(runs)
    assert broken == {"en": "", "zh": ""} and whole["en"]


def test_a_run_is_renamed_and_its_name_taken_away(tmp_path):
    run = Run.create(tmp_path, small())
    assert run.name == ""
    run.rename("  My\nbest \x1b[31mrun ")
    assert Run(run.directory).name == "My best [31mrun"
    run.rename("诗" * 80)
    assert run.name == "诗" * 80
    run.rename(" ")
    assert run.name == "" and not (run.directory / "name").exists()


def test_a_name_that_is_too_long_is_refused_and_the_old_one_stays(tmp_path):
    run = Run.create(tmp_path, small())
    run.rename("short")
    with pytest.raises(UserError, match="at most 80 characters"):
        run.rename("x" * 81)
    assert run.name == "short"


@pytest.mark.parametrize("contents", [b"\xff\xfe", b"x" * 5000, b""])
def test_a_damaged_name_does_no_harm(tmp_path, contents):
    run = Run.create(tmp_path, small())
    (run.directory / "name").write_bytes(contents)
    assert isinstance(run.name, str) and len(run.name) < 81


def test_a_run_that_started_from_a_model_says_so():
    told = labels([request() | {"started_from": {"name": "English prose"}}, request()])
    assert told[0]["en"].endswith(" · from English prose")
    assert told[0]["zh"].endswith(" · 起点：英文小说")
    assert "from" not in told[1]["en"]
