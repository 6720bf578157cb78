"""Checkpoints that users upload: validated, stored beside the runs, and deleted when they expire.

    runs/.uploads/<id>/         the weights, the other files of the checkpoint that were uploaded,
                                and the owner (`charrnn.runs.owners`)

They count against the disk space of the runs. They are deleted when they have not been used for as
long as a run is kept (`charrnn.runs.retention`), or when their owner has uploaded too many since.

An id cannot be guessed, and is never a run's id. Uploads are not trusted: sizes are checked before
bytes are read. From a `.zip` only a checkpoint's own files are unpacked, each up to its size limit.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from .. import checkpoint
from ..checkpoint.format import MAX_FILE_BYTES, WEIGHTS
from ..errors import Message, UserError, escape_invisible, os_reason
from ..utils.atomic import atomic_rmtree
from .admission import directory_bytes
from .limits import Limits
from .owners import Owner, OwnerRecord
from .retention import UPLOADS_FOLDER

_ID = re.compile(r"upload-[0-9a-f]{32}")
_MAX_ZIP_ENTRIES = 100
_ZIP_ENTRY_SIGNATURE = b"PK\x01\x02"  # of each entry in the directory of a .zip
_CHUNK_BYTES = 1 << 20
MAX_BYTES = {"safetensors": MAX_FILE_BYTES[WEIGHTS], "zip": sum(MAX_FILE_BYTES.values())}
"""Bytes that a file of each kind may have."""
# The other methods cannot be unpacked in pieces.
_SUPPORTED_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_upload(key: str) -> bool:
    """Return whether `key` has the form of an uploaded checkpoint's id."""
    return _ID.fullmatch(key) is not None


def find(root: Path, key: str) -> Path | None:
    """Return the directory of the checkpoint with this id; None if there is none any more."""
    directory = root / UPLOADS_FOLDER / key
    if not is_upload(key) or not (directory / WEIGHTS).is_file():
        return None
    with suppress(FileNotFoundError):  # it is deleted at this moment
        os.utime(directory)  # it is in use
    return directory


def path_within(folder: Path, path: object) -> Path | None:
    """Return the file at `path` if it is in `folder`, else None."""
    if not isinstance(path, str | Path) or "\0" in str(path):
        return None
    file = Path(path).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None


def store(
    root: Path,
    file: Path,
    limits: Limits,
    owner: Owner | None = None,
    reserve: Callable[[int], None] = lambda size: None,
) -> str:
    """Store the checkpoint in `file`, its weights or a `.zip` of its directory; return its id.

    If the `owner` has as many as allowed, the least recently used one is deleted. `reserve` is
    called with the bytes that are needed, and raises UserError if they are too many. Raises
    UserError for a file that is not a valid checkpoint, and if there is no room.
    """
    shown = escape_invisible(file.name, 80)
    place = root / UPLOADS_FOLDER
    key = f"upload-{secrets.token_hex(16)}"
    gathering = place / f".{key}"
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            zipped = opened.read(4) == b"PK\x03\x04"
            opened.seek(0)
            most = MAX_BYTES["zip" if zipped else "safetensors"]
            if size > most:
                raise _too_large(shown if zipped else WEIGHTS, most)
            _check_room(root, size, limits)
            reserve(size)
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            gathering.mkdir()
            if zipped:
                _unpack(opened, gathering, shown)
            else:
                _copy(opened.read, gathering / WEIGHTS)
        _check_room(root, 0, limits)  # a .zip may be larger unpacked
        reserve(max(0, directory_bytes(gathering) - size))
        checkpoint.load(gathering)
        if owner is not None:
            OwnerRecord(owner.client, owner.address).write(gathering)
        gathering.rename(place / key)
        if owner is not None and limits.uploads_per_visitor is not None:
            _evict_surplus(root, key, owner, limits.uploads_per_visitor)
    except FileNotFoundError:
        raise UserError(
            "{file} is no longer there: choose it again.", file=shown, field="model"
        ) from None
    except OSError as error:
        raise UserError(
            "The model could not be saved on this machine: {why}.",
            why=os_reason(error),
            field="model",
        ) from None
    finally:
        shutil.rmtree(gathering, ignore_errors=True)
    return key


