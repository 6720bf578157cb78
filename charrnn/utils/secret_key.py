"""The secret key of an app, for signatures and for hashes of addresses."""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

from .regular_files import DamagedRunUserError, read_regular, remove

log = logging.getLogger(__name__)

_KEY_FILE = ".client-id-key"
_KEY_BYTES = 32


def read_key(root: Path) -> bytes:
    """Return the key in the directory of runs, `root`: 32 bytes, created at the first start.

    It is stored so that users keep their ids over a restart, which open pages survive, and so that
    apps that share a directory of runs agree.
    """
    path = root / _KEY_FILE
    try:
        key = read_regular(path, _KEY_BYTES)
    except DamagedRunUserError as error:
        log.warning("creating a new key: %s", error.message)
        key = None
    if key is not None and len(key) == _KEY_BYTES:
        return key
    key = secrets.token_bytes(_KEY_BYTES)
    new = root / f"{_KEY_FILE}.{secrets.token_hex(8)}"
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(key)
        if path.is_dir():
            remove(path)
        new.replace(path)
    except OSError as error:  # the app starts on a full disk, too
        log.warning("the key of client ids could not be stored: %s", error.strerror)
        new.unlink(missing_ok=True)
    return key
