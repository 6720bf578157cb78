"""The run card's data, and what the Train tab can tell beforehand: no browser needed."""

import pytest

from charrnn import corpora
from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig, train
from charrnn.ui.card import POINTS, Story
from charrnn.ui.earlier import earlier
from charrnn.ui.wish import OWN, TEXTBOOK, Wish, told


def start(**training):
    config = {"clip": 1.0, "seconds": 10.0, "epochs": None} | training
    model = {"cell": "lstm", "hidden_size": 8, "layers": 1, "bidirectional": False}
    return {
        "event": "start",
        "characters": 100,
        "vocabulary_size": 9,
        "parameters": 1000,
        "recipe": "sprint",
        "model": model,
        "training": config,
        "baselines": {"uniform": 9.0, "unigram": 7.0, "ngram": None},
        "device": "cpu",
        "resumed_from": None,
    }


def progress(step, *, seconds=None, epoch=0.0, train=8.0, held=8.0):
    return {
        "event": "progress",
        "seconds": step / 10 if seconds is None else seconds,
        "step": step,
        "epoch": epoch,
        "train_perplexity": train,
        "validation_perplexity": held,
        "gradient_norm": 0.5,
        "clipped": 0.25,
        "characters_per_second": 1000.0,
        "remaining_seconds": 1.0,
    }


def sample(step, *, seconds=None, prefix="a", text="b"):
    at = step / 10 if seconds is None else seconds
    return {"event": "sample", "seconds": at, "step": step, "prefix": prefix, "text": prefix + text}


def end(step, reason="finished", held=8.0):
    return {
        "event": "end",
        "seconds": step / 10,
        "step": step,
        "reason": reason,
        "message": "",
        "train_perplexity": 8.0,
        "validation_perplexity": held,
    }


def story(*events):
    told_so_far = Story("id")
    for event in events:
        told_so_far.tell(event)
    return told_so_far


def written(rows):
    return [row["sample"] and row["sample"]["texts"][0][1] for row in rows]


def test_the_strip_has_five_rows_from_the_start():
    rows = story(start()).rows()
    assert [row["share"] for row in rows] == [0.0, 0.1, 0.25, 0.5, 1.0]
    assert written(rows) == [None] * 5


def test_samples_fill_the_rows_of_their_shares():
    events = [sample(step, text=str(step)) for step in (0, 11, 26, 52)]
    rows = story(start(), *events).rows()
    assert written(rows) == ["0", "11", "26", "52", None]
    assert [row["share"] for row in rows] == pytest.approx([0, 0.11, 0.26, 0.52, 1])


def test_a_share_that_a_slow_machine_skipped_stays_empty():
    rows = story(start(), sample(0, text="0"), sample(55, text="55"), sample(99), end(99)).rows()
    assert written(rows) == ["0", None, None, "55", "b"]


def test_a_sample_asked_for_stands_in_the_row_that_waits_until_its_own_comes():
    events = [start(), sample(0), sample(10), sample(26), sample(31, text="asked")]
    asked = story(*events).rows()
    assert written(asked)[3:] == ["asked", None]
    assert asked[3]["now"] and asked[3]["share"] == pytest.approx(0.31)
    after = story(*events, sample(50, text="due")).rows()
    assert written(after)[3:] == ["due", None] and not after[3]["now"]


def test_a_stopped_run_ends_in_the_last_row_with_how_far_it_came():
    rows = story(start(), sample(0), sample(10), sample(38, text="last"), end(38, "stopped")).rows()
    assert written(rows)[3:] == [None, "last"]
    assert rows[-1]["share"] == pytest.approx(0.38)


def test_a_run_that_diverged_at_once_keeps_what_it_had():
    events = [start(), sample(0), progress(1), end(1, "diverged", held=None)]
    value = story(*events).value()
    assert written(value["rows"]) == ["b", None, None, None, None]
    assert value["last"]["held"] == 8.0


def test_a_run_with_no_known_end_shows_the_first_sample_and_the_latest():
    events = [sample(step, text=str(step)) for step in range(0, 80, 10)]
    rows = story(start(seconds=None), *events).rows()
    assert written(rows) == ["0", "40", "50", "60", "70"]
    assert rows[0]["sample"]["share"] == 0.0 and rows[1]["share"] is None


