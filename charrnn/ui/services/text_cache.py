"""Texts of uploaded files, decoded once and cached.

Every change of the form needs the text again, and so does the run that is started from it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from ...errors import UserError
from ...runs.admission import check_files, check_text
from ...runs.limits import Limits
from ...text import Text, read_files
from ...utils.yield_points import yield_point

_MAX_BYTES = 256 << 20  # of the cached texts
_ENTRY_BYTES = 2_000  # of an entry besides its text, about
_MAX_CONCURRENT_READS = 2  # large uploads must fit in memory together
_POLL_SECONDS = 0.05

_Entry: TypeAlias = "Future[Text | UserError | None]"  # None if the read was cancelled


class TextCache:
    """Texts by the identity of their files: path, size and time of change.

    The least recently used texts are dropped when all together exceed `max_bytes`. Concurrent
    requests for the same files share one read. Errors are cached too.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._reading = threading.Semaphore(_MAX_CONCURRENT_READS)
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def get(self, files: Sequence[Path], settings: Hashable, read: Callable[[], Text]) -> Text:
        """Return the text of some files as `read` returned it, now or earlier.

        Earlier texts count only with equal `settings`. Raises the UserError that `read` raised.
        Waiting for another request has yield points.
        """
        key = (tuple(map(_identity, files)), settings)
        outcome: Text | UserError | None = None
        while outcome is None:  # again if the other request was cancelled
            with self._lock:
                known = self._entries.get(key)
                entry = self._entries.setdefault(key, Future())
                self._entries.move_to_end(key)
            outcome = self._fill(key, entry, read) if known is None else _await_entry(entry)
        if isinstance(outcome, UserError):
            raise UserError(outcome.message, field=outcome.field)
        return outcome

    def _fill(self, key: Hashable, entry: _Entry, read: Callable[[], Text]) -> Text | UserError:
        """Read the files, for this request and those that wait for it."""
        outcome: Text | UserError | None = None
        try:
            with _acquired(self._reading):
                outcome = read()
        except UserError as error:
            # Without its traceback, which holds the contents of the files.
            outcome = UserError(error.message, field=error.field)
        finally:
            with self._lock:
                entry.set_result(outcome)
                if outcome is None:
                    del self._entries[key]
                self._trim()
        return outcome

    def _trim(self) -> None:
        """Drop the least recently used texts. Called with the lock held."""
        done = {key: _size(entry) for key, entry in self._entries.items() if entry.done()}
        total = sum(done.values())
        for key, size in done.items():
            if total <= self._max_bytes:
                return
            del self._entries[key]
            total -= size


_uploads = TextCache(_MAX_BYTES)


def read_uploads(
    files: Sequence[Path], limits: Limits, encoding: str | None = None, part: str | None = None
) -> Text:
    """Return the text of uploaded files, read by `charrnn.text.read_files`.

    `part` is the part to read of tables and the like; that of other files, chosen before, does not
    count. Raises UserError for files that hold no text, and for more than `limits` allow.
    """
    text = read_uploads_of_any_length(files, limits, encoding, part)
    check_text(text, limits)
    return text


def read_uploads_of_any_length(
    files: Sequence[Path], limits: Limits, encoding: str | None = None, part: str | None = None
) -> Text:
    """Return the text as `read_uploads` does, even if it is too long to train on.

    Another part of the same files may be shorter.
    """

    def read(wanted: str | None) -> Text:
        return read_files(files, encoding=encoding, part=wanted, limit=limits.upload_bytes)

    check_files(files, limits)
    try:
        return _uploads.get(files, (encoding, part, limits), lambda: read(part))
    except UserError as error:
        if part is None or error.field != "column":
            raise
    return _uploads.get(files, (encoding, None, limits), lambda: read(None))


def _identity(file: Path) -> Hashable:
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return file, None
    return file, found.st_size, found.st_mtime_ns


def _size(entry: _Entry) -> int:
    outcome = entry.result()
    return _ENTRY_BYTES + (sys.getsizeof(outcome.text) if isinstance(outcome, Text) else 0)


def _await_entry(entry: _Entry) -> Text | UserError | None:
    while not wait([entry], _POLL_SECONDS).done:
        yield_point()
    return entry.result()


@contextmanager
def _acquired(semaphore: threading.Semaphore) -> Iterator[None]:
    while not semaphore.acquire(timeout=_POLL_SECONDS):
        yield_point()
    try:
        yield
    finally:
        semaphore.release()
