"""How much a model recites: measured at the end of a run, kept with it, shown in its card."""

import json

import pytest
from conftest import ROOT, small_model
from small_runs import QUICK, corpus, run

import charrnn
from charrnn.checkpoint import Checkpoint, model_card, owner_card, save
from charrnn.checkpoint.dataset_of_model import dataset_corpus
from charrnn.corpus import Corpus
from charrnn.hub.upload_files import build
from charrnn.inspection import recitation
from charrnn.inspection.recitation import measure_recitation

TEXT = "the lazy dog sat on the mat\nand the cat on the dog\n" * 30
FIGURES = {
    "characters": 1000,
    "seed": 0,
    "copied": 0.031,
    "longest": 22,
    "lines": 40,
    "copied_lines": 3,
    "min_characters": 20,
    "new_4": 0.1402,
    "new_24": 0.998,
    "held_out_copied": 0.087,
    "held_out_new_4": 0.0734,
}


@pytest.fixture
def text():
    return Corpus.from_text(TEXT, validation=0.1)


def model_of(text, **more):
    known = text.vocabulary
    return Checkpoint(small_model(vocabulary_size=len(known), **more), known, {})


def test_the_figures_are_those_of_a_text_that_can_be_written_again(text):
    model = model_of(text)
    found = measure_recitation(model, text, "the ")
    written = charrnn.generate(model, "the ", found["characters"], seed=found["seed"])[4:]
    trained = TEXT[: len(text.training)]
    expected = charrnn.novelty(written, trained)
    assert found["characters"] == 1000
    assert (found["longest"], found["copied"]) == (expected.longest, expected.copied)
    assert found["new_8"] == pytest.approx(expected.new_ngrams[8], abs=1e-4)
    held_out = charrnn.novelty(TEXT[len(trained) :], trained)
    assert found["held_out_copied"] == held_out.copied == 1, "the text repeats itself"
    assert measure_recitation(model, text, "the ") == found
    alone = measure_recitation(model, text.with_validation(0), "the ")
    assert not [name for name in alone if name.startswith("held_out")]


def test_a_large_model_writes_less_and_nothing_is_measured_that_takes_long(text, monkeypatch):
    model = model_of(text)
    monkeypatch.setattr(recitation, "_MAX_MULTIPLICATIONS", 500 * model.model.parameter_count)
    assert measure_recitation(model, text, "")["characters"] == 500
    monkeypatch.setattr(recitation, "_MAX_MULTIPLICATIONS", 1)
    assert measure_recitation(model, text, "")["characters"] == recitation.MIN_CHARACTERS
    monkeypatch.setattr(recitation, "MAX_TRAINING_CHARACTERS", len(text.training) - 1)
    assert measure_recitation(model, text, "") == {}


def test_a_model_that_cannot_write_has_no_figures(text):
    assert measure_recitation(model_of(text, bidirectional=True), text, "") == {}


def test_a_run_measures_its_kept_model_at_the_end(tmp_path):
    run(training=QUICK, corpus=corpus(0.1, TEXT), directory=tmp_path)
    kept = charrnn.load(tmp_path / "checkpoint")
    text = Corpus.from_text(TEXT, validation=0.1)
    prefix = kept.about["prefixes"][0]
    assert kept.about["recitation"] == measure_recitation(kept, text, prefix)
    assert "## Writes or recites?" in (tmp_path / "checkpoint" / "README.md").read_text("utf-8")


def test_a_card_has_the_figures(checkpoint):
    checkpoint.about["recitation"] = FIGURES
    card = model_card.card(checkpoint, [])
    assert "Of 1,000 characters that it wrote (α = 1, seed 0), 3.1 % stand in" in card
    assert "the longest has 22. 3 of 40 lines are lines of the training text." in card
    assert "| new n-grams, n = | 4 | 24 |" in card
    assert "| written | 14 % | 100 % |" in card and "| held out | 7.3 % |  |" in card


@pytest.mark.parametrize(
    "figures", [None, {}, FIGURES | {"copied": 7}, FIGURES | {"lines": -1}, {"copied": 0.5}]
)
def test_a_card_without_figures_that_make_sense_has_no_such_line(checkpoint, figures):
    checkpoint.about["recitation"] = figures
    assert "recites" not in model_card.card(checkpoint, [])


def test_a_pushed_card_has_the_figures_and_keeps_them_when_it_is_renewed(checkpoint, tmp_path):
    checkpoint.about["recitation"] = FIGURES
    pushed = build(save(checkpoint, tmp_path / "first"), "ada/letters")
    line = "3 of 40 lines are lines of the training text."
    assert line in pushed["README.md"].decode()
    pulled = tmp_path / "pulled"
    pulled.mkdir()
    for name, data in pushed.items():
        (pulled / name).write_bytes(data)
    again = build(pulled, "bea/letters")["README.md"].decode()
    assert line in again
    assert json.loads(pushed["config.json"])["recitation"] == FIGURES
    mine = pushed["README.md"].decode() + "\nMine.\n"
    assert line in (renewed := owner_card.update_card(mine, again)) and "Mine." in renewed


def test_a_model_of_a_dataset_is_measured_when_it_is_pushed(tmp_path):
    shipped = ROOT / "checkpoints" / "tide-clock"
    model = charrnn.load(shipped)
    assert "recitation" not in model.about
    found = measure_recitation(model, dataset_corpus(model), model.about["prefixes"][0])
    pushed = build(shipped, "ada/clock")
    assert json.loads(pushed["config.json"])["recitation"] == found
    line = f"the longest has {found['longest']}. {found['copied_lines']} of {found['lines']} lines"
    assert line in pushed["README.md"].decode()
    assert line in (shipped / "README.md").read_text("utf-8")
    model.about["corpus"]["characters"] += 1  # of another text by the same name
    assert "recites" not in build(save(model, tmp_path), "ada/clock")["README.md"].decode()
