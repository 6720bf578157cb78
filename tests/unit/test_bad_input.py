"""Bad files and texts, row by row: what a person sees of them on the command line, on the page, and
as a caller of /train.

The rows are in `bad_input.py`. On the command line a refusal is exit status 2
and one line on standard error, with nothing on standard output; the page says the same beside the
field, in Chinese too; a caller of /train gets the same words.
"""

import json
import time

import calling
import pytest
import yaml
from bad_input import FRENCH, HTML, PASTED, PLAIN, REFUSED, TRAPS, zipped
from calling import asked, refusal, shown

import charrnn
from charrnn.text import read_files, read_text
from charrnn.ui.train.request import OWN, TrainRequest

told = calling.told
uploads = calling.uploads
QUICK = [
    "--recipe",
    "custom",
    "--epochs",
    "1",
    "--set",
    "hidden_size=8",
    "--json",
    "--run-dir",
    "run",
]


# ---- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_no_text_is_refused_in_the_same_words_everywhere(
    data, said, told, form, uploads
):
    file = uploads / "it.txt"
    file.write_bytes(data)
    assert told("train", file.name, "--json") == (2, "", f"charrnn: {said}\n")
    request = TrainRequest(corpus=OWN, files=(str(file),))
    _, beside_text, beside_settings = shown(form, request)
    assert said in (beside_text, beside_settings) and "" in (beside_text, beside_settings)
    chinese = shown(form, request, "zh")
    assert said not in chinese and any("\u4e00" <= c <= "\u9fff" for c in str(chinese[1:]))
    assert refusal(asked, {"path": str(file)}) == said
    assert not list(uploads.glob("runs/*")), "and nothing is begun"


@pytest.mark.parametrize(("data", "text", "encoding"), TRAPS.values(), ids=TRAPS)
def test_an_encoding_that_is_easily_taken_for_another_is_read_and_said(
    data, text, encoding, form, uploads
):
    file = uploads / "it.txt"
    file.write_bytes(data)
    read = read_files([file])
    assert (read.text, read.encoding) == (text, encoding)
    report, *_ = shown(form, TrainRequest(corpus=OWN, files=(str(file),)))
    assert (report["encoding"], report["preview"]) == (encoding, text[:400])
    json.dumps(report).encode()


@pytest.mark.parametrize(("pasted", "text"), PASTED.values(), ids=PASTED)
def test_what_no_file_could_bring_is_mended_on_the_page_and_for_callers(pasted, text, form):
    report, beside_text, beside_settings = shown(form, TrainRequest(corpus=OWN, paste=pasted))
    assert report["preview"] == text[:400] and report["characters"] == len(text)
    assert not beside_text and "unknown" not in beside_settings
    assert read_text(pasted).text == text
    if len(text) > 600:
        corpus = asked(text=pasted).corpus
        assert corpus.vocabulary.decode(corpus.ids) == text


@pytest.mark.parametrize("nothing", ["", " \n\t", "\ufeff", "\0\0"])
def test_a_paste_of_nothing_is_asked_for_again(nothing, form):
    said = "Paste a text or upload a file first: there is nothing to train on."
    request = TrainRequest(corpus=OWN, paste=nothing)
    if nothing.strip():
        said = "pasted text is empty. Choose a text with something in it."
        assert shown(form, request)[1] == said
    assert refusal(request.load_text) == said


ODD_NAMES = {
    "\u202egnp.txt": "\\u202egnp.txt",
    "a\nb\x1b[2J.txt": "a\\nb\\x1b[2J.txt",
    "x" * 200 + ".txt": "x" * 79 + "…",
    "\udcff.txt": "\\udcff.txt",
    "<img src=x onerror=alert(1)>.txt": "<img src=x onerror=alert(1)>.txt",
    "家族👨‍👩‍👧.txt": "家族👨‍👩‍👧.txt",
}


@pytest.mark.parametrize(("name", "said"), ODD_NAMES.items())
def test_a_name_that_would_hide_something_is_shown_with_escapes(name, said, told, form, uploads):
    file = uploads / name
    file.write_bytes(b"%PDF-1.7")
    refused = f"{said} is a PDF, not a text: save its text as a .txt file first."
    assert told("train", name, "--json") == (2, "", f"charrnn: {refused}\n")
    assert shown(form, TrainRequest(corpus=OWN, files=(str(file),)))[1] == refused
    file.write_text(PLAIN * 20)
    assert read_files([file]).name == said
    assert asked({"path": str(file)}).corpus.name == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing.txt", "There is no file nothing.txt: check its name."),
        ("a folder", "a folder is a folder. Choose the files in it, or a .zip of them."),
        ("x" * 300, f"{'x' * 300} could not be read: File name too long."),
    ],
)
def test_what_is_no_file_is_refused_by_name(name, said, told, tmp_path):
    (tmp_path / "a folder").mkdir()
    assert told("train", name, "--json") == (2, "", f"charrnn: {said}\n")


