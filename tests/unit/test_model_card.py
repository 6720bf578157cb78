"""The model card holds strangers' words and keeps what its owner wrote around it."""

import yaml

from charrnn.checkpoint import model_card, owner_card

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
