"""Temporary files by owner: uploaded texts, and files made for download.

They lie in a folder that another program (Gradio) fills and empties, so this record is compared
with the files that exist each time it is used.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from .owners import Owner

MIN_FILE_BYTES = 64 << 10  # that every file counts: it also takes an inode and memory
_CREATION_SECONDS = 60.0  # after which a recorded file must exist
NEW_SECONDS = 600.0  # age below which a file is not deleted to make room: it may be needed


class OwnedFiles:
    """The temporary files of an app, by owner. Thread-safe."""

    def __init__(self) -> None:
        self._owners: dict[Path, set[Owner]] = {}
        self._added: dict[Path, float] = {}  # times of the monotonic clock
        self._lock = threading.Lock()

    def add(self, owner: Owner, path: Path) -> None:
        """Record an owner of a file, which may have others."""
        with self._lock:
            self._owners.setdefault(path.resolve(), set()).add(owner)
            self._added[path.resolve()] = time.monotonic()

    def of_address(self, address: str) -> Iterator[tuple[str, int]]:
        """Yield the client and the size in bytes of each file that belongs to a network address."""
        for path, owner in self.with_owners():
            if owner.address == address:
                yield owner.client, _size(path)

    def make_room(self, owner: Owner, needed: int) -> int:
        """Delete files of an owner, the oldest first, to free `needed` bytes; return how many.

        New files stay, and so do files that another owner has as well.
        """
        freed, late = 0, time.time() - NEW_SECONDS
        own = [path for path, one in self.with_owners() if one.client == owner.client]
        for changed, path in sorted((_changed(path), path) for path in own):
            if freed >= needed or changed > late:
                break
            freed += _size(path)
            self.remove(owner, path)
        return freed

    def remove(self, owner: Owner, path: Path) -> None:
        """Forget an owner of a file, and delete the file if it has no other owner."""
        with self._lock:
            owners = self._owners.get(path)
            if owners is None:
                return
            owners.discard(owner)
            if owners:
                return
            del self._owners[path], self._added[path]
        with suppress(OSError):
            path.unlink(missing_ok=True)

    def with_owners(self) -> list[tuple[Path, Owner]]:
        """Return the files that exist, once with each of their owners."""
        late = time.monotonic() - _CREATION_SECONDS
        with self._lock:
            for path, added in list(self._added.items()):
                if added < late and not path.is_file():
                    del self._owners[path], self._added[path]
            return [(path, owner) for path, owners in self._owners.items() for owner in owners]


def _size(path: Path) -> int:
    try:
        return max(path.lstat().st_size, MIN_FILE_BYTES)
    except FileNotFoundError:
        return 0


def _changed(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0
