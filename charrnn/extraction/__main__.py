"""Answer requests to extract text from untrusted files: the main function of a separate process.

A request is a line of JSON, with the length of the file in bytes, followed by the file. An answer
is a line of JSON followed by the text. Time and memory are limited, so a file made to exhaust them
ends this process only. `reader.py` is the client.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from ..utils.process import limit_memory
from . import ERRORS_BY_CODE, OUT_OF_MEMORY, Extract, NoSuchPartError, WrongFormatError
from .parsers import extract

_CODES = {kind: code for code, kind in ERRORS_BY_CODE.items()} | {MemoryError: OUT_OF_MEMORY}
_MAX_NAMES = 12  # of parts, in an error
_SPARE_BYTES = 1 << 20  # reserved, and freed when memory runs out, to send an answer


def main(cpu_seconds: int, memory_bytes: int) -> None:
    """Answer the requests on standard input until it ends, within these limits."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory(memory_bytes)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := requests.readline():
        request = json.loads(line)
        header, text = answer(request, requests.read(request["bytes"]))
        _write(answers, header, text)


def answer(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the header of the answer to a request, and the text."""
    spare = bytearray(_SPARE_BYTES)
    try:
        found = extract(
            request["format"],
            data,
            request["part"],
            limit=request["limit"],
            listed_only=request["listed_only"],
        )
        return _header(found), (found.text or "").encode("utf-8", "surrogatepass")
    except tuple(_CODES) as error:
        del spare, data
        names = [str(name) for name in error.args] if isinstance(error, NoSuchPartError) else []
        return {"error": _CODES[type(error)], "names": names[:_MAX_NAMES]}, b""
    except RecursionError:
        return {"error": _CODES[WrongFormatError], "names": []}, b""


def _header(found: Extract) -> dict[str, Any]:
    """Return an extract without its text, as JSON."""
    parts = [(part.name, part.characters) for part in found.parts]
    return {
        "format": found.format,
        "part": found.part,
        "parts": parts,
        "default": found.default,
    }


def _write(answers: BinaryIO, header: dict[str, Any], text: bytes) -> None:
    """Write an answer: the header with the length of the text in bytes, and the text."""
    answers.write(json.dumps(header | {"bytes": len(text)}).encode() + b"\n")
    answers.write(text)
    answers.flush()
