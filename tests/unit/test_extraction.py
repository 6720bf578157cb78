"""The text in tables, JSON, subtitles, web pages, Markdown, notebooks, books and documents."""

import json

import pytest
from sample_documents import (
    CSV,
    JSONL,
    MARKDOWN,
    NOTEBOOK,
    PAGE,
    PAGE_TEXT,
    SRT,
    VTT,
    W,
    book,
    paragraph,
    word_document,
)

from charrnn.extraction import (
    DamagedFileError,
    FileTooLargeError,
    NoSuchPartError,
    ProtectedFileError,
    WrongFormatError,
    json_fields,
    tables,
)
from charrnn.extraction.format_detection import detect_format
from charrnn.extraction.parsers import extract
from charrnn.extraction.part_choice import join
from charrnn.extraction.tables import has_header

MB = 1 << 20


def taken(file_format, data, part=None, limit=MB):
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return extract(file_format, raw, part, limit=limit)


# ---- format detection -----------------------------------------------------------------------

PROSE = "One, two, and three.\nFour, five, and six.\n" * 5
TABLE = "".join(f"{n},Ada {n},some words\n" for n in range(9))


@pytest.mark.parametrize(
    ("text", "name", "file_format"),
    [
        (CSV, "a.CSV", "csv"),
        (CSV.replace(",", "\t"), "a.tsv", "csv"),
        ("word\nanother\n", "a.csv", "csv"),
        (TABLE, "a.txt", "csv"),
        (TABLE, "standard input", "csv"),
        (TABLE.replace(",", "\t"), "a", "csv"),
        (PROSE, "a.txt", None),
        (TABLE, "a.py", None),
        ("a,b,c\nd,e,f\n", "a.txt", None),
        (JSONL, "a.jsonl", "jsonl"),
        (JSONL, "a.txt", "jsonl"),
        ('{\n "a": "b"\n}', "a.txt", "json"),
        ('[{"a": "b"}]', "a", "json"),
        ("[Verse 1]\nThe tide\n", "a.txt", None),
        ("{ braces } in prose\n", "a.txt", None),
        (NOTEBOOK, "a.ipynb", "json"),
        (SRT, "a.srt", "subtitles"),
        (SRT, "a.txt", "subtitles"),
        (VTT, "a", "subtitles"),
        ("no cue in here\n", "a.srt", None),
        (PAGE, "a.html", "html"),
        (PAGE, "a.txt", "html"),
        (PAGE, "a.csv", "html"),
        ("<p>a part of a page", "a.htm", "html"),
        ("no tag", "a.html", None),
        (PAGE, "a.js", None),
        (MARKDOWN, "a.md", "markdown"),
        (MARKDOWN, "a.txt", None),
        ("", "a.csv", None),
        ("", "a.json", None),
    ],
)
def test_a_file_is_recognized_by_its_name_and_how_it_begins(text, name, file_format):
    assert detect_format(text, name, cut=False) == file_format


# ---- tables ---------------------------------------------------------------------------------


def test_the_column_with_the_most_text_is_read_and_short_texts_become_lines():
    found = taken("csv", CSV)
    assert (found.format, found.part) == ("csv", "text")
    assert found.text.split("\n") == [
        "It comes in, and it goes out.", 'It said "now" and was right.', "It ends in the sea.",
    ]  # fmt: skip
    assert [(part.name, part.characters) for part in found.parts] == [
        ("id", 3), ("title", 25), ("text", 77),
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["title", "TITLE ", "2"])
def test_a_column_is_found_by_name_in_any_letter_case_or_by_number(part):
    assert taken("csv", CSV, part).text == "The tide\nThe clock\nThe pier"


def test_a_column_that_is_not_there_is_refused_with_the_others_the_one_with_most_text_first():
    with pytest.raises(NoSuchPartError) as refusal:
        taken("csv", CSV, "author")
    assert refusal.value.args == ("text", "title", "id")


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("a b c\r\nd e f\r\n", "a b c\nd e f"),  # one column, no header
        ('name\n"Ada, of the pier"\n"Bo\r\n\r\nof the sea"\n\n', "Ada, of the pier\nBo of the sea"),
        ("1;Ada\n2;Bo\n3;Cleo\n", "Ada\nBo\nCleo"),
        ('1\tsay "hi\n2\tsay "ho\n', 'say "hi\nsay "ho'),
        ("id,text\n1,a, b and c\n2,\n3\n4,d\n", "a, b and c\nd"),
        ("\ufeffid,text\n1,a b".replace("\ufeff", ""), "a b"),
        ("id,text\n1,a\0 b\n", "a b"),
        ("id,text,text\n1,a b,c d e f\n", "c d e f"),
        (",text\n0,words in a frame\n", "words in a frame"),
        ("id,文本\n1,潮水来了\n2,潮水走了\n", "潮水来了\n潮水走了"),
    ],
)
def test_tables_of_every_kind(table, text):
    assert taken("csv", table).text == text


