"""Files as people have them: tables, JSON, subtitles, pages, books, each made by a few lines."""

from __future__ import annotations

import json

from bad_input import zipped

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CSV = (
    'id,title,text\r\n1,The tide,"It comes in,\r\nand it goes out."\r\n'
    '2,The clock,"It said ""now"" and was right."\r\n3,The pier,It ends in the sea.\r\n'
)
JSONL = "".join(
    json.dumps({"id": n, "text": f"The tide number {n} came in.", "author": {"name": "Ada"}}) + "\n"
    for n in range(5)
)
SRT = (
    "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>The tide</i>\r\ncomes in.\r\n\r\n"
    "2\r\n00:00:03,000 --> 00:00:04,000\r\n{\\an8}And out.\r\n"
)
VTT = (
    "WEBVTT - tides\n\nNOTE by nobody\n\nSTYLE\n::cue { color: red }\n\n"
    "00:01.000 --> 00:02.000 align:start\n<v Ada>The tide &amp; the clock\n\n"
    "intro\n00:03.000 --> 00:04.000\nThe tide &amp; the clock\nwere right.\n"
)
PAGE = (
    "<!DOCTYPE html>\n<html><head><title>Tides</title><style>p { color: red }</style></head><body>"
    "<h1>The  tide</h1>\n<p>It comes <b>in</b>,<br>and\n goes &amp; out.</p><script>x = 1</script>"
    "<ul><li>one<li>two</ul><table><tr><td>a</td><td>b</td></tr></table>"
    "<pre>  kept\n  as it is</pre></body></html>"
)
PAGE_TEXT = "The tide\n\nIt comes in,\nand goes & out.\n\none\ntwo\n\na b\n\n  kept\n  as it is"
MARKDOWN = (
    "---\ntitle: x\n---\n# The tide\n\nIt *comes* in, see [this](http://x.org).\n\n- one\n- two\n"
)
NOTEBOOK = json.dumps({
    "cells": [
        {"cell_type": "markdown", "source": ["# Tides\n", "of *today*"]},
        {"cell_type": "code", "source": "print(1)", "outputs": [{"text": "1"}]},
    ],
    "nbformat": 4,
})  # fmt: skip


def word_document(body: str, **more: str) -> bytes:
    """A Word document with this XML as its body."""
    xml = f'<?xml version="1.0"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": xml, **more})


def paragraph(text: str) -> str:
    """A paragraph of a Word document."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def book(chapters: dict[str, str], **more: str) -> bytes:
    """An EPUB book with these chapters, in this order, and a table of contents."""
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(chapters)
    )
    spine = '<itemref idref="nav"/>' + "".join(
        f'<itemref idref="i{n}"/>' for n in range(len(chapters))
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="nav" href="nav.xhtml" '
        f'properties="nav" media-type="application/xhtml+xml"/>{items}</manifest>'
        f"<spine>{spine}</spine></package>"
    )
    container = (
        '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    return zipped({
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/book.opf": package,
        "OEBPS/nav.xhtml": "<html><body><p>Contents</p></body></html>",
        **{f"OEBPS/{name}": page for name, page in chapters.items()},
        **more,
    })  # fmt: skip
