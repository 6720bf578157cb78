"""Writing files so that nobody ever finds half of one, whatever dies, the power included.

A file is written beside its place, forced to the disk, and only then put there; several that
belong together are put there as one (`atomic_write_many`). Forcing costs what the disk takes for
it, some 8 ms, also for several files (measured: benchmarks/LOG.md).
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .regular_files import is_directory, remove

_READY_FOLDER = ".files.ready"
_TEMPORARY_NAME = re.compile(r"\..+\.[0-9a-f]{8}")


@contextmanager
def atomic_open(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """A binary file to write, which takes the place of `path` once it is complete.

    If writing fails, `path` is as it was. One that need not be `durable` may be empty after a
    power cut, but never otherwise.
    """
    temporary = _temporary_path(path)
    try:
        with temporary.open("xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
        if durable:
            _sync_directory(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def atomic_write(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace `path` by `data` at once."""
    with atomic_open(path, durable=durable) as file:
        file.write(data)


def atomic_write_many(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Replace several files of a directory as one, by name; made if it is not there.

    If writing fails they are all as they were. Whatever dies, and whenever, `recover` leaves
    either all of the old ones or all of the new ones. One writer at a time.
    """
    directory.mkdir(parents=True, exist_ok=True)
    recover(directory)
    temporary = _temporary_path(directory / "files")
    try:
        temporary.mkdir()
        for name, data in contents.items():
            (temporary / name).write_bytes(data)
        _sync([temporary / name for name in contents])
        temporary.rename(directory / _READY_FOLDER)  # from here on the new ones are what counts
        _sync_directory(directory)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    recover(directory)


def recover(directory: Path) -> None:
    """Put in place what a process that was killed in `atomic_write_many` had ready."""
    ready = directory / _READY_FOLDER
    if not is_directory(ready):
        return
    for path in sorted(ready.iterdir()):
        os.replace(path, directory / path.name)
    ready.rmdir()


def remove_temporary_files(directory: Path) -> None:
    """Remove what a process that was killed while writing has left there; nobody may be writing."""
    for path in directory.glob(".*"):
        if _TEMPORARY_NAME.fullmatch(path.name):
            remove(path)


def _temporary_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _sync(paths: list[Path]) -> None:
    """Force files to the disk: all at the same time, since it then does so in one go."""
    with ThreadPoolExecutor(len(paths)) as pool:
        for _ in pool.map(_sync_file, paths):
            pass


def _sync_file(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    """Force the names in a directory to the disk, where directories can be opened."""
    if os.name != "posix":
        return
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
