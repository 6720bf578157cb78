"""The lines in a model card with which torch alone uses the weights: for every kind of model."""

import re

import numpy as np
import pytest
import torch
from conftest import small_model

from charrnn.checkpoint import Checkpoint, load, save
from charrnn.checkpoint.model_card import card
from charrnn.checkpoint.plain_torch import MAX_DIFFERENCE, example_text
from charrnn.generation import top_candidates
from charrnn.vocabulary import Vocabulary

VOCABULARY = Vocabulary.from_text("abcdefg\n")
PREFIX = "gab'\\ \u202e`\N{GREEK SMALL LETTER ALPHA}fad"  # some of it unknown, and none of it code


def made(about=None, **options):
    model = small_model(vocabulary_size=len(VOCABULARY), **options)
    return Checkpoint(model, VOCABULARY, {"prefixes": [PREFIX], **(about or {})})


def run_lines(checkpoint, directory, monkeypatch):
    """Run the lines of a checkpoint's card; return the probabilities that they compute."""
    found = re.search(
        r"## Use with plain PyTorch\n.*?\n`{3,}python\n(.*?)\n`{3,}\n",
        card(checkpoint, []),
        re.DOTALL,
    )
    monkeypatch.chdir(directory)
    space = {}
    exec(found[1], space)
    assert not {name for name in space if name.startswith("charrnn")}
    return space["p"].numpy()


def check(checkpoint, directory, monkeypatch, dtype=None):
    """Compare the lines with what charrnn predicts after the same text."""
    saved = load(save(checkpoint, directory, dtype=dtype))
    p = run_lines(saved, directory, monkeypatch)
    text = example_text(saved)
    ids = torch.from_numpy(VOCABULARY.encode(text).astype(np.int64))[None]
    with torch.no_grad():
        expected = saved.model.eval()(ids)[0][-1, 1:].softmax(0).numpy()
    assert np.abs(p - expected).max() < MAX_DIFFERENCE
    assert np.ptp(expected) > 1_000 * MAX_DIFFERENCE  # a model with opinions
    return saved, p


@pytest.mark.parametrize("input", ["one-hot", "embedding", "tied"])
@pytest.mark.parametrize("implementation", ["fast", "torch"])
@pytest.mark.parametrize("cell", ["tanh", "relu", "gru", "lstm"])
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (2, False), (2, True)])
def test_the_lines_compute_what_charrnn_predicts(
    cell, implementation, input, layers, bidirectional, tmp_path, monkeypatch, capsys
):
    options = {"layers": layers, "bidirectional": bidirectional, "input": input}
    model = made(cell=cell, implementation=implementation, embedding_size=5, **options)
    saved, p = check(model, tmp_path, monkeypatch)
    printed = capsys.readouterr().out
    assert repr(saved.vocabulary.symbols[p.argmax() + 1]) in printed
    if not bidirectional:
        best = top_candidates(saved, example_text(saved), count=1)[0]
        assert best.p == pytest.approx(p.max(), abs=MAX_DIFFERENCE)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_weights_of_half_the_size_are_read_as_charrnn_does(cell, dtype, tmp_path, monkeypatch):
    check(made(cell=cell, implementation="scratch"), tmp_path, monkeypatch, dtype)


@pytest.mark.parametrize(
    ("about", "text"),
    [
        ({"prefixes": ["ab\ncd"], "training": {"documents": "lines"}}, "\ncd"),
        ({"prefixes": [], "training": {"documents": "lines"}}, "\n"),
        ({"prefixes": []}, VOCABULARY.symbols[1]),
        ({"prefixes": ["a" * 500]}, "a" * 40),
    ],
)
def test_the_lines_read_the_text_as_the_model_does(about, text, tmp_path, monkeypatch):
    model = made(about)
    assert example_text(model) == text
    check(model, tmp_path, monkeypatch)
