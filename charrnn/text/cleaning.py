"""Normalize line ends to LF, and remove control characters but LF and tab."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import pieces

_LINE_ENDS = "\v\f\x85\u2028\u2029"  # besides LF, CR and CRLF
_REMOVED = (range(0x09), range(0x0E, 0x20), range(0x7F, 0xA0), (0xFEFF,))
_SURROGATE_HALVES = slice(0xD800, 0xE000)  # of surrogate pairs
_SPECIAL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff]")
_LINE_END_NAMES = {"\r\n": "CRLF", "\r": "CR", "\n": "LF"}


def clean(text: str) -> tuple[str, list[str]]:
    """Return the cleaned text, and the kinds of line ends that it had (CRLF, CR, LF).

    CR, CRLF, form feed, vertical tab, U+0085, U+2028 and U+2029 become LF; tab stays; halves of
    surrogate pairs become U+FFFD; other C0 and C1 control characters and byte order marks are
    removed.
    """
    if not any(map(_SPECIAL.search, pieces.iter_pieces(text))):
        return text, ["LF"] if "\n" in text else []
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    cleaned: list[str] = []
    for piece in pieces.iter_pieces(text):
        piece = newlines.decode(piece)
        cleaned.append(
            pieces.translate(piece, _replacement_table()) if _SPECIAL.search(piece) else piece
        )
    cleaned.append(newlines.decode("", final=True))
    found = newlines.newlines or ()
    kinds = (found,) if isinstance(found, str) else found
    return "".join(cleaned), [_LINE_END_NAMES[kind] for kind in kinds]


def is_blank(text: str) -> bool:
    """Check whether a text has nothing but white space."""
    return all(piece.isspace() for piece in pieces.iter_pieces(text))


@cache
def _replacement_table() -> NDArray[Any]:
    """Return the replacement of each code point, 0 to remove it."""
    table = np.arange(0x110000, dtype=np.uint32)
    for unwanted in _REMOVED:
        table[list(unwanted)] = 0
    table[list(map(ord, _LINE_ENDS))] = ord("\n")
    table[_SURROGATE_HALVES] = ord("\ufffd")
    return table
