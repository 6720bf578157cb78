"""The model card: its metadata as the Hub reads them, strangers' words in it, and what it tells."""

import pytest
import yaml
from huggingface_hub import ModelCard

from charrnn._version import __version__
from charrnn.checkpoint import model_card, owner_card
from charrnn.checkpoint.card_metadata import CardContext
from charrnn.utils import installation

HOSTILE = "x`\n---\n# no\n<script>alert(1)</script> | ![i](http://x) \x1b[31m \u202e </details>"


def test_names_and_samples_break_neither_the_metadata_nor_the_text(checkpoint):
    checkpoint.about = {"corpus": {"name": HOSTILE}, "recipe": HOSTILE, "results": {HOSTILE: 3}}
    checkpoint.about["results"] = {"train_perplexity": 2.0, "baselines": {HOSTILE: 3.0}}
    sample = f"```\n````\n{HOSTILE}\n## Settings\n<!-- charrnn:end card -->\n{{{{ title }}}}"
    page = CardContext("ada/x", None, "x", {1.0: sample}, license=None)
    text = model_card.card(checkpoint, [{"step": 1, "prefix": "x", "text": sample}], page)
    front = yaml.safe_load(text.split("\n---\n")[0])
    shown = front["widget"][0]["output"]["text"]
    assert shown.replace("\\x1b", "\x1b").replace("\\u202e", "\u202e") == sample[:120]
    assert front["model-index"][0]["name"].startswith("LSTM 16 on x` --- # no")
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


def test_a_card_says_how_to_install_charrnn_where_that_is_known(checkpoint, monkeypatch):
    pushed = CardContext("ada/x", space="ada/charrnn")
    text = model_card.card(checkpoint, [], pushed)
    assert "pip install git+https://huggingface.co/spaces/ada/charrnn\n" in text
    assert "on PyPI belongs to another project" in text
    assert "pip install" not in model_card.card(checkpoint, [], CardContext("ada/x"))
    monkeypatch.setattr(installation, "PROJECT_HOME", "https://example.org/charrnn")
    for page in (None, pushed):
        text = model_card.card(checkpoint, [], page)
        assert "pip install git+https://example.org/charrnn\n" in text


RESULTS = {"validation_perplexity": 4.0, "train_perplexity": 2.0, "last_train_perplexity": 2.0}


def test_the_metadata_are_what_the_hub_reads(checkpoint):
    checkpoint.about = {"corpus": {"name": "Tiny Shakespeare"}, "results": RESULTS}
    data = ModelCard(model_card.card(checkpoint, [])).data
    assert (data.library_name, data.pipeline_tag) == ("charrnn", "text-generation")
    assert (data.language, data.datasets) == (["en"], ["karpathy/tiny_shakespeare"])
    assert data.tags == ["charrnn", "text-generation", "character-level", "lstm"]
    assert (data.model_name, data.metrics) == ("LSTM 16 on Tiny Shakespeare", ["perplexity"])
    results = {
        (r.dataset_type, r.dataset_name, r.dataset_split, r.metric_type): r.metric_value
        for r in data.eval_results
    }
    text = ("karpathy/tiny_shakespeare", "Tiny Shakespeare")
    assert results == {
        (*text, "validation", "perplexity"): 4.0,
        (*text, "validation", "bits_per_character"): 2.0,
        (*text, "train", "perplexity"): 2.0,
        (*text, "train", "bits_per_character"): 1.0,
    }


def test_what_is_not_known_is_not_in_the_metadata(checkpoint):
    checkpoint.about = {"corpus": {"name": "mine.txt"}}
    front = yaml.safe_load(model_card.card(checkpoint, []).split("---\n")[1])
    assert front.keys() == {"library_name", "pipeline_tag", "license", "tags"}


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("Tiny Shakespeare", "on [Tiny Shakespeare](https://raw.githubusercontent.com/karpathy/"),
        ("The Tide Clock", "on The Tide Clock, which comes with charrnn: an original story"),
        ("Python's manual", "on Python's manual, which comes with Python: Python's manual, under"),
        ("mine.txt", "on mine.txt: its license is unknown."),
    ],
)
def test_a_card_says_where_the_text_comes_from(checkpoint, name, origin):
    checkpoint.about = {"corpus": {"name": name}}
    assert f"Trained {origin}" in model_card.card(checkpoint, [])


def test_the_rights_in_a_text_that_charrnn_does_not_know_can_be_given(checkpoint):
    checkpoint.about = {"corpus": {"name": "Novels"}}
    context = CardContext(rights="in the public domain", language="fr")
    text = model_card.card(checkpoint, [], context)
    assert ModelCard(text).data.language == ["fr"]
    assert "Trained on Novels: in the public domain." in text and "is unknown" not in text


def test_a_card_has_samples_of_the_training_for_the_hub_to_show(checkpoint):
    samples = [
        {"step": step, "prefix": prefix, "text": f"{prefix} {step}"}
        for step in (1, 2)
        for prefix in ("a", "b")
    ]
    front = yaml.safe_load(model_card.card(checkpoint, samples).split("---\n")[1])
    assert front["widget"] == [
        {"text": p, "example_title": "Written in training", "output": {"text": " 2"}} for p in "ab"
    ]


def test_a_card_tells_the_versions_the_source_and_the_textbook(checkpoint):
    checkpoint.dtype = "float16"
    text = model_card.card(checkpoint, [], CardContext("ada/x", space="ada/charrnn"))
    assert f"- charrnn {__version__} wrote this card, with torch 2." in text
    assert "- checkpoint: format 2, float16 weights\n" in text
    assert "- source of charrnn: <https://huggingface.co/spaces/ada/charrnn>\n" in text
    assert "https://huggingface.co/spaces/ada/charrnn?model=ada/x" in text
    assert "@book{zhang2023dive," in text
    assert "source of charrnn" not in model_card.card(checkpoint, [])


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
