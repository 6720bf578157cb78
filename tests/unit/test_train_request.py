"""Requests of the Train form: their summaries and errors, without a browser."""

from dataclasses import replace

import pytest
from fake_clock import FakeClock

from charrnn.corpus import Corpus
from charrnn.errors import UserError
from charrnn.text import datasets
from charrnn.text.datasets import download
from charrnn.training.machine_speed import MachineSpeed
from charrnn.ui.train.request import CUSTOM, OWN, TEXTBOOK, TrainRequest
from charrnn.ui.train.summary import button_label, corpus_summary, model_summary


@pytest.fixture
def nothing_downloaded(monkeypatch, tmp_path):
    """No classic is on this machine, and there is no network."""
    monkeypatch.setenv("CHARRNN_CACHE", str(tmp_path))

    def unreachable(*arguments, **more):
        raise download.DownloadError("no connection to d2l: Name or service not known")

    monkeypatch.setattr(download, "fetch", unreachable)


def button(locale, **request):
    return button_label(TrainRequest(**request), locale).replace("\u00a0", " ")


def test_the_button_label_has_text_and_time():
    assert button("en") == "Train on The Tide Clock · 10 s"
    assert button("zh") == "用《潮汐钟》训练 · 10 秒"
    assert button("en", recipe="deep") == "Train on The Tide Clock · 5 min"
    assert button("zh", recipe="night", corpus=OWN) == "用你的文本训练 · 直到不再进步"
    experiment = button("en", recipe=TEXTBOOK, experiment="lyrics-concise")
    assert experiment == "Train on The Tide Clock · 1,000 epochs"


def test_the_button_breaks_only_before_its_time():
    classic = button_label(TrainRequest(corpus="time-machine", recipe=TEXTBOOK), "en")
    assert classic.split(" ") == [
        "Train", "on", "The\u00a0Time\u00a0Machine\u00a0·", "500\u00a0epochs",
    ]  # fmt: skip


def test_a_dataset_is_not_downloaded_for_its_summary(nothing_downloaded):
    request = TrainRequest(corpus="time-machine")
    assert not request.is_local()
    report = corpus_summary(request, None, "en")
    assert report["download"]["size"] == "179\u00a0kB"
    assert report["characters"] == datasets.find_dataset("time-machine").characters


def test_a_missing_text_is_an_error_of_the_field_corpus():
    with pytest.raises(UserError) as caught:
        TrainRequest(corpus=OWN, paste="  ").plan()
    assert caught.value.field == "corpus"


def test_settings_are_checked_before_the_text_is_downloaded(form, nothing_downloaded):
    wrong = TrainRequest(corpus="time-machine", recipe=CUSTOM, settings={"hidden_size": "many"})
    shown = form.validate(wrong, "en")
    assert shown[form.settings_problem] == "Hidden size: a whole number from 1 to 4,096"
    assert shown[form.report]["download"]
    both = TrainRequest(
        corpus="time-machine", recipe=CUSTOM, settings={"epochs": "2", "seconds": "9"}
    )
    shown = form.validate(both, "en")
    assert "not both" in shown[form.settings_problem]
    assert set(shown[form.custom.head]["problems"]) == {"epochs", "seconds"}
    right = TrainRequest(corpus="time-machine", recipe=CUSTOM, settings={"seconds": "20"})
    shown = form.validate(right, "en")
    assert shown[form.settings_problem] == ""
    assert shown[form.go] == "Train on The\u00a0Time\u00a0Machine\u00a0· 20\u00a0s"
    assert shown[form.model]["cell"] == "lstm"


def test_an_invalid_setting_leaves_the_summary_of_the_text(form):
    wrong = TrainRequest(recipe=CUSTOM, settings={"hidden_size": "many"})
    assert form.validate(wrong, "en")[form.report]["symbols"] == 61
    assert model_summary(wrong, None) == {}


