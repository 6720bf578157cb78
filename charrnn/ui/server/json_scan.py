"""JSON structure counter: bounds what a parser would build, before anything is parsed.

A parser creates an object for each `[]`, so that megabytes of text become gigabytes of memory. In a
string the same characters are cheap, and a long text is one string.
"""

from __future__ import annotations

MAX_STRUCTURE = 20_000
"""Brackets, braces, commas and colons outside strings."""
MAX_OUTSIDE_BYTES = 1 << 20
"""Bytes outside strings, with the digits of numbers and white space."""

_CHUNK_BYTES = 1 << 16


class JsonScanner:
    """Counts the structure outside strings as the bytes of a body arrive, in linear time.

    The body need not be valid JSON: up to the first error, where a parser stops, the scanner finds
    the same strings as a parser.
    """

    def __init__(self) -> None:
        self.structure = 0
        self.outside_bytes = 0
        self._in_string = False
        self._escaping = False  # whether the bytes so far end within an escape

    @property
    def exceeded(self) -> bool:
        """Whether a limit is exceeded."""
        return self.structure > MAX_STRUCTURE or self.outside_bytes > MAX_OUTSIDE_BYTES

    def feed(self, data: bytes) -> None:
        """Count the next bytes, until a limit is exceeded."""
        for start in range(0, len(data), _CHUNK_BYTES):
            self._count(data[start : start + _CHUNK_BYTES])
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
