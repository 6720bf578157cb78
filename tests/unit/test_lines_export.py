"""The list of lines as a text file and as CSV, by the page's own JavaScript."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

import charrnn.ui

MODULE = Path(charrnn.ui.__file__).parent / "generate" / "lines_export.js"
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
