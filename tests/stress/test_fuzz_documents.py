"""Tables, JSON, pages, subtitles, books and documents made to harm: read, or refused in words, in
bounded time and memory.
"""

import gzip
import os
import random
import time

import pytest
from bad_input import zipped
from fuzz_bytes import mutate
from sample_documents import (
    CSV,
    JSONL,
    MARKDOWN,
    NOTEBOOK,
    PAGE,
    SRT,
    VTT,
    book,
    paragraph,
    word_document,
)

from charrnn.errors import UserError
from charrnn.extraction.reader import PARSE_SECONDS
from charrnn.text import AS_IS, decode

SECONDS = float(os.environ.get("CHARRNN_FUZZ_SECONDS", 60)) / 2
MB = 1 << 20
SAMPLES = {
    "a.csv": CSV * 3,
    "a.tsv": CSV.replace(",", "\t"),
    "a.jsonl": JSONL,
    "a.json": '{"a": [{"text": "The tide", "n": 1}, {"text": "The \\ud83c\\udf0a"}]}',
    "a.ipynb": NOTEBOOK,
    "a.srt": SRT,
    "a.vtt": VTT,
    "a.html": PAGE,
    "a.md": MARKDOWN,
    "a.docx": word_document(paragraph("The tide") * 9),
    "a.epub": book({"a.xhtml": PAGE, "b.xhtml": "<p>Two"}),
    "a.csv.gz": gzip.compress(CSV.encode()),
    "a.zip": zipped({"a.csv": CSV, "b.html": PAGE, "c.docx": word_document(paragraph("x"))}),
}
HOSTILE = {
    "a million columns": ("a.csv", "a," * 1_000_000 + "\n" + "b c," * 1_000_000 + "\n"),
    "columns of nothing": ("a.csv", "," * (20 * MB)),
    "a quote that never ends": ("a.csv", 'id,text\n1,"' + "words, and words\n" * MB),
    "a huge cell": ("a.csv", 'id,text\n1,"' + "words " * (4 * MB) + '"\n2,b\n'),
    "NULs in a table": ("a.csv", "id,text\n1,\0words\n" + "2,some words\n" * 9000),
    "many quotes": ("a.tsv", '"\t' * (5 * MB)),
    "deep JSON": ("a.json", '{"a":' * 5_000_000),
    "deep lists": ("a.json", "[" * 5_000_000 + "]" * 5_000_000),
    "many small things": ("a.json", "[" + "[{}]," * (4 * MB) + '"x y"]'),
    "many fields": ("a.jsonl", "".join(f'{{"f{n}": "words"}}\n' for n in range(300_000))),
    "a long number": ("a.json", '{"text": "words", "n": ' + "9" * (10 * MB) + "}"),
    "lone surrogates": ("a.json", '["' + "\\ud800\\udc00\\udfff" * MB + '"]'),
    "tags that never end": ("a.html", "<p>words" + "<a " * (2 * MB)),
    "comments that never end": ("a.html", "<p>words" + "<!--" * (2 * MB)),
    "declarations that never end": ("a.html", "<p>words" + "<![" * MB),
    "many entities": ("a.html", "<p>" + "&NotEqualTilde;&#x1f30a;&" * MB),
    "deep tags": ("a.html", "<div><svg><pre>" * MB + "words"),
    "many brackets": ("a.md", "[" * 200_000 + "words"),
    "many cues": ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nwords\n\n" * 300_000),
    "formatting that never ends": ("a.srt", SRT + "<" * (4 * MB)),
    "a bomb": ("a.docx", word_document(paragraph("a" * (150 * MB)))),
    "a deep document": ("a.docx", word_document("<w:p>" * MB)),
    "a long tag": ("a.docx", word_document(f"<w:p a='{'x' * (30 * MB)}'/>")),
    "a book of bombs": ("a.epub", book({f"{n}.html": "<p>" + "a " * (9 * MB) for n in range(9)})),
    "many members": ("a.gz", gzip.compress(b"a") * 500_000),
    "gzip in gzip": ("a.gz", gzip.compress(gzip.compress(bytes(50 * MB)))),
}


def read(name, data, part=None):
    """Read a file, or be refused in words; returns the text, None if it was refused."""
    try:
        raw = data if isinstance(data, bytes) else data.encode()
        return decode(raw, name=name, part=part).text
    except UserError as error:
        assert error.field in ("corpus", "column", "encoding") and str(error.message)
        return None


@pytest.mark.parametrize("what", HOSTILE)
def test_a_file_made_to_harm_is_read_or_refused_in_time(what):
    name, data = HOSTILE[what]
    began = time.monotonic()
    read(name, data)
    assert time.monotonic() - began < PARSE_SECONDS + 40


def test_damaged_files_of_every_kind_are_read_or_refused():
    dice, end, outcomes = random.Random(0), time.monotonic() + SECONDS, {True: 0, False: 0}
    cases = 0
    while time.monotonic() < end or cases < 60:
        cases += 1
        name, sample = dice.choice(list(SAMPLES.items()))
        data = mutate(sample if isinstance(sample, bytes) else sample.encode(), dice)
        part = dice.choice((None, None, AS_IS, "text", "title", "2", "\0", "x" * 9999, "\ud800"))
        text = read(name, data, part)
        outcomes[text is not None] += 1
        if text is not None:
            assert text.strip() and "\0" not in text and "\r" not in text and text.encode()
    assert outcomes[True] and outcomes[False]
