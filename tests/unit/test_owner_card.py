"""A card that its owner has edited: charrnn's sections and fields are renewed, the rest stays."""

import pytest
import yaml

from charrnn.checkpoint import model_card
from charrnn.checkpoint.card_metadata import CardContext
from charrnn.checkpoint.owner_card import SECTIONS, is_own_text, update_card

SAMPLES = [{"step": 1, "prefix": "a", "text": "a first\n## Settings\n<!-- charrnn:end card -->\n"}]


def card_of(checkpoint, perplexity, samples=SAMPLES, **context):
    """The card of a model with this perplexity on text that was held out."""
    results = {"validation_perplexity": perplexity}
    checkpoint.about = {"corpus": {"name": "letters.txt"}, "results": results} | {
        key: context.pop(key) for key in ("started_from",) if key in context
    }
    return model_card.card(checkpoint, samples, CardContext("ada/x", **context))


@pytest.fixture
def old(checkpoint):
    return card_of(checkpoint, 3.5)


@pytest.fixture
def new(checkpoint):
    return card_of(checkpoint, 2.5, [{"step": 2, "prefix": "a", "text": "a second"}])


def split(card):
    """The metadata of a card, and its text."""
    _, front, text = card.split("---\n", 2)
    return yaml.safe_load(front), text


def with_metadata(card, **fields):
    """A card with these fields, as a form on the Hub writes them: sorted, and without comments."""
    front, text = split(card)
    return f"---\n{yaml.safe_dump(front | fields, sort_keys=True, allow_unicode=True)}---\n{text}"


def test_a_card_is_renewed_to_itself_and_wholly_to_the_new_one(old, new):
    assert update_card(old, old) == old
    assert update_card(old, new) == new
    assert "3.5" not in new


def test_each_heading_of_the_template_is_known(checkpoint, old):
    checkpoint.about = {"recitation": {"copied": 0.1, "characters": 9, "seed": 0, "lines": 2}}
    checkpoint.about["recitation"] |= {"min_characters": 8, "longest": 8, "copied_lines": 0}
    samples = [{"step": step, "prefix": "a", "text": "b"} for step in (1, 2)]
    text = model_card.card(checkpoint, samples, CardContext(texts={1.0: "b"}))
    assert tuple(line[3:] for line in text.splitlines() if line[:3] == "## ") == SECTIONS
    assert update_card(old, text) == text


def test_metadata_that_were_edited_on_the_hub_are_renewed_beside_the_table(old, new):
    edited = with_metadata(old, thumbnail="cat.png").replace("<!--", "(").replace("-->", ")")
    front, text = split(update_card(edited, new))
    results = front["model-index"][0]["results"]
    assert [r["metrics"][0]["value"] for r in results] == [2.5]
    assert "| held out | 2.5 |" in text and "3.5" not in text and "second" in text
    assert front["thumbnail"] == "cat.png"


@pytest.mark.parametrize("front", ["", "---\n---\n", "---\nlicense: mit\n---\n"])
def test_metadata_that_were_removed_come_back(front, old, new):
    edited = front + old.split("---\n", 2)[2]
    found, _ = split(update_card(edited, new))
    license_name = "mit" if "mit" in front else "unknown"
    assert found == split(new)[0] | {"license": license_name}


def test_the_owners_words_and_sections_stay_where_they_are(old, new):
    edited = old.replace("# LSTM 16 on letters.txt\n", "# My letters\n\nA gift.\n")
    edited = edited.replace("\n## Use\n", "\n## For whom\n\n```\n## Use\n```\n\n## Use\n")
    edited = edited.replace("\n## Versions\n", "\n### Thanks\n\nTo all.\n\n## Versions\n")
    edited += "\nMine, below.\n"
    assert edited.count("\n## For whom\n") == edited.count("\n### Thanks\n") == 1
    text = update_card(edited, new)
    expected = new.replace("# LSTM 16 on letters.txt\n", "# My letters\n\nA gift.\n")
    expected = expected.replace("\n## Use\n", "\n## For whom\n\n```\n## Use\n```\n\n## Use\n")
    expected = expected.replace("\n## Versions\n", "\n### Thanks\n\nTo all.\n\n## Versions\n")
    assert text == expected + "\nMine, below.\n"
    assert update_card(text, new) == text


