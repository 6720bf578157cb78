"""Texts of uploaded files, decoded once and kept for the next look at the form.

Every change of the form asks for its text again, and so does the run that is started from it.
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

from ...corpus import Text, read_files
from ...errors import UserError
from ...runs.admission import check_files, check_text
from ...runs.limits import Limits
from ...utils.yield_points import yield_point

_MAX_BYTES = 256 << 20  # of the texts that are kept
_ENTRY_BYTES = 2_000  # that an entry takes besides its text, about
_CONCURRENT_READS = 2  # so that many large uploads at once fit in memory
_POLL_SECONDS = 0.05


_Entry: TypeAlias = "Future[Text | UserError | None]"  # None where the reading was given up


class TextCache:
    """Texts by the identity of their files: path, size and time of change.

    The least recently used go first where all together are over `max_bytes`. Concurrent requests
    for the same files share one reading. What cannot be read is remembered too.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._reading = threading.Semaphore(_CONCURRENT_READS)
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def get(self, files: Sequence[Path], settings: Hashable, read: Callable[[], Text]) -> Text:
        """The text of some files, as `read` returned it, now or before with equal `settings`.

        Raises the UserError that `read` raised. While it waits for another request there are yield
        points.
        """
        key = (tuple(map(_identity, files)), settings)
        outcome: Text | UserError | None = None
        while outcome is None:  # as where the other request's reading was given up
            with self._lock:
                known = self._entries.get(key)
                entry = self._entries.setdefault(key, Future())
                self._entries.move_to_end(key)
            outcome = self._fill(key, entry, read) if known is None else _awaited(entry)
        if isinstance(outcome, UserError):
            raise UserError(outcome.message, field=outcome.field)
        return outcome

    def _fill(self, key: Hashable, entry: _Entry, read: Callable[[], Text]) -> Text | UserError:
        """Read, for this request and those that wait for it."""
        outcome: Text | UserError | None = None
        try:
            with _turn(self._reading):
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
        """Forget what was not used for longest. Called with the lock held."""
        done = {key: _size(entry) for key, entry in self._entries.items() if entry.done()}
        total = sum(done.values())
        for key, size in done.items():
            if total <= self._max_bytes:
                return
            del self._entries[key]
            total -= size


_uploads = TextCache(_MAX_BYTES)


def read_uploads(files: Sequence[Path], limits: Limits, encoding: str | None = None) -> Text:
    """The text of uploaded files, as `charrnn.text.read_files` reads them.

    Raises UserError for files that hold no text, and for more than `limits` allow.
    """

    def read() -> Text:
        text = read_files(files, encoding=encoding, limit=limits.upload_bytes)
        check_text(text, limits)
        return text

    check_files(files, limits)
    return _uploads.get(files, (encoding, limits), read)


def _identity(file: Path) -> Hashable:
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return file, None
    return file, found.st_size, found.st_mtime_ns


def _size(entry: _Entry) -> int:
    outcome = entry.result()
    return _ENTRY_BYTES + (sys.getsizeof(outcome.text) if isinstance(outcome, Text) else 0)


def _awaited(entry: _Entry) -> Text | UserError | None:
    while not wait([entry], _POLL_SECONDS).done:
        yield_point()
    return entry.result()


@contextmanager
def _turn(semaphore: threading.Semaphore) -> Iterator[None]:
    while not semaphore.acquire(timeout=_POLL_SECONDS):
        yield_point()
    try:
        yield
    finally:
        semaphore.release()
