"""The text of EPUB books, chapter by chapter in reading order."""

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
_DECLARED = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # byte order marks


def text_of_book(data: bytes, limit: int) -> str:
    """Return the text of a book; an empty line stands between its chapters.

    Raises DamagedFileError, ProtectedFileError and FileTooLargeError.
    """
    book = ZippedDocument(data, limit)
    encrypted = _encrypted_files(book)
    chapters = []
    for name in _chapters(book):
        if name in encrypted:
            raise ProtectedFileError
        try:
            chapters.append(text_of_page(_decode(book.read(name))))
        except WrongFormatError:  # a cover, or an empty page
            continue
    if not chapters:
        raise DamagedFileError
    return "\n\n".join(chapters)


def _chapters(book: ZippedDocument) -> Iterator[str]:
    """Yield the names of the files in the book's spine, each once, that are there."""
    packages: list[str] = []

    def find_package(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "rootfile" and "full-path" in attributes:
            packages.append(attributes["full-path"])

    parse(book.read(_CONTAINER), start=find_package)
    if not packages:
        raise DamagedFileError
    pages: dict[str, str] = {}
    spine: dict[str, None] = {}

    def read_package(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "item" and attributes.get("media-type") in _PAGES:
            contents = "nav" in attributes.get("properties", "").split()
            if not contents:  # the table of contents repeats the headings
                pages[attributes.get("id", "")] = attributes.get("href", "")
        elif tag == "itemref":
            spine[attributes.get("idref", "")] = None

    parse(book.read(packages[0]), start=read_package)
    folder = posixpath.dirname(packages[0])
    for one in spine:
        name = posixpath.normpath(posixpath.join(folder, unquote(pages.get(one, ""))))
        if one in pages and name in book:
            yield name


def _encrypted_files(book: ZippedDocument) -> set[str]:
    """Return the files that are encrypted; fonts are in many books that anybody may read."""
    found: set[str] = set()

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "CipherReference":
            found.add(unquote(attributes.get("URI", "")))

    if _ENCRYPTION in book:
        parse(book.read(_ENCRYPTION), start=start)
    return found


def _decode(page: bytes) -> str:
    """Decode a chapter: UTF-8 or UTF-16, as the format demands, or what it declares."""
    if page.startswith(_DECLARED[1:]):
        return page.decode("utf-16", "replace")
    try:
        return page.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return page.decode(declared_encoding(page) or "cp1252", "replace")
        except (LookupError, ValueError):
            return page.decode("utf-8", "replace")
