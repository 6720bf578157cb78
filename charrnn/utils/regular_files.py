"""Open the files of a run's directory, whatever is in their place.

A directory of runs outlives the program: a full disk, another version, a backup or a user may have
left anything there. Only regular files are read and written, never the target of a link, a pipe
(which could block forever) or a directory. Anything unexpected raises `DamagedRunUserError`.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from ..errors import Message, UserError, os_reason

_NOT_FOLLOWED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_FLAGS = _NOT_FOLLOWED | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")  # as JSON escapes one
_NOT_REGULAR_ERRNOS = frozenset(
    {errno.ELOOP, errno.EMLINK, errno.EISDIR, errno.ENXIO, errno.ENOTDIR}
)


class DamagedRunUserError(UserError):
    """A run's directory holds something that cannot be read."""


def damaged(why: str) -> DamagedRunUserError:
    """Make the error for a run that cannot be read; `why` is a clause without a period."""
    return DamagedRunUserError(
        "This run cannot be read: {why}. Delete it, or start a new run.", why=why, field="run"
    )


@contextmanager
def open_regular(path: Path, flags: int = os.O_RDONLY) -> Iterator[BinaryIO]:
    """Open a regular file, unbuffered, with the flags of `os.open`.

    Raises FileNotFoundError if there is none, DamagedRunUserError for anything but a regular file
    and for one that cannot be read, OSError if writing fails.
    """
    reads = flags == os.O_RDONLY
    try:
        descriptor = os.open(path, flags | _FLAGS, 0o666)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in _NOT_REGULAR_ERRNOS:
            raise damaged(Message("{path} is not a file", path=path.name)) from None
        if reads:
            raise _read_error(path, error) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise damaged(Message("{path} is not a file", path=path.name))
    with cast(BinaryIO, os.fdopen(descriptor, "rb" if reads else "r+b", buffering=0)) as file:
        try:
            yield file
        except OSError as error:
            if reads:
                raise _read_error(path, error) from error
            raise


def read_regular(path: Path, most: int) -> bytes | None:
    """Return the contents of a regular file; None if there is none.

    Raises DamagedRunUserError as `open_regular` does, and for more than `most` bytes.
    """
    try:
        with open_regular(path) as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        return None
    if len(data) > most:
        raise damaged(Message("{path} is damaged: it is too large", path=path.name))
    return data


def parse_json_object(data: bytes, name: str) -> dict[str, Any]:
    """Parse the JSON object in a file called `name`. Raises DamagedRunUserError for other data."""
    try:
        value = json.loads(data, parse_constant=_not_json)
        if _SURROGATE.search(data):  # half of a pair could be neither shown nor written
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise damaged(Message("{path} is damaged", path=name))
    return value


def is_directory(path: Path) -> bool:
    """Return whether `path` is a directory, and not a link to one."""
    return path.is_dir() and not path.is_symlink()


def is_file(path: Path) -> bool:
    """Return whether `path` is a regular file, and not a link to one."""
    return path.is_file() and not path.is_symlink()


def check_file(path: Path) -> bool:
    """Return whether `path` exists. Raises DamagedRunUserError for anything but a regular file."""
    try:
        about = path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _read_error(path, error) from None
    if not stat.S_ISREG(about.st_mode):
        raise damaged(Message("{path} is not a file", path=path.name))
    return True


def holds_files_only(directory: Path) -> bool:
    """Return whether `directory` exists and holds regular files and directories only."""
    if not is_directory(directory):
        return False
    with suppress(OSError), os.scandir(directory) as entries:
        kinds = [(entry.is_file, entry.is_dir) for entry in entries]
        return all(any(kind(follow_symlinks=False) for kind in pair) for pair in kinds)
    return False


def remove(path: Path) -> None:
    """Remove a file, a link itself, or a directory with its contents; ignore a missing one."""
    if is_directory(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _read_error(path: Path, error: OSError) -> DamagedRunUserError:
    return damaged(
        Message("{path} could not be read ({reason})", path=path.name, reason=os_reason(error))
    )


def _not_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
