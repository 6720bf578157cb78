"""Read the files inside a `.zip` in memory: nothing is written to disk, no header is trusted.

A small archive can claim, or hold, more than fits into memory; the limit applies to what comes out.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from ..errors import UserError
from .file_types import SAVE_AS_TEXT, NotTextError, zipped_document

MAX_MEMBERS = 1_000  # files in an archive

_CHUNK_BYTES = 1 << 16
_MAX_SORT_CHARACTERS = 255  # of a member's name: as long as any file system allows
_DIRECTORY_ENTRY = b"PK\x01\x02"  # the beginning of each entry of an archive's directory
_SUPPORTED_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_zip(data: bytes) -> bool:
    """Check whether bytes are a zip archive, an empty one included."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read_members(data: bytes, *, name: str, limit: int) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file in an archive, in natural order ("9" before "10").

    Folders, hidden files and macOS's `__MACOSX` are left out. `name` stands for the archive in
    messages; `limit` is the number of bytes that may come out of it altogether.

    Raises NotTextError if the archive is a document (.docx, .epub …), and UserError if it is
    damaged or encrypted, compressed in an uncommon way, or too large.
    """
    # Checked before zipfile builds an object for each of millions of entries.
    if data.count(_DIRECTORY_ENTRY) > 10 * MAX_MEMBERS:
        raise _too_many_error(name)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged_error(name) from error
    with archive:
        document = zipped_document(archive.namelist())
        if document:
            raise NotTextError(
                "{text} is {kind}, not a text: {advice}.",
                text=name,
                kind=document,
                advice=SAVE_AS_TEXT,
                field="corpus",
            )
        files = [info for info in archive.infolist() if not _is_hidden(info)]
        if len(files) > MAX_MEMBERS:
            raise _too_many_error(name)
        left = limit
        for info in sorted(files, key=lambda info: natural_key(info.filename)):
            content = _read_member(archive, info, name, left)
            if len(content) > left:
                raise UserError(
                    "{text} holds more than {size} MB, the limit here. Choose a part of it.",
                    text=name,
                    size=limit >> 20,
                    field="corpus",
                )
            left -= len(content)
            yield info.filename, content


def _is_hidden(info: zipfile.ZipInfo) -> bool:
    *folders, filename = info.filename.split("/")
    return not filename or filename.startswith(".") or "__MACOSX" in folders


def natural_key(filename: str) -> list[tuple[int, str]]:
    """Sort runs of digits by their value; of a very long name only the beginning counts."""
    parts = re.split(r"([0-9]{1,18})", filename[:_MAX_SORT_CHARACTERS])
    return [(int(part), "") if i % 2 else (0, part.casefold()) for i, part in enumerate(parts)]


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limit: int) -> bytes:
    """Return a member's content; stops soon after `limit` bytes, whatever its header says."""
    if info.flag_bits & 1:
        raise UserError(
            "{text} is encrypted. Unpack it, and choose the texts themselves.",
            text=name,
            field="corpus",
        )
    if (
        info.compress_type not in _SUPPORTED_COMPRESSION
    ):  # the others cannot be unpacked in bounded pieces
        raise UserError(
            "{text} uses an unsupported compression. Make an ordinary .zip of the texts.",
            text=name,
            field="corpus",
        )
    pieces, size = [], 0
    try:
        with archive.open(info) as member:
            while size <= limit and (piece := member.read(_CHUNK_BYTES)):
                pieces.append(piece)
                size += len(piece)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError
    ) as error:  # fmt: skip
        raise _damaged_error(name) from error
    return b"".join(pieces)


def _too_many_error(name: str) -> UserError:
    return UserError(
        "{text} holds more than {count:,} files. Put the texts into fewer files.",
        text=name,
        count=MAX_MEMBERS,
        field="corpus",
    )


def _damaged_error(name: str) -> UserError:
    return UserError(
        "{text} is a damaged zip archive. Create it again, or choose the texts themselves.",
        text=name,
        field="corpus",
    )