def test_addresses_and_hashes_are_not_what_has_most_text():
    rows = "".join(
        f"{'0123456789abcdef' * 4},https://example.org/{n}/{'path/' * 9},Tide {n}\n"
        for n in range(9)
    )
    assert taken("csv", "hash,url,title\n" + rows).part == "title"


def test_long_texts_have_an_empty_line_between_them_and_keep_their_lines():
    long = "The tide comes in.\nAnd out.\n" * 20
    assert join([long, "", long]) == f"{long.strip()}\n\n{long.strip()}"
    assert join(["a\r\n\r\n b", "c"]) == "a b\nc"


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["id", "text"], ["1", "a"]], True),
        ([["Reihe", "Wert"], ["a", "1"], ["b", "2.5"]], True),
        ([["Satz"], ["The tide came in and nobody counted the hours."]], True),
        ([["created_by"], ["Ada"]], True),
        ([["Ada", "Berlin"], ["Bo", "Paris"]], False),
        ([["1", "a"], ["2", "b"]], False),
        ([["text", "text"], ["a", "b"]], True),
        ([["Ada", "Ada"], ["1", "2"]], False),
        ([["", ""], ["a", "b"]], False),
    ],
)
def test_a_header_is_told_from_a_row(rows, header):
    assert has_header(rows) is header


def test_a_table_of_too_many_columns_is_none():
    with pytest.raises(WrongFormatError):
        taken("csv", "a," * tables.MAX_COLUMNS + "\n" + "b," * tables.MAX_COLUMNS + "\n")


# ---- JSON -----------------------------------------------------------------------------------


def test_the_field_with_the_most_text_of_json_lines_is_read():
    found = taken("jsonl", JSONL + "{cut")
    assert (found.format, found.part) == ("jsonl", "text")
    assert found.text.split("\n")[1] == "The tide number 1 came in."
    assert taken("jsonl", JSONL, "author.name").text == "Ada\n" * 4 + "Ada"


def test_json_within_lists_is_found_by_its_path():
    chats = [{"messages": [{"role": "user", "content": "In?"}, {"role": "x", "content": "Out."}]}]
    found = taken("json", json.dumps({"data": chats * 2}))
    assert (found.part, found.text) == ("data.messages.content", "In?\nOut.\nIn?\nOut.")
    assert taken("json", json.dumps(["a", ["b"], 7])).text == "a\nb"
    many = {str(n): {"text": f"tide {n}"} for n in range(1000)}
    assert taken("json", json.dumps(many)).part == "text"


def test_json_lines_in_a_file_called_json_are_read():
    assert taken("json", JSONL).format == "jsonl"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1, 2, 3]", '{"a": {"b": null}}', "[" * 100_000, '{"a":' * 100_000, "7\n8\n"],
)
def test_what_is_no_json_with_text_is_left_to_be_read_as_it_is(text):
    with pytest.raises(WrongFormatError):
        taken("json", text)


def test_odd_json_is_read_in_bounded_time():
    text = '{"n": ' + "9" * 1_000_000 + ', "e": 1e999999, "text": "half \\ud800 a pair"}'
    assert taken("json", text).text == "half \ud800 a pair"
    fields = {f"a{n}": {f"b{m}": "c" for m in range(60)} for n in range(60)}
    nested = {f"c{n}": fields for n in range(60)}
    with pytest.raises(WrongFormatError):
        taken("json", json.dumps(nested))
    assert json_fields.MAX_FIELDS < 60**3


def test_the_cells_of_a_notebook_without_what_they_printed():
    assert taken("json", NOTEBOOK).text == "# Tides\nof *today*\n\nprint(1)"
    assert taken("json", NOTEBOOK, "code").text == "print(1)"
    assert taken("json", NOTEBOOK, "Markdown").text == "# Tides\nof *today*"
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["a\n", "b"]}]}], "nbformat": 3}
    assert taken("json", json.dumps(old)).text == "a\nb"


@pytest.mark.parametrize(
    ("file_format", "data"),
    [("csv", CSV), ("jsonl", JSONL), ("json", NOTEBOOK), ("html", PAGE), ("subtitles", SRT)],
)
def test_parts_can_be_listed_without_a_text(file_format, data):
    listed = extract(file_format, data.encode(), None, limit=MB, listed_only=True)
    assert listed.text is None
    assert listed.parts == taken(file_format, data).parts


# ---- subtitles, pages, Markdown -------------------------------------------------------------


