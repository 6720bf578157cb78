"""What is to be sent to the Hub's list of libraries: its snippet runs, its names agree."""

import re

from conftest import ROOT

import charrnn
from charrnn.checkpoint import save
from charrnn.checkpoint.model_card import card
from charrnn.checkpoint.owner_card import SECTIONS

PAGE = (ROOT / "docs/library-name.md").read_text(encoding="utf-8")


def test_the_snippet_for_the_hub_runs_and_is_that_of_the_card(
    checkpoint, tmp_path, monkeypatch, capsys
):
    (snippet,) = re.findall(r"string\[\] => \[\n\t`(.*?)`,\n\];", PAGE, re.DOTALL)
    place = save(checkpoint, tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    exec(snippet.replace("${model.id}", "model"), {})
    assert (
        capsys.readouterr().out == charrnn.generate(charrnn.load(place), length=200, seed=0) + "\n"
    )
    lines = snippet.replace("${model.id}", "path/to/this/directory").split("\n", 1)[1]
    assert f"```python\n{lines}\n```" in card(checkpoint, [])


def test_the_entry_is_of_the_name_in_the_cards(checkpoint):
    (name,) = re.findall(r"^\t([\w-]+): \{$", PAGE, re.MULTILINE)
    assert f"\nlibrary_name: {name}\n" in card(checkpoint, [])
    assert f"snippets: snippets.{name}," in PAGE and f"export const {name} = " in PAGE


def test_the_sections_that_a_push_renews_are_documented():
    page = (ROOT / "docs/sharing.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| sections |"))
    assert re.findall(r"\*([^*]+)\*", row) == list(SECTIONS)
