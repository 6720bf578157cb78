"""Read the files inside a `.zip` in memory: nothing is written to disk, no header is trusted."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from ..errors import UserError
from ..utils.bounded_zip import ERRORS, SUPPORTED_COMPRESSION, count_entries, read_bounded
from .archive_errors import too_large_error, too_many_error
from .file_types import NotTextError, zipped_document, zipped_format

MAX_MEMBERS = 1_000  # files in an archive

_MAX_SORT_CHARACTERS = 255  # of a member's name: as long as any file system allows


def is_zip(data: bytes) -> bool:
    """Check whether bytes are a zip archive, an empty one included."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def document_format(data: bytes) -> str | None:
    """Return the format of a document that is a zip archive and can be read: "docx" or "epub"."""
    if not is_zip(data) or count_entries(data) > 10 * MAX_MEMBERS:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return zipped_format(archive.namelist())
    except ERRORS:
        return None


def read_members(data: bytes, *, name: str, limit: int) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file in an archive, in natural order ("9" before "10").

    Folders, hidden files and macOS's `__MACOSX` are left out. `name` stands for the archive in
    messages; `limit` is the number of bytes that may come out of it altogether.

    Raises NotTextError if the archive is a document (.xlsx, .odt …), and UserError if it is
    damaged or encrypted, compressed in an uncommon way, or too large.
    """
    if count_entries(data) > 10 * MAX_MEMBERS:
        raise too_many_error(name, MAX_MEMBERS)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except ERRORS as error:
        raise _damaged_error(name) from error
    with archive:
        document = zipped_document(archive.namelist())
        if document:
            raise NotTextError(
                "{text} is {kind}, not a text: {advice}.",
                text=name,
                kind=document[0],
                advice=document[1],
                field="corpus",
            )
        files = [info for info in archive.infolist() if not _is_hidden(info)]
        if len(files) > MAX_MEMBERS:
            raise too_many_error(name, MAX_MEMBERS)
        left = limit
        for info in sorted(files, key=lambda info: natural_key(info.filename)):
            content = _read_member(archive, info, name, left)
            if len(content) > left:
                raise too_large_error(name, limit)
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
    if info.compress_type not in SUPPORTED_COMPRESSION:
        raise UserError(
            "{text} uses an unsupported compression. Make an ordinary .zip of the texts.",
            text=name,
            field="corpus",
        )
    try:
        return read_bounded(archive, info, limit)
    except ERRORS as error:
        raise _damaged_error(name) from error


def _damaged_error(name: str) -> UserError:
    return UserError(
        "{text} is a damaged zip archive. Create it again, or choose the texts themselves.",
        text=name,
        field="corpus",
    )
