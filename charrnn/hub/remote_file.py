"""A file of a repository, as the Hub describes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..checkpoint.format import MAX_FILE_BYTES
from ..checkpoint.known_lines import LINE_HASHES, MAX_HASHES_BYTES

MODEL_FILES: Mapping[str, int] = {**MAX_FILE_BYTES, LINE_HASHES: MAX_HASHES_BYTES}
"""The files of a model on the Hub, and the most bytes that each may have."""


@dataclass(frozen=True)
class RemoteFile:
    """A file's name, its size in bytes, and its checksum.

    The checksum is the SHA-256 of a file that is stored as a large one, or else the SHA-1 of its
    git blob.
    """

    name: str
    size: int
    sha256: str | None
    blob: str | None

    @classmethod
    def of(cls, sibling: Any) -> RemoteFile:
        """Read the Hub's own description, a `RepoSibling`; a size that is not given is -1."""
        large = sibling.lfs.sha256 if sibling.lfs else None
        size = sibling.size if isinstance(sibling.size, int) else -1
        return cls(sibling.rfilename, size, large, None if large else sibling.blob_id)

    @property
    def described(self) -> bool:
        """Whether the Hub says more of the file's bytes than how many they are."""
        return self.sha256 is not None or self.blob is not None

    def holds(self, data: bytes) -> bool:
        """Whether these bytes have the checksum that the Hub gave; False if it gave none."""
        if self.sha256 is not None:
            return hashlib.sha256(data).hexdigest() == self.sha256
        if self.blob is not None:
            git = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
            git.update(data)
            return git.hexdigest() == self.blob
        return False
