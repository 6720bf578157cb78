"""Extract the text of EPUB books, chapter by chapter in reading order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from . import DamagedFileError, ProtectedFileError, WrongFormatError
from .safe_xml import parse
from .web_pages import declared_encoding, text_of_page
from .zipped import ZippedDocument

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def text_of_book(data: bytes, limit: int) -> str:
    """Return the text of a book, with an empty line between its chapters.

    At most `limit` bytes are unpacked. Raises DamagedFileError, ProtectedFileError for an encrypted
    chapter, and FileTooLargeError.
    """
    book = ZippedDocument(data, limit)
    encrypted = _encrypted_files(book)
    chapters = []
    for name in _chapters(book):
        if name in encrypted:
            raise ProtectedFileError
        try:
            chapters.append(text_of_page(_decode(book.read(name))))
        except WrongFormatError:  # it has no text, as a cover
            continue
    if not chapters:
        raise DamagedFileError
    return "\n\n".join(chapters)


def _chapters(book: ZippedDocument) -> Iterator[str]:
    """Yield the names of the existing files in the book's spine, each once."""
    package = _package(book)
    pages: dict[str, str] = {}
    spine: dict[str, None] = {}

    def read_package(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "item" and attributes.get("media-type") in _PAGES:
            is_contents = "nav" in attributes.get("properties", "").split()
            if not is_contents:  # a table of contents repeats the headings
                pages[attributes.get("id", "")] = attributes.get("href", "")
        elif tag == "itemref":
            spine[attributes.get("idref", "")] = None

    parse(book.read(package), start=read_package)
    for page in spine:
        if page in pages:
            path = posixpath.join(posixpath.dirname(package), unquote(pages[page]))
            name = posixpath.normpath(path)
            if name in book:
                yield name


def _package(book: ZippedDocument) -> str:
    """Return the name of the package document, which lists the files. Raises DamagedFileError."""
    found: list[str] = []

    def find_package(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "rootfile" and "full-path" in attributes:
            found.append(attributes["full-path"])

    parse(book.read(_CONTAINER), start=find_package)
    if not found:
        raise DamagedFileError
    return found[0]


def _encrypted_files(book: ZippedDocument) -> set[str]:
    """Return the names of the encrypted files: in many books without DRM, these are fonts."""
    found: set[str] = set()

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "CipherReference":
            found.add(unquote(attributes.get("URI", "")))

    if _ENCRYPTION in book:
        parse(book.read(_ENCRYPTION), start=start)
    return found


def _decode(page: bytes) -> str:
    """Decode a chapter: UTF-8 or UTF-16, as EPUB demands, or else the encoding that it declares."""
    if page.startswith(_UTF16_MARKS):
        return page.decode("utf-16", "replace")
    try:
        return page.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return page.decode(declared_encoding(page) or "cp1252", "replace")
        except (LookupError, ValueError):
            return page.decode("utf-8", "replace")
