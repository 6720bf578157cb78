"""Read the files of a document that is a zip archive, up to a limit of bytes."""

from __future__ import annotations

import io
import zipfile

from ..utils.bounded_zip import ERRORS, SUPPORTED_COMPRESSION, count_entries, read_bounded
from . import DamagedFileError, FileTooLargeError, ProtectedFileError

_MAX_ENTRIES = 10_000


class ZippedDocument:
    """A document that is a zip archive, of which at most `limit` bytes are unpacked in all.

    Raises DamagedFileError if it is no zip archive, and FileTooLargeError for too many files.
    """

    def __init__(self, data: bytes, limit: int) -> None:
        if count_entries(data) > _MAX_ENTRIES:
            raise FileTooLargeError
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except ERRORS as error:
            raise DamagedFileError from error
        self._left = limit

    def __contains__(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises DamagedFileError if it is missing or damaged, ProtectedFileError if it is encrypted,
        and FileTooLargeError beyond the limit.
        """
        info = self._archive.NameToInfo.get(name)
        if info is None or info.compress_type not in SUPPORTED_COMPRESSION:
            raise DamagedFileError
        if info.flag_bits & 1:
            raise ProtectedFileError
        try:
            content = read_bounded(self._archive, info, self._left)
        except ERRORS as error:
            raise DamagedFileError from error
        if len(content) > self._left:
            raise FileTooLargeError
        self._left -= len(content)
        return content
