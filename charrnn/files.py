"""Writing files so that nobody ever finds half of one."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A binary file to write, which takes the place of `path` once it is complete.

    If writing fails, `path` is as it was.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as file:
            yield file
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write(path: Path, data: bytes) -> None:
    """Replace `path` by `data` at once."""
    with replacing(path) as file:
        file.write(data)


def remove_unfinished(directory: Path) -> None:
    """Remove what a process that was killed while writing has left there; nobody may be writing."""
    for path in directory.glob(".*"):
        if re.fullmatch(r"\..+\.[0-9a-f]{8}", path.name):
            path.unlink(missing_ok=True)
