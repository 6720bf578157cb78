"""How objects show themselves: a line in Python, a table in a notebook."""

import pytest

import charrnn
from charrnn.checkpoint import Checkpoint
from charrnn.text import Text

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def shown(checkpoint):
    """Objects whose names and texts would be markup, if they were not escaped."""
    named = Checkpoint(checkpoint.model, checkpoint.vocabulary, {"name": SCRIPT})
    corpus = charrnn.Corpus.from_text(f"a & b {SCRIPT}\n" * 30)
    text = 'abc"\n<b>' * 30
    return [named, corpus, charrnn.score(checkpoint, text), charrnn.inspect(checkpoint, text)]


def test_each_is_one_line_in_python(shown):
    for one in shown:
        assert "\n" not in repr(one) and len(repr(one)) < 200
    named, corpus, _, inspection = shown
    assert "LSTM 16" in repr(named)
    assert f"{len(corpus.ids):,} characters" in repr(corpus)
    assert "240 characters" in repr(inspection)


def settings_and_more(checkpoint):
    """Objects that other tests of this file look at."""
    return [
        checkpoint, charrnn.Corpus.from_text("abc" * 9), charrnn.ModelConfig(),
        charrnn.TrainingConfig(), charrnn.score(checkpoint, "abc"),
        charrnn.inspect(checkpoint, "abc"),
    ]  # fmt: skip


def test_settings_models_vocabularies_texts_and_reports_are_a_line_too(checkpoint):
    lines = "to be\nor not\n" * 40
    text = Text(lines, SCRIPT)
    report = charrnn.novelty(lines, lines)
    finding = charrnn.UnitFinding(0, 1, "word-start", 0.5, 0.4, "C", False)
    objects = [checkpoint.model, checkpoint.vocabulary, text, report, finding]
    objects += [charrnn.Line("to be", None, True), charrnn.UserError("{n} files", n=2)]
    for one in objects:
        assert "\n" not in repr(one) and len(repr(one)) < 160
        assert " object at 0x" not in repr(one)
    shown = {type(one).__name__ for one in [*objects, *settings_and_more(checkpoint)]}
    public = {name for name in charrnn.__all__ if isinstance(getattr(charrnn, name), type)}
    assert public <= shown, "a public class is not looked at here"
    parameters = checkpoint.model.parameter_count
    assert repr(checkpoint.model) == f"<CharRNN LSTM 16: 8 symbols, {parameters:,} parameters>"
    assert repr(charrnn.Vocabulary.from_text(lines)).startswith("<Vocabulary: 8 symbols, 'o")
    assert "100.0% copied" in repr(report) and "80 of 80" in report._repr_html_()


def test_settings_show_what_differs_and_can_be_run_again():
    model = charrnn.ModelConfig(cell="gru", hidden_size=64)
    training = charrnn.TrainingConfig(seconds=5.0)
    assert repr(model) == "ModelConfig(cell='gru', hidden_size=64)"
    assert repr(training) == "TrainingConfig(seconds=5.0)"
    assert repr(charrnn.ModelConfig()) == "ModelConfig()"
    names = {"ModelConfig": charrnn.ModelConfig, "TrainingConfig": charrnn.TrainingConfig}
    assert [eval(repr(one), names) for one in (model, training)] == [model, training]
    assert "bidirectional" in model._repr_html_() and "64" in model._repr_html_()


def test_each_is_a_table_in_a_notebook_with_its_text_escaped(shown):
    for one in shown:
        html = one._repr_html_()
        assert "<table>" in html
        assert "<script" not in html
    assert "&lt;script&gt;" in shown[0]._repr_html_()
    assert "perplexity" in shown[2]._repr_html_()


def test_an_inspection_tints_its_text_and_says_what_was_expected(shown):
    html = shown[3]._repr_html_()
    assert "⏎" in html and "rgba(226,140,86,0." in html and "expected" in html
    assert "&lt;" in html and "<b>" not in html.partition("<pre")[2]


def test_a_long_text_is_cut(checkpoint):
    assert "3,000 more characters" in charrnn.inspect(checkpoint, "abcde" * 1000)._repr_html_()
