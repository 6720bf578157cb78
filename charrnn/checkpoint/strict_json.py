"""Parse untrusted JSON, and the JSON header of a safetensors file, strictly.

Bytes are counted before they are parsed. A duplicate key in an object is refused, where
`json.loads` and safetensors would take the last value. Numbers must be finite and of limited
length, and deep nesting is refused like any other invalid JSON.
"""

from __future__ import annotations

import json
import math
import struct
from collections import Counter
from pathlib import Path
from typing import Any

from ..errors import Message, escape_invisible

MAX_CONFIG_BYTES = 1 << 20
_MAX_HEADER_BYTES = 3 << 20  # of the header that holds a configuration, with its quotes escaped
_MAX_TENSORS = 1_000  # charrnn's deepest model has 83
_HEADER = Message("its header")
_LFS_POINTER = b"version https://git-lfs."  # begins a file of a clone without git-lfs
_MAX_DIGITS = 40  # of an integer
_MAX_KEY_CHARACTERS = 40  # of a key in an error message


def parse_json_object(data: str | bytes, what: str) -> dict[str, Any]:
    """Return the JSON object in `data`.

    Raises ValueError if there is none; its message calls the data `what`.
    """
    encoded = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(encoded) > MAX_CONFIG_BYTES:
        size = MAX_CONFIG_BYTES >> 20
        raise ValueError(Message("{what} is larger than {size} MB", what=what, size=size))
    try:
        value = _parsed(encoded)
    except _DuplicateKeyError as error:
        raise ValueError(Message("{what} gives {name} twice", what=what, name=error.key)) from None
    except (ValueError, RecursionError):
        raise ValueError(Message("{what} is not valid JSON", what=what)) from None
    if not isinstance(value, dict):
        raise ValueError(Message("{what} is not a JSON object", what=what))
    return value


def check_header(file: Path) -> None:
    """Check the header of a safetensors file before safetensors reads it.

    Raises ValueError if it is not JSON, would take long to read, or has a duplicate key. Whether
    it matches the data after it is left to safetensors.
    """
    with file.open("rb") as opened:
        beginning = opened.read(8)
        length = struct.unpack("<Q", beginning)[0] if len(beginning) == 8 else 0
        if _MAX_HEADER_BYTES < length <= file.stat().st_size:
            size = _MAX_HEADER_BYTES >> 20
            raise ValueError(Message("{what} is larger than {size} MB", what=_HEADER, size=size))
        data = opened.read(min(length, _MAX_HEADER_BYTES))
    if (beginning + data).startswith(_LFS_POINTER):
        raise ValueError(
            Message(
                "{what} is a pointer of Git LFS: install git-lfs, and clone or install again",
                what=file.name,
            )
        )
    try:
        entries = _parsed(data)
    except _DuplicateKeyError as error:
        raise ValueError(
            Message("{what} gives {name} twice", what=_HEADER, name=error.key)
        ) from None
    except (ValueError, RecursionError):
        raise ValueError(unreadable(file)) from None
    if not isinstance(entries, dict):
        raise ValueError(unreadable(file))
    if (tensors := len(entries) - ("__metadata__" in entries)) > _MAX_TENSORS:
        raise ValueError(
            Message(
                "it has {count:,} tensors, and at most {most:,} are allowed",
                count=tensors,
                most=_MAX_TENSORS,
            )
        )


def unreadable(file: Path) -> Message:
    """Return the message for a file that is not in the safetensors format."""
    return Message("{what} is not a readable safetensors file", what=file.name)


class _DuplicateKeyError(ValueError):
    """An object has the same key twice."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = escape_invisible(key, _MAX_KEY_CHARACTERS)


def _parsed(data: bytes) -> Any:
    """Parse JSON. Raises ValueError if it is invalid or as strictly refused, and RecursionError."""
    return json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_unique_keys,
        parse_constant=_refuse_constant,
        parse_float=_finite,
        parse_int=_short_integer,
    )


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs of an object as a dict. Raises _DuplicateKeyError for a duplicate key."""
    entries = dict(pairs)
    if len(entries) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        raise _DuplicateKeyError(counts.most_common(1)[0][0])
    return entries


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("too large a number")
    return value


def _short_integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:  # thousands would take quadratic time
        raise ValueError("too long a number")
    return int(digits)