def test_a_file_that_is_no_text_is_not_reported_as_missing(form, tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    shown = form.validate(TrainRequest(corpus=OWN, files=(str(file),)), "en")
    assert shown[form.text_problem] and not shown[form.report]["empty"]
    assert form.validate(TrainRequest(corpus=OWN), "en")[form.report]["empty"]


def test_with_a_paste_and_a_file_the_chosen_source_is_used(form, tmp_path):
    file = tmp_path / "it.txt"
    file.write_text("from the file " * 40)
    given = {"corpus": OWN, "paste": "from the paste " * 40, "files": (str(file),)}
    assert TrainRequest(**given, source="files").load_text().text.startswith("from the file")
    assert TrainRequest(**given, source="paste").load_text().text.startswith("from the paste")
    assert TrainRequest(corpus=OWN, files=(str(file),), source="paste").load_text().name == "it.txt"
    assert (
        TrainRequest(corpus=OWN, paste="a paste", source="files").load_text().name == "pasted text"
    )
    both = form.validate(TrainRequest(**given, source="paste"), "en")
    assert both[form.source]["visible"] and not both[form.encoding]["visible"]
    alone = form.validate(TrainRequest(corpus=OWN, files=(str(file),)), "en")
    assert alone[form.encoding]["visible"] and not alone[form.source]["visible"]


@pytest.mark.parametrize(
    ("locale", "titles"),
    [
        ("en", "The Tide Clock, Songs, Python's manual"),
        ("zh", "《潮汐钟》、《歌》、《Python 手册》"),
    ],
)
def test_without_a_network_the_page_names_texts_as_its_cards_do(
    form, nothing_downloaded, locale, titles
):
    with pytest.raises(UserError) as caught:
        TrainRequest(corpus="time-machine").plan()
    said = form.show_problems([caught.value], locale)[form.text_problem]
    assert titles in said and "d2l-data.s3-accelerate.amazonaws.com" in said
    assert "tide-clock" not in said and "service not known" not in said


def test_the_share_held_out_is_the_share_that_can_be_measured():
    tiny = TrainRequest(corpus=OWN, paste="abcabcab")
    assert corpus_summary(tiny, tiny.load_corpus(), "en")["held_out"] == 0


@pytest.mark.parametrize("recipe", ["sprint", CUSTOM])
@pytest.mark.parametrize("layers", ["1", "9"])
def test_a_change_of_the_form_prepares_its_text_once(form, monkeypatch, recipe, layers):
    prepared, from_text = [], Corpus.from_text

    def count(text, **options):
        prepared.append(text.name)
        return from_text(text, **options)

    monkeypatch.setattr(Corpus, "from_text", count)
    settings = {"layers": layers}
    request = TrainRequest(corpus=OWN, paste="to be or not " * 99, recipe=recipe, settings=settings)
    base = replace(request, settings={}).resolved().base
    prepared.clear()
    shown = form.validate(replace(request, paste="or to be " * 99, base=base), "en")
    assert shown[form.report]["characters"] == 9 * 99, "of the new text"
    assert bool(shown[form.settings_problem]) == (recipe == CUSTOM and layers == "9")
    assert prepared == ["pasted text"]


def test_the_form_measures_no_speed_and_shows_what_the_run_does(form, monkeypatch):
    measured, clock = [], FakeClock()

    def measure():
        measured.append(clock.now)
        return 1_000.0 * 30 ** len(measured)

    speed = MachineSpeed(measure, lambda: False, clock)
    monkeypatch.setattr("charrnn.training.autoconfig.machine_speed", speed)
    speed()  # as the app does when it builds the page
    clock.now = 1_000.0
    request = TrainRequest(corpus="tide-clock", recipe="deep")
    shown = form.validate(request, "en")
    clock.now = 2_000.0
    assert request.plan().model.hidden_size == shown[form.model]["hidden"]
    assert measured == [0.0]
