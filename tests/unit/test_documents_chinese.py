"""Each Chinese document follows the English one: in headings, code, tables and pictures."""

import ast
import re

import pytest
from test_documents import FENCED, ROOT, prose_of, text_of

import charrnn

TRANSLATED = ("using", "sharing", "understanding")
CODE = re.compile(r"`([^`]+)`")


def in_both(name, find):
    return find(f"docs/{name}.md"), find(f"docs/{name}.zh.md")


def headings(document):
    """The levels of all headings."""
    return re.findall(r"^(#+) ", prose_of(document), re.MULTILINE)


def code_blocks(document):
    """All blocks of code, without what is said in them: comments and docstrings."""
    blocks = FENCED.findall(text_of(document))
    return [
        (language, re.sub(r" *#.*|(?<=    )\"\"\".*?\"\"\"", "", code)) for language, code in blocks
    ]


def tables(document):
    """The code in each row of all tables, and how many cells the row has."""
    rows = [line for line in text_of(document).splitlines() if line.startswith("| ")]
    return [(sorted(CODE.findall(row)), row.count("|")) for row in rows]


def code_in_prose(document):
    """What is written as code, in any order."""
    return sorted(set(CODE.findall(re.sub(r"\s+", " ", prose_of(document)))))


def pictures(document):
    return re.findall(r"!\[[^\]]*\]\(([\w-]+)(?:\.zh)?\.png\)", text_of(document))


@pytest.mark.parametrize("find", [headings, code_blocks, tables, code_in_prose, pictures])
@pytest.mark.parametrize("name", TRANSLATED)
def test_a_chinese_document_has_what_the_english_one_has(name, find):
    english, chinese = in_both(name, find)
    assert chinese == english


@pytest.mark.parametrize("name", [*TRANSLATED, "index"])
def test_chinese_pictures_and_links_are_the_chinese_ones_where_there_are_some(name):
    targets = re.findall(r"\]\(([\w./-]+)", text_of(f"docs/{name}.zh.md"))
    for target in targets:
        stem, _, suffix = target.rpartition(".")
        assert not (ROOT / "docs" / f"{stem}.zh.{suffix}").exists(), target


def test_the_figures_of_the_class_are_the_same():
    """Numbers with a decimal point, and those with a thousands separator."""
    numbers = re.compile(r"\d+\.\d+|\d+,\d{3}")
    english, chinese = in_both("understanding", lambda name: set(numbers.findall(prose_of(name))))
    assert chinese == english


def test_the_python_example_of_the_chinese_beginning_runs(capsys):
    (code,) = (
        code for kind, code in FENCED.findall(text_of("docs/index.zh.md")) if kind == "python"
    )
    exec(compile(ast.parse(code), "index.zh.md", "exec"), {})
    text, _, perplexity = capsys.readouterr().out.rstrip("\n").rpartition("\n")
    assert text.startswith("分开") and len(text) == len("分开") + 200
    checkpoint = charrnn.load("songs")
    assert float(perplexity) == pytest.approx(
        charrnn.score(checkpoint, re.search(r'"(窗.+?)"', code)[1]).perplexity
    )
