"""Documents: where lines, parts and files begin and end, and how they are arranged."""

from pathlib import Path

import numpy as np
import pytest

from charrnn.corpus import Corpus
from charrnn.corpus.documents import hashes
from charrnn.text import read_files, read_text


def corpus(text, validation=0.0):
    return Corpus.from_text(read_text(text), validation=validation)


def found(text, kind):
    whole = corpus(text)
    spans = whole.spans(kind)
    return [
        whole.vocabulary.decode(whole.ids[start:stop])
        for start, stop in zip(spans.starts.tolist(), spans.stops.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "kind", "documents"),
    [
        ("a\nbc\nd", "lines", ["a", "bc", "d"]),
        ("\n\na\n \t\nbc\n\n", "lines", ["a", "bc"]),
        ("a\nb\n\nc\n\n \n\nd\n", "blank-lines", ["a\nb", "c", "d"]),
        ("a\nb", "blank-lines", ["a\nb"]),
        ("ab", "lines", ["ab"]),
        ("a\nb", "files", ["a\nb"]),
    ],
)
def test_blank_documents_are_left_out(text, kind, documents):
    assert found(text, kind) == documents


def test_files_are_documents(tmp_path: Path):
    for name, text in (("one", "first\nfile\n"), ("two", "second"), ("three", "third\n\n")):
        (tmp_path / name).write_text(text)
    text = read_files([tmp_path / name for name in ("one", "two", "three")])
    arranged = Corpus.from_text(text).with_documents("files", 3)
    parts = arranged.vocabulary.decode(arranged.ids).split("\f")
    assert sorted(parts) == ["", "first\nfile\n", "second", "third\n\n"] and parts[-1] == ""


def test_the_held_out_documents_come_from_all_over_the_text():
    text = "\n".join(f"{i:04}" for i in range(1000))
    arranged = corpus(text, 0.1).with_documents("lines", 0)
    held_out = arranged.vocabulary.decode(arranged.held_out)
    numbers = sorted(map(int, held_out.split()))
    assert len(numbers) == 100 and held_out.endswith("\n")
    assert np.histogram(numbers, 5, (0, 1000))[0].min() >= 8
    everything = arranged.vocabulary.decode(arranged.ids)
    assert sorted(everything.splitlines()) == text.splitlines()
    other = corpus(text, 0.1).with_documents("lines", 1)
    assert sorted(map(int, other.vocabulary.decode(other.held_out).split())) != numbers


def test_at_least_one_document_is_held_out_whole():
    arranged = corpus("abc\n" * 5 + "defghijklmnopqrstuvwxyz", 0.02).with_documents("lines", 0)
    assert arranged.vocabulary.decode(arranged.held_out).count("\n") == 1
    assert arranged.vocabulary.decode(arranged.training).endswith("\n")


def test_an_arranged_corpus_is_saved_and_stays_as_it_is(tmp_path: Path):
    arranged = corpus("a\nb\nc\nd\n", 0.25).with_documents("lines", 0)
    arranged.save(tmp_path)
    opened = Corpus.open(tmp_path)
    assert opened.documents == "lines" and opened.ids.tolist() == arranged.ids.tolist()
    assert opened.with_documents("lines", 7) is opened
    assert opened.held_out.tolist() == arranged.held_out.tolist()


def test_equal_documents_have_equal_hashes():
    whole = corpus("ab\nba\nab\nabc\n\nb")
    one = hashes(whole.ids, whole.spans("lines")).tolist()
    assert one[0] == one[2] and len(set(one)) == 4
