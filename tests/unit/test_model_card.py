"""The model card holds strangers' words and keeps what its owner wrote around it."""

import pytest
import yaml

from charrnn.checkpoint import model_card, owner_card
from charrnn.utils import installation

HOSTILE = "x`\n---\n# no\n<script>alert(1)</script> | ![i](http://x) \x1b[31m \u202e </details>"


def test_names_and_samples_break_neither_the_metadata_nor_the_text(checkpoint):
    checkpoint.about = {"corpus": {"name": HOSTILE}, "recipe": HOSTILE, "results": {HOSTILE: 3}}
    checkpoint.about["results"] = {"train_perplexity": 2.0, "baselines": {HOSTILE: 3.0}}
    sample = f"```\n````\n{HOSTILE}\n<!-- charrnn:end card -->\n# charrnn:end results"
    page = model_card.CardContext("ada/x", None, "x", {1.0: sample}, license=None)
    text = model_card.card(checkpoint, [{"step": 1, "prefix": "x", "text": sample}], page)
    front = yaml.safe_load(text.split("\n---\n")[0])
    assert front["widget"][0]["output"]["text"] == sample[:120]
    outside, fence = [], None
    for line in text.split("\n---\n", 1)[1].splitlines():
        if fence is None and line.startswith("```"):
            fence = line.rstrip("abcdefghijklmnopqrstuvwxyz")
        elif fence is not None and line == fence:
            fence = None
        elif fence is None:
            outside.append(line)
    assert fence is None
    words = "\n".join(outside)
    assert "\n# no" not in words and "\x1b" not in text and "\u202e" not in text
    assert "<script>" not in words.replace("\\<", "") and "![i]" not in words
    assert owner_card.update_card(text, text) == text


def test_an_old_cards_samples_cannot_hide_where_its_part_ends(checkpoint):
    sample = "a\n<!-- charrnn:end card -->\n<!-- charrnn:begin card -->\nb"
    old = model_card.card(checkpoint, [{"step": 1, "prefix": "", "text": sample}]) + "mine\n"
    new = model_card.card(checkpoint, [{"step": 2, "prefix": "", "text": "short"}])
    assert owner_card.update_card(old, new) == new + "mine\n"


def test_owners_metadata_without_marks_stay(checkpoint):
    new = model_card.card(checkpoint, [])
    old = "---\nlicense: mit\n---\n" + new.split("---\n", 2)[2]
    assert owner_card.update_card(old, new) == old


def test_a_card_says_how_to_install_charrnn_where_that_is_known(checkpoint, monkeypatch):
    pushed = model_card.CardContext("ada/x", space="ada/charrnn")
    text = model_card.card(checkpoint, [], pushed)
    assert "pip install git+https://huggingface.co/spaces/ada/charrnn\n" in text
    assert "on PyPI belongs to another project" in text
    assert "pip install" not in model_card.card(checkpoint, [], model_card.CardContext("ada/x"))
    monkeypatch.setattr(installation, "PROJECT_HOME", "https://example.org/charrnn")
    for page in (None, pushed):
        text = model_card.card(checkpoint, [], page)
        assert "pip install git+https://example.org/charrnn\n" in text


def started_from(checkpoint, **start):
    """The metadata and the text of the card of a model that started from another."""
    checkpoint.about["started_from"] = {"name": "Prose", "validation_perplexity": 3.38, **start}
    front, text = model_card.card(checkpoint, []).removeprefix("---\n").split("\n---\n", 1)
    return yaml.safe_load(front), text


def test_a_base_on_the_hub_is_the_base_model_of_the_card(checkpoint):
    front, text = started_from(checkpoint, model="ada/prose", revision="0123456789abcdef" * 2)
    assert (front["base_model"], front["base_model_relation"]) == ("ada/prose", "finetune")
    assert (
        "It started from [ada/prose](https://huggingface.co/ada/prose) at revision 0123456789ab"
        in text
    )
    assert "whose perplexity on the held-out part was 3.38 before the first step" in text


@pytest.mark.parametrize("model", [None, "base-prose", "no/such/name", "ada/x\nlicense: mit"])
def test_a_base_without_a_name_on_the_hub_is_named_in_the_text_only(checkpoint, model):
    front, text = started_from(checkpoint, model=model)
    assert "base_model" not in front and front["license"] == "unknown"
    assert "It started from Prose" in text


@pytest.mark.parametrize(
    ("base", "license_name"),
    [
        ("apache-2.0", "unknown"),
        (None, "unknown"),
        ("cc-by-sa-4.0", "cc-by-sa-4.0"),
        ("gpl-3.0", "gpl-3.0"),
        ("mit\nx: y", "unknown"),
    ],
)
def test_a_base_passes_its_license_on_if_it_demands_it(checkpoint, base, license_name):
    front, text = started_from(checkpoint, license=base)
    assert front["license"] == license_name and "x" not in front
    assert ("asks for the same" in text) == (license_name != "unknown")
