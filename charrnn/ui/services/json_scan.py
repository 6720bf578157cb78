"""How much a JSON parser would have to build, counted before anything is parsed.

A parser makes an object of each `[],`, so that a few megabytes of text become gigabytes of memory.
In a string the same characters cost nothing, and a long text is one string.
"""

from __future__ import annotations

MAX_STRUCTURE = 20_000
"""Brackets, braces, commas and colons outside strings."""
MAX_OUTSIDE_BYTES = 1 << 20
"""Bytes outside strings, with the digits of numbers and white space."""

_PIECE_BYTES = 1 << 16


class JsonScanner:
    """Counts what lies outside strings as the bytes of a body arrive, in time linear in them.

    The body need not be sound: up to its first error, which is as far as a parser reads, this tells
    strings apart as a parser does.
    """

    def __init__(self) -> None:
        self.structure = 0
        self.outside_bytes = 0
        self._in_string = False
        self._escaping = False  # the bytes so far end within an escape

    @property
    def exceeded(self) -> bool:
        """Whether there is more than may be."""
        return self.structure > MAX_STRUCTURE or self.outside_bytes > MAX_OUTSIDE_BYTES

    def feed(self, data: bytes) -> None:
        """Count the next bytes, until there are too many."""
        for start in range(0, len(data), _PIECE_BYTES):
            self._count(data[start : start + _PIECE_BYTES])
            if self.exceeded:
                return

    def _count(self, data: bytes) -> None:
        if self._escaping:
            data = data[1:]
        data = data.replace(rb"\\", b"")  # from the left, as escapes are read
        self._escaping = data.endswith(b"\\")
        parts = data.replace(rb"\"", b"").split(b'"')
        outside = b"".join(parts[self._in_string :: 2])
        self._in_string ^= len(parts) % 2 == 0
        self.outside_bytes += len(outside)
        self.structure += len(outside) - len(outside.translate(None, b"[]{},:"))