TOLD_ENCODINGS = {
    "utf-8": "it.txt is not in UTF-8: byte 4 is not valid in it. Choose another "
    "encoding, or let it be detected.",
    "ascii": "it.txt is not in ASCII: byte 4 is not valid in it. Choose another "
    "encoding, or let it be detected.",
    "utf-16": "it.txt is not in UTF-16: byte 7 is not valid in it. Choose another "
    "encoding, or let it be detected.",
    "hex": "'hex' is not a text encoding: choose another one, such as utf-8.",
    "rot13": "'rot13' is not a text encoding: choose another one, such as utf-8.",
    "punycode": "'punycode' is not a text encoding: choose another one, such as utf-8.",
    "unicode_escape": "'unicode_escape' is not a text encoding: choose another one, such as utf-8.",
    **{
        name: f"There is no encoding called {said}. Choose one such as utf-8, utf-16, gb18030, "
        "big5, shift_jis, euc-kr, koi8-r, windows-1251, windows-1252."
        for name, said in {
            "latin-99": "'latin-99'",
            "aliases": "'aliases'",
            "\u202e8": "'\\u202e8'",
            "x" * 500: "'" + "x" * 59 + "…'",
        }.items()
    },
}


@pytest.mark.parametrize(("encoding", "said"), TOLD_ENCODINGS.items(), ids=range(11))
def test_an_encoding_that_does_not_fit_or_is_none_is_refused(encoding, said, told, form, uploads):
    file = uploads / "it.txt"
    file.write_bytes(b"caf\xe9 au")
    code, out, err = told("train", "it.txt", "--encoding", encoding, "--json")
    assert (code, out, err) == (2, "", f"charrnn: {said}\n")
    request = TrainRequest(corpus=OWN, files=(str(file),), encoding=encoding)
    assert shown(form, request)[1] == said


def test_ten_megabytes_on_one_line_are_a_text_like_any_other(form, uploads):
    file = uploads / "line.txt"
    file.write_bytes(PLAIN.replace("\n", " ").encode() * 43_700)
    began = time.thread_time()
    report, *problems = shown(form, TrainRequest(corpus=OWN, files=(str(file),)))
    assert time.thread_time() - began < 5
    assert problems == ["", ""] and report["lines"] == 1 and report["characters"] > 10_000_000
    assert len(report["preview"]) == 400 and report["rare"] == ()
    assert len(asked({"path": str(file)}).prefixes[0]) <= 12


def test_one_distinct_symbol_trains_to_the_end_and_is_learnt_at_once(told, tmp_path):
    (tmp_path / "a.txt").write_text("a" * 5000)
    code, out, err = told("train", "a.txt", *QUICK)
    events = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "") and events[-1]["reason"] == "finished"
    assert events[0]["vocabulary_size"] == 2 and events[0]["baselines"]["unigram"] < 1.01
    assert events[-1]["train_perplexity"] >= 1
    assert told("generate", "run/checkpoint", "--length", 5, "--prefix", "a")[:2] == (0, "aaaaaa\n")


def test_a_text_of_script_stays_text_in_all_that_a_run_leaves(told, tmp_path):
    (tmp_path / "<b>it.txt").write_text(HTML * 2)
    code, _, err = told("train", "<b>it.txt", *QUICK)
    assert (code, err) == (0, "")
    card = (tmp_path / "run" / "checkpoint" / "README.md").read_text("utf-8")
    metadata, body = card.removeprefix("---\n").split("\n---\n", 1)  # YAML, which is never rendered
    assert yaml.safe_load(metadata)["widget"][0]["text"] in HTML
    outside = "\n".join(part for i, part in enumerate(body.split("```")) if i % 2 == 0)
    assert "<script" not in outside and "<img" not in outside and "\\<b\\>it.txt" in outside


def test_an_archive_of_many_texts_to_be_guessed_is_read_in_a_moment():
    data = zipped({f"{i}.txt": FRENCH.encode("cp1252") * 60 for i in range(100)})
    began = time.thread_time()
    text = charrnn.text.decode(data, name="it.zip")
    assert time.thread_time() - began < 3, "guessing at each of them takes five seconds"
    assert text.encoding == "Windows-1252" and text.text.count("élève") == 100 * 60 * 4


def test_archives_together_are_no_larger_than_one_may_be(tmp_path, monkeypatch):
    monkeypatch.setattr(charrnn.text, "MAX_TEXT_BYTES", 1000)
    for name in ("a.zip", "b.zip"):
        (tmp_path / name).write_bytes(zipped({"a.txt": "a" * 600}))
    said = refusal(read_files, [tmp_path / "a.zip", tmp_path / "b.zip"])
    assert said.startswith("With b.zip, the selection is larger than")
