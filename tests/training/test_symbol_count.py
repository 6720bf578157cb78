"""How many symbols a text has is told as one number everywhere, `<unk>` being none of them."""

import io
from contextlib import redirect_stdout

from small_runs import QUICK, run, with_changes

import charrnn
from charrnn.checkpoint import model_card
from charrnn.cli.training_output import show_training
from charrnn.corpus import Corpus
from charrnn.ui.generate.stream import next_char_table
from charrnn.ui.run_card.view_model import RunViewModel
from charrnn.ui.services.catalog import ModelEntry, describe


def test_a_text_has_as_many_symbols_before_the_run_as_after_it(tmp_path, no_picture):
    corpus = Corpus.from_text("abcde" * 100)
    assert corpus.vocabulary.symbol_count == corpus.report().symbols == 5
    events = run(training=with_changes(QUICK, epochs=1), corpus=corpus, directory=tmp_path)
    assert events[0]["vocabulary_size"] == 6, "of the model, which has an output for <unk> too"

    said = io.StringIO()
    with redirect_stdout(said):
        show_training(iter(events))
    assert " 5 symbols," in said.getvalue()

    view = RunViewModel()
    view.apply(events[0])
    assert view.facts["symbols"] == 5

    saved = charrnn.load(tmp_path / "checkpoint")
    assert " 5 symbols," in model_card.card(saved, [])
    assert next_char_table(saved, "a")["symbols"] == 5
    assert describe(ModelEntry("it", tmp_path / "checkpoint"))["symbols"] == 5
