"""The options of the dropdown of models, and the state that a browser sends."""

import pytest
from conftest import small_model

from charrnn.checkpoint import Checkpoint, save
from charrnn.runs.manager import RunManager
from charrnn.ui import AppContext
from charrnn.ui.page.browser_state import BrowserState
from charrnn.ui.page.contract import MAX_REMEMBERED
from charrnn.ui.services.model_options import model_options
from charrnn.vocabulary import Vocabulary


@pytest.fixture
def shelf(tmp_path):
    """Puts a model of this name and these results on a shelf."""
    runs = RunManager(tmp_path / "runs")

    def put(key, name, **results):
        vocabulary = Vocabulary.from_text("abc")
        model = small_model(vocabulary_size=len(vocabulary))
        about = {"name": name, "results": results}
        save(Checkpoint(model, vocabulary, about), tmp_path / "shelf" / key)
        return AppContext(runs, tmp_path / "shelf")

    yield put
    runs.close()


def labels(context, locale):
    return [label for label, _ in model_options(context, [], locale)]


def test_a_label_says_whose_perplexity_it_is_in_both_languages(shelf):
    shelf("tide-clock", "The Tide Clock", validation_perplexity=3.712, train_perplexity=2.5)
    context = shelf("songs", "Songs", validation_perplexity=None, train_perplexity=1.8)
    assert labels(context, "en") == [
        "The Tide Clock · LSTM 16 · perplexity 3.71 held out",
        "Songs · LSTM 16 · perplexity 1.80 on its own text",
    ]
    assert labels(context, "zh") == [
        "潮汐钟 · LSTM 16 · 困惑度 3.71（留出）",
        "歌 · LSTM 16 · 困惑度 1.80（训练文本）",
    ]


def test_a_label_without_results_has_no_perplexity(shelf):
    assert labels(shelf("mine", "Mine"), "en") == ["Mine · LSTM 16"]


def test_a_perplexity_is_as_long_as_it_needs_to_be(shelf):
    shelf("a", "A", train_perplexity=1234.5)
    context = shelf("b", "B", train_perplexity=1e30)
    assert [label.split("perplexity ")[1].split()[0] for label in labels(context, "en")] == [
        "1,234",
        "1.0e+30",
    ]


def test_a_label_follows_the_file(shelf):
    context = shelf("mine", "Mine")
    shelf("mine", "Mine, again")
    assert labels(context, "en") == ["Mine, again · LSTM 16"]


def test_a_damaged_model_and_a_run_that_is_gone_are_left_out(shelf):
    context = shelf("good", "Good")
    shelf("bad", "Bad")
    (context.bundled_dir / "bad" / "model.safetensors").write_bytes(b"no")
    assert [key for _, key in model_options(context, ["0123456789abcdef", "../x"], "en")] == [
        "good"
    ]


@pytest.mark.parametrize(
    "value", [None, "", 7, [], {}, {"chosen": 3, "used": 4, "runs": "ab", "opened": {"a": 1}}]
)
def test_any_json_value_is_read_as_a_browser_state(value):
    assert BrowserState.from_json(value) == BrowserState()


def test_a_browser_state_has_the_chosen_model_the_latest_runs_and_the_opened_models():
    runs = [f"run {i}" for i in range(MAX_REMEMBERED + 3)]
    opened = [f"ada/model-{i}" for i in range(MAX_REMEMBERED + 1)]
    value = {"chosen": "songs", "runs": [*runs[:2], None, *runs[2:]], "opened": [7, *opened]}
    value["used"] = "mine"
    state = BrowserState.from_json(value)
    assert state == BrowserState(
        "songs", tuple(runs[:MAX_REMEMBERED]), "mine", tuple(opened[:MAX_REMEMBERED])
    )
    assert state.keys == [*runs[:MAX_REMEMBERED], *opened[:MAX_REMEMBERED], "songs", "mine"]