def test_subtitles_are_what_is_said():
    assert taken("subtitles", SRT).text == "The tide\ncomes in.\nAnd out."
    assert taken("subtitles", VTT).text == "The tide & the clock\nwere right."
    tight = SRT.replace("\r\n\r\n", "\r\n")
    assert taken("subtitles", tight).text == "The tide\ncomes in.\nAnd out."


def test_the_text_of_a_page_is_laid_out_in_paragraphs():
    assert taken("html", PAGE).text == PAGE_TEXT


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a<p>b", "a\n\nb"),
        ("<div><div>a</div></div>b", "a\nb"),
        ("a<br><br>b<br/>c", "a\n\nb\nc"),
        ("<script>if (a < b) {}</script>x", "x"),
        ("<svg><svg></svg>unseen</svg>seen", "seen"),
        ("</pre></p>a", "a"),
        ("<svg/>a", "a"),
        ("a <b> b</b>c", "a bc"),
        ("潮水<b>来</b>了", "潮水来了"),
        ("&#xD800;&amp;lt;", "\ufffd&lt;"),
        ("<head><title>no end<body><p>text", "text"),
    ],
)
def test_pages_of_every_kind(page, text):
    assert taken("html", page).text == text


def test_markdown_without_its_marks():
    assert taken("markdown", MARKDOWN).text == "The tide\n\nIt comes in, see this.\n\none\ntwo"


@pytest.mark.parametrize("file_format", ["html", "markdown", "subtitles"])
def test_nothing_to_show_is_nothing_to_read(file_format):
    with pytest.raises(WrongFormatError):
        taken(file_format, "<!-- nothing -->" if file_format != "subtitles" else "no cue")


# ---- documents ------------------------------------------------------------------------------


def test_a_word_document_is_read_paragraph_by_paragraph():
    body = (
        paragraph("The tide")
        + '<w:p><w:pPr><w:tabs><w:tab w:pos="9"/></w:tabs></w:pPr><w:r><w:t>in</w:t><w:tab/>'
        "<w:t>and</w:t><w:br/><w:t>out</w:t></w:r><w:del><w:r><w:t>gone</w:t></w:r></w:del></w:p>"
        "<w:p><w:r><w:instrText>PAGE</w:instrText><w:t>7 &lt; 8</w:t></w:r></w:p>"
    )
    assert taken("docx", word_document(body)).text == "The tide\nin\tand\nout\n7 < 8"


def test_a_book_is_read_in_the_order_of_its_spine():
    chapters = {"b%20two.xhtml": "<p>Second</p>", "a.xhtml": "<h1>First</h1><p>line</p>"}
    data = book({"cover.xhtml": "<img src='x'/>", **chapters}, **{"OEBPS/b two.xhtml": "<p>2nd"})
    assert taken("epub", data).text == "2nd\n\nFirst\n\nline"


@pytest.mark.parametrize(
    ("file_format", "data"),
    [
        ("docx", b"PK\x03\x04 not a zip"),
        ("docx", word_document("<w:p>")),
        ("docx", word_document("<w:p>" * 5_000 + "</w:p>" * 5_000)),
        ("epub", book({})),
        ("epub", book({"a.xhtml": "<img/>"})),
    ],
)
def test_damaged_documents_are_refused(file_format, data):
    with pytest.raises(DamagedFileError):
        taken(file_format, data)


def test_no_entity_is_ever_expanded():
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
        f'<w:document xmlns:w="{W}"><w:p><w:t>&b;</w:t></w:p></w:document>'
    )
    outside = bomb.replace('"ha"', 'SYSTEM "file:///etc/passwd"')
    for xml in (bomb, outside):
        with pytest.raises(DamagedFileError):
            taken("docx", word_document("", **{"word/document.xml": xml}))


def test_documents_are_bounded_as_archives_are():
    bomb = word_document(paragraph("a" * MB))
    assert len(bomb) < MB // 100
    with pytest.raises(FileTooLargeError):
        taken("docx", bomb, limit=MB // 2)
    page = f"<p>{'a' * (MB // 3)}</p>"
    with pytest.raises(FileTooLargeError):
        taken("epub", book({f"{n}.xhtml": page for n in range(4)}))


def test_a_protected_book_is_told_from_one_with_protected_fonts():
    of = "<encryption><CipherReference URI='{}'/></encryption>".format
    page = {"a.xhtml": "<p>The tide</p>"}
    fonts = book(page, **{"META-INF/encryption.xml": of("OEBPS/font.otf")})
    assert taken("epub", fonts).text == "The tide"
    with pytest.raises(ProtectedFileError):
        taken("epub", book(page, **{"META-INF/encryption.xml": of("OEBPS/a.xhtml")}))
