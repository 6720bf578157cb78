"""The notebook of the guide runs from its first cell to its last, and says what the guide says."""

import ast
import json
import re

import pytest
from conftest import ROOT

NOTEBOOK = ROOT / "docs" / "understanding.ipynb"


@pytest.fixture(scope="module")
def notebook():
    return json.loads(NOTEBOOK.read_text("utf-8"))


def cells_of(notebook, kind):
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def run(code, names):
    """Run a cell; return what its last line shows in a notebook."""
    *before, last = ast.parse(code).body
    if not isinstance(last, ast.Expr):
        before, last = [*before, last], None
    exec(compile(ast.Module(before, []), NOTEBOOK.name, "exec"), names)
    return last and eval(compile(ast.Expression(last.value), NOTEBOOK.name, "eval"), names)


def test_it_is_stored_without_what_it_printed(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])


def test_it_runs(notebook, monkeypatch, capsys):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.chdir(ROOT / "docs")
    monkeypatch.setattr(pyplot, "show", lambda: pyplot.close("all"))
    pyplot.switch_backend("agg")
    names = {}
    shown = [value for code in cells_of(notebook, "code") if (value := run(code, names))]
    assert [type(value).__name__ for value in shown] == ["Checkpoint", "Corpus", "Inspection"]
    assert all("<table>" in value._repr_html_() for value in shown)
    printed = capsys.readouterr().out
    assert "the same C and H: True True" in printed
    assert names["found"]["word-start"].score_held_out > 0.8
    assert names["summary"]["perplexity"] < names["summary"]["baselines"]["ngram"]
    assert names["effect"].divergence < 0.01, "nothing is left of what is 32 characters back"
    copied, lines = map(int, re.search(r"(\d+) of (\d+) lines stand", printed).groups())
    assert copied > 0.7 * lines
