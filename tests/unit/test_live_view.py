"""`watch` shows a run in a notebook and elsewhere, and hands its events on."""

import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from fake_clock import FakeClock

import charrnn
from charrnn.tracking.live_view import WatchedRun
from charrnn.utils.notebook import html_bar, html_curves

START = {
    "event": "start", "seconds": 0.0, "characters": 1200, "vocabulary_size": 11, "parameters": 99,
    "device": "cpu", "training": {"epochs": 40, "seconds": None},
    "warnings": [{"message": "The end is a list."}],
}  # fmt: skip
END = {"event": "end", "seconds": 9.0, "reason": "finished", "message": "Trained for 40 epochs."}


def progress(epoch, train=3.0):
    return {
        "event": "progress", "seconds": epoch / 4, "epoch": epoch, "train_perplexity": train,
        "validation_perplexity": None if epoch % 2 else 4.0, "characters_per_second": 5000.0,
        "remaining_seconds": 90.0 - epoch,
    }  # fmt: skip


def run_of(count=4):
    return [START, *(progress(n, 30.0 / n) for n in range(1, count + 1)), END]


class Source:
    """Events, and whether they were closed; a clock moves by a quarter second for each."""

    def __init__(self, events, clock=None, error=None):
        self.closed = False
        self.events, self.clock, self.error = events, clock, error

    def __iter__(self):
        for event in self.events:
            if self.clock:
                self.clock.now += 0.25
            yield event
        if self.error:
            raise self.error

    def close(self):
        self.closed = True


@pytest.fixture
def shown(monkeypatch):
    """What the cells of a notebook have shown, as HTML: of each, one after the other."""
    cells = []

    def display(thing, *, display_id):
        cells.append([thing._repr_html_()])
        return SimpleNamespace(update=lambda new: cells[-1].append(new._repr_html_()))

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    return cells


def test_the_events_are_handed_on_and_a_line_a_second_is_printed(capsys):
    clock = FakeClock()
    events = run_of(20)
    source = Source(events, clock)
    assert list(charrnn.watch(source, clock=clock)) == events and source.closed
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert not out and "\r" not in err
    assert lines[:2] == ["The end is a list.", "1,200 characters, 10 symbols, 99 parameters, cpu"]
    assert (
        lines[2]
        == "1 s, epoch 4, perplexity 4 held out, 7.5 training, 5,000 characters/s, 86 s left"
    )
    assert lines[-1] == END["message"] and len(lines) == 8


def test_nothing_is_shown_before_the_first_event_and_ipython_is_never_imported(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    charrnn.watch(Source(run_of())).close()
    assert capsys.readouterr() == ("", "")
    list(charrnn.watch(run_of()))
    assert "IPython" not in sys.modules


def test_a_cell_shows_the_run_and_is_renewed_a_few_times_a_second(shown, capsys):
    clock = FakeClock()
    assert list(charrnn.watch(Source(run_of(40), clock), clock=clock)) == run_of(40)
    (cell,) = shown
    assert 20 <= len(cell) <= 23, "at the start, every other event, and at the end"
    assert 'aria-valuenow="0"' not in cell[1] and 'aria-valuenow="50"' in cell[10]
    assert "<svg" in cell[-1]
    assert 'aria-valuenow="100"' in cell[-1] and END["message"] in cell[-1]
    assert "The end is a list." in cell[0] and capsys.readouterr() == ("", "")


def test_an_ipython_in_a_terminal_gets_lines(shown, monkeypatch, capsys):
    terminal = SimpleNamespace(get_ipython=lambda: SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython", terminal)
    list(charrnn.watch(run_of()))
    assert not shown and END["message"] in capsys.readouterr().err


def test_a_loop_that_ends_early_ends_the_training(capsys):
    source = Source(run_of())
    watched = charrnn.watch(source)
    assert next(watched) is START
    watched.close()
    assert source.closed and "No longer watched" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "told"), [(KeyboardInterrupt(), "Interrupted."), (OSError("full"), "OSError: full")]
)
def test_an_error_of_the_training_is_shown_and_raised(error, told, shown):
    source = Source([START, progress(1)], error=error)
    with pytest.raises(type(error)):
        list(charrnn.watch(source))
    assert source.closed and told in shown[0][-1]


def test_what_has_no_events_is_refused_at_once():
    with pytest.raises(charrnn.UserError, match=r"events.*charrnn\.train"):
        charrnn.watch(3)


def test_training_itself_prints_nothing(capsys, tmp_path):
    corpus = charrnn.Corpus.from_text("to be or not to be, that is the question. " * 40)
    config = charrnn.TrainingConfig(epochs=1, threads=1)
    list(charrnn.train(corpus, charrnn.ModelConfig(hidden_size=8), config, directory=tmp_path))
    assert capsys.readouterr() == ("", "")


def test_a_real_run_is_watched(shown):
    corpus = charrnn.Corpus.from_text("to be or not to be, that is the question. " * 40)
    model = charrnn.ModelConfig(hidden_size=8)
    events = charrnn.train(corpus, model, charrnn.TrainingConfig(epochs=2, seed=1))
    *_, end = charrnn.watch(events)
    assert end["event"] == "end" and end["message"] in shown[0][-1].replace("&#x27;", "'")


def test_texts_are_escaped_and_long_samples_cut():
    run = WatchedRun()
    for event in [START, {"event": "sample", "text": "<script>\n" * 100, "prefix": ""}]:
        run.apply(event)
    html = run._repr_html_()
    assert "<script" not in html and "⏎" in html and html.count("script") < 60


def test_curves_are_drawn_whatever_the_values():
    values = [(n / 100, 5.0 + n % 7) for n in range(5000)]
    odd = [(0.0, float("inf")), (1.0, float("nan")), (2.0, 0.0), (3.0, 2.0), (4.0, 2.0)]
    picture = ElementTree.fromstring(html_curves("a & b", {"held out": values, "training": odd}))
    lines = [line.get("points").split() for line in picture.iter("polyline")]
    assert len(lines[0]) <= 200 and lines[0][-1].startswith("552.0,") and len(lines[1]) == 2
    assert html_curves("none", {"held out": [(1.0, 2.0)]}) == ""


def test_a_run_without_a_length_has_no_bar():
    assert "progressbar" not in html_bar(None, "1 s")
    assert 'aria-valuenow="100"' in html_bar(1.7, "over")