def test_a_section_that_was_removed_comes_back_in_its_place_and_none_twice(old, new):
    settings = old[old.rindex("## Settings") : old.index("## Versions")]
    assert update_card(old.replace(settings, ""), new) == new
    assert update_card(old.replace(settings, settings * 2), new) == new
    about = old[old.index("## About") : old.index("## What it writes")]
    assert update_card(old.replace(about, ""), new) == new


def test_a_section_that_the_model_has_no_more_goes(checkpoint, new):
    samples = [{"step": step, "prefix": "a", "text": "b"} for step in (1, 2)]
    learned = card_of(checkpoint, 3.5, samples, texts={1.0: "b"})
    assert "## How it learned" in learned
    assert update_card(learned, new) == new


def test_a_citation_of_the_owners_stays(old, new):
    mine = "\n## Citation\n\n```bibtex\n@misc{me}\n```\n"
    assert update_card(old + mine, new) == new + mine


def test_a_title_that_charrnn_wrote_is_renewed(old, new):
    renamed = new.replace("LSTM 16 on letters.txt", "2 × GRU 512, bidirectional on poems")
    assert "# 2 × GRU 512" in update_card(old, renamed)
    assert "# LSTM 16" not in update_card(old, renamed)


def test_line_ends_of_windows_are_read(old, new):
    assert update_card(old.replace("\n", "\r\n"), new) == new


# The metadata, field by field


def test_the_owners_fields_stay_as_they_are_written(old, new):
    fields = "language: no  # Norwegian\n# why not\nco2: {a: [1, 0x10]}\n'quoted': yes\n"
    edited = old.replace("---\n", f"---\n# mine\n{fields}", 1)
    renewed = update_card(edited, new)
    assert renewed.startswith(f"---\n# mine\n{fields}") and "value: 2.5" in renewed
    assert update_card(renewed, new) == renewed


def test_the_owners_values_in_lists_stay_beside_charrnns(old, new):
    mine = {"task": {"type": "text-generation"}, "metrics": [{"type": "rhymes", "value": 7}]}
    index = split(old)[0]["model-index"]
    index[0]["results"].append(mine)
    example = {"text": "Dear ", "example_title": "A letter"}
    fields = {"tags": ["poems", "gru", "charrnn"], "datasets": ["ada/letters"], "widget": [example]}
    front, _ = split(update_card(with_metadata(old, **fields, **{"model-index": index}), new))
    assert front["tags"] == ["charrnn", "text-generation", "character-level", "lstm", "poems"]
    assert front["datasets"] == ["ada/letters"]
    assert front["widget"] == [*split(new)[0]["widget"], example]
    results = front["model-index"][0]["results"]
    assert results == [*split(new)[0]["model-index"][0]["results"], mine]


def test_a_license_and_a_task_of_the_owners_stay(checkpoint, old, new):
    edited = with_metadata(old, license="mit", pipeline_tag="other", library_name="keras")
    front, _ = split(update_card(edited, new))
    assert (front["license"], front["pipeline_tag"]) == ("mit", "other")
    assert front["library_name"] == "charrnn"
    licensed = card_of(checkpoint, 2.5, license="gpl-3.0")
    assert split(update_card(edited, licensed))[0]["license"] == "gpl-3.0"


def test_a_base_that_the_model_has_no_more_goes_and_one_of_the_owners_stays(checkpoint, new):
    started = {"name": "Prose", "model": "ada/prose"}
    based = card_of(checkpoint, 3.5, started_from=started)
    assert split(based)[0]["base_model"] == "ada/prose"
    front, text = split(update_card(based, new))
    assert "base_model" not in front and "It started from" not in text
    edited = with_metadata(new, base_model="ada/mine")
    assert split(update_card(edited, new))[0]["base_model"] == "ada/mine"
    assert split(update_card(edited, based))[0]["base_model"] == "ada/prose"


# Metadata of strangers

BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    "front",
    [
        "- a\n- b\n",
        "just words\n",
        "{tags: [a], b: c}\n",
        "tags: [a\n",
        "tags: 'a\n",
        "tags: " + "{a: " * 9_000 + "\n",
        "a: b: c\n",
        "? [a]\n: b\n",
        "tags: *a\n",
        BOMB,
        "tags: &a [*a]\n",
        "tags: " + "[" * 30_000 + "\n",
        "tags: " + "[" * 30 + "]" * 30 + "\n",
        "tags: " + "- " * 9_000 + "x\n",
        "tags: " + "1" * 9_000 + "\n",
        "tags: 2001-99-99\n",
        "tags: !!python/object:os.system [ls]\n",
        "x: " + "y" * 70_000 + "\n",
        "a: \x00\n",
    ],
    ids=range(19),
)
def test_a_card_with_metadata_that_cannot_be_read_stays_as_it_is(front, old, new):
    edited = f"---\n{front}---\n" + old.split("---\n", 2)[2]
    assert update_card(edited, new) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"model-index": "x"},
        {"model-index": [3, {"name": 1}, {"results": {"metrics": "x"}}]},
        {"model-index": [{"results": [None, {"metrics": [{"type": ["perplexity"]}]}]}]},
        {"widget": {"a": 1}, "tags": {"b": [2]}, "datasets": 7, "metrics": None},
        {"widget": [["x"], {"example_title": 3}], "tags": [["x"], None]},
    ],
)
def test_values_of_another_shape_are_renewed_without_an_error(fields, old, new):
    front, _ = split(update_card(with_metadata(old, **fields), new))
    known, values = split(new)[0], str(front["model-index"])
    assert known["model-index"][0]["name"] in values and "2.5" in values
    assert set(known["tags"]) <= {tag for tag in front["tags"] if isinstance(tag, str)}


@pytest.mark.parametrize(
    "line", ["## " + " " * 500_000 + "x", "`" * 500_000, "---" + " " * 500_000]
)
def test_long_lines_of_strangers_are_read_in_no_time(line, old, new):
    assert update_card(f"{old}{line}\n", new) == f"{new}\n{line}\n"


# Cards of charrnn before its sections had names


FIRST = """---
license: mit
tags:
- charrnn
- lstm
- mine
# charrnn:begin results, renewed at each push
model-index:
- name: "LSTM 16 on letters.txt"
  results:
  - task:
      type: text-generation
    dataset:
      type: text
      name: "letters.txt, held out"
    metrics:
    - type: perplexity
      value: 3.5
    - type: bits_per_character
      value: 1.8
# charrnn:end results
---

# LSTM 16 on letters.txt

Mine, above.

<!-- charrnn:begin card, renewed at each push: words of your own belong above or below -->

A character-level recurrent language model: LSTM 16 and so on.

It started from another.

## What it writes

```text
<!-- charrnn:end card -->
```

## How well it predicts

| held out | 3.5 |

## Text and licence

Licence of the model: mit.

## Settings

none

<!-- charrnn:end card -->
Mine, below.
"""


@pytest.mark.parametrize("marks", [True, False])
def test_a_card_with_marks_or_without_them_becomes_one_of_sections(marks, new):
    unmarked = FIRST.replace("# charrnn:", "# ").replace("\n<!-- ", "\n## My <!-- ")
    old = FIRST if marks else unmarked
    renewed = update_card(old, new)
    front, text = split(renewed)
    assert front == split(new)[0] | {"license": "mit", "tags": [*split(new)[0]["tags"], "mine"]}
    assert "Mine, above." in text and text.endswith("Mine, below.\n")
    assert "3.5" not in renewed and "and so on" not in text and "from another" not in text
    assert text.count("A character-level") == 1 and ("charrnn:begin card" in text) != marks
    assert "icence of" not in text
    assert update_card(renewed, new) == renewed


# Cards of the owner's own


@pytest.mark.parametrize("text", ["# Mine\n", "", "## Use\n\nAs you like.\n\n## Citation\n\nme\n"])
def test_a_text_of_the_owners_own_stays(text, old, new):
    plain = f"---\nlicense: mit\n---\n{text}"
    assert is_own_text(plain) == bool(text)
    if text:
        assert update_card(text, new) is None and update_card(plain, new) is None
        front = old.split("---\n")[1]
        found, kept = split(update_card(f"---\n{front}---\n{text}", new))
        assert kept == text and found == split(new)[0]
    else:
        renewed = update_card("---\nlicense: mit\nx: 1\n---\n", new)
        assert split(renewed)[0] == split(new)[0] | {"license": "mit", "x": 1}
        assert split(renewed)[1] == split(new)[1]
