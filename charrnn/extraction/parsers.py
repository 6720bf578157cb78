"""Call the parser of a format. It runs in the process of `__main__`, which a file may end."""

from __future__ import annotations

from collections.abc import Callable

from . import TEXT, Extract, Part, json_fields, tables
from .books import text_of_book
from .subtitles import text_of_subtitles
from .web_pages import text_of_page
from .word_documents import text_of_word_document

BINARY = ("docx", "epub")  # formats whose parsers take bytes

_STRUCTURED: dict[str, Callable[..., Extract]] = {
    "csv": tables.parse,
    "json": json_fields.parse_json,
    "jsonl": json_fields.parse_lines,
}
_DOCUMENTS: dict[str, Callable[[bytes, int], str]] = {
    "docx": text_of_word_document,
    "epub": text_of_book,
}


def extract(
    file_format: str, data: bytes, part: str | None, *, limit: int, listed_only: bool = False
) -> Extract:
    """Extract the text of a part from a file.

    Args:
        file_format: The format of the file, a key of `KINDS`.
        data: The file for `BINARY` formats; for others its text in UTF-8.
        part: The name of the part, None for the one with the most text. Formats with a single part
            ignore it.
        limit: The largest number of bytes to unpack.
        listed_only: Whether to list the parts without the text.

    Raises the errors of this package.
    """
    if file_format in _STRUCTURED:
        text = data.decode("utf-8", "surrogatepass")
        return _STRUCTURED[file_format](text, part, listed_only=listed_only)
    if file_format in _DOCUMENTS:
        text = _DOCUMENTS[file_format](data, limit)
    elif file_format == "markdown":
        from .markdown_text import text_of_markdown  # takes a tenth of a second to import

        text = text_of_markdown(data.decode("utf-8", "surrogatepass"))
    else:
        of_text = {"html": text_of_page, "subtitles": text_of_subtitles}[file_format]
        text = of_text(data.decode("utf-8", "surrogatepass"))
    parts = (Part(TEXT, len(text)),)
    return Extract(file_format, None if listed_only else text, TEXT, parts, TEXT)
