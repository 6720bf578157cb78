"""Extract the text of HTML, with blocks on separate lines, as a browser lays them out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from . import WrongFormatError

_UNSEEN = frozenset((
    "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "audio",
    "video", "canvas", "select", "head",
))  # fmt: skip
_PARAGRAPHS = frozenset((
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "dl", "table",
    "figure", "section", "article", "aside", "header", "footer", "main", "nav", "form",
    "fieldset", "details", "hr", "body",
))  # fmt: skip
_LINES = frozenset((
    "div", "li", "dt", "dd", "tr", "br", "caption", "figcaption", "summary", "legend", "option",
    "title",
))  # fmt: skip
_CELLS = frozenset(("td", "th"))
_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
))  # fmt: skip
_CHARSET = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}(?:charset|encoding)\s{0,5}=\s{0,5}[\"']?([\w-]{1,40})",
    re.IGNORECASE,
)
_CHARSET_BYTES = 4096  # at the beginning of a page; browsers look in fewer
_TAG = re.compile(r"<(?:[a-zA-Z][\w-]*[\s/>]|!doctype\b)", re.IGNORECASE)
_BEGINNING = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)?(?:<!doctype\s+html\b|<html[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_SPACES = re.compile("[ \t\n\r\f\v]+")


def begins_like_web_page(head: str) -> bool:
    """Return whether a file begins with <!doctype html> or <html>."""
    return _BEGINNING.match(head) is not None


def has_tags(head: str) -> bool:
    """Return whether there is a tag anywhere."""
    return _TAG.search(head) is not None


def declared_encoding(data: bytes) -> str | None:
    """Return the name of the encoding that a web page declares; None if it declares none."""
    found = _CHARSET.search(data[:_CHARSET_BYTES])
    return found[1].decode("ascii") if found else None


def text_of_page(text: str) -> str:
    """Return the visible text of a web page, with an empty line between paragraphs.

    Raises WrongFormatError if there is none.
    """
    collector = _TextCollector()
    collector.feed(text)
    collector.close()
    found = collector.text()
    if not found:
        raise WrongFormatError
    return found


class _TextCollector(HTMLParser):
    """Collects the text of a page. An end tag without its start tag is ignored."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._breaks = 2  # line ends that the text so far ends with
        self._wanted_breaks = 0  # before the next piece
        self._space = False  # before the next piece
        self._unseen: list[str] = []  # open tags whose text is not shown
        self._preformatted = 0  # open <pre> tags

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, or skip what is not shown."""
        if tag == "body":
            self._unseen.clear()
        if tag in _UNSEEN or (self._unseen and tag == self._unseen[-1]):
            self._unseen.append(tag)
        elif tag == "br":
            self._line_break()
        else:
            self._begin_block(tag)
        self._preformatted += tag == "pre"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle a tag that closes itself, as in XHTML."""
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)
            if tag not in _VOID:
                self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End a block."""
        if self._unseen:
            if tag == self._unseen[-1]:
                self._unseen.pop()
            return
        self._begin_block(tag)
        if tag == "pre" and self._preformatted:
            self._preformatted -= 1

    def handle_data(self, data: str) -> None:
        """Add text, with its white space collapsed unless it is in <pre>."""
        if self._unseen:
            return
        if self._preformatted:
            self._add(data.strip("\r\n") if not self._pieces else data)
            return
        words = _SPACES.sub(" ", data)
        self._space |= words.startswith(" ")
        if words.strip(" "):
            self._add(words.strip(" "))
        self._space |= words.endswith(" ")

    def text(self) -> str:
        """Return the text that was collected."""
        return "".join(self._pieces).strip()

    def _add(self, piece: str) -> None:
        """Add a piece of text after the line breaks or the space that it needs."""
        if self._wanted_breaks:
            self._pieces.append("\n" * max(0, self._wanted_breaks - self._breaks))
        elif self._space and not self._breaks:
            self._pieces.append(" ")
        self._pieces.append(piece)
        self._breaks = min(len(piece) - len(piece.rstrip("\n")), 2)
        self._wanted_breaks, self._space = 0, False

    def _begin_block(self, tag: str) -> None:
        """Request the line breaks or the space that a tag begins or ends with."""
        if tag in _CELLS:
            self._space = True
        wanted = 2 if tag in _PARAGRAPHS else 1 if tag in _LINES else 0
        self._wanted_breaks = max(self._wanted_breaks, wanted)

    def _line_break(self) -> None:
        """Begin a new line; a second <br> in a row leaves an empty one."""
        self._wanted_breaks = min(self._wanted_breaks + 1, 2)
