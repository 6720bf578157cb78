"""Take the text out of files that hold more than text: tables, JSON, subtitles, web pages, books.

A file has *parts*: the columns of a table, the fields of JSON, the cells of a notebook, or one part
`text`. One of them is read, by default the one with the most text.

The parsers run in a process of their own (`reader`, `__main__`), with limits on time and memory.
The modules here import little besides the standard library, so that the process starts at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Message

TEXT = "text"  # the part of formats that have only one

# What a file is, by the name of its format.
KINDS = {
    "csv": Message("a table (CSV)"),
    "tsv": Message("a table (TSV)"),
    "json": Message("a JSON file"),
    "jsonl": Message("a JSON Lines file"),
    "notebook": Message("a notebook (.ipynb)"),
    "subtitles": Message("a file of subtitles"),
    "html": Message("a web page (HTML)"),
    "markdown": Message("a Markdown file"),
    "docx": Message("a {name} document", name="Word"),
    "epub": Message("an EPUB book"),
}
HAS_COLUMNS = ("csv", "tsv", "json", "jsonl")  # formats whose parts are named in the file


@dataclass(frozen=True)
class Part:
    """A part of a file that can be read by itself.

    `name` identifies it: that of a column, or its number from 1 if it has none; the path of a JSON
    field, such as "messages.content"; "text". `characters` is its length, None if it is not known.
    """

    name: str
    characters: int | None = None


@dataclass(frozen=True)
class Extract:
    """What was taken out of a file: the text of `part`, one of its `parts`.

    `format` is a name of `KINDS`. `text` is None if none was asked for. `default` is the part that
    is read if none is named.
    """

    format: str
    text: str | None
    part: str
    parts: tuple[Part, ...]
    default: str


class WrongFormatError(Exception):
    """The file is not what it seemed to be."""


class DamagedFileError(Exception):
    """The file is of that format, but cannot be read."""


class ProtectedFileError(Exception):
    """The file is encrypted against copying (DRM)."""


class FileTooLargeError(Exception):
    """The file unpacks to more bytes than are allowed."""


class NoSuchPartError(Exception):
    """The file has no part of that name; the arguments are the names of those it has."""


# How the process that parses names an error to the one that asked.
ERRORS_BY_CODE: dict[str, type[Exception]] = {
    "format": WrongFormatError,
    "damaged": DamagedFileError,
    "protected": ProtectedFileError,
    "size": FileTooLargeError,
    "part": NoSuchPartError,
}
OUT_OF_MEMORY = "memory"  # the code of another error on each side
