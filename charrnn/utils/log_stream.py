"""Make standard output and standard error a log in which no user can forge a line.

The output of a server holds text from its users: the name of a file in an exception, an unknown
setting. Gradio, uvicorn and the logging module all write to these two streams.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO, cast

from ..errors import escape_invisible

_MAX_ENTRY_CHARACTERS = 10_000
_CONTINUED = "  | "  # before each line of an entry but the first


class LogStream:
    """A text stream that treats each call of `write` as one log entry.

    Control characters are escaped, and every line of an entry but the first gets a prefix.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write one entry. Returns the number of characters, as every text stream does."""
        self._stream.write(log_entry(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write entries."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def log_entry(text: str) -> str:
    """Return an entry as it is written to the log."""
    if len(text) > _MAX_ENTRY_CHARACTERS:
        left_out = len(text) - _MAX_ENTRY_CHARACTERS
        text = f"{text[:_MAX_ENTRY_CHARACTERS]} … and {left_out:,} more characters\n"
    first, *others = (
        line if line.isprintable() else escape_invisible(line) for line in text.split("\n")
    )
    return "\n".join([first, *(_CONTINUED + line if line else "" for line in others)])


def protect_output() -> None:
    """Replace standard output and standard error of this process by log streams."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, LogStream):
            setattr(sys, name, cast(TextIO, LogStream(stream)))
