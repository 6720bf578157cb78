"""The run card's data: no browser needed."""

import json
from pathlib import Path

import pytest
from run_events import checkpoint, end, progress, sample, start, view_model, written

from charrnn.checkpoint.metadata import validate_metadata
from charrnn.corpus import Corpus
from charrnn.errors import Message, UserError
from charrnn.model import ModelConfig
from charrnn.runs.end_reasons import EndReason, end_fields, noted
from charrnn.runs.manager import RunManager
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_files
from charrnn.training import TrainingConfig, train
from charrnn.ui.i18n.titles import chinese, corpus_title
from charrnn.ui.run_card.example_run import EVENTS, example_run, read_example
from charrnn.ui.run_card.view_model import MAX_POINTS, RunViewModel
from charrnn.ui.services.catalog import ModelEntry, model_card
from charrnn.ui.services.context import AppContext
from charrnn.ui.services.model_options import label

BUNDLED = Path(__file__).parents[2] / "checkpoints"


def test_long_runs_are_thinned_and_keep_their_first_point():
    points = [progress(step, train=9 - step / 1000) for step in range(1, 3000)]
    value = view_model(start(), *points).value()
    columns = value["columns"]
    assert {len(column) for column in columns.values()} == {len(columns["train"])}
    assert MAX_POINTS / 2 <= len(columns["train"]) <= MAX_POINTS
    assert columns["seconds"][0] == 0.1 and columns["seconds"] == sorted(columns["seconds"])
    assert value["last"]["step"] == 2999


def test_a_held_out_figure_is_drawn_once_and_the_last_one_is_kept():
    events = [progress(1, held=8.0), progress(2, held=8.0), progress(3, held=7.0)]
    value = view_model(start(), *events).value()
    assert value["columns"]["held"] == [8.0, None, 7.0]
    assert value["last"]["held"] == 7.0


def test_infinite_perplexity_is_a_dash_not_broken_json():
    value = view_model(start(), progress(1, train=float("inf"), held=None)).value()
    assert value["columns"]["train"] == [None] and value["last"]["held"] is None


def test_resuming_drops_later_points():
    again = start(seconds=20.0) | {"resumed_from": 2}
    events = [start(), *(progress(step) for step in (1, 2, 3)), sample(0), sample(3), end(3), again]
    value = view_model(*events).value()
    assert len(value["columns"]["train"]) == 2 and value["end"] is None
    assert written(value["rows"]) == ["b", None, None, None, None]


def bundle(events, directory):
    """Put the events of a run beside its model, as in checkpoints/."""
    directory.joinpath(EVENTS).write_text("".join(json.dumps(event) + "\n" for event in events))


def test_the_run_of_a_bundled_model_is_shown_as_it_was(tmp_path):
    corpus = Corpus.from_text("the tide comes and the tide goes\n" * 40)
    training = TrainingConfig(epochs=3, batch_size=2, steps=16)
    model = ModelConfig(hidden_size=8)
    events = list(train(corpus, model, training, prefixes=("the ",), directory=tmp_path))
    bundle(events, tmp_path / "checkpoint")
    example = read_example(ModelEntry("tide", tmp_path / "checkpoint")).value()
    own = {
        "run": None,
        "title": {"en": corpus.name, "zh": chinese(corpus.name)},
        "model": "tide",
        "is_example": True,
        "state": "finished",
    }
    assert example == view_model(*events).value() | own


def test_a_model_without_the_events_of_its_run_is_no_example(tmp_path):
    assert read_example(ModelEntry("none", tmp_path)) is None


@pytest.mark.parametrize("name", sorted(path.parent.name for path in BUNDLED.glob("*/config.json")))
def test_every_bundled_model_has_the_events_of_its_run(name):
    model = ModelEntry(name, BUNDLED / name)
    value = read_example(model).value()
    about = model.open().about
    results = about["results"]
    assert value["kept"]["step"] == results["step"]
    assert value["kept"]["held"] == results["validation_perplexity"]
    assert value["facts"]["recipe"] == about["recipe"]
    start = json.loads((BUNDLED / name / "events.jsonl").read_text().splitlines()[0])
    opened = model.open()
    dropped = start["vocabulary_size"] - len(opened.vocabulary)  # rare symbols, by bases.py
    of_symbol = opened.model.config.hidden_size + 1  # of a tied embedding, and its output bias
    parameters = opened.model.parameter_count + dropped * of_symbol
    assert value["facts"]["parameters"] == parameters
    samples = json.loads((BUNDLED / name / "samples.json").read_text())
    last = value["rows"][-1]["sample"]
    assert ["".join(pair) for pair in last["texts"]] == [
        sample["text"] for sample in samples if sample["step"] == samples[-1]["step"]
    ]
    assert len(value["steps"]) > 100


