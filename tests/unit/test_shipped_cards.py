"""The cards of the models that come with charrnn are as today's code writes them."""

import re

import pytest
import yaml
from conftest import ROOT

from charrnn.checkpoint import load
from charrnn.checkpoint.card_metadata import CardContext
from charrnn.checkpoint.format import CARD
from charrnn.checkpoint.logs import samples_of
from charrnn.checkpoint.model_card import card
from charrnn.checkpoint.owner_card import license_in, update_card
from charrnn.checkpoint.plain_torch import MAX_DIFFERENCE, example_text
from charrnn.generation import top_candidates


@pytest.fixture(
    scope="module", params=sorted(path.parent.name for path in ROOT.glob("checkpoints/*/README.md"))
)
def shipped(request):
    """The directory of a model that comes with charrnn, with the model and its card."""
    directory = ROOT / "checkpoints" / request.param
    return directory, load(directory), (directory / CARD).read_text(encoding="utf-8")


def test_a_shipped_card_is_renewed(shipped):
    """If this fails, run `python benchmarks/cards.py`."""
    directory, checkpoint, text = shipped
    _, front, body = text.split("---\n", 2)
    context = CardContext(picture=True, license=license_in(text))
    renewed = update_card(text, card(checkpoint, samples_of(directory), context))
    assert update_card(text, text) == text
    headings = re.findall("^## (.*)$", body, re.MULTILINE)
    assert len(headings) == len(set(headings)) and body.count("of the model: ") == 1
    assert yaml.safe_load(front) == yaml.safe_load(renewed.split("---\n", 2)[1])
    same = ("About this model", "What it writes", "How well it predicts", "Use with plain PyTorch")
    for heading in (*same, "Settings"):
        part = renewed.split(f"\n## {heading}\n")[1].split("\n## ")[0]
        assert f"\n## {heading}\n{part}\n## " in body


def test_a_shipped_model_is_small(shipped):
    directory, *_ = shipped
    most = 8_000_000 if directory.name.startswith("base-") else 5_300_000  # with picture and log
    assert sum(path.stat().st_size for path in directory.iterdir()) <= most


def test_the_lines_for_plain_torch_in_a_shipped_card_run(shipped, monkeypatch):
    directory, checkpoint, text = shipped
    monkeypatch.chdir(directory)
    space = {}
    exec(re.search("plain PyTorch\n.*?```python\n(.*?)\n```", text, re.DOTALL)[1], space)
    best = top_candidates(checkpoint, example_text(checkpoint), count=3)
    found = space["p"].topk(3).values.tolist()
    assert [one.p for one in best] == pytest.approx(found, abs=MAX_DIFFERENCE)
