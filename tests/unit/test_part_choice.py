"""The Train form offers the columns of a table and the like, with a preview of what comes out."""

from dataclasses import replace

import gradio as gr
import pytest
from bad_input import PNG, zipped
from sample_documents import CSV, MARKDOWN, NOTEBOOK, book

from charrnn.errors import UserError
from charrnn.runs.limits import Limits
from charrnn.text import AS_IS
from charrnn.ui.train.form_layout import build_form
from charrnn.ui.train.form_storage import checked_values
from charrnn.ui.train.part_choice import AUTO, part_choice
from charrnn.ui.train.request import OWN, TrainRequest
from charrnn.ui.train.summary import corpus_summary


@pytest.fixture
def uploaded(tmp_path):
    def upload(name, data, **more):
        file = tmp_path / name
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        return TrainRequest(corpus=OWN, files=(str(file),), **more)

    return upload


def test_the_columns_are_offered_with_their_lengths_the_longest_first(uploaded):
    request = uploaded("tides.csv", CSV)
    update = part_choice(request, "en")
    assert update["choices"] == [
        ("text · 77 chars", AUTO), ("id · 3 chars", "id"), ("title · 25 chars", "title"),
        ("All of it, as it is", AS_IS),
    ]  # fmt: skip
    assert (update["value"], update["visible"]) == (AUTO, True)
    assert update["info"].startswith("This is a table (CSV). The preview below")
    chinese = part_choice(request, "zh")
    assert chinese["choices"][-1][0] == "全部原样" and "CSV 表格" in chinese["info"]


def test_the_preview_is_what_comes_out(uploaded):
    request = uploaded("tides.csv", CSV * 9, part="title")
    preview = corpus_summary(request, request.load_corpus(), "en")["preview"]
    assert preview.startswith("The tide\nThe clock\nThe pier\n")
    assert part_choice(request, "en")["value"] == "title"
    whole = replace(request, part=AS_IS)
    assert whole.load_text().text.startswith("id,title,text\n")
    assert part_choice(whole, "en")["value"] == AS_IS


@pytest.mark.parametrize(
    ("name", "data", "labels"),
    [
        ("a.md", MARKDOWN, ["All of it, as it is", "Its text"]),
        ("a.html", "<p>The tide", ["Its text · 8 chars", "All of it, as it is"]),
        (
            "a.ipynb",
            NOTEBOOK,
            ["All cells · 28 chars", "Cells with text · 18 chars", "Cells with code · 8 chars",
             "All of it, as it is"],
        ),
    ],
)  # fmt: skip
def test_other_files_offer_their_text_or_all_of_it(uploaded, name, data, labels):
    update = part_choice(uploaded(name, data), "en")
    assert [label for label, _ in update["choices"]] == labels
    assert update["choices"][0][1] == AUTO


def test_there_is_no_choice_where_there_is_nothing_to_choose(uploaded):
    for request in (
        uploaded("a.txt", "The tide"),
        uploaded("b.epub", book({"a.xhtml": "<p>The tide"})),
        uploaded("c.png", PNG),
        TrainRequest(),
        uploaded("d.csv", CSV, paste="pasted", source="paste"),
    ):
        assert part_choice(request, "en") == {"visible": False, "__type__": "update"}


def test_the_column_of_another_file_does_not_count(uploaded):
    request = uploaded("tides.csv", CSV, part="author")
    assert request.load_text().text.startswith("It comes in, and")
    assert part_choice(request, "en")["value"] == AUTO


def test_a_column_that_is_too_long_leaves_the_choice_of_another(uploaded):
    request = uploaded("tides.csv", CSV, limits=Limits(characters=50))
    with pytest.raises(UserError, match=r"text of tides\.csv has 7\d characters"):
        request.load_text()
    assert len(part_choice(request, "en")["choices"]) == 4
    assert replace(request, part="title").load_text().text.startswith("The tide\n")


def test_skipped_files_are_named_in_the_report(uploaded):
    request = uploaded("x.zip", zipped({"a.txt": "The tide " * 99, "b.png": PNG}))
    corpus = request.load_corpus()
    assert corpus_summary(request, corpus, "en")["notes"] == [
        "x.zip: skipped b.png (a PNG picture)"
    ]
    assert corpus_summary(request, corpus, "zh")["notes"] == ["x.zip：跳过了 b.png（PNG 图片）"]
    assert corpus_summary(TrainRequest(), TrainRequest().load_corpus(), "en")["notes"] == []


def test_a_column_is_kept_over_a_reload():
    with gr.Blocks():
        form = build_form(Limits())
    kept = checked_values(form, {"part": "title", "files": []})["values"]
    assert kept["part"] == "title"
    assert "part" not in checked_values(form, {"part": ["title"], "files": []})["values"]
