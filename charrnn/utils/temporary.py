"""Temporary directories of a process, removed when it ends, or by a later process.

A process that is killed leaves its directories behind. Each directory holds a lock while its
process lives, so that other processes can tell which ones are left over.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from .file_locks import try_lock
from .regular_files import is_directory

_PREFIX = "charrnn-"
_LOCK = ".lock"
_NEW_SECONDS = 60.0  # age below which a directory may not have its lock yet


def temporary_directory(purpose: str) -> Path:
    """Create a directory that only this user can read, removed when the process ends."""
    directory = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{purpose}-"))
    lock = try_lock(directory / _LOCK, timeout=5)

    def remove() -> None:
        if lock is not None:
            lock.close()
        shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove)
    return directory


def remove_leftovers() -> None:
    """Remove the directories of this user's processes that have ended."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        with suppress(OSError):  # of another user, or deleted at this moment
            about = directory.lstat()
            own = not hasattr(os, "getuid") or about.st_uid == os.getuid()
            new = time.time() - about.st_mtime < _NEW_SECONDS
            if not own or new or not is_directory(directory):
                continue
            if (directory / _LOCK).exists() and (lock := try_lock(directory / _LOCK, timeout=0)):
                lock.close()
                shutil.rmtree(directory, ignore_errors=True)
