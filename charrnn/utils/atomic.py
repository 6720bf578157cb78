"""Crash-safe writes and deletions: other processes see the old files or the new ones, never half.

A file is written to a temporary file beside it, synced to disk and then renamed. Several files are
replaced as one by `atomic_write_many`. A sync takes about 8 ms, also for several files
(benchmarks/LOG.md). `atomic_rmtree` deletes a directory.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .regular_files import is_directory, remove

logger = logging.getLogger(__name__)

READY_FOLDER = ".files.ready"
_DELETED_PREFIX = ".deleted-"
_TEMPORARY_NAME = re.compile(r"\..+\.[0-9a-f]{8}")
_REPLACE_WAITS = 50  # on Windows, where a file that somebody reads cannot be replaced
_REPLACE_WAIT_SECONDS = 0.02


@contextmanager
def atomic_open(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """Open a binary file for writing that replaces `path` once it is complete.

    If writing fails, `path` is unchanged. Without `durable`, the file may be empty after a power
    failure, but not after a crash of the process.
    """
    temporary = temporary_path(path)
    try:
        with temporary.open("xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        replace(temporary, path)
        if durable:
            _sync_directory(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace(source: Path, target: Path) -> None:
    """Move a file to the path of another, or to a new one; wait for readers on Windows."""
    waits = _REPLACE_WAITS if sys.platform == "win32" else 0
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if waits == 0:
                raise
        waits -= 1
        time.sleep(_REPLACE_WAIT_SECONDS)


def atomic_write(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace the contents of `path` by `data`."""
    with atomic_open(path, durable=durable) as file:
        file.write(data)


def atomic_write_many(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Replace several files of a directory, by name, all or nothing.

    The directory is created if needed. If writing fails, all files are unchanged. After a crash at
    any moment, `recover` leaves either all old files or all new ones. Only one process may write at
    a time.
    """
    directory.mkdir(parents=True, exist_ok=True)
    recover(directory)
    temporary = temporary_path(directory / "files")
    try:
        temporary.mkdir()
        for name, data in contents.items():
            (temporary / name).write_bytes(data)
        _sync([temporary / name for name in contents])
        temporary.rename(directory / READY_FOLDER)  # from here on the new files count
        _sync_directory(directory)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    recover(directory)


def recover(directory: Path) -> None:
    """Finish an `atomic_write_many` whose process was killed after it had written all files."""
    ready = directory / READY_FOLDER
    if not is_directory(ready):
        return
    for path in sorted(ready.iterdir()):
        replace(path, directory / path.name)
    ready.rmdir()


def remove_temporary_files(directory: Path) -> None:
    """Remove the temporary files of killed writers. No process may be writing to the directory."""
    for path in directory.glob(".*"):
        if _TEMPORARY_NAME.fullmatch(path.name):
            remove(path)


def atomic_rmtree(path: Path) -> None:
    """Delete a directory or file so that no process finds half of it; ignore a missing one.

    It is renamed first, to a hidden name in the same directory. If it cannot be deleted after that,
    the error is logged, and `remove_deleted` tries again.
    """
    deleted = path.with_name(f"{_DELETED_PREFIX}{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):  # another process may delete it, too
        path.rename(deleted)
    _try_remove(deleted)


def remove_deleted(directory: Path) -> None:
    """Remove what an `atomic_rmtree` in `directory` left when its process was killed."""
    for pattern in (f"{_DELETED_PREFIX}*", ".gone-*", ".*.gone"):  # the last two: version 0.1
        for path in directory.glob(pattern):
            _try_remove(path)


def _try_remove(path: Path) -> None:
    try:
        remove(path)
    except OSError as error:
        logger.error("a deleted directory could not be removed: %s", error.strerror)


def temporary_path(path: Path) -> Path:
    """Return a hidden name beside `path` that no other process uses."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _sync(paths: list[Path]) -> None:
    """Sync files to disk in parallel, which takes as long as one sync."""
    with ThreadPoolExecutor(len(paths)) as pool:
        for _ in pool.map(_sync_file, paths):
            pass


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    """Sync the names in a directory to disk, on systems that can open a directory."""
    if os.name != "posix":
        return
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
