"""Decode and clean in pieces of bounded size, for inputs of tens of megabytes.

A single call of a codec or of a regular expression holds the interpreter for as long as it lasts,
which may be seconds where many bytes do not fit. Between two pieces there is a yield point, other
threads run, and a reading that has lost too much to be right is given up early.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..utils.yield_points import yield_point

PIECE_SIZE = 1 << 18  # bytes, or characters, per call

_REPLACEMENT = "\ufffd"
_BYTE_ORDER_MARKS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
_SURROGATE_HALF_BYTES = 3  # in UTF-8: ED A0 80 to ED BF BF


def iter_pieces(text: str) -> Iterator[str]:
    """Yield the text in pieces."""
    for start in range(0, len(text), PIECE_SIZE):
        yield_point()
        yield text[start : start + PIECE_SIZE]


def search(pattern: re.Pattern[bytes], data: bytes, start: int = 0) -> int | None:
    """Return where a pattern of at most four bytes is first found from `start` on, or None."""
    for begin in range(start, len(data), PIECE_SIZE):
        if found := pattern.search(data, begin, begin + PIECE_SIZE + 3):
            return found.start()
    return None


def decode(data: bytes, codec: str) -> str:
    """Decode `data` strictly.

    Raises UnicodeDecodeError, with the place in `data`, for bytes that do not fit, and another
    UnicodeError for codecs that do not say where.
    """
    return "".join(_decoded(data, codec, "strict"))


def decode_replacing(data: bytes, codec: str, *, max_lost_share: float) -> tuple[str, int] | None:
    """Decode with U+FFFD for what cannot be read; return also how often that was.

    None if it was more than the share `max_lost_share` of the characters, and more than once.
    """
    # U+FFFD that the data already holds is well-formed.
    before = data.count(_REPLACEMENT.encode()) if codec.startswith("utf-8") else 0
    pieces, lost = [], -before
    for piece in _decoded(data, codec, "replace"):
        pieces.append(piece)
        lost += piece.count(_REPLACEMENT)
        if lost > max(1, max_lost_share * len(data)):  # no codec makes more characters than bytes
            return None
    text = "".join(pieces)
    return (text, lost) if lost <= max(1, max_lost_share * len(text)) else None


def _decoded(data: bytes, codec: str, errors: str) -> Iterator[str]:
    if codec in _BYTE_ORDER_MARKS and not data.startswith(_BYTE_ORDER_MARKS[codec]):
        codec += "-le"  # like most files without a mark
    decoder = codecs.getincrementaldecoder(codec)(errors)
    start, length = 0, PIECE_SIZE
    while start < len(data):
        stop, before = min(start + length, len(data)), decoder.getstate()
        try:
            piece = decoder.decode(data[start:stop], stop == len(data))
        except UnicodeDecodeError as error:
            # Its place counts from the bytes that the decoder kept of the last piece.
            place = stop - len(error.object) + error.start
            raise UnicodeDecodeError(codec, data, place, place + 1, error.reason) from None
        except UnicodeError:  # the piece ends within an escape that the decoder cannot hold back
            if stop == len(data):
                raise
            decoder.setstate(before)
            length *= 2
            continue
        # If nothing was decoded, try twice as much, so that the time stays linear.
        start, length = stop, PIECE_SIZE if piece else 2 * length
        yield_point()
        yield piece


def join_surrogates(data: bytes) -> tuple[bytes, int]:
    """Turn UTF-8 with separately encoded surrogate halves (CESU-8) into proper UTF-8.

    Halves that stand alone become U+FFFD; returns also how many.
    """
    joined, lost, start = [], 0, 0
    while start < len(data):
        stop = _character_end(data, start + PIECE_SIZE)
        piece, alone = _join_in_piece(np.frombuffer(data[start:stop], np.uint8))
        joined.append(piece)
        yield_point()
        lost, start = lost + alone, stop
    return b"".join(joined), lost


def _character_end(data: bytes, place: int) -> int:
    """Return the first place from `place` on where no character or surrogate pair is cut.

    The data is UTF-8 but for halves of surrogate pairs.
    """
    last = min(place + _SURROGATE_HALF_BYTES, len(data))
    while place < last and data[place] & 0xC0 == 0x80:
        place += 1
    if place >= len(data):
        return len(data)
    low = data[place] == 0xED and data[place + 1 : place + 2] >= b"\xb0"
    high = (
        data[place - _SURROGATE_HALF_BYTES] == 0xED
        and 0xA0 <= data[place - _SURROGATE_HALF_BYTES + 1] < 0xB0
    )
    return place + _SURROGATE_HALF_BYTES if low and high else place


def _join_in_piece(units: NDArray[np.uint8]) -> tuple[bytes, int]:
    """Do `join_surrogates` for one piece."""
    first, second, third = units[:-2], units[1:-1], units[2:]
    is_half = (first == 0xED) & (second >= 0xA0) & (second <= 0xBF) & (third & 0xC0 == 0x80)
    places = np.flatnonzero(is_half)
    if not len(places):
        return units.tobytes(), 0
    # The ten bits that each half stands for.
    bits = (second[places] & 0x0F).astype(np.int32) << 6 | third[places] & 0x3F
    is_low = second[places] >= 0xB0
    paired = np.flatnonzero(~is_low[:-1] & is_low[1:] & (np.diff(places) == _SURROGATE_HALF_BYTES))
    code = 0x10000 + (bits[paired] << 10) + bits[paired + 1]
    joined = units.copy()
    joined[places[:, None] + np.arange(_SURROGATE_HALF_BYTES)] = list(_REPLACEMENT.encode())
    begin = places[paired]
    joined[begin] = 0xF0 | code >> 18
    for offset, shift in ((1, 12), (2, 6), (3, 0)):
        joined[begin + offset] = 0x80 | code >> shift & 0x3F
    kept = np.ones(len(joined), bool)
    kept[begin + 4] = kept[begin + 5] = False  # six bytes have become four
    return joined[kept].tobytes(), len(places) - 2 * len(paired)


def translate(piece: str, table: NDArray[Any]) -> str:
    """Replace each character by what `table` has for its code point; 0 removes it."""
    points = table[np.frombuffer(piece.encode("utf-32-le", "surrogatepass"), "<u4")]
    return str(points[points != 0].astype("<u4").tobytes(), "utf-32-le")
