"""How objects show themselves: a line in Python, a table in a notebook."""

import pytest

import charrnn
from charrnn.checkpoint import Checkpoint

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
