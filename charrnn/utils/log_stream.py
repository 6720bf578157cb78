"""Standard output and standard error as a log in which nobody can forge a line.

What a server prints holds words of its visitors: a file's name in the message of an exception, a
setting that nobody knows. Gradio, uvicorn and the logging module all write to these two streams.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO, cast

from ..errors import escape_invisible

_MAX_CHARACTERS = 10_000  # of one entry
_CONTINUED = "  | "  # what each line of an entry but the first begins with


class LogStream:
    """A text stream that takes each call of `write` for one entry of the log.

    Control characters become escapes, and only the first line of an entry can begin as it likes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write one entry. Returns the number of characters, as any text stream does."""
        self._stream.write(log_entry(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write entries."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def log_entry(text: str) -> str:
    """An entry as it may stand in the log."""
    if len(text) > _MAX_CHARACTERS:
        left_out = len(text) - _MAX_CHARACTERS
        text = f"{text[:_MAX_CHARACTERS]} … and {left_out:,} more characters\n"
    first, *others = (
        line if line.isprintable() else escape_invisible(line) for line in text.split("\n")
    )
    return "\n".join([first, *(_CONTINUED + line if line else "" for line in others)])


def protect_output() -> None:
    """Make standard output and standard error of this process such streams."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, LogStream):
            setattr(sys, name, cast(TextIO, LogStream(stream)))