def test_other_prefixes_at_the_same_step_share_a_row():
    rows = story(start(), sample(0, prefix="a"), sample(0, prefix="c", text="d")).rows()
    assert rows[0]["sample"]["texts"] == [["a", "b"], ["c", "d"]]
    assert written(rows)[1] is None


def test_long_runs_are_thinned_and_keep_their_first_point():
    points = [progress(step, train=9 - step / 1000) for step in range(1, 3000)]
    value = story(start(), *points).value()
    columns = value["columns"]
    assert {len(column) for column in columns.values()} == {len(columns["train"])}
    assert POINTS / 2 <= len(columns["train"]) <= POINTS
    assert columns["seconds"][0] == 0.1 and columns["seconds"] == sorted(columns["seconds"])
    assert value["last"]["step"] == 2999


def test_a_held_out_figure_is_drawn_once_and_the_last_one_is_kept():
    events = [progress(1, held=8.0), progress(2, held=8.0), progress(3, held=7.0)]
    value = story(start(), *events).value()
    assert value["columns"]["held"] == [8.0, None, 7.0]
    assert value["last"]["held"] == 7.0


def test_infinite_perplexity_is_a_dash_not_broken_json():
    value = story(start(), progress(1, train=float("inf"), held=None)).value()
    assert value["columns"]["train"] == [None] and value["last"]["held"] is None


def test_going_on_makes_later_points_void():
    again = start(seconds=20.0) | {"resumed_from": 2}
    events = [start(), *(progress(step) for step in (1, 2, 3)), sample(0), sample(3), end(3), again]
    value = story(*events).value()
    assert len(value["columns"]["train"]) == 2 and value["end"] is None
    assert written(value["rows"]) == ["b", None, None, None, None]


def test_the_log_of_a_shipped_model_tells_its_run_again(tmp_path):
    corpus = Corpus.from_text("the tide comes and the tide goes\n" * 40)
    training = TrainingConfig(epochs=3, batch_size=2, steps=16)
    model = ModelConfig(hidden_size=8)
    live = Story()
    for event in train(corpus, model, training, prefixes=("the ",), directory=tmp_path):
        live.tell(event)
    parameters = live.facts["parameters"]
    again = earlier(
        tmp_path / "checkpoint", parameters=parameters, title="Tide", title_zh="潮"
    ).value()
    assert again["earlier"] and again["state"] == "finished"
    assert again["facts"] | {"device": ""} == live.facts | {"device": ""}
    assert again["columns"]["epoch"] == live.columns["epoch"]
    texts = [[s and s["texts"] for s in (row["sample"],)] for row in live.rows()]
    assert [[s and s["texts"] for s in (row["sample"],)] for row in again["rows"]] == texts


def test_a_model_without_its_log_has_no_earlier_run(tmp_path):
    assert earlier(tmp_path, parameters=1, title="", title_zh="") is None


def test_the_button_says_what_it_will_do():
    assert Wish().button("en") == "Train on The Tide Clock · 10 s"
    assert Wish().button("zh") == "用《潮汐钟》训练 · 10 秒"
    assert Wish(recipe="deep").button("en") == "Train on The Tide Clock · 5 min"
    assert Wish(recipe="night", corpus=OWN).button("zh") == "用你的文本训练 · 直到不再进步"
    experiment = Wish(recipe=TEXTBOOK, experiment="lyrics-concise")
    assert experiment.button("en") == "Train on The Tide Clock · 1000 epochs"


def test_a_classic_is_not_downloaded_to_be_looked_at(monkeypatch, tmp_path):
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path))
    wish = Wish(corpus="time-machine")
    assert not wish.fetched()
    report, _ = told(wish, None)
    assert report["download"]["size"] == "179 kB"
    assert report["characters"] == corpora.find("time-machine").characters


def test_nothing_to_train_on_is_said_where_the_text_is_given():
    with pytest.raises(UserError) as caught:
        Wish(corpus=OWN, paste="  ").plan()
    assert caught.value.field == "corpus"
