"""A model's checkpoint directory as one .zip to download: its files, by name, and nothing else
that lies there."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import gradio as gr

from ...checkpoint import WEIGHTS
from ...checkpoint.files import MAX_FILE_BYTES
from ...checkpoint.logs import bytes_of
from ...errors import UserError, os_reason
from ...runs.admission import directory_bytes
from ...runs.limits import Limits
from ...utils.atomic import atomic_open
from ..services.catalog import ModelEntry

_LONGEST = 60  # characters of a file's name
_SPARE = 64 << 20  # bytes of the disk that are left to runs, which write all the while
_SALT = os.urandom(16)  # so that nobody finds a file by knowing what is in it
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def make_zip(
    model: ModelEntry,
    title: str,
    component: gr.HTML,
    limits: Limits,
    reserve: Callable[[int], None] = lambda size: None,
) -> Path:
    """The .zip, named after `title`, among the files that Gradio serves for `component` and removes
    after a while. The same model makes the same file, whose address nobody can guess.

    `reserve` is told how many bytes are needed, and raises UserError where they are too many. So
    does this, if the model is gone, and if there is no room for the file.
    """
    files = _files(model)
    digest = hashlib.blake2b(key=_SALT, digest_size=32)
    for name, data in files.items():
        digest.update(f"{name} {len(data)} ".encode() + data)
    cache = Path(component.GRADIO_CACHE)
    file = cache / digest.hexdigest() / f"{_named(title)}.zip"
    size = sum(map(len, files.values()))
    try:
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            _check_room(cache, size, limits)
            reserve(size)
            with (
                atomic_open(file, durable=False) as opened,
                zipfile.ZipFile(opened, "w") as archive,  # stored: weights hardly get any smaller
            ):
                for name, data in files.items():
                    archive.writestr(zipfile.ZipInfo(name), data)  # dated 1980, whenever it is made
        os.utime(file)  # from now on it is kept for as long as a new one
    except OSError as error:
        if error.errno in _FULL:
            raise _no_room(size) from None
        raise UserError(
            "The model could not be saved on this machine: {why}.", why=os_reason(error)
        ) from None
    served = component.move_resource_to_block_cache(file)  # where it is already
    assert served is not None
    return Path(served)


def _files(model: ModelEntry) -> dict[str, bytes]:
    read = {name: bytes_of(model.directory, name) for name in MAX_FILE_BYTES}
    files = {name: data for name, data in read.items() if data is not None}
    if WEIGHTS not in files:
        raise UserError("This model is no longer here: choose another one.")
    return files


def _check_room(cache: Path, size: int, limits: Limits) -> None:
    """The limit is that of the runs: files that come and go may take as much again."""
    limited = limits.disk_bytes is not None and directory_bytes(cache) + size > limits.disk_bytes
    if limited or shutil.disk_usage(cache).free < size + _SPARE:
        raise _no_room(size)


def _no_room(size: int) -> UserError:
    return UserError(
        "There is no disk space for this download, which needs {size:,.1f} MB. Try again later, "
        "when older models have been removed, or free some disk space.",
        size=max(size / 1000000.0, 0.1),
    )


def _named(title: str) -> str:
    """A file's name that every system takes."""
    return re.sub(r"[^\w-]+", "-", title)[:_LONGEST].strip("-_") or "model"
