"""Detect the format of a text file by its name and its beginning."""

from __future__ import annotations

import json
import re
from pathlib import PurePath

from . import subtitles, tables, web_pages

HEAD_CHARACTERS = tables.SAMPLE_CHARACTERS  # at the beginning of a file, which are looked at

# Files with these suffixes may have any format: only their beginning decides.
_PLAIN_SUFFIXES = ("", ".txt", ".text")
_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".ipynb": "json",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
}
_JSON_OBJECT = re.compile(r'\s*\{\s*(?:"|\})')
_JSON_LIST = re.compile(r'\s*\[\s*[\[{"]')


def detect_format(head: str, name: str, *, cut: bool) -> str | None:
    """Return the format of a file, a key of `KINDS`; None for plain text.

    `head` is its beginning, `HEAD_CHARACTERS` long, and `cut` says whether more follows. Subtitles
    and web pages are detected by their first lines, whatever the suffix of the name. A file with
    the suffix .txt, or none, is a table or JSON only if it clearly is one.
    """
    suffix = PurePath(name).suffix.lower()
    promised = _BY_SUFFIX.get(suffix)
    if promised == "markdown":
        return promised
    if promised is None and suffix not in _PLAIN_SUFFIXES:
        return None
    if subtitles.begins_like_subtitles(head):
        return "subtitles"
    if web_pages.begins_like_web_page(head):
        return "html"
    if promised is None:
        return _by_beginning(head, cut=cut)
    if promised == "csv":
        dialect = tables.find_dialect(head, named=True, cut=cut)
        return "csv" if dialect else None
    kept = {"html": web_pages.has_tags, "subtitles": subtitles.has_cues}.get(promised, _may_be_json)
    return promised if kept(head) else None


def format_of_suffix(name: str) -> str | None:
    """Return the format that the suffix of a file's name stands for; None for any other suffix."""
    return _BY_SUFFIX.get(PurePath(name).suffix.lower())


def _by_beginning(head: str, *, cut: bool) -> str | None:
    """Return the format of a file whose name says nothing; None for plain text."""
    if _JSON_OBJECT.match(head):
        lines = [line for line in head.split("\n", 3)[: 2 if cut else 3] if line.strip()]
        if len(lines) > 1 and all(map(_is_json_object, lines[:2])):
            return "jsonl"
        return "json"
    if _JSON_LIST.match(head):
        return "json"
    return "csv" if tables.find_dialect(head, named=False, cut=cut) else None


def _may_be_json(head: str) -> bool:
    return head.lstrip()[:1] in ("{", "[", '"')


def _is_json_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line, parse_int=str), dict)
    except (ValueError, RecursionError):
        return False
