"""Writing files so that nobody ever finds half of one, whatever dies, the power included.

A file is written beside its place, forced to the disk, and only then put there; several that
belong together are put there as one (`replace_together`). Forcing costs what the disk takes for
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

from .regular_files import discard, is_directory

_READY = ".files.ready"
_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}")


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """A binary file to write, which takes the place of `path` once it is complete.

    If writing fails, `path` is as it was. One that need not be `durable` may be empty after a
    power cut, but never otherwise.
    """
    unfinished = _beside(path)
    try:
        with unfinished.open("xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(unfinished, path)
        if durable:
            _sync_directory(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace `path` by `data` at once."""
    with replacing(path, durable=durable) as file:
        file.write(data)


def replace_together(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Replace several files of a directory as one, by name; made if it is not there.

    If writing fails they are all as they were. Whatever dies, and whenever, `finish` leaves
    either all of the old ones or all of the new ones. One writer at a time.
    """
    directory.mkdir(parents=True, exist_ok=True)
    finish(directory)
    unfinished = _beside(directory / "files")
    try:
        unfinished.mkdir()
        for name, data in contents.items():
            (unfinished / name).write_bytes(data)
        _sync([unfinished / name for name in contents])
        unfinished.rename(directory / _READY)  # from here on the new ones are what counts
        _sync_directory(directory)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    finish(directory)


def finish(directory: Path) -> None:
    """Put in place what a process that was killed in `replace_together` had ready."""
    ready = directory / _READY
    if not is_directory(ready):
        return
    for path in sorted(ready.iterdir()):
        os.replace(path, directory / path.name)
    ready.rmdir()


def remove_unfinished(directory: Path) -> None:
    """Remove what a process that was killed while writing has left there; nobody may be writing."""
    for path in directory.glob(".*"):
        if _UNFINISHED.fullmatch(path.name):
            discard(path)


def _beside(path: Path) -> Path:
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