def test_a_chinese_user_is_shown_how_the_chinese_model_learned(tmp_path):
    corpus = Corpus.from_text("大雨落下来，我在窗口等你。\n" * 30)
    shelf = tmp_path / "shelf"
    for name in ("songs", "tide-clock"):
        run = train(
            corpus,
            ModelConfig(hidden_size=4),
            TrainingConfig(epochs=1, batch_size=1, steps=16),
            directory=tmp_path / name,
        )
        bundle(run, tmp_path / name / "checkpoint")
        shelf.mkdir(exist_ok=True)
        (tmp_path / name / "checkpoint").rename(shelf / name)
    runs = RunManager(tmp_path / "runs")
    context = AppContext(runs, shelf)
    assert example_run(context, "en")[1] == "tide-clock"
    assert example_run(context, "zh")[1] == "songs"
    runs.close()


def test_a_text_has_its_name_in_both_languages():
    assert RunViewModel(title="Songs").title == {"en": "Songs", "zh": "歌"}
    assert RunViewModel(title="pasted text").title["zh"] == "粘贴的文本"
    assert RunViewModel(title="mine.txt").title["zh"] == "mine.txt"


def test_the_title_of_a_run_on_several_files_is_translated(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("the tide comes in " * 200)
    run = Run.create(tmp_path, make_plan(read_files([tmp_path / "a.txt", tmp_path / "b.txt"])))
    corpus = run.manifest["corpus"]
    assert corpus["name"] == "2 files"
    assert corpus_title(corpus) == {"en": "2 files", "zh": "2 个文件"}
    assert corpus_title(corpus | {"title": {"template": "{odd}", "values": {}}})["zh"] == "2 files"
    del corpus["title"]  # as in a run of another version
    assert corpus_title(corpus) == {"en": "2 files", "zh": "2 files"}


def test_the_title_of_a_model_trained_on_several_files_is_translated(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("the tide comes in " * 200)
    Corpus.from_text(read_files([tmp_path / "a.txt", tmp_path / "b.txt"])).save(tmp_path / "saved")
    corpus = Corpus.open(tmp_path / "saved")  # as a worker opens it
    training = TrainingConfig(epochs=1, batch_size=2, steps=16)
    assert list(train(corpus, ModelConfig(hidden_size=4), training, directory=tmp_path))
    model = ModelEntry("several", tmp_path / "checkpoint")
    card = model_card(model)
    both = {"en": "2 files", "zh": "2 个文件"}
    assert (card["title"], card["corpus"]) == (both, both)
    assert label(model, "zh").startswith("2 个文件 · LSTM 4")


def test_the_title_of_an_archive_in_a_checkpoint_is_translated():
    title = Message(
        "{archive} ({texts})", archive="a.zip", texts=Message("{count:,} texts", count=3)
    )
    corpus = {"name": str(title), "title": title.as_json()}
    stored = validate_metadata({"corpus": json.loads(json.dumps(corpus))})["corpus"]
    assert stored == corpus
    assert corpus_title(stored) == {"en": "a.zip (3 texts)", "zh": "a.zip（3 份文本）"}


def test_a_title_in_a_checkpoint_that_is_no_message_is_left_out():
    deep = Message("{archive} ({texts})", archive="a", texts="b").as_json()
    for _ in range(9):
        deep = deep | {"values": {"archive": deep}}
    for title in ("text", 7, None, [], {}, {"template": "x"}, {"message": 1, "template": "x"}):
        assert "title" not in validate_metadata({"corpus": {"title": title}})["corpus"]
    kept = validate_metadata({"corpus": {"title": deep}})["corpus"]["title"]
    assert json.dumps(kept).count("template") == 3
    odd = {"message": "x" * 999, "template": "{count:,} files", "values": {"count": "many"}}
    corpus = validate_metadata({"corpus": {"name": "two", "title": odd}})["corpus"]
    assert len(corpus["title"]["message"]) <= 200
    assert corpus_title(corpus) == {"en": "two", "zh": "two"}


def test_a_model_of_version_0_1_0_has_a_title_in_both_languages():
    golden = Path(__file__).parents[1] / "golden" / "0.1.0" / "checkpoint"
    card = model_card(ModelEntry("golden", golden))
    assert card["title"] == card["corpus"]
    assert card["title"]["en"] == card["title"]["zh"] == "rain.txt"


@pytest.mark.parametrize("name", ["12 files.txt", "my 3 files", "files", "1,2,, files of mine"])
def test_the_name_of_ones_own_file_is_not_translated(name):
    assert chinese(name) == name


def test_the_kept_model_and_the_last_one_have_figures_of_their_own():
    over = [start(), progress(40, held=271.0), progress(99, held=282.0)]
    value = view_model(*over, checkpoint(40, held=271.0), end(99, held=282.0)).value()
    assert value["last"]["held"] == 282.0
    assert value["kept"]["held"] == 271.0 and value["kept"]["seconds"] == 4.0


def test_what_a_diverged_run_keeps_has_a_figure_even_if_nothing_is_held_out():
    events = [start(validation=0), *(progress(i, held=None, train=9.0 - i) for i in (1, 2, 3))]
    kept = view_model(*events, checkpoint(2, held=None), end(3, "diverged", held=None)).value()[
        "kept"
    ]
    assert kept["step"] == 2 and kept["train"] == 7.0


def test_a_run_that_was_stopped_in_the_queue_is_cancelled():
    waited = view_model(end(0, "stopped", held=None))
    waited.state = "stopped"
    assert waited.value()["state"] == "cancelled"
    stopped = view_model(start(), progress(1), checkpoint(1), end(1, "stopped"))
    stopped.state = "stopped"
    assert stopped.value()["state"] == "stopped"


@pytest.mark.parametrize("saved", [True, False])
@pytest.mark.parametrize("code", [code for code in EndReason if code is not EndReason.ERROR])
def test_the_reason_of_an_end_is_in_both_languages(saved, code):
    shown = view_model(end(0, "failed") | end_fields(code, saved=saved)).value()["end"]
    assert shown["text"]["en"] == shown["message"]
    assert "\u4e00" <= shown["text"]["zh"][0] <= "\u9fff" or shown["text"]["zh"].startswith(
        "Hugging"
    )
    assert shown["crashed"] == (code.value in ("crashed", "out_of_memory", "unresponsive"))


def test_an_error_of_a_worker_is_translated_by_its_template():
    error = UserError("The run could not be saved: {why}.", why=Message("No space left on device"))
    written = json.loads(json.dumps(end(0, "failed") | end_fields(error, saved=True)))
    assert written["code"] == "error"
    assert view_model(written).value()["end"]["text"] == {
        "en": "The run could not be saved: No space left on device.",
        "zh": "训练无法保存：磁盘空间不足。",
    }


def test_a_run_that_the_server_stopped_says_why_before_its_message():
    ended = noted(end(9, "stopped", message="Stopped at step 9."), EndReason.TIME_LIMIT)
    assert ended["message"].startswith("Ended at the time limit")
    assert ended["message"].endswith(" Stopped at step 9.")
    assert view_model(ended).value()["end"]["text"]["zh"].startswith("已达到这里一次训练的最长时间")


def test_an_end_without_a_code_as_of_an_earlier_version_keeps_its_english_message():
    shown = view_model(end(0, "failed", message="The disk is full.")).value()["end"]
    assert (shown["message"], shown["text"], shown["crashed"]) == ("The disk is full.", None, False)


def started(held=3.38, **more):
    known = {"name": "The Tide Clock", "model": None, "validation_perplexity": held}
    return start() | {"started_from": known | more}


def test_the_curve_of_a_run_from_a_model_begins_with_what_that_knew():
    view = RunViewModel("r")
    view.apply(started())
    shown = view.value()
    assert shown["facts"]["started_from"]["held"] == 3.38
    assert shown["facts"]["started_from"]["title"] == {"en": "The Tide Clock", "zh": "潮汐钟"}
    view.apply(progress(1, held=3.38))  # not measured again
    view.apply(progress(2, held=3.1))
    columns = view.value()["columns"]
    assert view.value()["steps"] == [0, 1, 2]
    assert columns["held"] == [3.38, None, 3.1] and columns["seconds"][0] == 0
    assert view.last["held"] == 3.1
    view.apply(started() | {"resumed_from": 2, "seconds": 0.2})
    assert view.value()["steps"] == [0, 1, 2], "it begins once only"


def test_the_model_of_step_0_that_is_kept_has_its_place_on_the_curve():
    view = RunViewModel("r")
    view.apply(started())
    view.apply(progress(1, held=4.0))
    view.apply(checkpoint(0, held=3.38))
    assert view.kept["seconds"] == 0


def test_without_a_held_out_part_the_card_names_the_start_only():
    view = RunViewModel("r")
    view.apply(started(None, model="ada/prose"))
    assert view.value()["facts"]["started_from"] == {
        "title": {"en": "ada/prose", "zh": "ada/prose"},
        "held": None,
    }
    assert view.value()["steps"] == []
    view.apply(start())
    assert view.value()["facts"]["started_from"] is None
