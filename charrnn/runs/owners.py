"""Owners of runs and uploads: stored beside them, as keyed digests of client ids.

A client id is an opaque string (`charrnn.ui.server.client_id`). Its digest is keyed, so nobody
who reads the disk can find out an owner by trying ids. The network address, which all clients
behind one router share, is stored as a digest as well.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from ..utils import regular_files
from ..utils.atomic import atomic_write
from ..utils.regular_files import DamagedRunUserError, parse_json_object
from ..utils.schema import Schema, check_fields, read_count
from .limits import address_of

OWNER_FILE = "owner"
_MAX_BYTES = 1024
_DIGEST = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True)
class Owner:
    """A client and its network address, as digests."""

    client: str
    address: str

    @classmethod
    def of(cls, client_id: str, key: bytes) -> Owner:
        """Return the owner with this client id; `key` is the app's secret key."""
        return cls(_digest(client_id, key), _digest(address_of(client_id), key))


@dataclass(frozen=True)
class OwnerRecord:
    """The owner file of a run: its owner, and how many bytes are reserved for the run."""

    client: str
    address: str
    reserved_bytes: int = 0

    @property
    def owner(self) -> Owner:
        """The client and the address, without the reserved bytes."""
        return Owner(self.client, self.address)

    def write(self, directory: Path) -> None:
        """Write the record into a run's directory, replacing an earlier one."""
        atomic_write(directory / OWNER_FILE, json.dumps(asdict(self)).encode(), durable=False)

    @classmethod
    def read(cls, directory: Path) -> OwnerRecord | None:
        """Return the record in a directory; None if there is none, or if it is damaged."""
        try:
            data = regular_files.read_regular(directory / OWNER_FILE, _MAX_BYTES)
            if data is None:
                return None
            known = check_fields(_SCHEMA, parse_json_object(data, OWNER_FILE))
        except (DamagedRunUserError, ValueError):  # the bytes count for no owner
            return None
        return cls(**{name: known[name] for name in _SCHEMA})


def _digest(value: str, key: bytes) -> str:
    return hashlib.blake2b(
        value.encode(), key=key, person=b"charrnn owner", digest_size=16
    ).hexdigest()


def _read_digest(value: object) -> str:
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value
    raise ValueError("not a digest")


_SCHEMA: Schema = {
    "client": (_read_digest, None),
    "address": (_read_digest, None),
    "reserved_bytes": (read_count, 0),
}
