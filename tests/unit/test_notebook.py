"""The notebooks of docs/ run from the first cell to the last, and say what the guides say."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT
from notebooks import cells_of, notebook, run_notebook

from charrnn.text import datasets

NAMES = sorted(path.stem for path in (ROOT / "docs").glob("*.ipynb"))


@pytest.fixture(autouse=True)
def no_windows(monkeypatch):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(pyplot, "show", lambda: pyplot.close("all"))
    pyplot.switch_backend("agg")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_stored_without_what_it_printed(name):
    cells = notebook(name)["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
    assert len({cell["id"] for cell in cells}) == len(cells)


@pytest.mark.parametrize("name", NAMES)
def test_its_links_lead_to_files(name):
    links = re.findall(r"\]\(([^)#:]+)\)", "\n".join(cells_of(name, "markdown")))
    assert links and all((ROOT / "docs" / link).is_file() for link in links)


def test_what_has_it_learned(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # as where charrnn is installed
    names, shown = run_notebook("understanding")
    assert [type(value).__name__ for value in shown] == ["Checkpoint", "Corpus", "Inspection"]
    assert all("<table>" in value._repr_html_() for value in shown)
    printed = capsys.readouterr().out
    assert "the same C and H: True True" in printed
    assert names["found"]["word-start"].score_held_out > 0.8
    assert names["summary"]["perplexity"] < names["summary"]["baselines"]["ngram"]
    assert names["effect"].divergence < 0.01, "nothing is left of what is 32 characters back"
    copied, lines = map(int, re.search(r"(\d+) of (\d+) lines stand", printed).groups())
    assert copied > 0.7 * lines


def test_five_minutes_with_your_text(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.txt").write_text(datasets.load("tide-clock").text[:20_000], "utf-8")
    names, shown = run_notebook("five-minutes", FILE="my.txt", SECONDS=1)
    kinds = ["Corpus", "ModelConfig", "Score", "Inspection", "Novelty"]
    assert [type(value).__name__ for value in shown] == kinds
    assert all("<table>" in value._repr_html_() for value in shown)
    assert names["end"]["reason"] == "finished" and names["text"].name == "my.txt"
    assert (names["directory"] / "checkpoint" / "model.safetensors").is_file()
    out, err = capsys.readouterr()
    assert out.count("α = ") == 3 and names["end"]["message"] in err


def test_the_textbooks_experiments(monkeypatch, capsys):
    recipes = ("lyrics-scratch-sequential", "lyrics-concise")  # of a text that needs no network
    names, _ = run_notebook("textbook", RECIPES=recipes, EPOCHS=1)
    assert names["curves"].keys() == names["ends"].keys() == set(recipes)
    assert all(end["epoch"] == 1 for end in names["ends"].values())
    assert names["end"]["reason"] == "diverged", "a learning rate of 100 needs clipping"
    out = capsys.readouterr().out
    assert "published: 59.5 at 50" in out and out.count("characters per second") == 3


def test_a_model_is_saved_in_a_kernel_without_widgets_and_without_a_warning():
    code = (
        "import sys, types\n"
        "kernel = types.SimpleNamespace(get_ipython=lambda: None)\n"
        "sys.modules |= {'ipykernel.zmqshell': kernel, 'IPython': kernel, 'ipywidgets': None}\n"
        "import charrnn\n"
        "from charrnn.checkpoint.model_card import card\n"
        "card(charrnn.load('tide-clock'), [])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
