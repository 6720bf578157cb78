"""Extract text from files in a process with limits on time and memory (`__main__`)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..utils.process import without_secrets
from ..utils.yield_points import yield_point
from . import ERRORS_BY_CODE, OUT_OF_MEMORY, Extract, FileTooLargeError, Part

PARSE_SECONDS = 60  # for one file
MEMORY_BYTES = 2 << 30
_CPU_SECONDS = 300  # for all files of a `Reader`
_POLL_SECONDS = 0.02
_END_SECONDS = 1  # to wait for a process that has closed its output
_MAX_HEADER_BYTES = 1 << 20

_PROGRAM = (
    "import sys; sys.path[:] = [{root!r}, *filter(None, sys.path)]; "
    "from charrnn.extraction.__main__ import main; main({cpu}, {memory})"
)


class TimeLimitError(Exception):
    """The parser took too long."""


class MemoryLimitError(Exception):
    """The parser needed too much memory."""


_ERRORS = ERRORS_BY_CODE | {OUT_OF_MEMORY: MemoryLimitError}


class Reader:
    """A context manager that extracts text from several files in one process.

    The process is started for the first file, and again if a file has ended it.
    """

    def __init__(self, seconds: float = PARSE_SECONDS, memory_bytes: int = MEMORY_BYTES) -> None:
        self._seconds, self._memory_bytes = seconds, memory_bytes
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def extract(
        self, file_format: str, data: bytes, part: str | None, *, limit: int, listed_only: bool
    ) -> Extract:
        """Extract the text of a part from a file, as `parsers.extract` does.

        The text may have `limit` bytes, or as many as the file. There are yield points. Raises the
        errors of this package, TimeLimitError and MemoryLimitError.
        """
        request = {"format": file_format, "part": part, "limit": limit, "listed_only": listed_only}
        header, text = self._ask(request, data, limit)
        if "error" in header:
            raise _ERRORS[header["error"]](*header["names"])
        return Extract(
            header["format"],
            None if listed_only else text.decode("utf-8", "surrogatepass"),
            header["part"],
            tuple(Part(name, characters) for name, characters in header["parts"]),
            header["default"],
        )

    def _ask(
        self, request: dict[str, Any], data: bytes, limit: int
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request, and return the header and the text of the answer."""
        process = self._process = self._process or self._start()
        exchange = _Exchange(process, request, data, max(limit, len(data)))
        exchange.start()
        try:
            waited = 0.0
            while exchange.is_alive() and waited < self._seconds:
                exchange.join(_POLL_SECONDS)
                waited += _POLL_SECONDS
                yield_point()
            if exchange.is_alive():
                raise TimeLimitError
        except BaseException:
            self._stop()
            exchange.join()
            raise
        if exchange.answer is None:
            with suppress(subprocess.TimeoutExpired):  # it has ended, or is about to
                process.wait(_END_SECONDS)
            self._stop()
            raise FileTooLargeError if exchange.too_large else _cause(process.returncode)
        return exchange.answer

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process."""
        root = str(Path(__file__).resolve().parents[2])
        program = _PROGRAM.format(root=root, cpu=_CPU_SECONDS, memory=self._memory_bytes)
        return subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=without_secrets(os.environ),
        )

    def _stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # closing flushes, and nobody reads any more
                if pipe is not None:
                    pipe.close()


def _cause(status: int) -> type[Exception]:
    """Return the error for a process that ended by itself: RLIMIT_CPU sends it SIGXCPU."""
    return TimeLimitError if status == -getattr(signal, "SIGXCPU", 0) else MemoryLimitError


class _Exchange(threading.Thread):
    """A thread that sends a request and receives the answer.

    Attributes:
        answer: The header and the text; None if the process ended, or the text is too large.
        too_large: Whether the text is larger than the limit.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], request: dict[str, Any], data: bytes, limit: int
    ) -> None:
        super().__init__(daemon=True)
        self.answer: tuple[dict[str, Any], bytes] | None = None
        self.too_large = False
        self._process, self._request, self._data, self._limit = process, request, data, limit

    def run(self) -> None:
        """Send the request, and wait for the answer or the end of the process."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None and answers is not None
        try:
            line = json.dumps(self._request | {"bytes": len(self._data)}).encode() + b"\n"
            requests.write(line)
            requests.write(self._data)
            requests.flush()
            header = json.loads(answers.readline(_MAX_HEADER_BYTES))
            self.too_large = header["bytes"] > self._limit
            if not self.too_large:
                text = answers.read(header["bytes"])
                if len(text) == header["bytes"]:
                    self.answer = header, text
        except (OSError, ValueError):  # the pipe is broken, or no line came
            return
