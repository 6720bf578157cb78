"""Extract the text from files that hold more: tables, JSON, subtitles, web pages, books.

A file has *parts*: the columns of a table, the fields of JSON, the cells of a notebook, or a single
part `text`. One part is read, by default the one with the most text.

The parsers run in a separate process with limits on time and memory (`reader`, `__main__`). The
modules here import little besides the standard library, so that it starts quickly.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Message

TEXT = "text"  # the part of formats that have a single part

# What to call a file of each format.
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
HAS_COLUMNS = ("csv", "tsv", "json", "jsonl")  # formats whose files name their parts


@dataclass(frozen=True)
class Part:
    """A part of a file that can be read by itself.

    Attributes:
        name: The name of a column, or its number from 1 if it has none; the path of a JSON field,
            such as "messages.content"; the kind of a notebook's cells; or "text".
        characters: Its length, None if that is unknown.
    """

    name: str
    characters: int | None = None


@dataclass(frozen=True)
class Extract:
    """What was extracted from a file.

    Attributes:
        format: The format of the file, a key of `KINDS`.
        text: The text of `part`, None if only the parts were listed.
        part: The name of the part that was read.
        parts: All parts with text.
        default: The name of the part that is read if none is requested.
    """

    format: str
    text: str | None
    part: str
    parts: tuple[Part, ...]
    default: str


class WrongFormatError(Exception):
    """The file is not in the format that was tried, or has no text."""


class DamagedFileError(Exception):
    """The file is in that format, but damaged."""


class ProtectedFileError(Exception):
    """The file is encrypted against copying (DRM)."""


class FileTooLargeError(Exception):
    """The file unpacks to more bytes than are allowed."""


class NoSuchPartError(Exception):
    """The file has no part of that name; the arguments are the names of its parts."""


# The codes of errors in the answers of the process that parses.
ERRORS_BY_CODE: dict[str, type[Exception]] = {
    "format": WrongFormatError,
    "damaged": DamagedFileError,
    "protected": ProtectedFileError,
    "size": FileTooLargeError,
    "part": NoSuchPartError,
}
OUT_OF_MEMORY = "memory"  # MemoryError in that process, MemoryLimitError in this one
