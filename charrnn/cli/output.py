"""Print texts, notes, JSON lines and the progress of transfers. Nothing here imports torch."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from ..errors import escape_invisible


def printable(text: str) -> str:
    """Return a text with its control characters escaped if a terminal would execute them."""
    if not is_terminal():
        return text
    return "".join(c if c in "\n\t" else escape_invisible(c) for c in text)


def is_terminal() -> bool:
    """Return whether standard output is a terminal, rather than a pipe or a file."""
    return sys.stdout.isatty()


def discard_output() -> None:
    """Discard output that could not be written, which Python would write again at its exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def show_transfer(doing: str) -> Iterator[Callable[[int, int | None], None]]:
    """Yield a function that shows a progress bar for `doing`, such as "uploading".

    It takes the number of bytes that have been transferred, and the total or None. The bar is shown
    on standard error if that is a terminal.
    """
    bar: tqdm[None] | None = None

    def progress(done: int, total: int | None) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(
                total=total, desc=doing, unit="B", unit_scale=True, leave=False, disable=None
            )
        bar.n = done
        bar.refresh()

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()


def note(text: str) -> None:
    """Print a line to standard error, after the name of the program."""
    print(f"charrnn: {text}", file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a value as one line of JSON, in ASCII unless standard output is UTF-8."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(value, ensure_ascii=plain), flush=True)
