"""The list of lines as a text file and as CSV, by the page's own JavaScript."""

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import charrnn.ui
from charrnn.ui.generate.lines_strings import LINES

FOLDER = Path(charrnn.ui.__file__).parent / "generate"
MODULE, WORDS_MODULE = FOLDER / "lines_export.js", FOLDER / "lines_words.js"
pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")


def exported(function, lines):
    script = (
        f"import {{ {function} }} from {json.dumps(MODULE.as_uri())};"
        f"process.stdout.write({function}({json.dumps(lines)}));"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, check=True
    )
    return done.stdout.decode("utf-8")


def test_a_list_is_called_by_what_the_model_was_trained_on():
    called = {}
    for kind in ("none", "lines", "blank-lines", "files"):
        script = (
            f"import {{ wordKey }} from {json.dumps(WORDS_MODULE.as_uri())};"
            f"const words = {json.dumps({key: pair[0] for key, pair in LINES.items()})};"
            f"process.stdout.write(words[wordKey(words, 'write', {json.dumps(kind)})]);"
        )
        command = ["node", "--input-type=module", "-e", script]
        called[kind] = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert called == {
        "none": "{n} lines", "lines": "{n} lines", "blank-lines": "{n} parts", "files": "{n} texts",
    }  # fmt: skip
    counted = re.compile(r"(?<!\{)\blines?\b|(?<!自)行")  # not {line}, nor 自行, by itself
    for key, words in LINES.items():
        if key.endswith(("-files", "-blank-lines")):
            continue
        if any(counted.search(text) for text in words):
            for kind in ("blank-lines", "files"):
                assert not any(counted.search(text) for text in LINES[f"{key}-{kind}"]), key


def line(text, **more):
    return {"text": text, "new": True, "complete": True, "starred": False} | more


def test_lines_as_csv_are_read_back_and_run_nothing():
    texts = [
        'plain', 'with "quotes", commas', "two\nlines", "", "=1+1", "+1", "-x", "@a", " =b", "\t=c",
    ]  # fmt: skip
    table = exported("linesAsCsv", [line(text, nearest="=n", distance=2) for text in texts])
    assert table.startswith("\ufeff") and "\r\n" in table
    rows = list(csv.reader(io.StringIO(table[1:], newline="")))
    assert rows[0] == ["text", "new", "complete", "nearest", "distance", "starred"]
    assert [row[0] for row in rows[1:5]] == texts[:4]
    assert [row[0] for row in rows[5:]] == ["'" + text for text in texts[4:]]
    assert rows[1][1:] == ["true", "true", "'=n", "2", "false"]
    unknown = exported("linesAsCsv", [line("a", new=None)])
    assert unknown.splitlines()[1] == '"a",,"true",,,"false"'


def test_lines_as_text():
    assert exported("linesAsText", [line("a"), line("b")]) == "a\nb\n"
    assert exported("linesAsText", [line("a\nb"), line("c")]) == "a\nb\n\nc\n"
    assert exported("linesAsText", []) == ""
