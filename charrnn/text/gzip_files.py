"""Unpack gzip files in memory, in bounded pieces: no header is trusted."""

from __future__ import annotations

import re
import zlib

from ..errors import UserError
from ..utils.yield_points import yield_point
from .archive_errors import too_large_error, too_many_error

_MAGIC = b"\x1f\x8b\x08"
_GZIP = 16 + zlib.MAX_WBITS  # a gzip header, for zlib
_CHUNK_BYTES = 1 << 16
_MAX_MEMBERS = 10_000
_SUFFIX = re.compile(r"\.(?:gz|gzip)$", re.IGNORECASE)


def is_gzip(data: bytes) -> bool:
    """Check whether bytes are a gzip file."""
    return data.startswith(_MAGIC)


def name_inside(filename: str) -> str:
    """Return the name of what is packed: that of the file without its ending."""
    return _SUFFIX.sub("", filename)


def unpack(data: bytes, *, name: str, limit: int) -> bytes:
    """Return the content of a gzip file, of all its members one after the other.

    Raises UserError if it is damaged, or holds more than `limit` bytes or too many members.
    """
    unpacked = bytearray()
    member, start, members = zlib.decompressobj(_GZIP), 0, 1
    while start < len(data):
        piece = data[start : start + _CHUNK_BYTES]
        try:
            unpacked += member.decompress(piece, limit + 1 - len(unpacked))
        except zlib.error:
            if unpacked and not piece.strip(b"\0"):  # padding after the last member
                break
            raise _damaged_error(name) from None
        if len(unpacked) > limit:
            raise too_large_error(name, limit)
        start += len(piece) - len(member.unused_data)
        if member.eof:
            member, members = zlib.decompressobj(_GZIP), members + 1
            if members > _MAX_MEMBERS:
                raise too_many_error(name, _MAX_MEMBERS)
            if not data[start : start + _CHUNK_BYTES].strip(b"\0"):
                break
        yield_point()
    else:
        raise _damaged_error(name)  # the last member was cut
    return bytes(unpacked)


def _damaged_error(name: str) -> UserError:
    return UserError(
        "{text} is a damaged gzip archive. Create it again, or choose the text itself.",
        text=name,
        field="corpus",
    )
