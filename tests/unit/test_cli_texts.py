"""The command line reads a column of a table, and says how files were read."""

import io
import sys

import pytest
from bad_input import PNG, zipped
from sample_documents import CSV

from charrnn.cli.texts import ReadOptions, read_corpus, read_named, show_reading
from charrnn.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tides.csv").write_bytes(CSV.encode())
    return tmp_path


def said(capsys, names, **options):
    text = read_named(names, ReadOptions(**options))
    show_reading(text, names)
    out, err = capsys.readouterr()
    assert out == ""
    return text, err


def test_the_column_and_the_encoding_that_were_found_are_named(folder, capsys):
    _, err = said(capsys, ["tides.csv"])
    assert err == (
        "charrnn: read text of tides.csv: a table (CSV), UTF-8, --column takes id, title instead\n"
    )
    text, err = said(capsys, ["tides.csv"], part="title")
    assert text.text.startswith("The tide\nThe clock")
    assert err.startswith("charrnn: read title of tides.csv: a table (CSV), UTF-8, --column takes")
    (folder / "a.txt").write_bytes("Ночь, улица.\r\n".encode("cp1251") * 9)
    _, err = said(capsys, ["a.txt"])
    assert err == "charrnn: read a.txt: Windows-1251, CRLF line ends\n"


def test_a_table_as_it_is(folder, capsys):
    text, err = said(capsys, ["tides.csv"], part=ReadOptions.of(None, True).part)
    assert text.text.startswith("id,title,text") and "a table (CSV) as it is" in err


def test_nothing_is_said_of_a_text_that_comes_along(capsys):
    show_reading(read_corpus(["songs"], "sprint", ReadOptions(), quiet=False), ["songs"])
    assert capsys.readouterr().err == ""


def test_skipped_files_are_named(folder, capsys):
    (folder / "x.zip").write_bytes(zipped({"a.txt": "a", "b.png": PNG}))
    _, err = said(capsys, ["x.zip"])
    assert err.endswith("\ncharrnn: x.zip: skipped b.png (a PNG picture)\n")


def test_standard_input_may_be_a_table(folder, capsys, monkeypatch):
    rows = "".join(f"{n}\tThe tide {n}\n" for n in range(9))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(rows.encode())))
    text, err = said(capsys, ["-"])
    assert text.text.startswith("The tide 0\nThe tide 1")
    assert "2 of standard input: a table (TSV)" in err


def test_names_from_a_file_cannot_write_to_the_terminal(folder, capsys):
    (folder / "a.csv").write_bytes(b"id,\x1b[2Jtext\n1,some words\n")
    _, err = said(capsys, ["a.csv"])
    assert "\x1b" not in err and "[2Jtext of a.csv" in err


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda: ReadOptions.of("title", True),
            "Give --column or --as-is, not both.",
        ),
        (
            lambda: read_named(["tides.csv"], ReadOptions(part="tide")),
            "has no column tide. It has text,",
        ),
        (
            lambda: read_corpus(["songs"], "sprint", ReadOptions(part="x"), quiet=True),
            "songs has no column x: it is",
        ),
    ],
)
def test_what_does_not_fit_is_refused(act, message, folder):
    with pytest.raises(UserError, match=message) as refusal:
        act()
    assert refusal.value.field == "column"
