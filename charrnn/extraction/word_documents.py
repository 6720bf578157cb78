"""Extract the text of Word documents (.docx), a line for each paragraph."""

from __future__ import annotations

from collections.abc import Mapping

from . import DamagedFileError
from .safe_xml import parse
from .zipped import ZippedDocument

_DOCUMENT = "word/document.xml"
_ROOT_RELATIONS = "_rels/.rels"
_INSERTED = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
# Elements that are not shown: deleted text, field codes, and second versions of drawings.
_UNSEEN = frozenset(("del", "moveFrom", "instrText", "Fallback"))


def text_of_word_document(data: bytes, limit: int) -> str:
    """Return the text of a document, with its tables and text boxes.

    Deleted text, notes and headers are left out. At most `limit` bytes are unpacked. Raises
    DamagedFileError, ProtectedFileError and FileTooLargeError.
    """
    document = ZippedDocument(data, limit)
    paragraphs = _Paragraphs()
    name = _DOCUMENT if _DOCUMENT in document else _main_part(document)
    parse(document.read(name), start=paragraphs.start, end=paragraphs.end, text=paragraphs.add)
    return "".join(paragraphs.pieces).strip("\n")


def _main_part(document: ZippedDocument) -> str:
    """Return the name of the file with the text, by the relationships of the package."""
    found: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith("/officeDocument"):
            found.append(attributes.get("Target", "").lstrip("/"))

    parse(document.read(_ROOT_RELATIONS), start=start)
    if not found:
        raise DamagedFileError
    return found[0]


class _Paragraphs:
    """Collects the text of `w:t` elements in `pieces`, and the end of each paragraph."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._in_text = False
        self._unseen = 0  # open tags whose text is not shown

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._unseen += tag in _UNSEEN
        self._in_text = tag == "t"
        # A `tab` with a position defines a tab stop.
        if not self._unseen and tag in _INSERTED and not (tag == "tab" and "pos" in attributes):
            self.pieces.append(_INSERTED[tag])

    def end(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN
        self._in_text = False
        if tag == "p" and not self._unseen:
            self.pieces.append("\n")

    def add(self, text: str) -> None:
        if self._in_text and not self._unseen:
            self.pieces.append(text)
