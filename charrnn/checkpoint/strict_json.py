"""JSON that a stranger wrote, and that at the head of a safetensors file, read strictly.

Bytes are counted before they are parsed. Each name comes once, where `json.loads`, and safetensors
itself, would take the last of two; numbers are finite and no longer than any that is meant; what is
nested too deep is refused like all else that is not JSON.
"""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

from ..errors import Message, escape_invisible

MOST_CONFIG = 1 << 20  # bytes of a configuration
_MOST_HEADER = 3 << 20  # and of the header that holds it, where quotes are escaped once more
_MOST_TENSORS = 1_000  # charrnn's deepest model has 83
_HEADER = Message("its header")
_DIGITS = 40  # of a whole number
_NAME = 40  # characters of a name in a message


def configuration(data: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object that `data` holds. Raises ValueError, "`what` is not …", where it is none."""
    encoded = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(encoded) > MOST_CONFIG:
        size = MOST_CONFIG >> 20
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
    """Raise ValueError for a safetensors file whose header is not JSON, would take long to read, or
    tells of something twice. That it fits the numbers after it is for safetensors to say."""
    with file.open("rb") as opened:
        beginning = opened.read(8)
        length = struct.unpack("<Q", beginning)[0] if len(beginning) == 8 else 0
        if _MOST_HEADER < length <= file.stat().st_size:
            size = _MOST_HEADER >> 20
            raise ValueError(Message("{what} is larger than {size} MB", what=_HEADER, size=size))
        data = opened.read(min(length, _MOST_HEADER))
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
    if (tensors := len(entries) - ("__metadata__" in entries)) > _MOST_TENSORS:
        raise ValueError(
            Message(
                "it has {count:,} tensors, and {most:,} are allowed",
                count=tensors,
                most=_MOST_TENSORS,
            )
        )


def unreadable(file: Path) -> Message:
    """What is wrong with a file that is no safetensors file at all."""
    return Message("{what} is not a readable safetensors file", what=file.name)


class _TwiceError(ValueError):
    """A name comes twice in one object."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = escape_invisible(name, _NAME)


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
    if len(digits) > _DIGITS:  # thousands of them take time that grows with their square
        raise ValueError("too long a number")
    return int(digits)
