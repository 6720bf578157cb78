"""Call the parser of a format. Runs in the process of `__main__`, where nothing else is lost."""

from __future__ import annotations

from collections.abc import Callable

from . import TEXT, Extract, Part, records, tables
from .books import text_of_book
from .subtitles import text_of_subtitles
from .web_pages import text_of_page
from .word_documents import text_of_word_document

BINARY = ("docx", "epub")  # formats whose parsers take bytes

_STRUCTURED: dict[str, Callable[..., Extract]] = {
    "csv": tables.parse,
    "json": records.parse_json,
    "jsonl": records.parse_lines,
}
_DOCUMENTS: dict[str, Callable[[bytes, int], str]] = {
    "docx": text_of_word_document,
    "epub": text_of_book,
}


def extract(
    file_format: str, data: bytes, part: str | None, *, limit: int, listed_only: bool = False
) -> Extract:
    """Take the text of a part out of a file in one of the formats of `KINDS`.

    `data` is the file itself for `BINARY` formats, and otherwise its text in UTF-8. `part` is None
    for the one with the most text. At most `limit` bytes are unpacked. With `listed_only` the parts
    are listed, and no text is returned. Formats that have only `TEXT` return that whatever `part`
    is.

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
