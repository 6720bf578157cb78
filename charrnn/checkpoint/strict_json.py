"""Parse a stranger's JSON, and the JSON header of a safetensors file, strictly.

Bytes are counted before they are parsed. A name that comes twice in one object is refused, where
`json.loads` and safetensors would take the last value. Numbers are finite and of limited length,
and deep nesting is refused like any other invalid JSON.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

from ..errors import Message, escape_invisible

MAX_CONFIG_BYTES = 1 << 20  # bytes of a configuration
_MAX_HEADER_BYTES = 3 << 20  # and of the header that holds it, where quotes are escaped once more
_MAX_TENSORS = 1_000  # charrnn's deepest model has 83
_HEADER = Message("its header")
_LFS_POINTER = b"version https://git-lfs."  # what git leaves in a clone without git-lfs
_MAX_DIGITS = 40  # of a whole number
_MAX_NAME_CHARS = 40  # characters of a name in a message


def parse_json_object(data: str | bytes, what: str) -> dict[str, Any]:
    """Return the JSON object in `data`. Raises ValueError, "`what` is not …", if there is none."""
    encoded = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(encoded) > MAX_CONFIG_BYTES:
        size = MAX_CONFIG_BYTES >> 20
        raise ValueError(Message("{what} is larger than {size} MB", what=what, size=size))
    try:
        value = _parsed(encoded)
    except _TwiceError as error:
        raise ValueError(Message("{what} gives {name} twice", what=what, name=error.name)) from None
    except (ValueError, RecursionError):
        raise ValueError(Message("{what} is not valid JSON", what=what)) from None
    if not isinstance(value, dict):
        raise ValueError(Message("{what} is not a JSON object", what=what))
    return value


def check_header(file: Path) -> None:
    """Check the header of a safetensors file before safetensors reads it.

    Raises ValueError if it is not JSON, would take long to read, or gives a name twice. Whether it
    fits the numbers after it is left to safetensors.
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
    except _TwiceError as error:
        raise ValueError(
            Message("{what} gives {name} twice", what=_HEADER, name=error.name)
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
    """Return the message for a file that is no safetensors file at all."""
    return Message("{what} is not a readable safetensors file", what=file.name)


class _TwiceError(ValueError):
    """A name comes twice in one object."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = escape_invisible(name, _MAX_NAME_CHARS)


def _parsed(data: bytes) -> Any:
    return json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_once,
        parse_constant=_no_constant,
        parse_float=_finite,
        parse_int=_whole,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _TwiceError(name)
            seen.add(name)
    return entries


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("too large a number")
    return value


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:  # thousands of them take time that grows with their square
        raise ValueError("too long a number")
    return int(digits)
