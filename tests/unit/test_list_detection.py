"""Which texts look like lists, and what is counted of a text's documents."""

import sys
from pathlib import Path

import pytest

from charrnn.corpus import Corpus
from charrnn.corpus.document_report import is_list, report_documents
from charrnn.corpus.list_detection import looks_like_list
from charrnn.text import datasets, read_text

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))
from lists import lists  # noqa: E402

LISTS = {one.name: one.lines for one in lists()}

SENTENCES = [
    f"The {a} keeper of the {b} walked down to the {c}, and nobody asked {d} why."
    for a in ("old", "tired", "young", "careful")
    for b in ("lamp", "gate", "garden", "archive", "bridge")
    for c in ("harbor", "mill", "station", "orchard")
    for d in ("him", "her", "anybody")
]
VERSE = [
    "The tide has taken all the boats away,", "and left the ropes, and left the evening light",
    "upon the stones; there is not much to say", "to anybody waking in the night.",
    "We heard the bells, we heard the water climb", "the seven steps that lead up from the square,",
    "and somebody was singing, out of time,", "a song about a house that was not there.",
]  # fmt: skip


def wrapped(width):
    lines, line = [], ""
    for word in " ".join(SENTENCES).split():
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("change", [list, sorted, lambda lines: [x.lower() for x in lines]])
def test_lists_are_recognized(name, change):
    assert looks_like_list(change(LISTS[name]))
    assert looks_like_list(change(LISTS[name])[:40])


def test_commit_subjects_of_people_are_a_list():
    subjects = [
        "Fix a crash on empty input", "wip", "Bump version to 2.1", "Merge branch 'main'",
        "tests: cover the parser", "Add --json", "Revert \"Add --json\"", "docs",
        "Speed up reading",
        "Use the new cache for thumbnails on the start page",
    ]  # fmt: skip
    assert looks_like_list([f"{one} (#{n})" for n in range(8) for one in subjects])


@pytest.mark.parametrize(
    "lines",
    [
        wrapped(72),
        wrapped(40),
        [" ".join(SENTENCES[i : i + 5]) for i in range(0, len(SENTENCES), 5)] * 3,
        SENTENCES[:20],
        [f"{line} {n}" if n % 2 else line for n in range(9) for line in VERSE],
        [x for n in range(40) for x in (f"a line of a haiku {n}", f"and another one {n}", "")],
        [f"    value_{n} = compute({n})" for n in range(90)],
        [f"int f{n}(void) {{ return {n}; }}" for n in range(90)],
    ],
    ids=["wrapped", "narrow", "paragraphs", "few", "verse", "stanzas", "python", "c"],
)
def test_prose_poems_and_code_are_not(lines):
    assert not looks_like_list(lines)


@pytest.mark.parametrize("name", [one.name for one in datasets.DATASETS if one.embedded])
def test_the_texts_that_come_along_are_not(name):
    assert not is_list(Corpus.from_text(datasets.load(name)))


@pytest.mark.parametrize("file", ["charrnn/model.py", "README.md", "charrnn/ui/page/base.css"])
def test_files_of_this_project_are_not(file):
    assert not looks_like_list((ROOT / file).read_text("utf-8").split("\n"))


def test_documents_are_counted():
    corpus = Corpus.from_text(read_text("ab\n\nabcd\nab\nabc\n"))
    report = report_documents(corpus)
    assert report is not None
    assert report.as_dict() == {
        "kind": "lines", "count": 4, "median": 2, "longest": 4, "repeated": 1,
    }  # fmt: skip
    assert report_documents(corpus.with_documents("lines", 0)) == report


def test_a_long_list_is_looked_at_in_stretches():
    names = [f"{name} {n}" for n in range(8) for name in LISTS["titles"]]
    corpus = Corpus.from_text(read_text("\n".join(names)))
    assert is_list(corpus) and not is_list(corpus.with_documents("lines", 0))