def delete(root: Path, key: str) -> None:
    """Delete the checkpoint with this id. Raises UserError if there is none."""
    directory = root / UPLOADS_FOLDER / key
    if not is_upload(key) or not directory.is_dir():
        raise UserError("This model is no longer here: choose another one.", field="model")
    atomic_rmtree(directory)


def _evict_surplus(root: Path, key: str, owner: Owner, most: int) -> None:
    """Delete an owner's oldest checkpoints beyond `most`, but not the new one with this key."""
    used = {}
    for upload in (root / UPLOADS_FOLDER).glob("[!.]*"):
        record = OwnerRecord.read(upload)
        if record is not None and record.client == owner.client and upload.name != key:
            with suppress(FileNotFoundError):  # it has expired
                used[upload] = upload.stat().st_mtime
    for old in sorted(used, key=used.__getitem__, reverse=True)[most - 1 :]:
        atomic_rmtree(old)


def _copy(read: Callable[[int], bytes], target: Path) -> None:
    """Copy a file, enforcing the size limit for its name."""
    left = MAX_FILE_BYTES[target.name]
    with target.open("xb") as out:
        while piece := read(min(_CHUNK_BYTES, left + 1)):
            left -= len(piece)
            if left < 0:
                raise _too_large(target.name, MAX_FILE_BYTES[target.name])
            out.write(piece)


def _unpack(file: BinaryIO, directory: Path, shown: str) -> None:
    """Unpack the files of a checkpoint from a .zip, where all of them lie in one folder."""
    # Checked first, as ZipFile makes an object for each of what may be millions of entries.
    if file.read().count(_ZIP_ENTRY_SIGNATURE) > _MAX_ZIP_ENTRIES:
        raise _no_model_in(shown)
    with _zip_errors_as_user_errors(shown):
        archive = zipfile.ZipFile(file)
        paths = {PurePosixPath(info.filename): info for info in archive.infolist()}
    weights = [path for path in paths if path.name == WEIGHTS and len(path.parts) <= 2]
    if len(weights) != 1:
        raise _no_model_in(shown)
    for name in MAX_FILE_BYTES:
        info = paths.get(weights[0].with_name(name))
        if info is None:
            continue
        if info.flag_bits & 1 or info.compress_type not in _SUPPORTED_COMPRESSION:
            raise UserError(
                "{file} is encrypted, or uses an unsupported compression: choose the {weights} "
                "in it.",
                file=shown,
                weights=WEIGHTS,
                field="model",
            )
        with _zip_errors_as_user_errors(shown):
            member = archive.open(info)

        def read(size: int, member: IO[bytes] = member) -> bytes:
            with _zip_errors_as_user_errors(shown):
                return member.read(size)

        _copy(read, directory / name)


@contextmanager
def _zip_errors_as_user_errors(shown: str) -> Iterator[None]:
    """Turn the errors of a damaged .zip into a UserError."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError):
        raise UserError(
            "{file} is a damaged zip archive: create it again, or choose the {weights} in it.",
            file=shown,
            weights=WEIGHTS,
            field="model",
        ) from None


def _check_room(root: Path, size: int, limits: Limits) -> None:
    if limits.disk_bytes is not None and directory_bytes(root) + size > limits.disk_bytes:
        raise UserError(
            "There is no disk space for another model: try again later, when older ones have "
            "been removed.",
            field="model",
        )


def _too_large(name: str, most: int) -> UserError:
    why = Message("{what} is larger than {size} MB", what=name, size=most >> 20)
    return UserError("This checkpoint cannot be opened: {why}.", why=why, field="model")


def _no_model_in(shown: str) -> UserError:
    return UserError(
        "There is no model in {file}: choose a {weights}, or the .zip that Download makes.",
        file=shown,
        weights=WEIGHTS,
        field="model",
    )
