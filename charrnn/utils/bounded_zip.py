"""Read files of a zip archive in memory, in bounded pieces: no header is trusted.

A small archive can claim, or hold, more than fits into memory; the limit applies to what comes out.
"""

from __future__ import annotations

import zipfile
import zlib

SUPPORTED_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others come out unbounded
ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)

_CHUNK_BYTES = 1 << 16
_DIRECTORY_ENTRY = b"PK\x01\x02"  # the beginning of each entry of an archive's directory


def count_entries(data: bytes) -> int:
    """Return the most entries that the directory of an archive can have, without reading it.

    Checked before zipfile builds an object for each of millions of entries.
    """
    return data.count(_DIRECTORY_ENTRY)


def read_bounded(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Return the content of a file; stops soon after `limit` bytes, whatever its header says.

    Raises one of `ERRORS` if it is damaged.
    """
    pieces, size = [], 0
    with archive.open(info) as member:
        while size <= limit and (piece := member.read(_CHUNK_BYTES)):
            pieces.append(piece)
            size += len(piece)
    return b"".join(pieces)
