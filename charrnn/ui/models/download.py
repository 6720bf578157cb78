"""A model as a .zip to download: the known files of its checkpoint directory, and no others."""

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

from ...checkpoint.format import MAX_FILE_BYTES, WEIGHTS
from ...checkpoint.logs import bytes_of
from ...errors import UserError, os_reason
from ...runs.admission import directory_bytes
from ...runs.limits import Limits
from ...utils.atomic import atomic_open
from ..services.catalog import ModelEntry

_MAX_NAME_CHARACTERS = 60
_RESERVED_BYTES = 64 << 20  # of the disk, for runs that are being trained
_SALT = os.urandom(16)  # the address of a file cannot be computed from its contents
_DISK_FULL_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def make_zip(
    model: ModelEntry,
    title: str,
    component: gr.HTML,
    limits: Limits,
    reserve: Callable[[int], None] = lambda size: None,
) -> Path:
    """Make a .zip named after `title`, and return its path.

    Gradio serves it as a file of `component`, and deletes it after a while. The same model always
    gives the same file, at an address that cannot be guessed. `reserve(size)` reserves bytes of the
    user's share of the disk.

    Raises UserError if the model was deleted or the disk has no room; so does `reserve`.
    """
    files = _read_files(model)
    digest = hashlib.blake2b(key=_SALT, digest_size=32)
    for name, data in files.items():
        digest.update(f"{name} {len(data)} ".encode() + data)
    cache = Path(component.GRADIO_CACHE)
    file = cache / digest.hexdigest() / f"{_file_name(title)}.zip"
    size = sum(map(len, files.values()))
    try:
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            _check_room(cache, size, limits)
            reserve(size)
            with (
                atomic_open(file, durable=False) as opened,
                zipfile.ZipFile(opened, "w") as archive,  # uncompressed
            ):
                for name, data in files.items():
                    archive.writestr(zipfile.ZipInfo(name), data)  # always dated 1980
        os.utime(file)  # Gradio keeps it for as long as a new one
    except OSError as error:
        if error.errno in _DISK_FULL_ERRORS:
            raise _no_room_error(size) from None
        raise UserError(
            "The model could not be saved on this machine: {why}.", why=os_reason(error)
        ) from None
    served = component.move_resource_to_block_cache(file)  # does not move it: it is there
    assert served is not None
    return Path(served)


def _read_files(model: ModelEntry) -> dict[str, bytes]:
    read = {name: bytes_of(model.directory, name) for name in MAX_FILE_BYTES}
    files = {name: data for name, data in read.items() if data is not None}
    if WEIGHTS not in files:
        raise UserError("This model is no longer here: choose another one.")
    return files


def _check_room(cache: Path, size: int, limits: Limits) -> None:
    """Raise UserError if the disk has no room for `size` bytes more.

    Downloads have the same limit as all runs together, and it counts them alone.
    """
    limited = limits.disk_bytes is not None and directory_bytes(cache) + size > limits.disk_bytes
    if limited or shutil.disk_usage(cache).free < size + _RESERVED_BYTES:
        raise _no_room_error(size)


def _no_room_error(size: int) -> UserError:
    return UserError(
        "There is no disk space for this download, which needs {size:,.1f} MB. Try again later, "
        "when older models have been removed, or free some disk space.",
        size=max(size / 1000000.0, 0.1),
    )


def _file_name(title: str) -> str:
    """Return a file name that is valid on every operating system."""
    return re.sub(r"[^\w-]+", "-", title)[:_MAX_NAME_CHARACTERS].strip("-_") or "model"
